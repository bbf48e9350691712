//! Journeys of people in a real browser, against the real binary.

mod appearance;
mod before_intent;
mod desk;
mod files;
mod journey;
mod keyboard;
mod refused;
mod strict_page;
mod trouble;
mod without_javascript;
