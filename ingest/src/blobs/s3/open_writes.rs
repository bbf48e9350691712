//! Multipart uploads that nobody finished: which there are, and their end.
//!
//! A process that is killed, or an answer that is lost, leaves parts in the bucket that no list of objects shows. `object_store` cannot ask
//! for them, so this one question is asked here (`ListMultipartUploads` of the S3 API), signed by the same library.

use axum::http::{Method, Request};
use http_body_util::BodyExt;
use object_store::{
    ClientOptions,
    aws::{AmazonS3, AwsAuthorizer, AwsCredentialProvider},
    client::{HttpClient, HttpConnector, HttpRequestBody, ReqwestConnector},
    multipart::MultipartStore,
    path::Path,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{S3, failed};
use crate::blobs::BlobError;

/// Asks one bucket.
#[derive(Clone, Debug)]
pub struct OpenWrites {
    http: HttpClient,
    credentials: AwsCredentialProvider,
    address: String,
    region: String,
}

/// A multipart upload that is not finished.
#[derive(Clone, Debug)]
pub struct OpenWrite {
    /// The key of the object that it would become.
    pub key: String,
    path: Path,
    id: String,
}

/// Where a bucket answers; without an endpoint, that of Amazon.
pub fn address(endpoint: &str, region: &str, bucket: &str) -> String {
    match endpoint.trim_end_matches('/') {
        "" => format!("https://s3.{region}.amazonaws.com/{bucket}"),
        endpoint => format!("{endpoint}/{bucket}"),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default, rename = "Upload")]
    uploads: Vec<Entry>,
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    next_key_marker: String,
    #[serde(default)]
    next_upload_id_marker: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    key: String,
    upload_id: String,
}

impl OpenWrites {
    pub fn new(
        store: &AmazonS3,
        options: &ClientOptions,
        address: String,
        region: &str,
    ) -> Result<Self, BlobError> {
        let http = ReqwestConnector::default().connect(options);
        Ok(Self {
            http: http.map_err(BlobError::Store)?,
            credentials: store.credentials().clone(),
            address,
            region: region.to_owned(),
        })
    }

    async fn ask(&self, query: &str) -> Result<Answer, BlobError> {
        let uri = format!("{}?{query}", self.address);
        let unusable = |error: Box<dyn std::error::Error + Send + Sync>| {
            BlobError::Store(object_store::Error::Generic {
                store: "S3",
                source: error,
            })
        };
        let mut request = Request::builder()
            .method(Method::GET)
            .uri(uri)
            .body(HttpRequestBody::empty())
            .map_err(|error| unusable(error.into()))?;
        let credential = self.credentials.get_credential().await.map_err(failed)?;
        AwsAuthorizer::new(&credential, "s3", &self.region)
            .try_authorize(&mut request, None)
            .map_err(failed)?;
        let response = self.http.execute(request).await;
        let response = response.map_err(|error| unusable(error.into()))?;
        if !response.status().is_success() {
            return Err(unusable(format!("status {}", response.status()).into()));
        }
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| unusable(error.into()))?.to_bytes();
        quick_xml::de::from_reader(&*body).map_err(|error| unusable(error.into()))
    }
}

impl S3 {
    /// The multipart uploads below our prefix that are not finished.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn open_writes(&self) -> Result<Vec<OpenWrite>, BlobError> {
        let mut found = Vec::new();
        let mut markers = String::new();
        loop {
            let query = format!("uploads=&prefix={}{markers}", encoded(self.prefix.as_ref()));
            let answer = self.open_writes.ask(&query).await?;
            found.extend(answer.uploads.into_iter().filter_map(|entry| {
                let path = Path::parse(&entry.key).ok()?;
                // A prefix of text is not a folder: "desk" begins "desktop" too.
                let key = path.prefix_match(&self.prefix)?.last()?.as_ref().to_owned();
                Some(OpenWrite {
                    key,
                    path,
                    id: entry.upload_id,
                })
            }));
            if !answer.is_truncated || answer.next_key_marker.is_empty() {
                return Ok(found);
            }
            markers = format!(
                "&key-marker={}&upload-id-marker={}",
                encoded(&answer.next_key_marker),
                encoded(&answer.next_upload_id_marker)
            );
        }
    }

    /// Ends one of them; its parts are gone then.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn abort(&self, open: &OpenWrite) -> Result<(), BlobError> {
        let aborted = self.store.abort_multipart(&open.path, &open.id).await;
        match aborted.map_err(failed) {
            Err(BlobError::NotFound) => Ok(()),
            outcome => outcome,
        }
    }
}

/// A value for a query.
fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_s3_is_understood() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Bucket>files</Bucket><KeyMarker/><UploadIdMarker/>
              <NextKeyMarker>desk/ab/my-file</NextKeyMarker><NextUploadIdMarker>X/1</NextUploadIdMarker>
              <MaxUploads>1000</MaxUploads><IsTruncated>true</IsTruncated>
              <Upload><Key>desk/ab/one</Key><UploadId>VXBsb2Fk</UploadId><Initiator><ID>x</ID></Initiator><StorageClass>STANDARD</StorageClass></Upload>
              <Upload><Key>desk/cd/two</Key><UploadId>VXBsb2Fl</UploadId><Initiated>2026-11-22T01:00:00.000Z</Initiated></Upload>
            </ListMultipartUploadsResult>"#;
        let answer: Answer = quick_xml::de::from_str(text).unwrap();
        let keys: Vec<_> = answer
            .uploads
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        assert_eq!(keys, ["desk/ab/one", "desk/cd/two"]);
        assert!(answer.is_truncated);
        assert_eq!(answer.next_upload_id_marker, "X/1");
    }

    #[test]
    fn a_bucket_answers_at_its_endpoint() {
        assert_eq!(
            address("http://s3.example:9000/", "eu-1", "files"),
            "http://s3.example:9000/files"
        );
        assert_eq!(
            address("", "eu-1", "files"),
            "https://s3.eu-1.amazonaws.com/files"
        );
    }
}
