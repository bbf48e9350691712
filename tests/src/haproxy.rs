//! HAProxy in front of several services, as an operator sets it up; see `docs/operations.md`.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{
    eventually,
    process::{self, Signal},
    scratch,
};

const START_UP: Duration = Duration::from_secs(10);

/// A running HAProxy on a port of the loopback address.
#[derive(Debug)]
pub struct Haproxy {
    port: u16,
    folder: PathBuf,
    child: Child,
}

impl Haproxy {
    /// Starts one that shares requests out to the services at `addresses` that say they are ready.
    ///
    /// # Panics
    ///
    /// When HAProxy is not installed or does not start.
    pub async fn start(addresses: &[&str]) -> Self {
        let folder = scratch::folder("haproxy");
        let port = free_port();
        let file = folder.join("haproxy.cfg");
        fs::write(&file, configuration(port, addresses)).expect("a file can be written");
        let log = fs::File::create(folder.join("log")).expect("a file can be made");
        let mut command = Command::new(binary());
        command.args(["-db", "-f"]).arg(&file);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be cloned"))
            .stderr(log);
        let child = process::spawn(command, Signal::Kill).expect("HAProxy can be started");
        let balancer = Self {
            port,
            folder,
            child,
        };
        balancer.ready().await;
        balancer
    }

    /// The origin under which people reach the services.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn ready(&self) {
        let url = format!("{}/readyz", self.origin());
        let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        eventually(START_UP, &format!("HAProxy: {}", log()), async || {
            let response = reqwest::get(&url).await.ok()?;
            response.status().is_success().then_some(())
        })
        .await;
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        process::send(Signal::Kill, self.child.id());
        let _ = self.child.wait();
    }
}

fn configuration(port: u16, addresses: &[&str]) -> String {
    let servers: String = (1..)
        .zip(addresses)
        .map(|(number, address)| format!("    server replica{number} {address} check\n"))
        .collect();
    format!(
        "defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 30s
    option forwardfor
    option redispatch
    retries 3
    timeout check 2s
    default-server inter 300ms fall 3 rise 1

frontend people
    bind 127.0.0.1:{port}
    http-request set-header X-Forwarded-Proto http
    default_backend cornerdesk

backend cornerdesk
    balance roundrobin
    option httpchk GET /readyz
    http-check expect status 200
{servers}"
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr();
    address.expect("a bound socket has an address").port()
}

/// In `PATH`, or where Debian puts it.
fn binary() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([Path::new("/usr/sbin").to_owned()])
        .map(|folder| folder.join("haproxy"))
        .find(|file| file.is_file())
        .expect("HAProxy is not installed: run tools/setup.sh test; these tests are not skipped")
}
