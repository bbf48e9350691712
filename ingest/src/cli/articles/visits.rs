//! Fetching the pages of one website, for an import: only from this website, a few at a time, and not without end.
//!
//! The addresses of the website's machines are asked for once, when it begins, and every connection goes to one of these: a name that
//! leads elsewhere a minute later leads nowhere (a sitemap is written by whoever runs the website, not by whoever imports it).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use reqwest::{Response, StatusCode, header, redirect};
use url::Url;

use crate::{
    articles::sitemap::{SIZE_MOST_BYTES, Website, unpacked},
    clock::Clock,
};

/// A longer page is no article.
const PAGE_MOST_BYTES: usize = 2 * 1024 * 1024;
/// A page may lead to another one so often.
const REDIRECTS_MOST: usize = 5;
/// Until there is a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Until a page is there, from its first byte asked to its last.
const PAGE_TIMEOUT: Duration = Duration::from_secs(60);
/// A website that asks for more patience is not waited for.
const WAIT_MOST: Duration = Duration::from_secs(60);
/// … and one that does not say how much gets this.
const WAIT_USUAL: Duration = Duration::from_secs(5);
/// A website is waited for as long as this in one import, all its pages together.
const WAITS_MOST: Duration = Duration::from_secs(600);

/// Where clouds tell their machines secrets beside 169.254.169.254: Amazon's by IPv6, in a private network …
const AWS_SECRETS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// … and Alibaba's, in a network that is shared.
const ALIBABA_SECRETS: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What becomes an article.
    Page,
    /// What lists pages. It says by itself whether it is one.
    Sitemap,
}

impl Wanted {
    const fn size_most_bytes(self) -> usize {
        match self {
            Self::Page => PAGE_MOST_BYTES,
            Self::Sitemap => SIZE_MOST_BYTES,
        }
    }
}

/// What a website answered.
#[derive(Debug)]
pub struct Answer {
    /// Where it was read in the end.
    pub url: Url,
    /// The header `Content-Type`.
    pub content_type: String,
    /// Every header `X-Robots-Tag`, joined.
    pub robots: String,
    /// The bytes, unpacked.
    pub body: Vec<u8>,
}

/// Why a page was not read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The website says that there is no such page (404, 410).
    #[error("it is gone ({0})")]
    Gone(u16),
    /// It may be there another time.
    #[error("{0}")]
    Unreadable(String),
}

fn unreadable(error: impl Into<String>) -> Fault {
    Fault::Unreadable(error.into())
}

/// Fetches pages of one website.
#[derive(Debug)]
pub struct Visitor {
    http: reqwest::Client,
    website: Website,
    clock: Clock,
    /// What is left of [`WAITS_MOST`].
    waits_left: Mutex<Duration>,
}

impl Visitor {
    /// Gets ready: asks where the website is.
    ///
    /// # Errors
    /// When its name leads nowhere, or where no website is.
    pub async fn of(website: Website, clock: Clock) -> anyhow::Result<Self> {
        let host = website.host().to_owned();
        let name = host.trim_matches(['[', ']']);
        let places: Vec<SocketAddr> = tokio::net::lookup_host((name, 0))
            .await
            .map_err(|error| anyhow::anyhow!("{host} is not found: {error}"))?
            .collect();
        if let Some(place) = places.iter().find(|place| is_no_website(place.ip())) {
            anyhow::bail!("{host} is at {}, where no website is", place.ip());
        }
        let http = reqwest::Client::builder()
            .user_agent(concat!(
                "Cornerdesk/",
                env!("CARGO_PKG_VERSION"),
                " (import of articles)"
            ))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(PAGE_TIMEOUT)
            .resolve_to_addrs(&host, &places)
            // A proxy would look names up by itself.
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            website,
            clock,
            waits_left: Mutex::new(WAITS_MOST),
        })
    }

    /// Fetches it. Waits once when the website asks to.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn fetch(&self, url: &Url, wanted: Wanted) -> Result<Answer, Fault> {
        let mut url = url.clone();
        let mut may_wait = true;
        let mut redirects = 0;
        loop {
            let response = self.ask(&url).await?;
            let status = response.status();
            if status.is_success() {
                return read(url, response, wanted.size_most_bytes()).await;
            }
            match status {
                StatusCode::NOT_FOUND | StatusCode::GONE => {
                    return Err(Fault::Gone(status.as_u16()));
                }
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE if may_wait => {
                    may_wait = false;
                    let said = text_of(&response, &header::RETRY_AFTER);
                    let wait = wait_of(&said, self.clock.now());
                    if wait > WAIT_MOST {
                        let seconds = wait.as_secs();
                        return Err(unreadable(format!(
                            "it answers {status}: not before {seconds} seconds"
                        )));
                    }
                    take(&self.waits_left, wait)?;
                    tokio::time::sleep(wait).await;
                }
                status if status.is_redirection() => {
                    redirects += 1;
                    if redirects > REDIRECTS_MOST {
                        return Err(unreadable("it leads from one address to the next"));
                    }
                    let next = self.next(&url, &text_of(&response, &header::LOCATION))?;
                    if wanted == Wanted::Page && is_for_now(status) && !is_same_page(&url, &next) {
                        let status = status.as_u16();
                        return Err(unreadable(format!("it leads to {next} for now ({status})")));
                    }
                    url = next;
                }
                status => return Err(unreadable(format!("it answers {status}"))),
            }
        }
    }

    async fn ask(&self, url: &Url) -> Result<Response, Fault> {
        self.http
            .get(url.clone())
            .header(
                header::ACCEPT,
                "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1",
            )
            .header(header::ACCEPT_ENCODING, "gzip")
            .send()
            .await
            .map_err(|error| unreadable(in_words(&error)))
    }

    /// Where a page leads, when that is on this website.
    fn next(&self, url: &Url, location: &str) -> Result<Url, Fault> {
        let next = url
            .join(location)
            .map_err(|error| unreadable(error.to_string()))?;
        if location.is_empty() || !self.website.has(&next) {
            return Err(unreadable(format!("it leads to another website, {next}")));
        }
        Ok(next)
    }
}

