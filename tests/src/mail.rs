//! A mail taken apart by a parser that is not ours.

use std::collections::BTreeSet;

use mail_parser::{MessageParser, MimeHeaders, PartType};

/// A mail: its headers, decoded, and its bodies.
#[derive(Clone, Debug)]
pub struct Mail {
    headers: Vec<(String, String)>,
    /// The media types of all parts, outermost first, such as `multipart/alternative`.
    pub media_types: Vec<String>,
    /// The decoded `text/plain` part.
    pub text: String,
    /// The decoded `text/html` part.
    pub html: String,
}

impl Mail {
    /// Takes a message apart.
    pub fn parse(raw: &[u8]) -> Self {
        let message = MessageParser::default()
            .parse(raw)
            .expect("the message can be parsed");
        let headers = raw_headers(raw);
        let media_types = message.parts.iter().filter_map(|part| {
            let media_type = part.content_type()?;
            let subtype = media_type.subtype().unwrap_or("");
            Some(format!("{}/{subtype}", media_type.ctype()))
        });
        let first = |wanted: fn(&PartType<'_>) -> Option<String>| {
            let mut bodies = message.parts.iter().filter_map(|part| wanted(&part.body));
            bodies.next().unwrap_or_default()
        };
        Self {
            media_types: media_types.collect(),
            text: first(|body| match body {
                PartType::Text(text) => Some(text.to_string()),
                _ => None,
            }),
            html: first(|body| match body {
                PartType::Html(html) => Some(html.to_string()),
                _ => None,
            }),
            headers: headers
                .into_iter()
                .map(|(name, value)| match name.as_str() {
                    "subject" => (name, message.subject().unwrap_or_default().to_owned()),
                    _ => (name, value),
                })
                .collect(),
        }
    }

    /// The names of all headers in their order, in lower case.
    pub fn header_names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Every decoded header but the recipient's address, and every decoded body.
    pub fn everything(&self) -> String {
        let headers = self.headers.iter().filter(|(name, _)| name != "to");
        let headers = headers.map(|(name, value)| format!("{name}: {value}\n"));
        format!(
            "{}\n{}\n{}",
            headers.collect::<String>(),
            self.text,
            self.html
        )
    }

    /// The code of eight digits that stands on a line of its own.
    pub fn code(&self) -> Option<String> {
        let mut lines = self.text.lines().map(str::trim);
        let code = lines.find(|line| line.len() == 8 && line.bytes().all(|b| b.is_ascii_digit()));
        code.map(str::to_owned)
    }

    /// Every address with a scheme that is written anywhere in the mail, headers and all parts, each once.
    pub fn links(&self) -> BTreeSet<String> {
        let html = self.html.replace("&#x2f;", "/");
        let everything = format!("{} {html} {:?}", self.text, self.headers);
        let starts = everything.match_indices("://").map(|(at, _)| {
            let before = everything[..at].rfind(|c: char| !c.is_ascii_alphanumeric());
            before.map_or(0, |before| before + 1)
        });
        let link = |start: usize| {
            let rest = &everything[start..];
            let end = rest.find(|c: char| c.is_whitespace() || "\"'<>)".contains(c));
            rest[..end.unwrap_or(rest.len())].to_owned()
        };
        starts.map(link).collect()
    }

    /// The value of a header, unfolded; the subject is decoded.
    ///
    /// # Panics
    ///
    /// When the mail does not have it.
    pub fn header(&self, name: &str) -> &str {
        self.optional_header(name)
            .unwrap_or_else(|| panic!("the mail has no {name}; it has {:?}", self.headers))
    }

    /// The value of a header that may be missing.
    pub fn optional_header(&self, name: &str) -> Option<&str> {
        let wanted = name.to_ascii_lowercase();
        let mut found = self.headers.iter().filter(|(name, _)| *name == wanted);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "the mail has {name} twice");
        value
    }
}

/// The headers as they are in the message, names in lower case, values unfolded.
fn raw_headers(raw: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(raw);
    let head = text.split("\r\n\r\n").next().unwrap_or("");
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded
        .split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect()
}

/// What a mail server writes to `return_path` about a mail that it had taken (RFC 3464).
pub fn delivery_report(return_path: &str, action: &str, status: &str) -> String {
    let lines = [
        "From: Mail Delivery System <MAILER-DAEMON@relay.example>",
        "Subject: Undelivered Mail Returned to Sender",
        &format!("To: {return_path}"),
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        "\tboundary=\"relay/1.example\"",
        "",
        "--relay/1.example",
        "Content-Description: Notification",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "I am sorry to have to inform you that your message could not be delivered.",
        "",
        "--relay/1.example",
        "Content-Description: Delivery report",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; relay.example",
        "",
        "Final-Recipient: rfc822; ada@customer.example",
        &format!("Action: {action}"),
        &format!("Status: {status}"),
        "Diagnostic-Code: smtp; 550 5.1.1 nobody of that name",
        "",
        "--relay/1.example",
        "Content-Type: message/rfc822",
        "",
        "Subject: We have received your request",
        "",
        "Hello",
        "",
        "--relay/1.example--",
        "",
    ];
    lines.join("\r\n")
}
