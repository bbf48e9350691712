//! What the headers of a mail say beside who wrote it: which mails it follows, in which language it is, what mail servers think of it. Pure.

use mail_parser::Message;

use crate::mail::reply;

/// Most Message-IDs that are looked at; the nearest mails stand at the end.
const MOST_REFERENCES: usize = 20;
/// Longest header that is kept, in octets.
const MOST_OCTETS: usize = 4_096;

/// What they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// The subject as it is.
    pub subject: String,
    /// The date as it is; it only tells this mail from another one.
    pub date: String,
    /// Where the answer should go, where that is said.
    pub reply_to: Option<String>,
    /// The mails that it follows, the nearest first.
    pub follows: Vec<String>,
    /// The language that the mail program names, as a language tag.
    pub language: Option<String>,
    /// A mail server takes it for spam.
    pub is_spam: bool,
    /// What mail servers found out about the sender (RFC 8601), the last of them first.
    pub authentication: Vec<String>,
    /// Addresses to which it was delivered, as mail servers wrote down.
    pub delivered_to: Vec<String>,
    /// Addresses to which it was written.
    pub written_to: Vec<String>,
}

impl Headers {
    /// Reads them.
    #[must_use]
    pub fn of(mail: &Message<'_>) -> Self {
        let mut follows = addresses(mail, &["in-reply-to"]);
        follows.extend(addresses(mail, &["references"]).into_iter().rev());
        let mut seen = std::collections::BTreeSet::new();
        follows.retain(|id| reply::is_plain(id) && seen.insert(id.clone()));
        follows.truncate(MOST_REFERENCES);
        Self {
            subject: shortened(mail.subject().unwrap_or_default()),
            date: (values(mail, "date").next()).map_or_else(String::new, shortened),
            reply_to: (mail.reply_to())
                .and_then(|all| all.first()?.address())
                .map(|address| shortened(address.trim())),
            follows,
            language: (values(mail, "content-language").next())
                .or_else(|| values(mail, "accept-language").next())
                .and_then(|tags| tags.split([',', ';']).next())
                .map(|tag| shortened(tag.trim())),
            is_spam: is_spam(mail),
            authentication: values(mail, "authentication-results")
                .map(shortened)
                .collect(),
            delivered_to: addresses(mail, &["delivered-to", "x-original-to", "envelope-to"]),
            written_to: addresses(mail, &["to", "cc"]),
        }
    }
}

/// What stands in the headers of this name, in their order.
fn values<'m>(mail: &'m Message<'_>, wanted: &'m str) -> impl Iterator<Item = &'m str> {
    mail.headers_raw()
        .filter(move |(name, _)| name.trim().eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim())
}

/// The words with an at sign in headers of these names.
fn addresses(mail: &Message<'_>, wanted: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for name in wanted {
        let words = values(mail, name)
            .flat_map(|value| value.split(|c: char| c.is_whitespace() || ",;<>\"()".contains(c)));
        found.extend(words.filter(|word| word.contains('@')).map(str::to_owned));
    }
    found
}

fn shortened(text: &str) -> String {
    let end = text.floor_char_boundary(MOST_OCTETS);
    text[..end].to_owned()
}

/// SpamAssassin, Rspamd and Amazon SES say it so. Whoever forges it harms nobody but themselves.
fn is_spam(mail: &Message<'_>) -> bool {
    let says = |name: &str, word: &str| {
        let mut values = values(mail, name);
        values.any(|value| {
            let first = value.split([',', ' ', ';']).next().unwrap_or_default();
            first.eq_ignore_ascii_case(word)
        })
    };
    says("x-spam-flag", "yes")
        || says("x-spam-status", "yes")
        || says("x-spam", "yes")
        || says("x-ses-spam-verdict", "fail")
}

