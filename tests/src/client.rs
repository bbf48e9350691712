//! A caller of the public API.

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    RequestBuilder, Response, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Calls the API of one site.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    origin: String,
    site: String,
}

impl Client {
    /// A caller of `site` at the service with `origin`.
    pub fn new(origin: &str, site: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client without TLS can be built");
        Self {
            http,
            origin: origin.to_owned(),
            site: site.to_owned(),
        }
    }

    /// The same caller at another site.
    pub fn at_site(&self, site: &str) -> Self {
        Self {
            site: site.to_owned(),
            ..self.clone()
        }
    }

    /// A request to a path of the service.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        self.http.request(method, format!("{}{path}", self.origin))
    }

    /// A GET of a path of the service.
    pub async fn get(&self, path: &str) -> Response {
        self.request("GET", path).send().await.expect("an answer")
    }

    /// The path of a resource of the site, such as `tickets`.
    pub fn path(&self, resource: &str) -> String {
        format!("/v1/sites/{}/{resource}", self.site)
    }

    /// A request to submit `submission` as JSON under `key`.
    pub fn submission(&self, key: &str, submission: &Value) -> RequestBuilder {
        self.request("POST", &self.path("tickets"))
            .header("Idempotency-Key", key)
            .json(submission)
    }

    /// Submits as JSON under a new key.
    pub async fn submit(&self, submission: &Value) -> Answer {
        let request = self.submission(&new_key(), submission);
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Submits as `multipart/form-data` with files.
    pub async fn submit_form(&self, submission: &Value, files: &[File]) -> Answer {
        let request = self
            .request("POST", &self.path("tickets"))
            .header("Idempotency-Key", new_key())
            .multipart(form(submission, files));
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Announces an upload of `length_bytes`.
    pub fn announcement(
        &self,
        name: &str,
        media_type: &str,
        length_bytes: usize,
    ) -> RequestBuilder {
        let encoded = |text: &str| BASE64_STANDARD.encode(text);
        let metadata = format!(
            "filename {},filetype {}",
            encoded(name),
            encoded(media_type)
        );
        self.request("POST", &self.path("uploads"))
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Length", length_bytes)
            .header("Upload-Metadata", metadata)
    }

    /// Makes an upload without bytes and returns its path.
    pub async fn create_upload(&self, file: &File) -> String {
        let request = self.announcement(&file.name, &file.media_type, file.bytes.len());
        let answer = Answer::of(request.send().await.expect("an answer")).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let location = answer.header("location").expect("an upload has a location");
        let path = location.strip_prefix(&self.origin).unwrap_or(location);
        path.to_owned()
    }

    /// Sends bytes to an upload from `offset` on.
    pub async fn append(&self, upload: &str, offset: usize, bytes: &[u8]) -> Answer {
        let request = self
            .request("PATCH", upload)
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Offset", offset)
            .header("Content-Type", "application/offset+octet-stream")
            .body(bytes.to_vec());
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// Uploads a whole file and returns its upload id.
    pub async fn upload(&self, file: &File) -> String {
        let path = self.create_upload(file).await;
        let answer = self.append(&path, 0, &file.bytes).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
        upload_id(&path)
    }

    /// A request about an upload, with the header that the protocol wants.
    pub async fn about_upload(&self, method: &str, upload: &str) -> Answer {
        let request = self
            .request(method, upload)
            .header("Tus-Resumable", "1.0.0");
        Answer::of(request.send().await.expect("an answer")).await
    }
}

/// The id of an upload: the last segment of its path.
pub fn upload_id(path: &str) -> String {
    let (_, id) = path
        .rsplit_once('/')
        .expect("an upload's path has segments");
    id.to_owned()
}

/// A new idempotency key.
#[expect(
    clippy::disallowed_methods,
    reason = "the service's `ids` are not ours; a client makes its own keys"
)]
pub fn new_key() -> String {
    Uuid::new_v4().to_string()
}

/// A submission without violations.
pub fn a_submission() -> Value {
    json!({
        "summary": "The invoice shows the wrong total",
        "description": "Since this morning the total is counted twice.",
        "email": "ada@customer.example",
    })
}

/// [`a_submission`] with some members replaced.
pub fn a_submission_with(changes: Value) -> Value {
    let mut submission = a_submission();
    let Value::Object(changes) = changes else {
        panic!("changes are an object");
    };
    for (name, value) in changes {
        submission[name] = value;
    }
    submission
}

/// The fields of a submission and files as `multipart/form-data`.
pub fn form(submission: &Value, files: &[File]) -> Form {
    let fields = submission.as_object().expect("a submission is an object");
    let form = fields.iter().fold(Form::new(), |form, (name, value)| {
        let text = value.as_str().expect("fields of a form are texts");
        form.text(name.clone(), text.to_owned())
    });
    files.iter().fold(form, |form, file| {
        let part = Part::bytes(file.bytes.clone())
            .file_name(file.name.clone())
            .mime_str(&file.media_type)
            .expect("a media type");
        form.part("attachments", part)
    })
}

/// A file to attach.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name, without folders.
    pub name: String,
    /// What the sender says it is.
    pub media_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl File {
    /// A file of `size_bytes` with content that differs from that of other seeds and does not repeat.
    pub fn binary(name: &str, size_bytes: usize, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            media_type: "application/octet-stream".to_owned(),
            bytes: noise(size_bytes, seed),
        }
    }

    /// A small text file.
    pub fn text(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            media_type: "text/plain".to_owned(),
            bytes: text.as_bytes().to_vec(),
        }
    }

    /// The digest of the content, as the service prints it.
    pub fn sha256(&self) -> String {
        sha256(&self.bytes)
    }
}

/// The SHA-256 digest of `bytes` in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that look random and are the same for the same seed (xorshift).
pub fn noise(size_bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(size_bytes + 8);
    while bytes.len() < size_bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size_bytes);
    bytes
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    headers: reqwest::header::HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Reads a response to its end.
    pub async fn of(response: Response) -> Self {
        let answer = Self::complete(response).await;
        answer.expect("a complete answer")
    }

    /// Reads a response to its end; `None` when the connection breaks before.
    pub async fn complete(response: Response) -> Option<Self> {
        Some(Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.ok()?,
        })
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        Some(value.to_str().expect("headers are ASCII"))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    /// The reference in a receipt.
    ///
    /// # Panics
    ///
    /// When the answer is not `201`.
    pub fn reference(&self) -> String {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.text);
        let receipt = self.json();
        receipt["reference"]
            .as_str()
            .expect("a receipt has a reference")
            .to_owned()
    }

    /// Checks that this is a problem of `kind` with everything a problem must have, and returns it.
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(
            problem["type"],
            format!("https://cornerdesk.dev/problems/{kind}")
        );
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "request_id"] {
            let text = problem[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "a problem has a {member}: {problem}");
        }
        problem
    }
}
