//! The harness, tested against itself: what it starts, it starts; what it promises, it keeps.

mod children;
mod chromium;
mod disks;
mod mail_server;
mod postgresql;
mod waiting;
