//! Crashes, power cuts, full disks, shutdowns, and configurations that would lose data.

mod crashes;
mod disk_full;
mod found;
mod long_form;
mod orders;
mod power_cut;
mod refusals;
mod shutdown;
