//! Microsoft Teams: a channel or a chat hears of tickets, by a workflow that posts cards. Pure: what happened becomes a card, an answer becomes a verdict.
//!
//! The workflow says that it took a card, and not whether it posted it; no id comes back, so each thing that happens is a card of its own.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Fault, Seen, brief, chat,
    event::Kind,
    secret::Secrets,
    teller::{self, Heard, News, Request, TEST, Teller, Telling, Told},
};
use crate::{cutting::cut, outbound::Reply};

/// The name of the secret: the whole address of the workflow.
pub const WEBHOOK_URL: &str = "webhook_url";

/// Longest body. A message of Teams has 28 KiB with all that is around it, and has been refused from 21 on.
const BODY_MOST_BYTES: usize = 18_000;
/// Most of a text that is tried first.
const TEXT_MOST_CHARS: usize = 4000;

/// The section, as it is written; the fields are described in `config.default.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "config.default.toml is the manual; a second text would drift"
)]
pub struct Settings {
    #[serde(default)]
    pub events: Vec<String>,
    #[serde(default)]
    pub include_content: bool,
    #[serde(default)]
    pub include_requester: bool,
}

impl Settings {
    /// Every fault, with the key it is at.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        chat::faults_of_events("teams", &self.events)
    }

    fn hears(&self, kind: Kind) -> bool {
        chat::hears(&self.events, kind, false)
    }

    /// A card that says what happened, with how the ticket stands and what was written.
    fn card(&self, news: &News<'_>, happened: &str, texts: &[&str]) -> Value {
        let title = brief::subject(news, false);
        let mut facts: Vec<Value> = Vec::new();
        let mut put = |title: &str, value: &str| {
            facts.push(json!({ "title": title, "value": escape(&brief::one_line(value, 200)) }));
        };
        for (title, value) in brief::facts(news) {
            put(title, &value);
        }
        if let Some(due_at) = news.due_at {
            put("First answer due", &brief::due_words(due_at));
        }
        if self.include_requester {
            put("Requester", &brief::requester(news));
        }
        let mut most_chars = TEXT_MOST_CHARS;
        loop {
            let mut body = vec![
                json!({ "type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": true, "text": escape(&title) }),
                json!({ "type": "TextBlock", "wrap": true, "text": escape(happened) }),
                json!({ "type": "FactSet", "facts": facts }),
            ];
            let texts = texts.iter().map(|text| text.trim());
            let texts = texts.filter(|text| !text.is_empty());
            body.extend(texts.map(|text| plain(&cut(text, most_chars))));
            let message = message(&body, news.desk_url);
            if message.to_string().len() <= BODY_MOST_BYTES || most_chars == 0 {
                return message;
            }
            most_chars /= 2;
        }
    }
}

/// What a stranger wrote, in a block in which nothing is markup.
fn plain(text: &str) -> Value {
    let lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let joined = lines.collect::<Vec<_>>().join("\n");
    json!({ "type": "RichTextBlock", "inlines": [{ "type": "TextRun", "text": joined }] })
}

fn message(body: &[Value], url: Option<&str>) -> Value {
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "body": body,
    });
    if let Some(url) = url {
        card["actions"] =
            json!([{ "type": "Action.OpenUrl", "title": "Open the ticket", "url": url }]);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

/// A text in which nothing is Markdown, nor a mention.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '~' | '|' | '!' => {
                escaped.push('\\');
                escaped.push(sign);
            }
            sign => escaped.push(sign),
        }
    }
    escaped
}

impl Teller for Settings {
    fn with_content(&self) -> bool {
        self.include_content
    }

    fn next(&self, news: &News<'_>, told: Option<&Told>) -> Option<Telling> {
        let ticket = news.ticket;
        let saying = |body: Value, then: Told, is_needed: bool| Telling {
            what: "post",
            method: String::new(),
            body,
            then,
            is_needed,
        };
        let Some(told) = told else {
            let texts = [ticket.summary.as_str(), ticket.description.as_str()];
            let texts = if self.include_content {
                &texts[..]
            } else {
                &[]
            };
            let then = Told {
                seq: news.last(),
                ..Told::default()
            };
            return Some(saying(
                self.card(news, brief::first_words(news), texts),
                then,
                true,
            ));
        };
        let (seq, kind) = chat::happened_next(news, told, |kind| self.hears(kind))?;
        let (sentence, said) = brief::happened(news, seq, kind, self.include_content);
        let texts: Vec<&str> = said.as_deref().into_iter().collect();
        let then = Told {
            seq,
            ..told.clone()
        };
        Some(saying(self.card(news, &sentence, &texts), then, false))
    }

