//! Firefox and its driver, which drives one browser only.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use serde_json::{Value, json};

use super::{Visitor, driver, installed};
use crate::process::{self, Signal};

/// A running `geckodriver`; ends when it is dropped, and its browser with it.
#[derive(Debug)]
pub(super) struct Driver {
    process: Child,
    screen: Option<Screen>,
    /// Where it answers.
    pub(super) url: String,
}

impl Driver {
    /// Starts one whose browsers keep their things in `folder`.
    pub(super) fn start(visitor: Visitor, folder: &Path) -> Self {
        let screen = visitor.screen.then(Screen::start);
        let mut command = Command::new(installed("GECKODRIVER", &["/usr/bin/geckodriver"]));
        command
            .args(["--port=0", "--websocket-port=0", "--profile-root"])
            .arg(folder)
            .arg("--binary")
            .arg(mortal_firefox(folder))
            .env("HOME", folder);
        // Nobody's desktop is shared by a test.
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        if let Some(screen) = &screen {
            command.env("DISPLAY", format!(":{}", screen.number));
        }
        let mut said = String::new();
        match driver::start(command, &mut said, port_in) {
            Ok(Some((process, port))) => Self {
                process,
                screen,
                url: format!("http://127.0.0.1:{port}"),
            },
            Ok(None) => panic!("geckodriver does not listen; it said:\n{said}"),
            Err(error) => panic!("geckodriver cannot be started: {error:#}"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        drop(self.screen.take());
    }
}

/// A screen that only exists in memory.
#[derive(Debug)]
struct Screen {
    process: Child,
    number: u16,
}

impl Screen {
    /// Starts one as large as a laptop's window in the other tests.
    fn start() -> Self {
        let mut command = Command::new(installed("XVFB", &["/usr/bin/Xvfb"]));
        let size = ["-displayfd", "1", "-screen", "0", "1280x900x24"];
        command.args(size).args(["-nolisten", "tcp"]);
        let mut said = String::new();
        match driver::start(command, &mut said, |line| line.trim().parse().ok()) {
            Ok(Some((process, number))) => Self { process, number },
            Ok(None) => panic!("Xvfb has no screen; it said:\n{said}"),
            Err(error) => panic!("Xvfb cannot be started: {error:#}"),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself. Asked kindly, it takes its socket away.
        process::send(Signal::Terminate, self.process.id());
        let _ = self.process.wait();
    }
}

fn port_in(line: &str) -> Option<u16> {
    line.split("Listening on 127.0.0.1:")
        .nth(1)?
        .trim()
        .parse()
        .ok()
}

/// A command that becomes Firefox and dies with the driver, however that ends: the browser by itself would stay.
fn mortal_firefox(folder: &Path) -> PathBuf {
    let firefox = installed("FIREFOX", &["/usr/bin/firefox-esr", "/usr/bin/firefox"]);
    let script = format!(
        "#!/bin/sh\nexec setpriv --pdeathsig KILL '{}' \"$@\"\n",
        firefox.display()
    );
    let path = folder.join("firefox");
    fs::write(&path, script).expect("a file can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the file is ours");
    path
}

/// What `visitor` asks the driver for.
pub(super) fn capabilities(visitor: Visitor) -> Value {
    assert!(!visitor.phone, "Firefox cannot pretend to be a phone");
    let mut arguments = vec!["--width=1280", "--height=900"];
    if !visitor.screen {
        arguments.push("-headless");
    }
    let options = json!({
        "args": arguments,
        "prefs": {
            // Answers the question what to share, with the screen.
            "media.navigator.permission.disabled": visitor.screen,
            // 0 is dark, 1 is light.
            "layout.css.prefers-color-scheme.content-override": i32::from(!visitor.dark),
            "javascript.enabled": visitor.javascript,
            // Nothing but the pages of the test is asked for.
            "network.connectivity-service.enabled": false,
            "network.captive-portal-service.enabled": false,
            "browser.safebrowsing.update.enabled": false,
        },
    });
    json!({ "moz:firefoxOptions": options })
}
