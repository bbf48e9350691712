//! Crashes, shutdowns, and configurations that would lose data.

mod crashes;
mod refusals;
mod shutdown;
