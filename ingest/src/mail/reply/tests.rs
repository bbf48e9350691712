use cornerdesk_shared::{page_context::PageContext, reference::Reference};
use jiff::Timestamp;

use super::*;
use crate::{site::SiteConfig, ticket::Status};

const CANARIES: [&str; 3] = ["canary-summary", "canary-description", "canary-answer"];
const STATUS: &str = "https://help.acme.example/t/token";
const OBJECT: &str = "https://help.acme.example/not-me/acme/token";

fn ticket(locale: &str) -> Ticket {
    Ticket {
        site: "acme".into(),
        id: Uuid::from_u128(7),
        reference: Reference::from_number(0x1_2345_6789),
        summary: CANARIES[0].into(),
        description: CANARIES[1].into(),
        email: "jane@example.org".into(),
        locale: locale.into(),
        category: None,
        plan: None,
        context: PageContext::default(),
        status: Status::Open,
        held: None,
        requester: None,
        account: None,
        channel: None,
        priority: None,
        impact: None,
        policy_version: None,
        received_at: at(0),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn said(number: u128, kind: Kind, via: Via, mail_id: Option<&str>) -> Message {
    Message {
        id: Uuid::from_u128(number),
        ticket: Uuid::from_u128(7),
        kind,
        via,
        author: (kind != Kind::Answer).then(|| "Sam <i>".to_owned()),
        body: match kind {
            Kind::Answer => CANARIES[2].to_owned(),
            _ => "Please try\nhttps://example.com/a?b=c&d.\n\n<script>alert(1)</script>".to_owned(),
        },
        mail_id: mail_id.map(str::to_owned),
        at: at(i64::try_from(number).unwrap()),
    }
}

struct Told {
    raw: String,
    text: String,
    html: String,
}

impl Told {
    fn header(&self, name: &str) -> String {
        let unfolded = self.raw.replace("\r\n ", " ");
        let wanted = format!("{name}: ");
        let line = unfolded
            .split("\r\n")
            .find_map(|line| line.strip_prefix(&wanted));
        line.unwrap_or_default().to_owned()
    }
}

fn told(locale: &str, change: impl FnOnce(&mut Particulars<'_>)) -> Told {
    let conversation = [
        said(1, Kind::Reply, Via::Desk, None),
        said(2, Kind::Answer, Via::Mail, Some("a.b@mail.example.org")),
        said(
            3,
            Kind::Answer,
            Via::Mail,
            Some("x@y>\r\nBcc: evil@example.org"),
        ),
        said(4, Kind::Answer, Via::Page, None),
        said(5, Kind::Note, Via::Desk, None),
        said(6, Kind::Reply, Via::Desk, None),
        said(8, Kind::Reply, Via::Desk, None),
    ];
    let files = ["invoice <b>.pdf".to_owned()];
    let mut particulars = Particulars {
        message: &conversation[5],
        conversation: &conversation,
        files: &files,
        status: Some(STATUS),
        object: Some(OBJECT),
        is_heard: true,
        first: None,
    };
    change(&mut particulars);
    let identity = Identity {
        from: "Acme <help@acme.example>".parse().unwrap(),
        reply_to: Some("Acme <reply+7k3f92xq-abc@acme.example>".parse().unwrap()),
        domain: "acme.example".into(),
    };
    let site = Site::parse(&SiteConfig::new("acme", "Acme")).unwrap();
    let words = Words::load().unwrap();
    let mail = render(
        &ticket(locale),
        &site,
        &particulars,
        &words,
        &Pages::new(),
        &identity,
    );
    let raw = mail.unwrap().formatted();
    let parsed = crate::mail::incoming::parse(&raw).unwrap();
    Told {
        text: parsed.body_text(0).unwrap().into_owned(),
        html: parsed.body_html(0).unwrap().into_owned(),
        raw: String::from_utf8(raw.clone()).unwrap(),
    }
}

#[test]
fn the_mail_follows_the_acknowledgement_and_what_was_said_by_mail_before() {
    let told = told("en", |_| {});
    let id = |number: u128| format!("<reply.{}@acme.example>", Uuid::from_u128(number).simple());
    assert_eq!(told.header("Message-ID"), id(6));
    assert_eq!(told.header("In-Reply-To"), "<a.b@mail.example.org>");
    let root = format!("<acknowledge.{}@acme.example>", Uuid::from_u128(7).simple());
    assert_eq!(
        told.header("References"),
        format!("{root} {} <a.b@mail.example.org>", id(1))
    );
    assert!(!told.raw.contains("evil@"), "{}", told.raw);
    assert_eq!(
        told.header("Subject"),
        "Re: [CD-938N-KC8N] We have received your request"
            .replace("CD-938N-KC8N", &ticket("en").reference.to_string())
    );
}

#[test]
fn a_long_conversation_keeps_its_first_mail_and_the_latest() {
    let conversation: Vec<Message> = (1..=60)
        .map(|number| said(number, Kind::Reply, Via::Desk, None))
        .collect();
    let told = told("en", |particulars| {
        particulars.conversation = &[];
        let _ = particulars;
    });
    assert_eq!(told.header("References").split(' ').count(), 1);
    let particulars = Particulars {
        message: &conversation[59],
        conversation: &conversation,
        files: &[],
        status: None,
        object: None,
        is_heard: false,
        first: None,
    };
    let thread = thread(&ticket("en"), &particulars, "acme.example");
    assert_eq!(thread.references.len(), MOST_REFERENCES);
    assert!(thread.references[0].starts_with("acknowledge."));
    assert_eq!(
        thread.references[19],
        format!("{}@acme.example", id(Uuid::from_u128(59)))
    );
}

#[test]
fn a_person_wrote_it_and_no_machine() {
    let told = told("en", |_| {});
    assert_eq!(told.header("Auto-Submitted"), "");
    assert_eq!(told.header("X-Auto-Response-Suppress"), "OOF, AutoReply");
    assert_eq!(
        told.header("Reply-To"),
        "Acme <reply+7k3f92xq-abc@acme.example>"
    );
}

#[test]
fn the_text_is_told_in_both_parts_and_is_text_in_the_html_part() {
    let told = told("en", |_| {});
    assert!(
        told.text
            .contains("https://example.com/a?b=c&d.\r\n\r\n<script>alert(1)</script>"),
        "{}",
        told.text
    );
    for there in [
        "&lt;script&gt;alert(1)",
        "href=\"https://example.com/a?b=c&amp;d\"",
        "Sam &lt;i&gt;, Acme",
        "invoice &lt;b&gt;.pdf",
        STATUS,
        OBJECT,
    ] {
        assert!(told.html.contains(there), "{there}: {}", told.html);
    }
    assert!(!told.html.contains("<script"), "{}", told.html);
}

#[test]
fn every_language_says_who_wrote_and_how_to_answer_and_nothing_that_the_requester_typed() {
    let words = Words::load().unwrap();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for locale in words::LOCALES {
        let own = words.of_site(&words::OwnWords::new(), NAME, locale);
        let cases: [(&str, bool, Option<&str>); 4] = [
            ("answer_both", true, Some(STATUS)),
            ("answer_page", false, Some(STATUS)),
            ("answer_mail", true, None),
            ("answer_mail", false, None),
        ];
        for (key, is_heard, status) in cases {
            let told = told(locale, |particulars| {
                (particulars.is_heard, particulars.status) = (is_heard, status);
            });
            for part in [&told.text, &told.html] {
                let part = flat(part);
                assert!(part.contains(&flat(&own[key])), "{locale} {key}: {part}");
                assert!(part.contains("Sam"), "{locale}: {part}");
                assert!(part.contains(&flat(&own["files"])), "{locale}: {part}");
            }
            assert!(
                told.html.contains(&format!("lang=\"{locale}\"")),
                "{}",
                told.html
            );
            for canary in CANARIES {
                assert!(
                    !told.text.contains(canary) && !told.html.contains(canary),
                    "{locale}"
                );
            }
        }
    }
}

#[test]
fn only_a_plain_message_id_of_somebody_else_is_named() {
    for (id, expected) in [
        ("a@b", true),
        ("CAF+x=y_z.1-2@mail.gmail.com", true),
        ("a b@c", false),
        ("a@b>\r\nX: y", false),
        ("nothing", false),
        ("", false),
        ("ä@b", false),
    ] {
        assert_eq!(is_plain(id), expected, "{id:?}");
    }
    assert!(!is_plain(&format!("{}@b", "a".repeat(300))));
}