/// Addresses that a machine has for itself and its neighbours on the wire, such as that at which a cloud tells its machines their secrets.
/// Private networks are allowed: a company's help may be there, and who imports has named the website.
fn is_no_website(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4 == ALIBABA_SECRETS
        }
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6 == AWS_SECRETS
                || nat64(v6).is_some_and(|v4| is_no_website(v4.into()))
        }
    }
}

/// The address of the old Internet that a network reaches by this one (RFC 6052, the well-known prefix).
fn nat64(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (prefix, v4) = (address.to_bits() >> 32, address.to_bits() & 0xffff_ffff);
    (prefix == 0x0064_ff9b_0000_0000_0000_0000)
        .then(|| Ipv4Addr::from_bits(u32::try_from(v4).unwrap_or_default()))
}

/// Whether a page is elsewhere only for now, such as behind a login or while the website is mended.
fn is_for_now(status: StatusCode) -> bool {
    ![
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::PERMANENT_REDIRECT,
    ]
    .contains(&status)
}

/// Whether an address is that of the same page, perhaps by the other scheme, with a slash at its end or with more in its query.
fn is_same_page(url: &Url, next: &Url) -> bool {
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    path(url) == path(next) && (url.query().is_none() || url.query() == next.query())
}

/// Takes a wait from what is left.
fn take(left: &Mutex<Duration>, wait: Duration) -> Result<(), Fault> {
    let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
    *left = left.checked_sub(wait).ok_or_else(|| {
        let minutes = WAITS_MOST.as_secs() / 60;
        unreadable(format!(
            "it asks for patience, and this import has waited for {minutes} minutes already"
        ))
    })?;
    Ok(())
}

/// How long a website wants to be left alone: seconds, or a date.
fn wait_of(retry_after: &str, now: Timestamp) -> Duration {
    let retry_after = retry_after.trim();
    if let Ok(seconds) = retry_after.parse() {
        return Duration::from_secs(seconds);
    }
    jiff::fmt::rfc2822::parse(retry_after).map_or(WAIT_USUAL, |until| {
        Duration::try_from(until.timestamp().duration_since(now)).unwrap_or_default()
    })
}

fn text_of(response: &Response, name: &header::HeaderName) -> String {
    let value = response.headers().get(name);
    let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()));
    value.unwrap_or_default().into_owned()
}

/// The body, as far as it may go. What is longer is refused at the first byte too many, packed or not.
async fn read(url: Url, mut response: Response, size_most_bytes: usize) -> Result<Answer, Fault> {
    let robots = response.headers().get_all("x-robots-tag");
    let robots: Vec<_> = robots
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let content_type = text_of(&response, &header::CONTENT_TYPE);
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreadable(in_words(&error)))?
    {
        body.extend_from_slice(&chunk);
        if body.len() > size_most_bytes {
            break;
        }
    }
    Ok(Answer {
        url,
        content_type,
        robots: robots.join(","),
        body: unpacked(&body, size_most_bytes).map_err(Fault::Unreadable)?,
    })
}

/// What went wrong, down to its cause: the outermost error only says that something did.
fn in_words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    format!("it cannot be fetched: {cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_machine_tells_its_secrets() {
        for (address, wanted) in [
            ("169.254.169.254", true),
            ("::ffff:169.254.169.254", true),
            ("fe80::1", true),
            ("0.0.0.0", true),
            ("::", true),
            ("255.255.255.255", true),
            ("ff02::1", true),
            ("fd00:ec2::254", true),
            ("100.100.100.200", true),
            ("64:ff9b::a9fe:a9fe", true),
            ("64:ff9b::808:808", false),
            ("fd00:ec2::1", false),
            ("10.0.0.1", false),
            ("127.0.0.1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_no_website(address.parse().unwrap()), wanted, "{address}");
        }
    }

    #[test]
    fn a_website_may_ask_for_patience_in_seconds_or_until_a_date() {
        let now: Timestamp = "2026-11-01T10:00:00Z".parse().unwrap();
        for (said, seconds) in [
            ("7", 7),
            (" 0 ", 0),
            ("Sun, 01 Nov 2026 10:00:30 GMT", 30),
            ("Sun, 01 Nov 2026 09:00:00 GMT", 0),
            ("", 5),
            ("soon", 5),
        ] {
            assert_eq!(wait_of(said, now).as_secs(), seconds, "{said}");
        }
    }

    #[test]
    fn a_login_is_another_page_and_a_slash_is_none() {
        let page = |text: &str| Url::parse(text).unwrap();
        for (from, to, wanted) in [
            ("http://x.example/a", "https://x.example/a/", true),
            ("https://x.example/a", "https://x.example/a?lang=en", true),
            ("https://x.example/a", "https://x.example/login", false),
            (
                "https://x.example/?p=1",
                "https://x.example/?p=login",
                false,
            ),
        ] {
            assert_eq!(is_same_page(&page(from), &page(to)), wanted, "{from} {to}");
        }
    }

    #[test]
    fn an_import_waits_for_ten_minutes_in_all() {
        let left = Mutex::new(WAITS_MOST);
        assert!((0..10).all(|_| take(&left, WAIT_MOST).is_ok()));
        assert!(take(&left, Duration::ZERO).is_ok());
        let fault = take(&left, Duration::from_secs(1)).unwrap_err().to_string();
        assert!(fault.contains("10 minutes already"), "{fault}");
    }
}
