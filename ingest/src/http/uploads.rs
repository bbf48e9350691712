//! `/v1/sites/{site}/uploads`: resumable uploads by tus 1.0 (core protocol, creation, creation-with-upload, termination, checksum, expiration).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_shared::{
    problem::ProblemKind,
    upload::{OFFSET_OCTET_STREAM, TUS_VERSION},
};
use uuid::Uuid;

use super::{
    client_address::Client, described_problems::Problems, problem::HttpError, site::OfPath,
};
use crate::{
    app::App,
    site::Site,
    store::uploads::Upload,
    upload::{
        Announced, Length, UploadError,
        checksum::{ALGORITHMS, Checksum},
    },
};

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// Begins an upload; the last segment of `Location` is its id for `upload_ids`.
#[utoipa::path(
    post, path = "/v1/sites/{site}/uploads", tag = "uploads", operation_id = "make_upload",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$", description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Length in bytes"),
        ("Upload-Metadata" = Option<String>, Header, description = "`filename` and `filetype`, each with its value in base64"),
    ),
    responses(
        (status = 201, description = "Made, with Location; with Upload-Offset when the request carried bytes"),
        Problems,
    ),
)]
pub async fn post(
    State(app): State<App>,
    OfPath(site): OfPath,
    Client(source): Client,
    request: Request,
) -> Result<Response, HttpError> {
    ensure_version(request.headers())?;
    let length_bytes = number(request.headers(), &UPLOAD_LENGTH)?;
    let (name, content_type) = metadata(request.headers())?;
    let checksum = checksum(request.headers())?;
    let upload = app
        .uploads
        .create(
            &site,
            &Announced {
                name,
                content_type,
                length: Length::Exactly(length_bytes),
            },
            source,
        )
        .await?;
    let location = format!("/v1/sites/{}/uploads/{}", site.key, upload.id);
    let carries_bytes = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == OFFSET_OCTET_STREAM);
    let upload = if carries_bytes && upload.sha256.is_none() {
        append(&app, &site, upload.id, 0, checksum, request.into_body()).await?
    } else {
        upload
    };
    let response = (StatusCode::CREATED, [(header::LOCATION, location)]).into_response();
    Ok(resumable(stands_at(response, &upload)))
}

/// Tells how far an upload is.
#[utoipa::path(
    head, path = "/v1/sites/{site}/uploads/{upload}", tag = "uploads", operation_id = "find_upload",
    params(("site" = String, Path), ("upload" = String, Path, description = "The upload's id")),
    responses((status = 200, description = "With Upload-Offset and Upload-Length"), Problems),
)]
pub async fn head(
    State(app): State<App>,
    OfPath(site): OfPath,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let upload = find(&app, &site, &id).await?;
    let mut response = (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response();
    response
        .headers_mut()
        .insert(UPLOAD_LENGTH, upload.length_bytes.into());
    Ok(resumable(stands_at(response, &upload)))
}

/// Adds bytes at `Upload-Offset`.
#[utoipa::path(
    patch, path = "/v1/sites/{site}/uploads/{upload}", tag = "uploads", operation_id = "append_to_upload",
    params(
        ("site" = String, Path), ("upload" = String, Path, description = "The upload's id"),
        ("Tus-Resumable" = String, Header, pattern = "^1\\.0\\.0$", description = "1.0.0"), ("Upload-Offset" = u64, Header, description = "Where the bytes begin"),
    ),
    request_body(content(("application/offset+octet-stream")), description = "Any bytes"),
    responses(
        (status = 204, description = "Kept, with the new Upload-Offset"),
        Problems,
    ),
)]
pub async fn patch(
    State(app): State<App>,
    OfPath(site): OfPath,
    Path((_, id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, HttpError> {
    ensure_version(request.headers())?;
    if request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| value != OFFSET_OCTET_STREAM)
    {
        return Err(HttpError::new(
            ProblemKind::UnsupportedMediaType,
            format!("Send the bytes as {OFFSET_OCTET_STREAM}."),
        ));
    }
    let offset = number(request.headers(), &UPLOAD_OFFSET)?;
    let upload = append(
        &app,
        &site,
        parse(&id)?,
        offset,
        checksum(request.headers())?,
        request.into_body(),
    )
    .await?;
    Ok(resumable(stands_at(
        StatusCode::NO_CONTENT.into_response(),
        &upload,
    )))
}

/// Takes an upload away.
#[utoipa::path(
    delete, path = "/v1/sites/{site}/uploads/{upload}", tag = "uploads", operation_id = "remove_upload",
    params(("site" = String, Path), ("upload" = String, Path, description = "The upload's id")),
    responses((status = 204, description = "Gone"), Problems),
)]
pub async fn delete(
    State(app): State<App>,
    OfPath(site): OfPath,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    app.uploads.delete(&site.key, parse(&id)?).await?;
    Ok(resumable(StatusCode::NO_CONTENT.into_response()))
}

