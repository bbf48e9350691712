//! Chromium, driven by one `chromedriver` per test process.

use std::{
    fs,
    io::{BufRead, BufReader},
    panic::{AssertUnwindSafe, resume_unwind},
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    process::{self, Signal},
    scratch,
    webdriver::Session,
};

/// Browsers at the same time: each wants most of a core.
static SEATS: Semaphore = Semaphore::const_new(2);

const FLAGS: [&str; 11] = [
    "--headless",
    // The browser ends when the driver at the other end of the pipe is gone.
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// The person in front of the browser and their device.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    /// Whether scripts run.
    pub javascript: bool,
    /// Whether the system is set to dark colours.
    pub dark: bool,
    /// A phone with a touch screen rather than a laptop.
    pub phone: bool,
}

impl Visitor {
    /// A laptop, light colours, scripts run.
    pub const DESKTOP: Self = Self {
        javascript: true,
        dark: false,
        phone: false,
    };

    /// The same without JavaScript.
    pub const WITHOUT_JAVASCRIPT: Self = Self {
        javascript: false,
        ..Self::DESKTOP
    };

    /// The same with dark colours.
    pub const DARK: Self = Self {
        dark: true,
        ..Self::DESKTOP
    };

    /// A phone.
    pub const PHONE: Self = Self {
        phone: true,
        ..Self::DESKTOP
    };

    fn capabilities(self, profile: &str) -> Value {
        let mut arguments: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={profile}"));
        arguments.push("--window-size=1280,900".to_owned());
        // 0 is dark, 1 is light. A flag reaches frames of other sites, which emulation does not.
        let scheme = if self.dark { 0 } else { 1 };
        arguments.push(format!("--blink-settings=preferredColorScheme={scheme}"));
        let mut options = json!({ "binary": chromium(), "args": arguments });
        if !self.javascript {
            // 2 is "block".
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        if self.phone {
            let screen = json!({ "width": 390, "height": 844, "pixelRatio": 2.0, "touch": true, "mobile": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": screen });
        }
        json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } })
    }
}

/// Opens a browser for `visitor`, runs `journey` in it, and closes it.
///
/// When the journey fails, the panic names a picture of the page and carries what was on the console.
pub async fn journey(
    name: &str,
    visitor: Visitor,
    journey: impl AsyncFnOnce(&Session) -> Result<()>,
) {
    let _seat = SEATS
        .acquire()
        .await
        .expect("the semaphore is never closed");
    let profile = scratch::folder("profile");
    let capabilities = visitor.capabilities(&profile.to_string_lossy());
    let session = Session::open(driver_url(), &capabilities)
        .await
        .unwrap_or_else(|error| panic!("Chromium did not start: {error:#}"));
    let outcome = AssertUnwindSafe(journey(&session)).catch_unwind().await;
    if !matches!(outcome, Ok(Ok(()))) {
        report(name, &session).await;
    }
    // A browser that is already gone needs no closing.
    let _ = session.close().await;
    let _ = fs::remove_dir_all(profile);
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{name}: {error:?}"),
        Err(panic) => resume_unwind(panic),
    }
}

/// Saves a picture of the page as `target/screenshots/NAME.png` and returns its size in bytes.
pub async fn save_screenshot(session: &Session, name: &str) -> Result<usize> {
    let folder = scratch::target_folder().join("screenshots");
    fs::create_dir_all(&folder)?;
    let picture = BASE64_STANDARD.decode(session.screenshot().await?)?;
    fs::write(folder.join(format!("{name}.png")), &picture)?;
    Ok(picture.len())
}

async fn report(name: &str, session: &Session) {
    let picture = save_screenshot(session, &format!("failed-{name}")).await;
    let console = session.console().await.unwrap_or_default().join("\n");
    let address = session.address().await.unwrap_or_default();
    eprintln!(
        "{name} failed at {address}; picture in target/screenshots/failed-{name}.png ({picture:?}); console:\n{console}"
    );
}

fn chromium() -> String {
    installed("CHROMIUM", &["/usr/bin/chromium", "/usr/bin/google-chrome"])
        .to_string_lossy()
        .into_owned()
}

fn installed(variable: &str, usual_places: &[&str]) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let mut places = named
        .into_iter()
        .chain(usual_places.iter().map(PathBuf::from));
    places.find(|place| place.is_file()).unwrap_or_else(|| {
        panic!(
            "nothing at ${variable} or {usual_places:?}. Install it (Debian: apt-get install chromium chromium-driver); \
             browser tests are not skipped"
        )
    })
}

/// The driver of this process, started at the first call.
fn driver_url() -> &'static str {
    static DRIVER: OnceLock<String> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let mut said = String::new();
        // It wants one port of both IPv4 and IPv6, and ends when the port it was given is taken in the other family.
        for _ in 0..5 {
            match start_driver(&mut said) {
                Ok(Some(port)) => return format!("http://127.0.0.1:{port}"),
                Ok(None) => {}
                Err(error) => panic!("chromedriver cannot be started: {error:#}"),
            }
        }
        panic!("chromedriver does not listen; it said:\n{said}")
    })
}

/// Starts a driver and returns its port; `None` when it ended instead of listening.
fn start_driver(said: &mut String) -> Result<Option<u16>> {
    let mut command = Command::new(installed("CHROMEDRIVER", &["/usr/bin/chromedriver"]));
    command
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut driver = process::spawn(command, Signal::Kill)?;
    let output = driver.stdout.take().context("the output is piped")?;
    let mut lines = BufReader::new(output).lines();
    for line in lines.by_ref().map_while(Result::ok) {
        let port = line.split("successfully on port ").nth(1);
        if let Some(port) = port.and_then(|port| port.trim_end_matches('.').parse().ok()) {
            // Read on, so that it never waits for us to.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(Some(port));
        }
        said.push_str(&line);
        said.push('\n');
    }
    driver.wait()?;
    Ok(None)
}
