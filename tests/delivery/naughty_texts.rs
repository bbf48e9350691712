//! 485 texts that broke other people's programs, in every field and on every way in (S3).

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client, File, a_submission, a_submission_with, new_key, noise},
    corpora::naughty_strings,
    on_both_databases,
    service::Setup,
    smtp::SmtpSink,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::mails::{Expected, check_mails, mails_of};

/// Requests at a time.
const AT_ONCE: usize = 8;

/// A text that was accepted.
struct Sent {
    text: String,
    reference: String,
}

on_both_databases! {
    async fn a_naughty_text_comes_back_as_it_was_and_goes_into_no_mail(database: Database) {
        let sink = SmtpSink::start().await;
        let service = Service::start_with(Setup::new(database).mail_to(&sink).log_level("warn")).await;
        let client = service.client();
        let (texts, mut sent) = (naughty_strings(), Vec::new());
        for way in [Way::Json, Way::Form, Way::Page] {
            let answers = each(&texts, async |number, text| way.send(&client, number, text).await).await;
            for (text, answer) in texts.iter().zip(answers) {
                let reference = accepted(&answer);
                // An empty text is no summary.
                assert_eq!(reference.is_some(), !clean(text).is_empty(), "{text:?}: {}", answer.text);
                sent.extend(reference.map(|reference| Sent { text: text.clone(), reference }));
            }
        }
        let mails = mails_of(sent.len(), &service, &sink).await;
        let references: Vec<String> = sent.iter().map(|sent| sent.reference.clone()).collect();
        let tickets = service.tickets_by(&references);
        let mut expected = Vec::new();
        for (sent, ticket) in sent.into_iter().zip(tickets) {
            assert_kept(&ticket, &sent.text);
            expected.push(Expected::of(&ticket, sent.text));
        }
        check_mails(&mails, expected);
    }

    async fn a_naughty_text_where_only_few_texts_may_stand_is_refused_or_kept(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let (texts, mut kept) = (naughty_strings(), Vec::new());
        for field in ["email", "category", "plan", "locale", "upload_ids"] {
            let answers = each(&texts, async |_, text| {
                let value = if field == "upload_ids" { json!([text]) } else { json!(text) };
                client.submit(&a_submission_with(json!({ field: value }))).await
            });
            for (text, answer) in texts.iter().cloned().zip(answers.await) {
                match accepted(&answer) {
                    Some(reference) => kept.push((field, text, reference)),
                    None => drop(answer.problem(422, "invalid-submission")),
                }
            }
        }
        let references: Vec<String> = kept.iter().map(|(_, _, reference)| reference.clone()).collect();
        for ((field, text, _), ticket) in kept.iter().zip(service.tickets_by(&references)) {
            // Of a language, the one that we speak is kept.
            let wanted = if *field == "locale" { json!("en") } else { json!(text) };
            assert_eq!(ticket[field], wanted, "{field} {text:?}");
        }
        assert!(kept.len() > 100, "{} of the texts are good keys", kept.len());
    }

    async fn a_naughty_idempotency_key_is_refused_or_kept(database: Database) {
        let service = Service::start(database).await;
        let (client, texts) = (service.client(), naughty_strings());
        let answers = each(&texts, async |_, text| {
            let of_page = Part::text("idempotency_key", text);
            let page = post(&client, "/help/acme", &[&texts_of(&a_submission())[..], &[of_page]].concat()).await;
            assert_eq!(page.status, 201, "a page makes a key of its own: {text:?}");
            let Ok(key) = reqwest::header::HeaderValue::from_bytes(text.as_bytes()) else {
                return None;
            };
            let request = client.request("POST", &client.path("tickets")).json(&a_submission());
            let twice = (request.try_clone().expect("a body in memory"), request);
            let first = answer_to(twice.0.header("Idempotency-Key", key.clone())).await;
            let second = answer_to(twice.1.header("Idempotency-Key", key)).await;
            Some((first, second))
        });
        let mut kept = 0;
        for (first, second) in answers.await.into_iter().flatten() {
            if accepted(&first).is_some() {
                assert_eq!(accepted(&first), accepted(&second));
                kept += 1;
            } else {
                first.problem(400, "malformed-request");
            }
        }
        assert!(kept > 100, "{kept} of the texts are keys");
    }

    async fn a_naughty_type_of_a_file_is_refused_or_forgotten(database: Database) {
        let service = Service::start(database).await;
        let (client, texts) = (service.client(), naughty_strings());
        let answers = each(&texts, async |_, text| {
            let mut parts = texts_of(&a_submission());
            parts.push(Part::file("a.bin", text));
            post(&client, &client.path("tickets"), &parts).await
        });
        let answers = answers.await;
        let references: Vec<String> = answers.iter().filter_map(accepted).collect();
        for answer in answers.iter().filter(|answer| accepted(answer).is_none()) {
            answer.problem(400, "malformed-request");
        }
        for ticket in service.tickets_by(&references) {
            let kept = ticket["attachments"][0]["content_type"].as_str().expect("a type");
            assert!(is_media_type(kept), "{kept}");
        }
        assert!(references.len() > 300, "{} were taken", references.len());
    }

    async fn a_naughty_text_that_the_page_shows_again_is_text(database: Database) {
        let service = Service::start(database).await;
        let (client, texts) = (service.client(), naughty_strings());
        let brackets = |answer: &Answer| {
            assert_eq!(answer.status, 422, "{}", answer.text);
            answer.text.matches('<').count()
        };
        let again = async |text: &str| {
            let refused = a_submission_with(json!({ "summary": summary(text), "description": text, "email": text }));
            post(&client, "/help/acme", &texts_of(&refused)).await
        };
        let plain = brackets(&again("plain").await);
        for answer in each(&texts, async |_, text| again(&format!("x{text}")).await).await {
            assert_eq!(brackets(&answer), plain, "{}", answer.text);
        }
    }
}

