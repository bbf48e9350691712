//! An attachment on its way: the headers of tus 1.0.

/// The protocol's version, value of `Tus-Resumable`.
pub const TUS_VERSION: &str = "1.0.0";
/// Content type of the bytes of an upload.
pub const OFFSET_OCTET_STREAM: &str = "application/offset+octet-stream";
