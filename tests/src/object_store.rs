//! A real object store that speaks S3 (moto), and a relay in front of it that lets it fail.

mod faulty;
mod place;

use std::{
    collections::BTreeMap,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use reqwest::header::{AUTHORIZATION, HeaderValue};

pub use self::{
    faulty::{Fault, Faulty},
    place::Place,
};

use crate::{
    client::sha256,
    eventually_blocking, installed,
    process::{self, Signal},
};

const START_UP: Duration = Duration::from_secs(60);
const PREFIX: &str = "desk";

/// A running object store that belongs to this test process.
#[derive(Debug)]
struct Moto {
    port: u16,
    /// Ends with this process.
    _server: Child,
}

impl Moto {
    fn start() -> Self {
        let port = free_port();
        let mut command = Command::new(installed::folder("MOTO_DIR").join("bin/moto_server"));
        command
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = process::spawn(command, Signal::Kill).expect("moto can be started");
        eventually_blocking(START_UP, "moto to listen", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            port,
            _server: server,
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = listener.local_addr();
    address.expect("a bound socket has an address").port()
}

/// An empty bucket of one test.
#[derive(Debug)]
pub struct Bucket {
    origin: String,
    name: String,
}

impl Bucket {
    /// Makes one; the first call starts the object store.
    ///
    /// # Panics
    ///
    /// When moto is not installed or does not start: tests of the object store are never skipped.
    pub async fn new() -> Self {
        static MOTO: OnceLock<Moto> = OnceLock::new();
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let started = tokio::task::spawn_blocking(|| MOTO.get_or_init(Moto::start).port).await;
        let port = started.expect("a thread that ends");
        let bucket = Self {
            origin: format!("http://127.0.0.1:{port}"),
            name: format!("bucket-{}", NUMBER.fetch_add(1, Ordering::Relaxed)),
        };
        let made = http().put(bucket.url("")).send().await.expect("an answer");
        assert!(made.status().is_success(), "{}", made.status());
        bucket
    }

    /// Where the object store answers.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The section `[storage]` of a service that keeps its attachments here.
    pub fn storage(&self) -> String {
        self.storage_behind(&self.origin)
    }

    /// The same, through a relay at `origin`.
    pub fn storage_behind(&self, origin: &str) -> String {
        let name = &self.name;
        format!(
            "[storage]\nblobs_url = \"s3://{name}/{PREFIX}\"\ns3_endpoint = \"{origin}\"\n\
             s3_access_key_id = \"key\"\ns3_secret_access_key = \"secret\"\n"
        )
    }

    fn url(&self, rest: &str) -> String {
        format!("{}/{}{rest}", self.origin, self.name)
    }

    async fn get(&self, rest: &str) -> Vec<u8> {
        let answer = http().get(self.url(rest)).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{rest}: {}", answer.status());
        answer.bytes().await.expect("a body").to_vec()
    }

    /// The keys of all objects, with the digest of each.
    pub async fn objects(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut token = String::new();
        loop {
            let page = self.get(&format!("?list-type=2{token}")).await;
            let page = String::from_utf8(page).expect("XML in UTF-8");
            for key in texts_of(&page, "Key") {
                let digest = sha256(&self.get(&format!("/{key}")).await);
                found.insert(key, digest);
            }
            match texts_of(&page, "NextContinuationToken").pop() {
                Some(next) => token = format!("&continuation-token={next}"),
                None => return found,
            }
        }
    }

    /// Multipart uploads that are neither completed nor aborted.
    pub async fn open_multipart_uploads(&self) -> usize {
        let page = self.get("?uploads=").await;
        let page = String::from_utf8(page).expect("XML in UTF-8");
        texts_of(&page, "UploadId").len()
    }
}

/// Somebody whom moto believes: it looks at who signed, not at the signature.
fn http() -> reqwest::Client {
    let signed = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let headers = [(AUTHORIZATION, HeaderValue::from_static(signed))];
    let client = reqwest::Client::builder()
        .no_proxy()
        .default_headers(headers.into_iter().collect())
        .build();
    client.expect("a client without TLS can be built")
}

/// The texts of all elements of this name. Enough for keys and ids that hold nothing to be escaped.
fn texts_of(xml: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let parts = xml.split(&open).skip(1);
    parts
        .filter_map(|rest| rest.split_once(&close).map(|(text, _)| text.to_owned()))
        .collect()
}
