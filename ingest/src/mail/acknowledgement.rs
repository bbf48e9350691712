//! The acknowledgement: "we have your request". Pure: the same ticket gives the same bytes but for the boundary.
//!
//! Content rule (threat S2): to an address that nobody has verified goes nothing that the sender typed - no name, no summary, no
//! description, no file name - so that the mail is of no use for sending somebody else's words to a third person.

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};
use minijinja::context;

use super::Identity;
use crate::{
    pages::Pages,
    show,
    site::Site,
    ticket::Ticket,
    words::{self, Table, Words},
};

/// The mail cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The address is none for the mail library.
    #[error("the requester's address cannot be written in a mail")]
    Address,
    /// A template is at fault.
    #[error("the template of the acknowledgement is at fault: {0}")]
    Template(#[from] minijinja::Error),
    /// The library refused.
    #[error("the acknowledgement cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
}

/// Which of the mails that we write by ourselves, all under the same rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// "We have your request."
    Acknowledgement,
    /// "Is this request from you?"
    Confirmation,
}

impl Letter {
    /// The name of its templates and words, and the beginning of its Message-ID.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledge",
            Self::Confirmation => "confirm",
        }
    }
}

/// Writes a mail about `ticket`; `link_url` is the only link: where somebody says that they did not write to us, or that they did.
///
/// # Errors
/// [`RenderError`].
pub fn render(
    ticket: &Ticket,
    site: &Site,
    letter: Letter,
    link_url: Option<&str>,
    words: &Words,
    pages: &Pages,
    identity: &Identity,
) -> Result<Message, RenderError> {
    let to: Address = ticket.email.parse().map_err(|_| RenderError::Address)?;
    let reference = ticket.reference.to_string();
    let words = match letter {
        Letter::Acknowledgement => words.acknowledge(&ticket.locale),
        Letter::Confirmation => words.confirm(&ticket.locale),
    };
    let format = words
        .get("instant_format")
        .map_or(show::INSTANT, String::as_str);
    let received = show::instant_as(ticket.received_at, format);
    let values = [
        ("reference", reference.as_str()),
        ("site_name", site.name.as_str()),
        ("site", site.name.as_str()),
        ("received", &received),
        ("received_text", &received),
    ];
    let words: Table = words
        .iter()
        .map(|(key, text)| (key.clone(), words::fill(text, &values)))
        .collect();
    let subject = words
        .get("subject")
        .cloned()
        .unwrap_or_else(|| reference.clone());
    let locale = words::shipped_locale(&ticket.locale).unwrap_or(words::LOCALES[0]);
    let body = |template: &str| {
        pages.render(
            template,
            context! {
                words => &words,
                site_name => &site.name,
                reference => &reference,
                received_text => &received,
                locale,
                dir => "ltr",
                accent => site.accent.to_hex(),
                accent_text => site.accent.text_on_it(),
                answer_by_text => Option::<String>::None,
                status_url => Option::<String>::None,
                link_url,
            },
        )
    };
    let (text, html) = (
        body(&format!("mail/{}.txt", letter.as_str()))?,
        body(&format!("mail/{}.html", letter.as_str()))?,
    );
    let mut message = Message::builder()
        .from(identity.from.clone())
        .to(Mailbox::new(None, to))
        .subject(subject)
        .date(ticket.received_at.into())
        .message_id(Some(message_id(ticket, letter, identity)));
    if let Some(reply_to) = &identity.reply_to {
        message = message.reply_to(reply_to.clone());
    }
    // RFC 3834 §5: whoever answers mails by machine must not answer this one. The second header is Exchange's own way to say so.
    for (name, value) in [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", locale),
    ] {
        message = message.raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str(name),
            value.to_owned(),
        ));
    }
    Ok(message.multipart(
        MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, &text))
            .singlepart(part(ContentType::TEXT_HTML, &html)),
    )?)
}