/// Does the mail server of this name say that the sender may be forged: that the mail fails the policy of the domain in `From` (DMARC)?
///
/// Only the last word of that server counts: whoever sends can write as many such headers as they like, below it.
#[must_use]
pub fn fails_dmarc(authentication: &[String], server: &str) -> bool {
    let of_server = |value: &&String| {
        let id = value.split([';', ' ', '\t', '\r', '\n']).next();
        id.is_some_and(|id| id.eq_ignore_ascii_case(server))
    };
    let Some(value) = authentication.iter().find(of_server) else {
        return false;
    };
    let mut results = value.split(';').skip(1);
    results.any(|result| {
        let method = result.split_whitespace().next().unwrap_or_default();
        method.eq_ignore_ascii_case("dmarc=fail")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::incoming;

    fn of(head: &str) -> Headers {
        let raw = format!("From: a@b.example\r\n{head}\r\nhello\r\n");
        Headers::of(&incoming::parse(raw.as_bytes()).unwrap())
    }

    #[test]
    fn the_nearest_mail_stands_first_and_none_twice() {
        let head = "References: <first@x>\r\n <second@x> <bad>\r\nIn-Reply-To: <second@x>\r\n";
        assert_eq!(of(head).follows, ["second@x", "first@x"]);
        let many: String = (0..50).map(|number| format!(" <{number}@x>")).collect();
        let follows = of(&format!("References:{many}\r\n")).follows;
        assert_eq!((follows.len(), &*follows[0]), (MOST_REFERENCES, "49@x"));
    }

    #[test]
    fn a_mail_server_says_that_it_is_spam() {
        for (head, expected) in [
            ("X-Spam-Flag: YES\r\n", true),
            ("X-Spam-Status: Yes, score=9.1 required=5.0\r\n", true),
            ("X-Spam: Yes\r\n", true),
            ("X-SES-Spam-Verdict: FAIL\r\n", true),
            ("X-Spam-Flag: NO\r\n", false),
            ("X-Spam-Status: No, score=-1\r\n", false),
            ("X-Spam-Level: *********\r\n", false),
            ("", false),
        ] {
            assert_eq!(of(head).is_spam, expected, "{head}");
        }
    }

    #[test]
    fn only_the_last_word_of_the_server_that_is_trusted_counts() {
        for (head, expected) in [
            (
                "Authentication-Results: mx.example.com; spf=pass; dmarc=fail header.from=b.example\r\n",
                true,
            ),
            (
                "Authentication-Results: MX.example.com;\r\n\tdkim=fail;\r\n\tdmarc=fail (p=reject)\r\n",
                true,
            ),
            (
                "Authentication-Results: mx.example.com; dmarc=pass\r\n",
                false,
            ),
            (
                "Authentication-Results: mx.example.com; spf=fail; dmarc=none\r\n",
                false,
            ),
            (
                "Authentication-Results: elsewhere.example; dmarc=fail\r\n",
                false,
            ),
            (
                "Authentication-Results: mx.example.com; dmarc=fail\r\nAuthentication-Results: mx.example.com; dmarc=pass\r\n",
                true,
            ),
            (
                "Authentication-Results: mx.example.com; x=\"; dmarc=fail\r\n",
                true,
            ),
            ("", false),
        ] {
            let found = fails_dmarc(&of(head).authentication, "mx.example.com");
            assert_eq!(found, expected, "{head}");
        }
    }

    #[test]
    fn where_it_was_delivered_is_told_apart_from_where_it_was_written_to() {
        let told = of(
            "Delivered-To: inbox@x.example\r\nTo: Help <help@x.example>, b@x.example\r\nCc: c@x.example\r\nReply-To: Ada <ada@y.example>\r\nContent-Language: de-AT, en\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n",
        );
        assert_eq!(told.delivered_to, ["inbox@x.example"]);
        let written_to = ["help@x.example", "b@x.example", "c@x.example"];
        assert_eq!(told.written_to, written_to);
        assert_eq!(told.reply_to.as_deref(), Some("ada@y.example"));
        assert_eq!(told.language.as_deref(), Some("de-AT"));
        assert_eq!(told.subject, "grüße");
    }
}