    fn trial(&self, destination: &str, _: Timestamp) -> Telling {
        let words = format!(
            "This is a test of Cornerdesk. What happens to tickets of {destination} will be said here."
        );
        let body = message(
            &[json!({ "type": "TextBlock", "wrap": true, "text": escape(&words) })],
            None,
        );
        Telling {
            what: TEST,
            method: String::new(),
            body,
            then: Told::default(),
            is_needed: true,
        }
    }

    fn request(&self, telling: &Telling, secrets: &Secrets) -> Result<Request, Fault> {
        let url = teller::needed(secrets, WEBHOOK_URL)?;
        let url = teller::address(url, WEBHOOK_URL)?;
        Ok(Request {
            by_secret: Some(WEBHOOK_URL),
            ..Request::json(url, &telling.body)
        })
    }

    fn verdict(&self, _: &Telling, reply: &Reply, now: Timestamp) -> Result<Heard, Fault> {
        let seen = Seen::new(reply.status, reply.header("x-ms-request-id"));
        if teller::is_taken(reply, &seen, now)? {
            return Ok(Heard { seen, remote: None });
        }
        let disabled = |words: &str| {
            Fault::disabled(format!(
                "it answers {}: {words}, then let it go on",
                reply.status
            ))
        };
        let fault = match reply.status {
            401 | 403 => disabled(
                "the address is not whole, or the workflow takes cards of people of your organisation only. Let \"Who can trigger the flow\" be \"Anyone\", copy the address to its end and give it by `cornerdesk destination secret`",
            ),
            404 | 410 => disabled(
                "the workflow is turned off or gone. Turn it on, or make another and give its address by `cornerdesk destination secret`",
            ),
            400 => Fault::never(
                "it does not take this card (400). When it takes none at all, the address is not whole: copy it again, to its end, and give it by `cornerdesk destination secret`",
            ),
            status => Fault::never(format!("it does not take this card ({status})")),
        };
        Err(fault.seen(seen))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::{
        config::Secret,
        destination::{Verdict, teller::tests_of::news},
    };

    fn settings(text: &str) -> Settings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_card_is_small_enough_and_nothing_of_a_stranger_acts_in_it() {
        news(|news| {
            let whole = settings("include_content = true\ninclude_requester = true");
            let body = whole.next(news, None).unwrap().body;
            assert!(body.to_string().len() <= BODY_MOST_BYTES);
            let blocks = body["attachments"][0]["content"]["body"]
                .as_array()
                .unwrap();
            assert!(blocks.iter().any(|block| block["type"] == "RichTextBlock"));
            for block in blocks
                .iter()
                .filter(|block| block["type"] != "RichTextBlock")
            {
                let text = block.to_string();
                for acting in ["canary-summary", "canary-description", "<at>", "**b**"] {
                    assert!(!text.contains(acting), "{text}");
                }
            }
            assert!(body.to_string().contains("canary-description"));
            let plain = settings("").next(news, None).unwrap().body.to_string();
            assert!(!plain.to_lowercase().contains("canary"), "{plain}");
            assert!(plain.contains("Action.OpenUrl"));
        });
        assert_eq!(escape("[x](y) <at>"), "\\[x\\]\\(y\\) &lt;at&gt;");
    }

    #[test]
    fn the_address_stays_as_it_is_and_an_answer_says_what_follows() {
        let url = "https://prod-1.westeurope.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a-b_c";
        let secrets = Secrets::from([(WEBHOOK_URL.to_owned(), Secret::new(url.into()))]);
        let telling = settings("").trial("a", Timestamp::UNIX_EPOCH);
        let request = settings("").request(&telling, &secrets).unwrap();
        assert_eq!(request.url.as_str(), url.replace(":443", ""));
        assert_eq!(request.by_secret, Some(WEBHOOK_URL));
        let verdict = |status| {
            let reply = Reply {
                status,
                headers: HeaderMap::new(),
                body: Vec::new(),
            };
            settings("")
                .verdict(&telling, &reply, Timestamp::UNIX_EPOCH)
                .map_err(|fault| fault.verdict)
        };
        assert!(verdict(202).is_ok() && verdict(200).is_ok());
        for (status, wanted) in [
            (400, Verdict::Never),
            (401, Verdict::Disabled),
            (404, Verdict::Disabled),
            (413, Verdict::Never),
            (429, Verdict::Later),
            (502, Verdict::Later),
        ] {
            assert_eq!(verdict(status), Err(wanted), "{status}");
        }
    }
}
