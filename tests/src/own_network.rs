//! A network for one test, in which every address of the world is this machine: whatever is called arrives at a canary, wherever it was meant to go.

use std::{
    future::Future,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    eventually,
    process::{self, Signal},
};

/// Set for the process that is in the network.
const INSIDE: &str = "CORNERDESK_TESTS_INSIDE";
/// Every address is local: that is what a route of this kind says.
const SCRIPT: &str = r#"PATH=$PATH:/sbin:/usr/sbin
ip link set lo up && ip -4 route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo && exec "$@""#;

/// Runs the body of the test of this name in such a network: in a process of its own, which is this program once more.
///
/// # Panics
/// When the test fails there, or there can be no such network.
pub fn run(test: &str, body: impl Future<Output = ()>) {
    if std::env::var_os(INSIDE).is_some() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().expect("a runtime");
        return runtime.block_on(body);
    }
    let program = std::env::current_exe().expect("this program");
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--map-root-user", "--net", "sh", "-c", SCRIPT, "network"])
        .arg(program)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = process::spawn(unshare, Signal::Kill).expect("unshare (util-linux)");
    let output = child.wait_with_output().expect("its end");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{test} in a network of its own, which needs unshare, ip and leave to make namespaces:\n{said}\n{complaint}"
    );
}

/// A connection that arrived: where, and from where.
type Arrival = (SocketAddr, SocketAddr);

/// Listens at ports of every address, and hangs up.
#[derive(Debug)]
pub struct Canary {
    ports: Vec<u16>,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    listening: Vec<JoinHandle<()>>,
}

impl Canary {
    /// Opens the ports.
    pub async fn at(ports: &[u16]) -> Self {
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let mut listening = Vec::new();
        for port in ports {
            let listener = TcpListener::bind(("::", *port)).await.expect("a port");
            let arrivals = Arc::clone(&arrivals);
            listening.push(tokio::spawn(async move {
                loop {
                    let (stream, from) = listener.accept().await.expect("a connection");
                    let at = stream.local_addr().expect("its address");
                    let mut arrivals = arrivals.lock().unwrap_or_else(PoisonError::into_inner);
                    arrivals.push((at, from));
                }
            }));
        }
        Self {
            ports: ports.to_vec(),
            arrivals,
            listening,
        }
    }

    /// Where connections arrived. Connections are heard in order, so ours at the end shows that no other is on its way; and that it would be heard.
    pub async fn heard(&self) -> Vec<SocketAddr> {
        let mut own = Vec::new();
        for port in &self.ports {
            let knock = TcpStream::connect(("169.254.169.254", *port)).await;
            own.push(knock.expect("a canary").local_addr().expect("its address"));
        }
        let is_own = |from: &SocketAddr| own.iter().any(|own| own.port() == from.port());
        eventually(
            Duration::from_secs(10),
            "the canaries to hear us",
            async || {
                let arrivals = self.arrivals();
                let heard = arrivals.iter().filter(|(_, from)| is_own(from)).count();
                (heard == own.len()).then_some(())
            },
        )
        .await;
        let others = self.arrivals().into_iter();
        let others = others.filter(|(_, from)| !is_own(from));
        let place = |(at, _): Arrival| SocketAddr::new(at.ip().to_canonical(), at.port());
        others.map(place).collect()
    }

    fn arrivals(&self) -> Vec<Arrival> {
        let arrivals = self.arrivals.lock();
        arrivals.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        for listening in &self.listening {
            listening.abort();
        }
    }
}

/// A server at a port of every address that says the same words to everybody, in parts, and then hangs up.
#[derive(Debug)]
pub struct Speaker(JoinHandle<()>);

impl Speaker {
    /// Opens the port. What `parts` gives is sent one after the other.
    pub async fn at<P>(port: u16, parts: impl Fn() -> P + Send + 'static) -> Self
    where
        P: Iterator<Item = Vec<u8>> + Send + 'static,
    {
        let listener = TcpListener::bind(("::", port)).await.expect("a port");
        Self(tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let parts = parts();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                        match stream.read_buf(&mut head).await {
                            Ok(0) | Err(_) => return,
                            Ok(_) => (),
                        }
                    }
                    for part in parts {
                        // Whoever asked may have had enough.
                        if stream.write_all(&part).await.is_err() {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                });
            }
        }))
    }
}

impl Speaker {
    /// Leaves the port to others.
    pub async fn stop(mut self) {
        self.0.abort();
        // That it was cut short is what was wanted.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        self.0.abort();
    }
}
