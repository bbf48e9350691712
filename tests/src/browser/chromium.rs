//! Chromium and its driver.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{Visitor, driver, installed};
use crate::{scratch, webdriver::Session};

const FLAGS: [&str; 10] = [
    "--headless",
    // The browser ends when the driver at the other end of the pipe is gone.
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// Which fonts the browser prefers, so that a page looks the same on every machine.
const FONTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/fonts.conf");

/// Not the usual five minutes: every page here loads in a second or never.
const PAGE_LOAD: Duration = Duration::from_secs(30);

/// How many browsers are started for one that loads pages.
const STARTS: usize = 5;

/// A browser for `visitor` that loads pages.
///
/// About one in ten Chromium that takes an extension in at its start never loads any page, nor answers anything else: it is
/// replaced by another.
pub(super) async fn open(
    visitor: Visitor,
    profile: &Path,
    extensions: &[PathBuf],
) -> Result<Session> {
    let capabilities = capabilities(visitor, profile, extensions);
    for _ in 0..STARTS {
        let session = Session::open(driver_url(), &capabilities).await?;
        if extensions.is_empty() || loads_pages(&session).await? {
            return Ok(session);
        }
        session.close().await?;
    }
    bail!("{STARTS} browsers in a row loaded no page");
}

/// Whether a page that is always there, the driver's own, comes. The browser shows nothing afterwards, and its console is empty.
async fn loads_pages(session: &Session) -> Result<bool> {
    session
        .give_up_loading_after(Duration::from_secs(10))
        .await?;
    let status = format!("{}/status", driver_url());
    if session.goto(&status).await.is_err() {
        return Ok(false);
    }
    session.give_up_loading_after(PAGE_LOAD).await?;
    session.goto("about:blank").await?;
    // The driver has no icon for its page.
    session.console().await?;
    Ok(true)
}

/// What `visitor` asks the driver for.
fn capabilities(visitor: Visitor, profile: &Path, extensions: &[PathBuf]) -> Value {
    let mut arguments: Vec<String> = FLAGS.map(str::to_owned).to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    arguments.push("--window-size=1280,900".to_owned());
    if !scratch::has_memory() {
        arguments.push("--disable-dev-shm-usage".to_owned());
    }
    // 0 is dark, 1 is light. A flag reaches frames of other sites, which emulation does not.
    let scheme = if visitor.dark { 0 } else { 1 };
    arguments.push(format!("--blink-settings=preferredColorScheme={scheme}"));
    arguments.extend(visitor.switches.iter().map(|&switch| switch.to_owned()));
    let mut options = json!({ "binary": chromium(), "args": arguments });
    if !extensions.is_empty() {
        let folders: Vec<_> = extensions
            .iter()
            .map(|folder| folder.to_string_lossy())
            .collect();
        let load = format!("--load-extension={}", folders.join(","));
        options["args"]
            .as_array_mut()
            .expect("a list")
            .push(load.into());
    }
    if !visitor.javascript {
        // 2 is "block".
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    if !visitor.storage {
        // 2 is "block".
        options["prefs"] = json!({ "profile.default_content_setting_values.cookies": 2 });
    }
    if visitor.phone {
        let screen = json!({ "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true, "mobile": true });
        options["mobileEmulation"] = json!({ "deviceMetrics": screen });
    }
    json!({
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "pageLoad": PAGE_LOAD.as_millis() },
    })
}

fn chromium() -> String {
    installed("CHROMIUM", &["/usr/bin/chromium", "/usr/bin/google-chrome"])
        .to_string_lossy()
        .into_owned()
}

/// The driver of this process, started at the first call.
pub(super) fn driver_url() -> &'static str {
    static DRIVER: OnceLock<String> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let mut said = String::new();
        // It wants one port of both IPv4 and IPv6, and ends when the port it was given is taken in the other family.
        for _ in 0..5 {
            let mut command = Command::new(installed("CHROMEDRIVER", &["/usr/bin/chromedriver"]));
            command.arg("--port=0").env("FONTCONFIG_FILE", FONTS);
            match driver::start(command, &mut said, port_in) {
                Ok(Some((_, port))) => return format!("http://127.0.0.1:{port}"),
                Ok(None) => {}
                Err(error) => panic!("chromedriver cannot be started: {error:#}"),
            }
        }
        panic!("chromedriver does not listen; it said:\n{said}")
    })
}

fn port_in(line: &str) -> Option<u16> {
    let port = line.split("successfully on port ").nth(1)?;
    port.trim_end_matches('.').parse().ok()
}
