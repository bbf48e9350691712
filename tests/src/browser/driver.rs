//! Starting a driver and learning its port.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};

use crate::process::{self, Signal};

/// Starts a driver that says its port on standard output, and reads it there with `port_in`.
///
/// `None` when it ended instead of listening; what it said is added to `said`.
pub(super) fn start(
    mut command: Command,
    said: &mut String,
    port_in: impl Fn(&str) -> Option<u16>,
) -> Result<Option<(Child, u16)>> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut driver = process::spawn(command, Signal::Kill)?;
    let output = driver.stdout.take().context("the output is piped")?;
    let mut lines = BufReader::new(output).lines();
    for line in lines.by_ref().map_while(Result::ok) {
        if let Some(port) = port_in(&line) {
            // Read on, so that it never waits for us to.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(Some((driver, port)));
        }
        said.push_str(&line);
        said.push('\n');
    }
    driver.wait()?;
    Ok(None)
}