/// Sends something for each text, a few at a time; the answers are in the order of the texts.
async fn each<T>(texts: &[String], send: impl AsyncFn(usize, &str) -> T) -> Vec<T> {
    let sent = texts
        .iter()
        .enumerate()
        .map(|(number, text)| send(number, text));
    stream::iter(sent).buffered(AT_ONCE).collect().await
}

/// The ways in.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// A file by tus, then JSON.
    Json,
    /// `multipart/form-data` by a program.
    Form,
    /// The page without JavaScript.
    Page,
}

impl Way {
    async fn send(self, client: &Client, number: usize, text: &str) -> Answer {
        let mut context: Value = [
            "page_url",
            "page_title",
            "browser",
            "viewport",
            "language",
            "time_zone",
            "app_version",
        ]
        .into_iter()
        .map(|member| (member.to_owned(), json!(text)))
        .collect();
        context["host"] = json!({ "said": text });
        context["console_errors"] = json!([text]);
        let email = format!("{self:?}.{number}@customer.example").to_lowercase();
        let mut submission =
            json!({ "summary": summary(text), "description": text, "email": email });
        if let Self::Json = self {
            let file = File {
                name: text.to_owned(),
                media_type: text.to_owned(),
                bytes: noise(9, 1),
            };
            submission["context"] = context;
            submission["upload_ids"] = json!([client.upload(&file).await]);
            return client.submit(&submission).await;
        }
        submission["context"] = json!(context.to_string());
        let mut parts = texts_of(&submission);
        parts.push(Part::file(&clean(text), "text/plain"));
        let path = if let Self::Page = self {
            "/help/acme".to_owned()
        } else {
            client.path("tickets")
        };
        post(client, &path, &parts).await
    }
}

/// The reference of an accepted submission; whatever came instead is no fault of ours.
fn accepted(answer: &Answer) -> Option<String> {
    assert!(!answer.status.is_server_error(), "{}", answer.text);
    let (_, rest) = answer
        .text
        .split_once("CD-")
        .filter(|_| answer.status == 201)?;
    Some(format!("CD-{}", &rest[..9]))
}

/// Seven of the texts are longer than a summary may be.
fn summary(text: &str) -> &str {
    if text.chars().count() > 200 {
        "a long one"
    } else {
        text
    }
}

/// What is documented of a line: runs of white space and control characters are one blank.
fn clean(text: &str) -> String {
    let parts = text.split(|c: char| c.is_whitespace() || c.is_control());
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn assert_kept(ticket: &Value, text: &str) {
    assert_eq!(ticket["summary"], clean(summary(text)), "{text:?}");
    let mut context = ticket["context"].as_object().expect("a context").clone();
    assert_eq!(context.len(), 9);
    let host = context.remove("host").expect("what the page added");
    let errors = context
        .remove("console_errors")
        .expect("errors of the page");
    for value in context.values().chain([&host["said"], &errors[0]]) {
        assert_eq!(*value, clean(text), "{text:?}");
    }
    // Of a text, only control characters and what surrounds it go.
    let description: String = text
        .chars()
        .filter(|c| !c.is_control() || "\n\t".contains(*c))
        .collect();
    assert_eq!(ticket["description"], description.trim(), "{text:?}");
    let file = &ticket["attachments"][0];
    let name = file["name"].as_str().expect("a file has a name");
    let is_plain = |c: char| c.is_alphanumeric() || " -_".contains(c);
    if text.trim() == text && !text.is_empty() && text.chars().all(is_plain) {
        // In front of a name that Windows keeps for itself stands a line.
        assert!(name.contains(text), "{text:?} became {name:?}");
    }
    let is_unsafe = |c: char| c.is_control() || "/\\\u{202e}\u{200b}\u{feff}".contains(c);
    assert!(
        !name.is_empty() && !name.contains(is_unsafe) && !name.starts_with('.'),
        "{name:?}"
    );
    assert!(
        is_media_type(file["content_type"].as_str().expect("a type")),
        "{file}"
    );
}

fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"/;\"(),<>".contains(&b))
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// A part of a form, byte for byte as a browser would write it.
#[derive(Clone)]
struct Part {
    head: String,
    body: Vec<u8>,
}

impl Part {
    fn text(name: &str, text: &str) -> Self {
        Self {
            head: format!("Content-Disposition: form-data; name=\"{name}\""),
            body: text.as_bytes().to_vec(),
        }
    }

    fn file(name: &str, media_type: &str) -> Self {
        // The parser of forms takes no other control characters in a head; such names come by tus.
        let name = name
            .replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        let head = format!(
            "Content-Disposition: form-data; name=\"attachments\"; filename=\"{name}\"\r\nContent-Type: {media_type}"
        );
        Self {
            head,
            body: noise(9, 1),
        }
    }
}

fn texts_of(submission: &Value) -> Vec<Part> {
    let fields = submission.as_object().expect("a submission is an object");
    fields
        .iter()
        .map(|(name, value)| Part::text(name, value.as_str().expect("a text")))
        .collect()
}

async fn post(client: &Client, path: &str, parts: &[Part]) -> Answer {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--naughty\r\n{}\r\n\r\n", part.head).as_bytes());
        body.extend_from_slice(&part.body);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--naughty--\r\n");
    let request = client
        .request("POST", path)
        .header("Idempotency-Key", new_key())
        .header("Content-Type", "multipart/form-data; boundary=naughty");
    answer_to(request.body(body)).await
}

async fn answer_to(request: reqwest::RequestBuilder) -> Answer {
    Answer::of(request.send().await.expect("an answer")).await
}
