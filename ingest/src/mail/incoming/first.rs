//! The mail by which a request comes: what of it becomes the submission, and what is kept beside that. Pure.

use cornerdesk_shared::{
    limits::Limits,
    submission::Submission,
    validation::{clean_line, clean_text},
};
use sha2::{Digest, Sha256};

use super::{
    headers, language,
    letter::{Letter, Sender},
    quoted,
};
use crate::{
    cutting::cut,
    mail::recipient::Recipient,
    site::Site,
    ticket::HoldReason,
    words::{self, Words},
};

/// By which mail a ticket came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstMail {
    /// Another one for another mail; the same for the same mail on another way.
    pub digest: [u8; 32],
    /// Its Message-ID, where it has a usable one.
    pub mail_id: Option<String>,
    /// The name beside the sender's address.
    pub sender_name: Option<String>,
    /// Where the sender wants the answer, if it is another mailbox than theirs. Staff see it; no mail goes there.
    pub reply_to: Option<String>,
    /// Which of its files were not kept and why, one a line.
    pub left_out: Option<String>,
}

impl FirstMail {
    /// Of a mail; what was not kept of it is known later.
    #[must_use]
    pub fn of(letter: &Letter, from: &Sender) -> Self {
        let headers = &letter.headers;
        let mut digest = Sha256::new();
        digest.update("cornerdesk first mail 1\n");
        // Not every mail has a Message-ID, and some programs give all theirs the same one.
        let message_id = letter.message_id.as_deref().unwrap_or_default();
        for part in [message_id, &headers.date, &headers.subject] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.update(letter.digest);
        let is_elsewhere =
            |address: &String| Recipient::of(address) != Recipient::of(&from.address);
        Self {
            digest: digest.finalize().into(),
            mail_id: letter.message_id.clone(),
            sender_name: from.name.as_deref().map(short),
            reply_to: (headers.reply_to.clone())
                .filter(is_elsewhere)
                .map(|address| short(&address)),
            left_out: None,
        }
    }
}

/// No longer than an address is.
fn short(text: &str) -> String {
    clean_line(text).chars().take(254).collect()
}

/// Why the ticket is to be held. `server` is the mail server whose word on senders is trusted.
#[must_use]
pub fn hold(letter: &Letter, server: Option<&str>) -> Option<HoldReason> {
    let headers = &letter.headers;
    if headers.is_spam {
        return Some(HoldReason::MarkedAsSpam);
    }
    server
        .filter(|server| headers::fails_dmarc(&headers.authentication, server))
        .map(|_| HoldReason::SenderMayBeForged)
}

/// What a mail asks a site, and all of its text where that is too long.
#[must_use]
pub fn submission(
    letter: &Letter,
    from: &Sender,
    site: &Site,
    words: &Words,
    limits: &Limits,
) -> (Submission, Option<String>) {
    let locale = locale(letter, site);
    let words = words.of_site(&site.words, "by_mail", locale);
    let or = |text: String, key: &str| match text.is_empty() {
        true => words::text(&words, key).to_owned(),
        false => text,
    };
    let summary = cut(
        &clean_line(&letter.headers.subject),
        limits.summary_chars as usize,
    );
    let whole = clean_text(&quoted::whole(&letter.text));
    let description = cut(&whole, limits.description_chars as usize);
    let is_cut = description != whole;
    let submission = Submission {
        summary: or(summary, "no_subject"),
        description: or(description, "no_text"),
        email: from.address.clone(),
        locale: Some(locale.to_owned()),
        ..Submission::default()
    };
    (submission, is_cut.then_some(whole))
}

