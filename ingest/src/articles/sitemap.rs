//! A sitemap (<https://www.sitemaps.org/protocol.html>): the addresses of a website's pages, or of the sitemaps that list them. Pure.

use std::io::Read;

use quick_xml::{Reader, events::Event};
use url::Url;

/// A sitemap is no longer than this, unpacked: so says the protocol.
pub const SIZE_MOST_BYTES: usize = 50 * 1024 * 1024;
/// … and lists no more.
pub const ADDRESSES_MOST: usize = 50_000;
/// … each no longer than this, in characters.
const ADDRESS_MOST_CHARS: usize = 2048;
/// The protocol opens three elements within each other, its extensions a few more; every one that is open costs memory.
const OPEN_MOST: usize = 32;

/// What a sitemap lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sitemap {
    /// Pages (`urlset`).
    Pages(Vec<String>),
    /// Other sitemaps (`sitemapindex`).
    Sitemaps(Vec<String>),
}

/// Reads a sitemap, compressed by gzip or not.
///
/// # Errors
/// One sentence, when it is none or breaks a limit of the protocol.
pub fn read(bytes: &[u8]) -> Result<Sitemap, String> {
    let text = unpacked(bytes, SIZE_MOST_BYTES)?;
    let mut reader = Reader::from_reader(text.as_slice());
    let mut open: Vec<Vec<u8>> = Vec::new();
    let mut addresses = Vec::new();
    let mut address = String::new();
    let mut lists_pages = None;
    loop {
        let event = reader.read_event().map_err(no_xml)?;
        match event {
            Event::Start(_) if open.len() == OPEN_MOST => {
                return Err(format!(
                    "more than {OPEN_MOST} of its elements are open at once"
                ));
            }
            Event::Start(tag) => {
                open.push(tag.local_name().as_ref().to_vec());
                if open.len() == 1 {
                    lists_pages = Some(is_of_pages(&open[0])?);
                }
                address.clear();
            }
            Event::Text(text) if is_address(&open) => {
                address.push_str(&text.decode().map_err(|_| "it is not in UTF-8")?);
            }
            Event::CData(text) if is_address(&open) => {
                address.push_str(&text.decode().map_err(|_| "it is not in UTF-8")?);
            }
            Event::GeneralRef(name) if is_address(&open) => {
                let name = name.decode().map_err(|_| "it is not in UTF-8")?;
                let said = quick_xml::escape::unescape(&format!("&{name};"))
                    .map_err(no_xml)?
                    .into_owned();
                address.push_str(&said);
            }
            Event::End(_) => {
                if is_address(&open) {
                    addresses.push(address.trim().to_owned());
                    check(&addresses)?;
                }
                open.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    match lists_pages {
        _ if !open.is_empty() => Err("it ends too early".to_owned()),
        None => Err("it is no sitemap: it is empty".to_owned()),
        Some(true) => Ok(Sitemap::Pages(addresses)),
        Some(false) => Ok(Sitemap::Sitemaps(addresses)),
    }
}

/// What is wrong with it. The error may quote the website, and goes to a terminal.
fn no_xml(error: impl std::fmt::Display) -> String {
    format!("it is no XML: {}", error.to_string().escape_debug())
}

/// Whether the root of a sitemap says that it lists pages.
fn is_of_pages(root: &[u8]) -> Result<bool, String> {
    match root {
        b"urlset" => Ok(true),
        b"sitemapindex" => Ok(false),
        other => Err(format!(
            "it is no sitemap: it begins with <{}>, not with <urlset> or <sitemapindex>",
            // It comes from the website and goes to a terminal.
            String::from_utf8_lossy(other).escape_debug()
        )),
    }
}

/// Whether these open elements are the address of an entry, and not that of its pictures or films.
fn is_address(open: &[Vec<u8>]) -> bool {
    match open {
        [_, entry, name] => name == b"loc" && [&b"url"[..], b"sitemap"].contains(&entry.as_slice()),
        _ => false,
    }
}

/// The limits of the protocol, after each address.
fn check(addresses: &[String]) -> Result<(), String> {
    if addresses.len() > ADDRESSES_MOST {
        return Err(format!("it lists more than {ADDRESSES_MOST} addresses"));
    }
    match addresses.last() {
        Some(last) if last.chars().count() > ADDRESS_MOST_CHARS => Err(format!(
            "an address in it is longer than {ADDRESS_MOST_CHARS} characters"
        )),
        _ => Ok(()),
    }
}

/// What was compressed by gzip, as it was before; anything else as it is. `most` bytes at most come out.
///
/// # Errors
/// One sentence, when it is damaged or longer.
pub fn unpacked(bytes: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let too_long = || format!("it is longer than {} MB", most / (1024 * 1024));
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return if bytes.len() > most {
            Err(too_long())
        } else {
            Ok(bytes.to_vec())
        };
    }
    let mut out = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(bytes)
        .take(limit)
        .read_to_end(&mut out)
        .map_err(|error| format!("it cannot be unpacked: {error}"))?;
    if out.len() > most {
        return Err(too_long());
    }
    Ok(out)
}

/// A website: the pages that its sitemap may speak of, and that an import may fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Website {
    host: String,
    port: Option<u16>,
    /// The path below which pages are wanted, without a slash at its end.
    under: String,
}

impl Website {
    /// The website that an address is of; only its pages at and below the path `under` are wanted.
    ///
    /// # Errors
    /// One sentence, when a browser would not open it.
    pub fn of(address: &Url, under: Option<&str>) -> Result<Self, String> {
        let host = address.host_str().filter(|_| is_of_the_web(address));
        let under = under.unwrap_or_default();
        Ok(Self {
            host: host
                .ok_or_else(|| format!("{address} does not begin with https:// or http://"))?
                .to_owned(),
            port: address.port(),
            under: format!("/{}", under.trim_matches('/'))
                .trim_end_matches('/')
                .to_owned(),
        })
    }

    /// Whether an address is of this website, by `http` or `https`.
    #[must_use]
    pub fn has(&self, address: &Url) -> bool {
        is_of_the_web(address)
            && address.host_str() == Some(&self.host)
            && address.port() == self.port
    }

    /// Whether a page of this website is below the path that is wanted.
    #[must_use]
    pub fn wants(&self, address: &Url) -> bool {
        let rest = address.path().strip_prefix(&self.under);
        self.has(address) && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The name or number of its machine.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

fn is_of_the_web(address: &Url) -> bool {
    ["http", "https"].contains(&address.scheme())
        && address.username().is_empty()
        && address.password().is_none()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PAGES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <!-- made by hand -->
  <url><loc> https://help.example.com/a?x=1&amp;y=%20 </loc><lastmod>2026-11-01</lastmod>
    <image:image><image:loc>https://cdn.example.com/a.png</image:loc></image:image></url>
  <url><lastmod>2026-11-01T10:00:00+00:00</lastmod><loc><![CDATA[https://help.example.com/b?x=1&y=2]]></loc></url>
  <url><loc>https://help.example.com/gr&#xF6;&#223;e</loc></url>
</urlset>"#;

    fn packed(text: &str) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn the_addresses_of_pages_are_read_packed_or_not() {
        let wanted = Sitemap::Pages(
            [
                "https://help.example.com/a?x=1&y=%20",
                "https://help.example.com/b?x=1&y=2",
                "https://help.example.com/größe",
            ]
            .map(str::to_owned)
            .to_vec(),
        );
        assert_eq!(read(PAGES.as_bytes()).unwrap(), wanted);
        assert_eq!(read(&packed(PAGES)).unwrap(), wanted);
    }

    #[test]
    fn an_index_lists_sitemaps() {
        let text = "<sitemapindex><sitemap><loc>https://x.example/1.xml.gz</loc></sitemap><other/><sitemap><loc>https://x.example/2.xml</loc></sitemap></sitemapindex>";
        let wanted = ["https://x.example/1.xml.gz", "https://x.example/2.xml"];
        assert_eq!(
            read(text.as_bytes()).unwrap(),
            Sitemap::Sitemaps(wanted.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn what_is_no_sitemap_or_too_large_is_said() {
        let many = "<url><loc>https://x.example/</loc></url>".repeat(ADDRESSES_MOST + 1);
        let long = "x".repeat(ADDRESS_MOST_CHARS);
        let bomb = packed(&" ".repeat(SIZE_MOST_BYTES + 1));
        let entity = "<!DOCTYPE urlset [<!ENTITY a \"aaaa\">]><urlset><url><loc>https://x.example/&a;</loc></url></urlset>";
        for (bytes, wanted) in [
            (b"".to_vec(), "it is empty"),
            (b"https://x.example/".to_vec(), "it is empty"),
            (b"<html><body/></html>".to_vec(), "<html>"),
            (b"<\x1b[2Jx></\x1b[2Jx>".to_vec(), "<\\u{1b}[2Jx>"),
            (
                format!("<urlset>{}", "<a>".repeat(OPEN_MOST)).into(),
                "open at once",
            ),
            (
                packed(&format!("<urlset>{}", "<a>".repeat(SIZE_MOST_BYTES / 4))),
                "open at once",
            ),
            (b"<urlset><url><loc>https://x".to_vec(), "ends too early"),
            (b"<urlset></loc></urlset>".to_vec(), "no XML"),
            (b"<urlset></\x1b[2Jx></urlset>".to_vec(), "\\u{1b}[2Jx"),
            (entity.into(), "no XML"),
            (format!("<urlset>{many}</urlset>").into(), "50000 addresses"),
            (
                format!("<urlset><url><loc>https://x.example/{long}</loc></url></urlset>").into(),
                "longer than 2048",
            ),
            (vec![b' '; SIZE_MOST_BYTES + 1], "longer than 50 MB"),
            (bomb, "longer than 50 MB"),
            (vec![0x1f, 0x8b, 0, 1, 2], "unpacked"),
        ] {
            let fault = read(&bytes).unwrap_err();
            assert!(fault.contains(wanted), "{fault}");
        }
    }

    #[test]
    fn a_website_is_its_host_by_either_scheme() {
        let url = |text: &str| Url::parse(text).unwrap();
        let website = Website::of(&url("http://help.example.com/sitemap.xml"), None).unwrap();
        for (address, wanted) in [
            ("http://help.example.com/", true),
            ("https://HELP.example.com/a", true),
            ("https://help.example.com:443/a", true),
            ("https://help.example.com:8443/a", false),
            ("https://example.com/a", false),
            ("https://help.example.com.evil.example/a", false),
            ("https://ada@help.example.com/a", false),
            ("https://169.254.169.254/latest/meta-data", false),
            ("ftp://help.example.com/a", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(website.has(&url(address)), wanted, "{address}");
        }
        assert!(Website::of(&url("file:///tmp/sitemap.xml"), None).is_err());
    }

    #[test]
    fn a_path_wants_what_is_at_it_and_below_it() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (under, path, wanted) in [
            (None, "/", true),
            (Some("/"), "/a", true),
            (Some("/help"), "/help", true),
            (Some("/help/"), "/help/a", true),
            (Some("help"), "/help/a", true),
            (Some("/help"), "/helpers", false),
            (Some("/help"), "/blog/help/a", false),
        ] {
            let website = Website::of(&url("https://x.example/"), under).unwrap();
            let page = url("https://x.example/").join(path).unwrap();
            assert_eq!(website.wants(&page), wanted, "{under:?} {path}");
        }
    }
}
