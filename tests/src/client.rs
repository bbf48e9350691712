//! A caller of the public API.

mod answer;
mod file;
mod raw;

use std::net::IpAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    RequestBuilder, Response, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use uuid::Uuid;

pub use answer::Answer;
pub use file::{File, noise, sha256};
pub use raw::RawConnection;

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
        let http = builder()
            .build()
            .expect("a client without TLS can be built");
        Self {
            http,
            origin: origin.to_owned(),
            site: site.to_owned(),
        }
    }

    /// The same caller with another address of this machine, such as `127.0.0.2`.
    pub fn calling_from(&self, address: &str) -> Self {
        let http = builder().local_address(address.parse::<IpAddr>().expect("an address"));
        Self {
            http: http.build().expect("a client without TLS can be built"),
            ..self.clone()
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

    /// Submits with files that were uploaded before, and returns the reference.
    pub async fn submit_with(&self, files: &[File]) -> String {
        let mut uploads = Vec::new();
        for file in files {
            uploads.push(self.upload(file).await);
        }
        let submission = a_submission_with(json!({ "upload_ids": uploads }));
        self.submit(&submission).await.reference()
    }

    /// A request about an upload, with the header that the protocol wants.
    pub async fn about_upload(&self, method: &str, upload: &str) -> Answer {
        let request = self
            .request(method, upload)
            .header("Tus-Resumable", "1.0.0");
        Answer::of(request.send().await.expect("an answer")).await
    }
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
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

/// A path that ends with a token, with another last character: one that every token may have at its end.
pub fn with_another_end(path: &str) -> String {
    let (rest, last) = path.split_at(path.len() - 1);
    let other = if last == "A" { "Q" } else { "A" };
    format!("{rest}{other}")
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
