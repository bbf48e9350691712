//! What is measured beside each other: our widget in three ways, what others ship, and the least that works.

use cornerdesk_tests::{Service, service::SITE};

/// A widget and how a person uses it. Selectors may look into an open shadow root by `>>>`.
#[derive(Debug)]
pub struct Widget {
    /// The name in the tables.
    pub name: &'static str,
    /// What a product team pastes.
    pub tag: String,
    /// The button that opens it.
    pub launcher: &'static str,
    /// What must be pressed after the launcher before there is a form.
    pub then: Option<&'static str>,
    /// Where its form is, when that is a frame of its own.
    pub frame: Option<&'static str>,
    /// The first field of the form.
    pub field: &'static str,
    /// Fields and what is typed into them.
    pub values: Vec<(&'static str, &'static str)>,
    /// The button that sends.
    pub send: &'static str,
    /// What says that it was sent, and a word of it.
    pub confirmation: (&'static str, &'static str),
    /// Whether the pointer rests on the launcher for a second before it is pressed.
    pub is_hovered: bool,
}

const TEXT: &str = "Since this morning every invoice shows twice its total.";
const EMAIL: &str = "grace@customer.example";

/// Our widget: pressed at once, after a second's hover, and made ready when the page is idle.
pub fn ours(service: &Service) -> [Widget; 3] {
    [
        ("ours, cold", "", false),
        ("ours, hovered", "", true),
        ("ours, idle", "data-preload=\"idle\"", false),
    ]
    .map(|(name, attributes, is_hovered)| Widget {
        name,
        tag: format!(
            r#"<script async src="{}/widget.js" data-site="{SITE}" {attributes}></script>"#,
            service.origin()
        ),
        launcher: "cornerdesk-widget >>> button",
        then: None,
        frame: Some("cornerdesk-widget >>> iframe"),
        field: "#summary",
        values: vec![
            ("#summary", "Totals are counted twice"),
            ("#description", TEXT),
            ("#email", EMAIL),
        ],
        send: "#send",
        confirmation: ("#receipt-title", ""),
        is_hovered,
    })
}

/// The least that behaves like a support widget, without a framework: what browser, link and measurement cost by themselves.
pub fn least() -> Widget {
    Widget {
        name: "least",
        tag: r#"<script async src="/least.js"></script>"#.to_owned(),
        launcher: "#least >>> #open",
        then: None,
        frame: None,
        field: "#least >>> [name=summary]",
        values: vec![
            ("#least >>> [name=summary]", "Totals are counted twice"),
            ("#least >>> [name=description]", TEXT),
            ("#least >>> [name=email]", EMAIL),
        ],
        send: "#least >>> form button",
        confirmation: ("#least >>> [role=status]", "Thank"),
        is_hovered: false,
    }
}

/// What others ship, as bundled by `tools/setup/widget-peers.sh`.
pub fn peers() -> [Widget; 2] {
    [
        Widget {
            name: "Sentry feedback",
            tag: r#"<script async src="/sentry.js"></script>"#.to_owned(),
            launcher: "#sentry-feedback >>> .widget__actor",
            then: None,
            frame: None,
            field: "#sentry-feedback >>> #name",
            values: vec![
                ("#sentry-feedback >>> #name", "Grace"),
                ("#sentry-feedback >>> #email", EMAIL),
                ("#sentry-feedback >>> #message", TEXT),
            ],
            send: "#sentry-feedback >>> button[type=submit]",
            confirmation: ("#sentry-feedback >>> .success__content", ""),
            is_hovered: false,
        },
        Widget {
            name: "feedback-js",
            tag: r#"<script async src="/feedback.js"></script>"#.to_owned(),
            launcher: "#feedback-btn",
            then: Some("#feedback-item-bug"),
            frame: None,
            field: "#feedback-message",
            values: vec![("#feedback-email", EMAIL), ("#feedback-message", TEXT)],
            send: "#feedback-submit",
            confirmation: ("#feedback-btn", "Thanks"),
            is_hovered: false,
        },
    ]
}
