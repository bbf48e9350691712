//! The acknowledgement: "we have your request". Pure: the same ticket gives the same bytes but for the boundary.
//!
//! Content rule (threat S2): to an address that nobody has verified goes nothing that the sender typed - no name, no summary, no
//! description, no file name - so that the mail is of no use for sending somebody else's words to a third person.

use jiff::Timestamp;
use lettre::{Address, Message};
use minijinja::context;
use uuid::Uuid;

use super::{
    Identity,
    draft::{Draft, Thread},
    incoming::first::FirstMail,
};
use crate::{
    pages::Pages,
    policy::scope::Scope,
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
    Acknowledgement {
        /// By when the policy promises an answer.
        promised: Option<Timestamp>,
    },
    /// "Is this request from you?"
    Confirmation,
    /// "Your request goes on as several."
    Split,
    /// "Your code is …"
    SignIn,
    /// "May we look into your account?"
    AccessRequest,
    /// "Here is the link to your request."
    Link,
    /// "What you ask for is not covered."
    OutOfScope,
}

impl Letter {
    /// The name of its templates and words, and the beginning of its Message-ID.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledgement { .. } => "acknowledge",
            Self::Confirmation => "confirm",
            Self::Split => "split",
            Self::SignIn => "sign_in",
            Self::AccessRequest => "access_request",
            Self::Link => "find_link",
            Self::OutOfScope => "out_of_scope",
        }
    }
}

/// What is particular to one mail. Links lead nowhere where nobody knows under which address we are reached.
#[derive(Clone, Copy, Default)]
pub struct Particulars<'a> {
    /// Where somebody says that they did not write to us, or that they did.
    pub answer: Option<&'a str>,
    /// Where they see how the request stands.
    pub status: Option<&'a str>,
    /// Requests that were split off.
    pub further: &'a [Further],
    /// What the policy says of its scope: its author's words, never the requester's.
    pub scope: Option<&'a Scope>,
    /// The code by which they prove who they are.
    pub code: Option<&'a str>,
    /// What tells this mail from another one of its kind about the same ticket.
    pub which: Option<Uuid>,
    /// When something made it due that came after the request: its date, the same for every attempt.
    pub due_at: Option<Timestamp>,
    /// The mail by which the request came, where it came by mail.
    pub first: Option<&'a FirstMail>,
}

/// A request that was split off another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Further {
    /// Its reference.
    pub reference: String,
    /// Where its requester sees how it stands.
    pub url: Option<String>,
}

/// Writes a mail about `ticket`, with no other links than those of `particulars`.
///
/// # Errors
/// [`RenderError`].
pub fn render(
    ticket: &Ticket,
    site: &Site,
    letter: Letter,
    particulars: &Particulars<'_>,
    words: &Words,
    pages: &Pages,
    identity: &Identity,
) -> Result<Message, RenderError> {
    let to: Address = ticket.email.parse().map_err(|_| RenderError::Address)?;
    let reference = ticket.reference.to_string();
    let locale = words::shipped_or_english(&ticket.locale);
    let (formats, dir) = (words.formats(locale), words.direction(locale));
    let words = words.of_site(&site.words, letter.as_str(), locale);
    let zone = words::zone(ticket.context.time_zone.as_deref(), &site.time_zone);
    let received = words::instant(formats, ticket.received_at, &zone);
    let promised = match letter {
        Letter::Acknowledgement { promised } => promised,
        Letter::Confirmation
        | Letter::Split
        | Letter::SignIn
        | Letter::AccessRequest
        | Letter::Link
        | Letter::OutOfScope => None,
    };
    let answer_by = promised.map(|at| words::instant(formats, at, &zone));
    let in_sentences = [&reference, &site.name].map(|name| words::apart(name, dir));
    let [reference_apart, name_apart] = in_sentences.each_ref().map(String::as_str);
    let values = [
        ("reference", reference_apart),
        ("site_name", name_apart),
        ("site", name_apart),
        ("received", &received),
        ("received_text", &received),
        ("answer_by_text", answer_by.as_deref().unwrap_or_default()),
    ];
    let words: Table = words
        .iter()
        .map(|(key, text)| (key.clone(), words::fill(text, &values)))
        .collect();
    let subject = words
        .get("subject")
        .cloned()
        .unwrap_or_else(|| reference.clone());
    let further: Vec<minijinja::Value> = particulars
        .further
        .iter()
        .map(|part| context! { reference => &part.reference, url => &part.url })
        .collect();
    let thread = particulars.first.and_then(Thread::of);
    let body = |template: &str| {
        pages.render(
            template,
            context! {
                words => &words,
                site_name => &site.name,
                is_by_mail => particulars.first.is_some(),
                reference => &reference,
                received_text => &received,
                locale,
                dir,
                accent => site.accent.to_hex(),
                accent_text => site.accent.text_on_it(),
                answer_by_text => &answer_by,
                status_url => particulars.status,
                link_url => particulars.answer,
                code => particulars.code,
                further => &further,
                scope => particulars.scope.map(scope_of),
            },
        )
    };
    let (text, html) = (
        body(&format!("mail/{}.txt", letter.as_str()))?,
        body(&format!("mail/{}.html", letter.as_str()))?,
    );
    let draft = Draft {
        identity,
        to: &to,
        reply_to: identity.reply_to.as_ref(),
        subject,
        date: date(ticket, letter, particulars),
        id: &id(ticket, letter, particulars),
        locale,
        text: &text,
        html: &html,
        thread: thread.as_ref(),
        is_of_a_person: false,
    };
    Ok(draft.into_message()?)
}

