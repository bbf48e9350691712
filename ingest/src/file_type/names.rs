//! What the extension of a name claims.

use cornerdesk_shared::file_name::stem_and_extension;

use crate::care::Kind;

/// What a name claims that the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// One of these types.
    Types(&'static [&'static str]),
    /// This kind.
    Kind(Kind),
    /// Something in a container that has many names: office documents are zip files.
    Packed,
    /// Text of whatever meaning.
    Written,
    /// Opening it runs it.
    Runs,
}

/// The claim of a name with the extension that makes it; nothing when the extension is not one we know.
pub(super) fn claim_of(name: &str) -> Option<(String, Claim)> {
    let (_, extension) = stem_and_extension(name);
    let extension = extension.trim_start_matches('.').to_lowercase();
    let claim = match extension.as_str() {
        "jpg" | "jpeg" | "jpe" | "jfif" => Claim::Types(&["image/jpeg"]),
        "png" | "apng" => Claim::Types(&["image/png"]),
        "gif" => Claim::Types(&["image/gif"]),
        "webp" => Claim::Types(&["image/webp"]),
        "bmp" => Claim::Types(&["image/bmp"]),
        "tif" | "tiff" | "dng" | "nef" | "cr2" | "arw" | "psd" | "ico" | "jxl" | "jp2" => {
            Claim::Kind(Kind::Image)
        }
        "heic" | "heif" | "hif" | "avif" => Claim::Types(&["image/heif", "image/avif"]),
        "mp4" | "m4v" | "mov" | "3gp" => {
            Claim::Types(&["video/mp4", "video/quicktime", "audio/m4a"])
        }
        "webm" | "mkv" => Claim::Types(&["video/webm", "video/x-matroska"]),
        "avi" | "wmv" | "mpg" | "mpeg" | "flv" => Claim::Kind(Kind::Video),
        "mp3" | "wav" | "ogg" | "oga" | "opus" | "flac" | "aac" | "m4a" => Claim::Kind(Kind::Audio),
        "pdf" => Claim::Types(&["application/pdf"]),
        "zip" => Claim::Types(&["application/zip"]),
        "docx" | "xlsx" | "pptx" | "odt" | "ods" | "odp" | "epub" | "doc" | "xls" | "ppt"
        | "msg" => Claim::Packed,
        "gz" | "tgz" | "bz2" | "xz" | "7z" | "rar" | "tar" | "zst" => Claim::Kind(Kind::Archive),
        "txt" | "log" | "csv" | "tsv" | "md" | "json" | "har" | "yaml" | "yml" | "ini" | "conf"
        | "eml" | "sql" | "html" | "htm" | "xhtml" | "xml" | "svg" | "mht" | "mhtml" | "rtf" => {
            Claim::Written
        }
        "exe" | "scr" | "com" | "pif" | "bat" | "cmd" | "js" | "jse" | "vbs" | "vbe" | "wsf"
        | "wsh" | "hta" | "ps1" | "lnk" | "msi" | "jar" | "dll" | "cpl" | "reg" | "url" | "app"
        | "apk" | "sh" | "command" | "desktop" | "iso" | "img" | "vhd" | "chm" | "scf" => {
            Claim::Runs
        }
        _ => return None,
    };
    Some((extension, claim))
}

/// Is a file of this type what the name claims?
pub(super) fn fits(claim: Claim, content_type: &str, kind: Kind) -> bool {
    match claim {
        Claim::Types(types) => types.contains(&content_type),
        Claim::Kind(claimed) => claimed == kind,
        Claim::Packed => matches!(kind, Kind::Document | Kind::Archive),
        Claim::Written => matches!(kind, Kind::Text | Kind::Markup | Kind::Document),
        Claim::Runs => true,
    }
}

/// A kind with its article.
pub(super) const fn a(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "an image of another type",
        Kind::Video => "a video",
        Kind::Audio => "an audio file",
        Kind::Document => "a document",
        Kind::Archive => "an archive",
        Kind::Text => "plain text",
        Kind::Markup => "a web page or a drawing with code",
        Kind::Program => "a program",
        Kind::Unknown => "something else",
    }
}
