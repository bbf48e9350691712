//! Crashes, power cuts, shutdowns, and configurations that would lose data.

mod crashes;
mod long_form;
mod orders;
mod power_cut;
mod refusals;
mod shutdown;
