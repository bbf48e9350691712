//! `cornerdesk work`: a process that runs jobs and answers nobody.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Stdio},
};

use super::Service;
use crate::process::{self, Signal};

/// A running `cornerdesk work`.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts `cornerdesk work` with this service's configuration.
    pub fn start_worker(&self) -> Worker {
        let log = self.folder.join("log-of-worker");
        let output = fs::File::create(&log).expect("the log can be made");
        let mut command = self.executable();
        command
            .arg("work")
            .args(self.flags())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file can be cloned"))
            .stderr(output);
        let child = process::spawn(command, Signal::Kill).expect("the binary can be started");
        Worker { child, log }
    }
}

impl Worker {
    /// What it has written so far.
    pub fn log(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        process::send(Signal::Kill, self.child.id());
        let _ = self.child.wait();
    }
}