/// What the text is in, else what the mail program says, else the site's.
fn locale<'a>(letter: &Letter, site: &'a Site) -> &'a str {
    let cut = quoted::cut(&letter.text, &[]);
    language::of(&format!("{}\n{}", letter.headers.subject, cut.own))
        .or_else(|| words::shipped_locale(letter.headers.language.as_deref()?))
        .unwrap_or(&site.locale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mail::incoming::letter, site::SiteConfig};

    fn read(head: &str, body: &str) -> (Letter, Sender) {
        let raw = format!("From: Ada <ada@x.example>\r\n{head}\r\n{body}\r\n");
        let letter = letter::read(raw.as_bytes(), None).unwrap();
        let from = letter.from.clone().unwrap();
        (letter, from)
    }

    fn asked(head: &str, body: &str, limits: &Limits) -> (Submission, Option<String>) {
        let (letter, from) = read(head, body);
        let config = SiteConfig {
            locale: "fr".to_owned(),
            ..SiteConfig::new("acme", "Acme")
        };
        let site = Site::parse(&config).unwrap();
        submission(&letter, &from, &site, &Words::load().unwrap(), limits)
    }

    #[test]
    fn subject_and_text_become_summary_and_description_with_what_is_forwarded() {
        let body = "Please look at this, I have not seen it before.\r\n\r\n-----Original Message-----\r\nFrom: bob@y.example\r\n\r\nIt is broken.";
        let (submission, whole) =
            asked("Subject:  Fwd:\r\n broken \t\r\n", body, &Limits::default());
        assert_eq!(submission.summary, "Fwd: broken");
        assert!(submission.description.ends_with("It is broken."));
        assert_eq!((submission.locale.as_deref(), whole), (Some("en"), None));
        assert_eq!(submission.email, "ada@x.example");
    }

    #[test]
    fn an_empty_mail_gets_words_in_the_language_of_its_program_or_of_the_site() {
        for (head, locale) in [
            ("", "fr"),
            ("Content-Language: de-AT\r\n", "de"),
            ("Content-Language: tlh\r\n", "fr"),
        ] {
            let (submission, _) = asked(head, "", &Limits::default());
            assert_eq!(submission.locale.as_deref(), Some(locale), "{head}");
            let violations = submission.violations(0, &Limits::default());
            assert!(violations.is_empty(), "{violations:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_the_whole_text_stands_beside_it() {
        let limits = Limits {
            summary_chars: 5,
            description_chars: 10,
            ..Limits::default()
        };
        let (submission, whole) = asked(
            "Subject: 漢字漢字漢字\r\nContent-Type: text/plain; charset=utf-8\r\n",
            "one two three",
            &limits,
        );
        assert_eq!(submission.summary, "漢字漢字…");
        assert_eq!(submission.description, "one two t…");
        assert_eq!(whole.as_deref(), Some("one two three"));
        assert!(submission.violations(1, &limits).is_empty());
        // As many octets as before: the last three letters gave way to a sign that has three.
        let (submission, whole) = asked("", "one two thre", &limits);
        assert_eq!(submission.description, "one two t…");
        assert_eq!(whole.as_deref(), Some("one two thre"));
    }

    #[test]
    fn the_same_mail_on_another_way_is_the_same_and_another_one_is_not() {
        let digest = |head: &str, body: &str| {
            let (letter, from) = read(head, body);
            FirstMail::of(&letter, &from).digest
        };
        let head = "Message-ID: <1@x>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nSubject: a\r\n";
        let first = digest(head, "b");
        assert_eq!(
            first,
            digest(
                &format!("Received: from a by b\r\nDelivered-To: help@x\r\n{head}"),
                "b"
            )
        );
        for (other, body) in [
            (head.replace("1@x", "2@x"), "b"),
            (head.replace("10:00", "10:01"), "b"),
            (head.replace("Subject: a", "Subject: b"), "b"),
            (head.to_owned(), "c"),
        ] {
            assert_ne!(first, digest(&other, body), "{other} {body}");
        }
    }

    #[test]
    fn where_else_the_answer_should_go_is_kept_unless_it_is_the_same_mailbox() {
        for (head, kept) in [
            ("Reply-To: eve@y.example\r\n", Some("eve@y.example")),
            ("Reply-To: ADA+x@X.example\r\n", None),
            ("", None),
        ] {
            let (letter, from) = read(head, "");
            assert_eq!(
                FirstMail::of(&letter, &from).reply_to.as_deref(),
                kept,
                "{head}"
            );
        }
    }
}
