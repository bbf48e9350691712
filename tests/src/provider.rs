//! A real OpenID provider (`oidc-provider`, certified) with accounts of a test; it is at `localhost`, which is another site than the service's `127.0.0.1`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    awaiting::eventually,
    installed,
    process::{self, Signal},
    scratch,
};

/// The client that the service is.
pub const CLIENT_ID: &str = "cornerdesk-desk";
/// Its secret, with what a form and a header have to encode.
pub const CLIENT_SECRET: &str = "a secret: of 32+ characters & more/%";
/// What the button says after "Sign in with".
pub const NAME: &str = "Acme ID";
const START_UP: Duration = Duration::from_secs(60);

/// A provider for one test.
#[derive(Debug)]
pub struct Provider {
    log: PathBuf,
    issuer: String,
    child: Option<Child>,
}

impl Provider {
    /// Starts it for a service that people reach at `origin`. Whoever has one of `accounts` types its name and any password.
    ///
    /// # Panics
    ///
    /// When it is not installed: `tools/setup.sh test`.
    pub async fn start(origin: &str, accounts: &Value) -> Self {
        let folder = scratch::folder("provider");
        let script = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/sign_in_provider/provider.mjs"
        ));
        fs::copy(script, folder.join("provider.mjs")).expect("a file can be copied");
        let modules = installed::folder("SIGN_IN_PROVIDER_DIR").join("node_modules");
        symlink(modules, folder.join("node_modules")).expect("a new link");
        let asked = json!({
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "redirect_uris": [format!("{origin}/desk/login/oidc/callback")],
            "accounts": accounts,
            "beside": true,
        });
        let log = folder.join("log");
        let file = fs::File::create(&log).expect("the log can be made");
        let mut command = Command::new("node");
        command
            .current_dir(&folder)
            .arg("provider.mjs")
            .arg(asked.to_string())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file can be cloned"))
            .stderr(file);
        let child = process::spawn(command, Signal::Kill).expect("node can be started");
        let issuer = eventually(START_UP, "the provider to listen", async || {
            let said = fs::read_to_string(&log).ok()?;
            let (_, issuer) = said.split_once("listening on ")?;
            let (issuer, _) = issuer.split_once('\n')?;
            Some(issuer.to_owned())
        })
        .await;
        Self {
            log,
            issuer,
            child: Some(child),
        }
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The section of the service's configuration, with more lines.
    pub fn section(&self, more: &str) -> String {
        section(&self.issuer, more)
    }

    /// Gives it another key.
    pub async fn turn_keys(&self) {
        let url = format!("{}/turn-keys", self.issuer);
        let answer = reqwest::Client::new().post(url).send().await;
        assert!(answer.expect("an answer").status().is_success());
    }

    /// It is away from now on.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            process::send(Signal::Kill, child.id());
            child.wait().expect("a killed child can be waited for");
        }
    }
}

/// The section of the service's configuration for an issuer.
pub fn section(issuer: &str, more: &str) -> String {
    format!(
        "[desk.oidc]\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT_ID}\"\nclient_secret = \"{CLIENT_SECRET}\"\nname = \"{NAME}\"\n{more}\n"
    )
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("--- log of the provider ---\n{log}");
        }
    }
}
