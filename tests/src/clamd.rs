//! A real clamd with two signatures of our own, and nothing from the network.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    eventually,
    process::{self, Account, Signal},
    scratch,
};

/// What the second signature finds.
pub const MARK: &str = "cornerdesk-test-malware-7f3a";

/// The test file of the European Institute for Computer Antivirus Research, in two parts, so that no scanner takes our sources for it.
pub fn eicar() -> String {
    [
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-",
        "ANTIVIRUS-TEST-FILE!$H+H*",
    ]
    .concat()
}

/// A scanner that ends with the test.
#[derive(Debug)]
pub struct Clamd {
    child: Child,
    address: String,
}

impl Clamd {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    ///
    /// When clamd is not installed: tests of it are never skipped.
    pub async fn start() -> Self {
        let folder = scratch::folder_reachable_by_others("clamd", true);
        let hex = |text: &str| {
            text.bytes()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let signatures = format!(
            "Test.Eicar:0:*:{}\nTest.Mark:0:*:{}\n",
            hex(&eicar()),
            hex(MARK)
        );
        fs::write(folder.join("local.ndb"), signatures).expect("the signatures");
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let text = format!(
            "Foreground yes\nDatabaseDirectory {0}\nTemporaryDirectory {0}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nLogFile {0}/log\n",
            folder.display()
        );
        fs::write(folder.join("clamd.conf"), text).expect("the configuration");
        if let Some(Account { uid, gid }) = process::account_instead_of_root(&["nobody"]) {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).expect("root can give away");
        }
        let mut command = Command::new(installed());
        command
            .arg("--config-file")
            .arg(folder.join("clamd.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = process::spawn(command, Signal::Kill).expect("clamd can be started");
        let clamd = Self {
            child,
            address: format!("127.0.0.1:{port}"),
        };
        eventually(Duration::from_secs(30), "clamd to answer", async || {
            clamd.answers().await
        })
        .await;
        clamd
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    async fn answers(&self) -> Option<()> {
        let mut connection = TcpStream::connect(&self.address).await.ok()?;
        connection.write_all(b"zPING\0").await.ok()?;
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.ok()?;
        answer.starts_with(b"PONG").then_some(())
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn installed() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let unpacked = variable("CORNERDESK_TOOLS")
        .or_else(|| Some(cache?.join("cornerdesk/tools")))
        .map(|tools| tools.join("clamav/usr/sbin/clamd"));
    let named = variable("CORNERDESK_CLAMD");
    let usual = ["/usr/sbin/clamd", "/usr/local/sbin/clamd"].map(PathBuf::from);
    named
        .into_iter()
        .chain(unpacked)
        .chain(usual)
        .find(|place| place.is_file())
        .expect("no clamd in CORNERDESK_CLAMD, the folder of the tools or /usr/sbin; tools/setup.sh test installs it, and these tests are not skipped")
}
