//! Browsers: Chromium, driven by one `chromedriver` per test process, and Firefox, each with a `geckodriver` of its own.

mod chromium;
mod driver;
mod firefox;

use std::{
    fs,
    panic::{AssertUnwindSafe, resume_unwind},
    path::{Path, PathBuf},
};

use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use crate::{
    eventually,
    process::{self, Signal},
    scratch,
    webdriver::{APPEARANCE, Session},
};

/// Browsers at the same time: each wants most of a core.
static SEATS: Semaphore = Semaphore::const_new(2);

/// See [`two_at_once`].
static TWO_AT_ONCE: Mutex<()> = Mutex::const_new(());

/// Held by a test in which two people sit in front of two browsers at once: of two such tests, each with one of the two seats, neither would ever
/// come on.
pub async fn two_at_once() -> MutexGuard<'static, ()> {
    TWO_AT_ONCE.lock().await
}

/// Which browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Chromium, where everything is tried.
    Chromium,
    /// Firefox ESR, for the main journeys.
    Firefox,
}

/// The person in front of the browser and their device.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    /// The browser.
    pub browser: Kind,
    /// Whether scripts run.
    pub javascript: bool,
    /// Whether the system is set to dark colours.
    pub dark: bool,
    /// A phone with a touch screen rather than a laptop; in Chromium only.
    pub phone: bool,
    /// Whether the browser lets pages store anything; in Chromium only.
    pub storage: bool,
    /// Whether Firefox shows its window on a screen of its own and shares that whenever a page asks. Otherwise it has nothing to share.
    pub screen: bool,
    /// Further switches of Chromium.
    pub switches: &'static [&'static str],
}

impl Visitor {
    /// A laptop with Chromium, light colours, scripts run.
    pub const DESKTOP: Self = Self {
        browser: Kind::Chromium,
        javascript: true,
        dark: false,
        phone: false,
        storage: true,
        screen: false,
        switches: &[],
    };

    /// The same with a browser that lets no page store anything.
    pub const WITHOUT_STORAGE: Self = Self {
        storage: false,
        ..Self::DESKTOP
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

    /// Somebody who shares the tab they look at whenever a page asks for the screen.
    pub const SHARING: Self = Self {
        switches: &["--auto-accept-this-tab-capture"],
        ..Self::DESKTOP
    };

    /// A laptop with Firefox.
    pub const FIREFOX: Self = Self {
        browser: Kind::Firefox,
        ..Self::DESKTOP
    };

    /// The same, sharing their whole screen whenever a page asks for it.
    pub const FIREFOX_SHARING: Self = Self {
        screen: true,
        ..Self::FIREFOX
    };
}

/// Opens a browser for `visitor`, runs `journey` in it, and closes it.
///
/// When the journey fails, the panic names a picture of the page and carries what was on the console.
pub async fn journey(
    name: &str,
    visitor: Visitor,
    journey: impl AsyncFnOnce(&Session) -> Result<()>,
) {
    journey_with(name, visitor, &[], journey).await;
}

/// [`journey`] in a Chromium with extensions, each an unpacked folder.
pub async fn journey_with(
    name: &str,
    visitor: Visitor,
    extensions: &[PathBuf],
    journey: impl AsyncFnOnce(&Session) -> Result<()>,
) {
    let profile = scratch::folder_in_memory("profile");
    in_profile(&profile, name, visitor, extensions, journey).await;
    let _ = fs::remove_dir_all(profile);
}

/// [`journey`] in a browser whose `profile` is there before and afterwards.
pub async fn journey_in(
    profile: &Path,
    name: &str,
    visitor: Visitor,
    journey: impl AsyncFnOnce(&Session) -> Result<()>,
) {
    in_profile(profile, name, visitor, &[], journey).await;
}

async fn in_profile(
    profile: &Path,
    name: &str,
    visitor: Visitor,
    extensions: &[PathBuf],
    journey: impl AsyncFnOnce(&Session) -> Result<()>,
) {
    let _seat = SEATS
        .acquire()
        .await
        .expect("the semaphore is never closed");
    // Firefox's driver ends with the browser.
    let mut driver = None;
    let session = match visitor.browser {
        Kind::Chromium => chromium::open(visitor, profile, extensions).await,
        Kind::Firefox => {
            let started = driver.insert(firefox::Driver::start(visitor, profile));
            Session::open(&started.url, &firefox::capabilities(visitor)).await
        }
    }
    .unwrap_or_else(|error| panic!("{:?} did not start: {error:#}", visitor.browser));
    let outcome = AssertUnwindSafe(journey(&session)).catch_unwind().await;
    if !matches!(outcome, Ok(Ok(()))) {
        report(name, &session).await;
    }
    // A browser that is already gone needs no closing.
    let _ = session.close().await;
    drop(driver);
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{name}: {error:?}"),
        Err(panic) => resume_unwind(panic),
    }
}

/// Kills the Chromium of a profile, as a crash does: its other processes end with it.
pub fn kill_browser(profile: &Path) {
    let profile = format!("--user-data-dir={}", profile.display());
    let processes = fs::read_dir("/proc").expect("processes are listed");
    let is_ours = |pid: &u32| {
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        !command.contains("--type=") && command.split('\0').any(|argument| argument == profile)
    };
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let pids: Vec<u32> = pids.filter(is_ours).collect();
    assert!(!pids.is_empty(), "no browser has {profile}");
    for pid in pids {
        process::send(Signal::Kill, pid);
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

/// Nothing is wider than the page or frame; `what` is being looked at.
pub async fn assert_fits(session: &Session, what: &str) -> Result<()> {
    let script = "return [document.documentElement.scrollWidth, innerWidth]";
    let widths = session.run(script, &[]).await?;
    assert!(widths[0].as_f64() <= widths[1].as_f64(), "{what}: {widths}");
    Ok(())
}

/// Saves a picture and checks that nothing is wider than the page.
pub async fn picture(session: &Session, name: &str) -> Result<()> {
    save_screenshot(session, name).await?;
    assert_fits(session, name).await
}

/// Waits until all of an element is in the window.
pub async fn comes_in_sight(session: &Session, selector: &str) {
    let script =
        "const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight";
    let what = format!("{selector} in sight");
    eventually(APPEARANCE, &what, async || {
        let is_so = session.run(script, &[json!(selector)]).await.ok()?;
        (is_so == json!(true)).then_some(())
    })
    .await;
}

async fn report(name: &str, session: &Session) {
    let picture = save_screenshot(session, &format!("failed-{name}")).await;
    let console = session.console().await.unwrap_or_default().join("\n");
    let address = session.address().await.unwrap_or_default();
    eprintln!(
        "{name} failed at {address}; picture in target/screenshots/failed-{name}.png ({picture:?}); console:\n{console}"
    );
}

fn installed(variable: &str, usual_places: &[&str]) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let mut places = named
        .into_iter()
        .chain(usual_places.iter().map(PathBuf::from));
    places.find(|place| place.is_file()).unwrap_or_else(|| {
        panic!("nothing at ${variable} or {usual_places:?}. Run tools/setup.sh test; browser tests are not skipped")
    })
}
