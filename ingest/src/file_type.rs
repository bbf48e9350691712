//! What a file is, by its content; and what its name claims. Pure.
//!
//! The types that we answer are a closed list of ones that a browser or a desktop opens without running anything; everything else is
//! `application/octet-stream`. Whatever it is, it is offered for saving and never shown as part of our pages: the type is for the program
//! that staff open it with.

mod names;

use crate::care::Kind;

/// How many bytes of a file say what it is.
pub const HEAD_BYTES: usize = 8 * 1024;
/// The type of everything that is not on the list.
pub const OPAQUE: &str = "application/octet-stream";

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileType {
    /// Its media type when that is on the list, else [`OPAQUE`].
    pub content_type: &'static str,
    /// In the words of people.
    pub kind: Kind,
}

impl FileType {
    const fn opaque(kind: Kind) -> Self {
        Self {
            content_type: OPAQUE,
            kind,
        }
    }
}

/// Media types that may be named in an answer, with their kind.
const LIST: &[(&str, Kind)] = &[
    ("image/jpeg", Kind::Image),
    ("image/png", Kind::Image),
    ("image/gif", Kind::Image),
    ("image/webp", Kind::Image),
    ("image/bmp", Kind::Image),
    ("image/tiff", Kind::Image),
    ("image/heif", Kind::Image),
    ("image/avif", Kind::Image),
    ("image/jxl", Kind::Image),
    ("video/mp4", Kind::Video),
    ("video/quicktime", Kind::Video),
    ("video/webm", Kind::Video),
    ("video/x-matroska", Kind::Video),
    ("video/x-msvideo", Kind::Video),
    ("audio/mpeg", Kind::Audio),
    ("audio/m4a", Kind::Audio),
    ("audio/ogg", Kind::Audio),
    ("audio/x-wav", Kind::Audio),
    ("audio/x-flac", Kind::Audio),
    ("application/pdf", Kind::Document),
    ("application/zip", Kind::Archive),
    ("application/gzip", Kind::Archive),
    ("application/x-7z-compressed", Kind::Archive),
    ("application/vnd.rar", Kind::Archive),
];

/// What the first [`HEAD_BYTES`] of a file say that it is.
#[must_use]
pub fn by_content(head: &[u8]) -> FileType {
    if head.is_empty() {
        return FileType::opaque(Kind::Unknown);
    }
    if head.starts_with(b"%PDF-") {
        return listed("application/pdf");
    }
    // Before the signatures, some of which are two letters long: a text may begin with BM or MZ.
    if let Some(text) = as_text(head) {
        return of_text(&text);
    }
    let Some(found) = infer::get(head) else {
        return match is_heif(head) {
            true => listed("image/heif"),
            false => FileType::opaque(Kind::Unknown),
        };
    };
    let named = listed(found.mime_type());
    if named.kind != Kind::Unknown {
        return named;
    }
    FileType::opaque(match found.matcher_type() {
        infer::MatcherType::App => Kind::Program,
        infer::MatcherType::Archive => Kind::Archive,
        infer::MatcherType::Audio => Kind::Audio,
        infer::MatcherType::Book | infer::MatcherType::Doc => Kind::Document,
        infer::MatcherType::Image => Kind::Image,
        infer::MatcherType::Text => Kind::Markup,
        infer::MatcherType::Video => Kind::Video,
        infer::MatcherType::Font | infer::MatcherType::Custom => Kind::Unknown,
    })
}

/// What may be named of a media type that a row holds, which may be older than the list.
#[must_use]
pub fn listed(content_type: &str) -> FileType {
    let entry = LIST.iter().find(|(name, _)| *name == content_type);
    entry.map_or(FileType::opaque(Kind::Unknown), |(content_type, kind)| {
        FileType {
            content_type,
            kind: *kind,
        }
    })
}

/// Can a preview be drawn of it?
#[must_use]
pub fn can_be_drawn(content_type: &str) -> bool {
    ["image/jpeg", "image/png", "image/webp", "image/gif"].contains(&content_type)
}

/// Can metadata be taken out of it?
#[must_use]
pub fn can_be_cleaned(content_type: &str) -> bool {
    can_be_drawn(content_type) || ["image/heif", "image/avif"].contains(&content_type)
}

/// May a file of this type say where and with what it was made, without our being able to take that out?
#[must_use]
pub fn may_tell_where(content_type: &str, kind: Kind) -> bool {
    kind == Kind::Video
        || (kind == Kind::Image && !can_be_cleaned(content_type) && content_type != "image/bmp")
}

/// What staff must know about a file before they open it, if there is anything: what its name claims is not what it is, or opening it
/// runs it.
#[must_use]
pub fn warning(name: &str, content_type: &str, kind: Kind) -> Option<String> {
    let claim = names::claim_of(name)?;
    let is_it = names::fits(claim.1, content_type, kind);
    match (is_it, kind) {
        (false, Kind::Program) => Some(format!("Named .{}, is a program", claim.0)),
        (false, Kind::Unknown) => Some(format!("Named .{}, is something else", claim.0)),
        (false, kind) => Some(format!("Named .{}, is {}", claim.0, names::a(kind))),
        (true, _) if claim.1 == names::Claim::Runs => {
            Some(format!("Opening a .{} file runs what is in it", claim.0))
        }
        (true, _) => None,
    }
}

/// Pictures of HEIF whose first brand is not the usual one: it says so with any of its brands (ISO/IEC 23008-12, 10.2 and annex B).
fn is_heif(head: &[u8]) -> bool {
    const BRANDS: [&[u8]; 10] = [
        b"mif1", b"mif2", b"msf1", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm",
    ];
    let Some((size, rest)) = head.split_first_chunk::<4>() else {
        return false;
    };
    let brands = usize::try_from(u32::from_be_bytes(*size)).map(|size| size.saturating_sub(8));
    let brands = rest
        .strip_prefix(b"ftyp")
        .map(|rest| &rest[..rest.len().min(brands.unwrap_or(0))]);
    brands.is_some_and(|brands| brands.chunks_exact(4).any(|brand| BRANDS.contains(&brand)))
}

/// The head as text: UTF-8 without control characters, or UTF-16 with its mark.
fn as_text(head: &[u8]) -> Option<String> {
    let utf16 = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| read([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).ok()
    };
    let text = match head {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest)?.to_owned(),
        head => utf8(head)?.to_owned(),
    };
    let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
    text.chars().all(is_text).then_some(text)
}

/// The last character may be cut in two.
fn utf8(head: &[u8]) -> Option<&str> {
    match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

fn of_text(text: &str) -> FileType {
    const RUN_BY_BROWSERS: [&str; 9] = [
        "<!doctype",
        "<html",
        "<svg",
        "<?xml",
        "<script",
        "<head",
        "<body",
        "<iframe",
        "<img",
    ];
    let small = text.to_ascii_lowercase();
    if small.starts_with("#!") {
        return FileType::opaque(Kind::Program);
    }
    if small.starts_with("{\\rtf") {
        return FileType::opaque(Kind::Document);
    }
    let is_archived_page =
        small.contains("mime-version:") && small.contains("content-type: multipart/related");
    if is_archived_page || RUN_BY_BROWSERS.iter().any(|tag| small.contains(tag)) {
        return FileType::opaque(Kind::Markup);
    }
    FileType::opaque(Kind::Text)
}

#[cfg(test)]
mod tests;
