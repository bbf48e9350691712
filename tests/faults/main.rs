//! Crashes, power cuts, full disks, lost databases, shutdowns, and configurations that would lose data.

mod aborted_uploads;
mod backup;
mod clock_jumps;
mod crashes;
mod database_restarts;
mod disk_full;
mod failing_disk;
mod found;
mod long_form;
mod move_to_postgres;
mod object_store;
mod orders;
mod power_cut;
mod refusals;
mod replicas;
mod shutdown;
mod shutdown_under_load;
mod upgrades;