/// For the template.
fn scope_of(scope: &Scope) -> minijinja::Value {
    let elsewhere: Vec<minijinja::Value> = (scope.elsewhere.iter())
        .map(|place| context! { title => &place.title, address => &place.address })
        .collect();
    context! { not_covered => &scope.not_covered, covers => &scope.covers, elsewhere }
}

/// The mails that answer the receipt of the request carry its date, the others that of their own occasion.
fn date(ticket: &Ticket, letter: Letter, particulars: &Particulars<'_>) -> Timestamp {
    match letter {
        Letter::Acknowledgement { .. } | Letter::Confirmation => ticket.received_at,
        Letter::Split
        | Letter::SignIn
        | Letter::AccessRequest
        | Letter::Link
        | Letter::OutOfScope => particulars.due_at.unwrap_or(ticket.received_at),
    }
}

/// Left side of the Message-ID. A ticket may be split more than once.
fn id(ticket: &Ticket, letter: Letter, particulars: &Particulars<'_>) -> String {
    let id = particulars.which.unwrap_or(ticket.id).simple();
    let first = particulars.further.first();
    let first = first.map(|first| format!(".{}", first.reference));
    format!("{}.{id}{}", letter.as_str(), first.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use cornerdesk_shared::{page_context::PageContext, reference::Reference};

    use super::*;
    use crate::{site::SiteConfig, ticket::Status};

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
            requester: None,
            account: None,
            channel: None,
            priority: None,
            impact: None,
            policy_version: None,
            received_at: Timestamp::from_second(1_795_000_000).unwrap(),
        }
    }

    fn rendered(locale: &str) -> (Message, String) {
        rendered_for(locale, "Acme <b>")
    }

    fn rendered_for(locale: &str, site_name: &str) -> (Message, String) {
        rendered_promising(locale, site_name, None)
    }

    fn rendered_promising(
        locale: &str,
        site_name: &str,
        promised: Option<Timestamp>,
    ) -> (Message, String) {
        let config = SiteConfig::new("acme", site_name);
        let identity = Identity {
            from: "Acme <help@acme.example>".parse().unwrap(),
            reply_to: None,
            domain: "acme.example".into(),
        };
        let message = render(
            &ticket(locale),
            &Site::parse(&config).unwrap(),
            Letter::Acknowledgement { promised },
            &Particulars {
                answer: Some(OBJECT_URL),
                ..Particulars::default()
            },
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
    fn a_name_of_the_other_direction_stands_apart_in_both_parts() {
        let twice = |locale, site_name: &str, wanted: &str| {
            let all = decoded(&rendered_for(locale, site_name).1);
            assert!(
                all.matches(wanted).count() >= 2,
                "{locale} {site_name}: {all}"
            );
        };
        twice("ar", "Acme!", "\u{2068}Acme!\u{2069}");
        twice("en", "شركة (2026)", "\u{2068}شركة (2026)\u{2069}");
        twice("ar", "شركة (2026)", " شركة (2026)");
        twice("en", "Acme!", " Acme!");
        let (_, raw) = rendered("en");
        assert!(!decoded(&raw).contains('\u{2068}'));
    }

    #[test]
    fn a_colon_is_never_torn_from_its_word_in_french() {
        let all = decoded(&rendered("fr").1);
        let joined = all.matches("indiquez-la\u{202f}:").count();
        assert_eq!(joined, 2, "in the text and in the HTML: {all}");
    }

    #[test]
    fn a_promise_stands_in_both_parts_in_the_requesters_words_and_zone_and_nowhere_without_one() {
        let promised = Timestamp::from_second(1_795_010_000).unwrap();
        let words = Words::load().unwrap();
        for locale in words::LOCALES {
            let zone = words::zone(None, &jiff::tz::TimeZone::UTC);
            let written = words::instant(words.formats(locale), promised, &zone);
            let all = decoded(&rendered_promising(locale, "Acme", Some(promised)).1);
            let joined = all.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(joined.matches(&written).count(), 2, "{locale}: {all}");
            assert!(!decoded(&rendered(locale).1).contains(&written), "{locale}");
        }
    }

    #[test]
    fn a_mail_that_comes_later_carries_its_own_date() {
        let ticket = ticket("en");
        let own = Timestamp::from_second(1_795_900_000).unwrap();
        let particulars = Particulars {
            due_at: Some(own),
            ..Particulars::default()
        };
        for (letter, expected) in [
            (
                Letter::Acknowledgement { promised: None },
                ticket.received_at,
            ),
            (Letter::Confirmation, ticket.received_at),
            (Letter::Split, own),
            (Letter::SignIn, own),
            (Letter::AccessRequest, own),
            (Letter::Link, own),
            (Letter::OutOfScope, own),
        ] {
            assert_eq!(date(&ticket, letter, &particulars), expected, "{letter:?}");
        }
    }

    #[test]
    fn what_is_out_of_scope_is_told_in_every_language_in_the_words_of_the_policy_alone() {
        use crate::policy::scope::{Elsewhere, Scope};
        let words = Words::load().unwrap();
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = |locale: &str, scope: &Scope| {
            let particulars = Particulars {
                scope: Some(scope),
                which: Some(Uuid::from_u128(9)),
                ..Particulars::default()
            };
            let identity = Identity {
                from: "Acme <help@acme.example>".parse().unwrap(),
                reply_to: None,
                domain: "acme.example".into(),
            };
            let site = Site::parse(&SiteConfig::new("acme", "Acme")).unwrap();
            let (letter, pages) = (Letter::OutOfScope, Pages::new());
            let mail = render(
                &ticket(locale),
                &site,
                letter,
                &particulars,
                &words,
                &pages,
                &identity,
            );
            let all = decoded(&String::from_utf8(mail.unwrap().formatted()).unwrap());
            flat(&all)
        };
        let scope = Scope {
            not_covered: vec!["software <of> others".into()],
            covers: vec!["our own".into()],
            elsewhere: vec![Elsewhere {
                title: "Orders".into(),
                address: "sales@acme.example".into(),
            }],
        };
        for locale in words::LOCALES {
            let own = words.of_site(&words::OwnWords::new(), "out_of_scope", locale);
            let word = |key: &str| flat(&own[key]);
            let all = told(locale, &scope);
            for key in ["not_covered", "elsewhere", "disagree_heading"] {
                // In the text and in the page; a short heading may be part of a longer sentence, too.
                assert!(
                    all.matches(&word(key)).count() >= 2,
                    "{locale} {key}: {all}"
                );
            }
            for said in [
                "- software <of> others",
                "software &lt;of&gt; others",
                "- Orders: sales@acme.example",
                "<out_of_scope.00000000000000000000000000000009@acme.example>",
            ] {
                assert!(all.contains(said), "{locale} {said}: {all}");
            }
            assert!(CANARIES.iter().all(|canary| !all.contains(canary)), "{all}");
            assert!(
                !all.contains("our own"),
                "only where nothing is excluded: {all}"
            );
            // A policy that says nothing is not made to say something.
            let silent = told(locale, &Scope::default());
            assert!(!silent.contains(&word("not_covered")) && !silent.contains(&word("elsewhere")));
            assert!(silent.contains(&word("disagree_heading")), "{silent}");
        }
    }

    #[test]
    fn the_site_name_is_text_in_the_html_part() {
        let (_, raw) = rendered("en");
        let all = decoded(&raw);
        assert!(all.contains("Acme &lt;b&gt;"), "{all}");
    }
}
