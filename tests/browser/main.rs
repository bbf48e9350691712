//! Journeys of people in a real browser, against the real binary.

mod appearance;
mod before_intent;
mod demo;
mod desk;
mod file_states;
mod files;
mod files_in_trouble;
mod files_of_others;
mod host_pages;
mod journey;
mod keyboard;
mod mail_links;
mod refused;
mod strict_page;
mod trouble;
mod trouble_looks;
mod under_attack;
mod without_javascript;