/// The same for every attempt, so that a mail that was sent twice is shown once.
#[must_use]
pub fn message_id(ticket: &Ticket, letter: Letter, identity: &Identity) -> String {
    let (letter, id) = (letter.as_str(), ticket.id.simple());
    format!("<{letter}.{id}@{}>", identity.domain)
}

/// Base64 and CRLF throughout: no line of a body can end the message early (RUSTSEC-2026-0561).
fn part(content_type: ContentType, text: &str) -> SinglePart {
    let text = text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n");
    SinglePart::builder()
        .header(content_type)
        .header(ContentTransferEncoding::Base64)
        .body(text)
}

#[cfg(test)]
mod tests {
    use cornerdesk_shared::{page_context::PageContext, reference::Reference};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{mail::permission::Mode, site::SiteConfig, ticket::Status};

    const CANARIES: [&str; 4] = [
        "canary-summary",
        "canary-description",
        "https://evil.example/",
        "canary-title",
    ];

    const OBJECT_URL: &str = "https://help.acme.example/not-me/acme/token";

    fn ticket(locale: &str) -> Ticket {
        Ticket {
            site: "acme".into(),
            id: Uuid::from_u128(7),
            reference: Reference::from_number(0x1_2345_6789),
            summary: CANARIES[0].into(),
            description: format!("{} {}", CANARIES[1], CANARIES[2]),
            email: "jane@example.org".into(),
            locale: locale.into(),
            category: None,
            plan: None,
            context: PageContext {
                page_title: Some(CANARIES[3].into()),
                ..PageContext::default()
            },
            status: Status::New,
            held: None,
            received_at: Timestamp::from_second(1_795_000_000).unwrap(),
        }
    }

    fn rendered(locale: &str) -> (Message, String) {
        let config = SiteConfig {
            key: "acme".into(),
            name: "Acme <b>".into(),
            allowed_origins: vec![],
            accent: "#2f5bea".into(),
            locale: "en".into(),
            acknowledge: Mode::Ack,
            quota_bytes: None,
        };
        let identity = Identity {
            from: "Acme <help@acme.example>".parse().unwrap(),
            reply_to: None,
            domain: "acme.example".into(),
        };
        let message = render(
            &ticket(locale),
            &Site::parse(&config).unwrap(),
            Letter::Acknowledgement,
            Some(OBJECT_URL),
            &Words::load().unwrap(),
            &Pages::new(),
            &identity,
        )
        .unwrap();
        let raw = String::from_utf8(message.formatted()).unwrap();
        (message, raw)
    }

    /// Headers and every base64 body, as text.
    fn decoded(raw: &str) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let mut all = raw.to_owned();
        for block in raw.split("\r\n\r\n") {
            let packed: String = block
                .lines()
                .take_while(|line| !line.starts_with("--"))
                .collect();
            if let Ok(bytes) = STANDARD.decode(packed.trim()) {
                all.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        all
    }

    #[test]
    fn nothing_that_the_sender_typed_is_in_the_mail() {
        for locale in words::LOCALES {
            let (_, raw) = rendered(locale);
            let all = decoded(&raw);
            assert!(
                all.matches("CD-").count() >= 3,
                "subject, text and HTML name the reference: {all}"
            );
            for canary in CANARIES {
                assert!(!all.contains(canary), "{locale}: {canary}");
            }
        }
    }

    #[test]
    fn the_mail_says_that_a_machine_wrote_it() {
        let (message, raw) = rendered("en");
        for line in [
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "Message-ID: <acknowledge.00000000000000000000000000000007@acme.example>",
        ] {
            assert!(raw.contains(line), "{line}\n{raw}");
        }
        assert_eq!(message.envelope().to().len(), 1);
        assert_eq!(
            raw.matches("Content-Type: multipart/alternative").count(),
            1
        );
    }

    #[test]
    fn the_site_name_is_text_in_the_html_part() {
        let (_, raw) = rendered("en");
        let all = decoded(&raw);
        assert!(all.contains("Acme &lt;b&gt;"), "{all}");
    }
}