/// Says what of tus is spoken here.
pub async fn options(State(app): State<App>) -> Response {
    let most = app.intake.limits().attachment_bytes.to_string();
    let headers = [
        ("tus-version", TUS_VERSION),
        (
            "tus-extension",
            "creation,creation-with-upload,termination,checksum,expiration",
        ),
        ("tus-max-size", most.as_str()),
        ("tus-checksum-algorithm", ALGORITHMS),
    ];
    resumable((StatusCode::NO_CONTENT, headers).into_response())
}

/// Runs to its end even when the client goes away, so that what arrived is kept and the upload can be resumed.
async fn append(
    app: &App,
    site: &Arc<Site>,
    id: Uuid,
    offset: u64,
    checksum: Option<Checksum>,
    body: Body,
) -> Result<Upload, HttpError> {
    let (uploads, site) = (app.uploads.clone(), site.clone());
    let task = tokio::spawn(async move {
        uploads
            .append(&site, id, offset, checksum, body.into_data_stream())
            .await
    });
    let upload = task.await.map_err(|error| {
        HttpError::new(
            ProblemKind::Internal,
            "The fault is ours and has been logged.",
        )
        .caused_by(&error)
    })??;
    app.metrics
        .uploaded(upload.offset_bytes.saturating_sub(offset));
    Ok(upload)
}

async fn find(app: &App, site: &Site, id: &str) -> Result<Upload, HttpError> {
    Ok(app.uploads.find(&site.key, parse(id)?).await?)
}

fn parse(id: &str) -> Result<Uuid, HttpError> {
    Uuid::try_parse(id).map_err(|_| UploadError::NotFound.into())
}

/// Where the upload stands and, while it is not complete, how long it stays (tus 1.0, expiration: an HTTP date).
fn stands_at(mut response: Response, upload: &Upload) -> Response {
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, upload.offset_bytes.into());
    let expires = upload
        .expires_at
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    if let (None, Ok(expires)) = (upload.sha256, HeaderValue::from_str(&expires)) {
        headers.insert(UPLOAD_EXPIRES, expires);
    }
    response
}

fn resumable(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(TUS_RESUMABLE, HeaderValue::from_static(TUS_VERSION));
    response
}

/// tus 1.0, core protocol: every request but OPTIONS names the version, and another one is answered with 412 and ours.
fn ensure_version(headers: &HeaderMap) -> Result<(), HttpError> {
    match headers.get(TUS_RESUMABLE) {
        Some(version) if version == TUS_VERSION => Ok(()),
        _ => Err(HttpError::new(
            ProblemKind::UnsupportedVersion,
            format!("Send the header Tus-Resumable: {TUS_VERSION}."),
        )
        .with_header("tus-version", TUS_VERSION)),
    }
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, HttpError> {
    let Some(value) = headers.get(UPLOAD_CHECKSUM) else {
        return Ok(None);
    };
    let checksum = value.to_str().ok().and_then(Checksum::parse);
    let detail =
        || format!("Upload-Checksum: one of {ALGORITHMS}, a blank, and the digest in base64.");
    checksum
        .map(Some)
        .ok_or_else(|| HttpError::new(ProblemKind::MalformedRequest, detail()))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, HttpError> {
    let number = headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    number.ok_or_else(|| {
        HttpError::new(
            ProblemKind::MalformedRequest,
            format!("{name}: a number of bytes is needed."),
        )
    })
}

/// `filename` and `filetype` of `Upload-Metadata`: pairs of a key and base64, separated by commas (tus 1.0, creation).
fn metadata(headers: &HeaderMap) -> Result<(String, String), HttpError> {
    let text = headers
        .get(UPLOAD_METADATA)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let value_of = |wanted: &str| -> Result<String, HttpError> {
        let pair = text
            .split(',')
            .map(str::trim)
            .find_map(|pair| pair.split_once(' ').filter(|(key, _)| *key == wanted));
        let Some((_, value)) = pair else {
            return Ok(String::new());
        };
        let octets = STANDARD.decode(value.trim()).map_err(|_| {
            HttpError::new(
                ProblemKind::MalformedRequest,
                format!("Upload-Metadata: the value of {wanted} is not base64."),
            )
        })?;
        Ok(String::from_utf8_lossy(&octets).into_owned())
    };
    Ok((value_of("filename")?, value_of("filetype")?))
}
