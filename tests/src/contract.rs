//! A vendor's description of its API as a judge: what is asked and answered is shown to Prism, which says what of it breaks the description.
//!
//! The descriptions are not ours to hand on. They are looked for in the folder that `CORNERDESK_SPECS` names, or in `../shared/specs` beside the project; a test
//! whose description is not there says so and goes on without the judge.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

use crate::{
    awaiting::eventually_blocking,
    installed,
    process::{self, Signal},
    scratch,
};

const START_UP: Duration = Duration::from_secs(60);
/// By which an answer is known again behind the judge.
const EXCHANGE: &str = "x-cornerdesk-exchange";

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// How it was asked.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// With which headers.
    pub headers: HeaderMap,
    /// What was sent.
    pub body: Vec<u8>,
    /// The status of the answer.
    pub status: u16,
    /// Its headers.
    pub answer_headers: HeaderMap,
    /// What was answered.
    pub answer: Vec<u8>,
}

type Answers = Arc<Mutex<HashMap<String, Exchange>>>;

/// A judge; lives as long as the process.
#[derive(Debug)]
pub struct Contract {
    origin: String,
    answers: Answers,
    http: reqwest::Client,
    /// Ends with this process.
    _prism: Child,
}

impl Contract {
    /// The judge by the description in this file; nothing, and a line that says so, where the file is not there.
    ///
    /// # Panics
    ///
    /// When Prism is not installed (`tools/setup.sh test`) or does not start.
    pub fn by(file: &str) -> Option<&'static Self> {
        static ALL: Mutex<BTreeMap<String, Option<&'static Contract>>> =
            Mutex::new(BTreeMap::new());
        let mut all = lock(&ALL);
        if let Some(known) = all.get(file) {
            return *known;
        }
        let found = Self::start(file).map(|contract| &*Box::leak(Box::new(contract)));
        all.insert(file.to_owned(), found);
        found
    }

    fn start(file: &str) -> Option<Self> {
        let description = folder().join(file);
        if !description.is_file() {
            eprintln!(
                "SKIPPED: {} is not there, so nothing is held against it (CORNERDESK_SPECS)",
                description.display()
            );
            return None;
        }
        let answers = Answers::default();
        let upstream = serve(Arc::clone(&answers));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let prism = installed::folder("CONTRACT_PROXY_DIR").join("node_modules/.bin/prism");
        let log = scratch::folder("contract").join("log");
        let file = fs::File::create(&log).expect("the log can be made");
        let mut command = Command::new(prism);
        command
            .args(["proxy", "--host", "127.0.0.1", "--port", &port.to_string()])
            .arg(&description)
            .arg(upstream)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file can be cloned"))
            .stderr(file);
        let prism = process::spawn(command, Signal::Kill).expect("prism can be started");
        eventually_blocking(START_UP, "prism to listen", || {
            let said = fs::read_to_string(&log).unwrap_or_default();
            said.contains("is listening").then_some(())
        });
        // A connection belongs to the test that opened it.
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0);
        Some(Self {
            origin: format!("http://127.0.0.1:{port}"),
            answers,
            _prism: prism,
            http: http.build().expect("a client without TLS can be built"),
        })
    }

    /// What of it breaks the description, one line each.
    pub async fn violations(&self, exchange: Exchange) -> Vec<String> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let id = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        let url = format!("{}{}", self.origin, exchange.target);
        let name = format!("{} {}", exchange.method, exchange.target);
        let mut headers = exchange.headers.clone();
        for hop in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION] {
            headers.remove(hop);
        }
        headers.insert(EXCHANGE, HeaderValue::from_str(&id).expect("digits"));
        let request = self
            .http
            .request(exchange.method.clone(), url)
            .headers(headers)
            .body(exchange.body.clone());
        lock(&self.answers).insert(id.clone(), exchange);
        let judged = request.send().await.expect("prism answers");
        lock(&self.answers).remove(&id);
        let found = judged.headers().get("sl-violations");
        let found = found.map_or("[]", |value| value.to_str().expect("violations in ASCII"));
        let found: Vec<serde_json::Value> = serde_json::from_str(found).expect("a list");
        found
            .iter()
            .map(|violation| format!("{name}: {violation}"))
            .collect()
    }
}

/// Where the descriptions are.
fn folder() -> PathBuf {
    let beside = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/specs"));
    std::env::var_os("CORNERDESK_SPECS").map_or_else(|| beside.to_owned(), PathBuf::from)
}

/// What is behind the judge: it answers what was answered already. On a thread of its own, since tests come and go.
fn serve(answers: Answers) -> String {
    let (told, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.expect("a port is free");
            let address = listener.local_addr().expect("an address");
            told.send(format!("http://{address}"))
                .expect("it is awaited");
            let app = Router::new().fallback(answer).with_state(answers);
            axum::serve(listener, app)
                .await
                .expect("serving never fails");
        });
    });
    address.recv().expect("an address")
}

async fn answer(State(answers): State<Answers>, request: Request) -> Response {
    let id = request.headers().get(EXCHANGE);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let known = lock(&answers).get(id).cloned();
    let exchange = known.expect("prism hands on what it is asked");
    let mut response = Response::new(Body::from(exchange.answer));
    *response.status_mut() = StatusCode::from_u16(exchange.status).expect("a status");
    *response.headers_mut() = exchange.answer_headers;
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
