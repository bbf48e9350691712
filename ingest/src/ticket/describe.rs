//! Facts in words for staff. Pure.

use jiff::Timestamp;

use super::{
    Fact, Releaser,
    findings::{Reproduced, Workaround},
};
use crate::{
    mail::notice,
    message::{Kind, Via},
    show,
};

impl Fact {
    /// For staff: a title and, where there is more to say, a line of detail.
    #[must_use]
    pub fn describe(&self) -> (&'static str, Option<String>) {
        match self {
            Self::Received { attachments: 0, .. } => ("Request received", None),
            Self::Received { attachments: 1, .. } => {
                ("Request received", Some("With 1 attachment".to_owned()))
            }
            Self::Received { attachments, .. } => (
                "Request received",
                Some(format!("With {attachments} attachments")),
            ),
            Self::Held { reason } => ("Held", Some(reason.describe().to_owned())),
            Self::Released { by } => (
                "Released",
                Some(match by {
                    Releaser::Staff(name) => format!("By {name}"),
                    Releaser::Operator => "At the command line".to_owned(),
                    Releaser::Requester => "The requester has confirmed the address".to_owned(),
                }),
            ),
            Self::Acknowledged => ("Acknowledgement sent", None),
            Self::AcknowledgementFailed { reason } => (
                "Acknowledgement could not be delivered",
                Some(reason.clone()),
            ),
            Self::MalwareFound { file, name } => {
                ("Malware found in a file", Some(format!("{file}: {name}")))
            }
            Self::FileUnblocked { file, by, reason } => (
                "File with malware handed out",
                Some(format!("{file}, wanted by {by}: {reason}")),
            ),
            Self::AcknowledgementWithheld { reason } => (
                "Acknowledgement not sent",
                Some(reason.describe().to_owned()),
            ),
            Self::ConfirmationAsked => ("Requester asked to confirm", None),
            Self::ConfirmationNotAsked { reason } => (
                "Requester could not be asked to confirm",
                Some(reason.clone()),
            ),
            Self::Disowned => (
                "“I did not send this”",
                Some("Somebody who reads this address said so by the link in our mail. Whoever wrote the request is somebody else.".to_owned()),
            ),
            Self::Confirmed => (
                "Address confirmed",
                Some("Somebody who reads this address confirmed the request by the link in our mail.".to_owned()),
            ),
            Self::DeliveryFailed { status } => (
                "Mail came back",
                Some(with_code(
                    "A mail server could not deliver our mail. This address gets no mail for 30 days.",
                    status.as_deref(),
                )),
            ),
            Self::MailUnanswered => (
                "Mail perhaps sent",
                Some("The mail server got it and did not answer; it is sent again with the same Message-ID.".to_owned()),
            ),
            Self::AccessRequested { by, purpose } => {
                ("Access asked for", Some(format!("By {by}: {purpose}")))
            }
            Self::AccessAsked { .. } => ("Requester asked for access by mail", None),
            Self::AccessNotAsked { reason, .. } => {
                ("Requester not asked for access by mail", Some(reason.clone()))
            }
            Self::AccessGranted { purpose, until, .. } => (
                "Access granted by the requester",
                Some(format!("Until {}: {purpose}", show::instant(*until))),
            ),
            Self::AccessUsed { by, purpose, .. } => {
                ("Access used", Some(format!("By {by}: {purpose}")))
            }
            Self::AccessRefused { by, reason } => (
                "Access refused",
                Some(format!("To {by}: {}", reason.replace('_', " "))),
            ),
            Self::AccessRevoked { .. } => ("Access ended by the requester", None),
            Self::AccessExpired { .. } => ("Access has run out", None),
            Self::DeliveryDelayed { status } => (
                "Mail is late",
                Some(with_code(
                    "A mail server has not been able to deliver our mail yet, and goes on trying.",
                    status.as_deref(),
                )),
            ),
            Self::Classified {
                category,
                priority,
                by,
            } => (
                "Classified",
                Some(classified(category.as_ref(), priority.as_ref(), by)),
            ),
            Self::PlanChanged { plan, by } => {
                let plan = plan.as_deref().unwrap_or("none");
                ("Plan changed", Some(format!("To {plan}, by {by}")))
            }
            Self::Answered { by } => ("Answered", Some(format!("By {by}"))),
            Self::Paused { reason, by } => (
                "Clock paused",
                Some(format!("Waiting for {}, by {by}", reason.describe())),
            ),
            Self::Resumed { by } => ("Clock resumed", Some(format!("By {by}"))),
            Self::EscalatedTo { step, title, by } => {
                ("Escalated", Some(format!("To step {step}, {title}, by {by}")))
            }
            Self::Split { into, by } => (
                "Split",
                Some(format!("Into {}, by {by}", into.join(", "))),
            ),
            Self::SplitFrom { whole, by } => {
                ("Split off", Some(format!("From {whole}, by {by}")))
            }
            Self::SplitTold => ("Requester told of the new references", None),
            Self::SplitNotTold { reason } => (
                "Requester not told of the new references",
                Some(reason.clone()),
            ),
            Self::Repinned {
                from,
                version,
                by,
                because,
            } => {
                let from = from.map_or_else(String::new, |from| format!(" from version {from}"));
                (
                    "Other terms",
                    Some(format!(
                        "Pinned{from} to version {version} of the policy, by {by}: {because}"
                    )),
                )
            }
            Self::StatusChanged { to, by, root_cause, reason } => {
                let reason = reason.map_or_else(String::new, |reason| format!(" ({})", reason.describe()));
                let cause = root_cause.as_ref().map_or_else(String::new, |cause| format!(". Cause: {cause}"));
                ("Status changed", Some(format!("To {}{reason}, by {by}{cause}", to.as_str())))
            }
            Self::ClosingTold => ("Requester told why it was closed", None),
            Self::ClosingNotTold { reason } => (
                "Requester not told why it was closed",
                Some(reason.clone()),
            ),
            Self::Found { reproduced, workaround, root_cause, by } => (
                "Found out",
                Some(found(*reproduced, workaround.as_ref(), root_cause.as_deref(), by)),
            ),
            Self::Updated { by } => ("Requester told", Some(format!("By {by}"))),
            Self::MomentCame { moment, by } => {
                ("Progress", Some(format!("{}, by {by}", spaced(moment))))
            }
            Self::MessageSkipped { moment, by, because } => (
                "Message left out",
                Some(format!("{}, by {by}: {because}", spaced(moment))),
            ),
            Self::Notified { keys, people } => ("Staff told", Some(told(keys, *people))),
            Self::NotificationFailed { reason } => {
                ("Staff could not be told", Some(reason.clone()))
            }
            Self::Wrote { what, via, by, .. } => wrote(*what, *via, by.as_deref()),
            Self::ReplySent { .. } => ("Reply mailed", None),
            Self::ReplyNotSent { reason, .. } => ("Reply not mailed", Some(reason.clone())),
            Self::Assigned { name, by, .. } => ("Assigned", Some(assigned(name.as_deref(), by))),
            Self::Tagged { tag, by } => ("Tag added", Some(format!("{tag}, by {by}"))),
            Self::Untagged { tag, by } => ("Tag removed", Some(format!("{tag}, by {by}"))),
            Self::Snoozed { until, by } => (
                "Snoozed",
                Some(format!("Until {} at the latest, by {by}", show::instant(*until))),
            ),
            Self::Woken { because, by } => {
                let by = by.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
                ("In the queue again", Some(format!("{}{by}", because.describe())))
            }
            Self::MergedInto { into, by } => {
                ("Goes on in another ticket", Some(format!("In {into}, by {by}")))
            }
            Self::Merged { from, by } => {
                ("Another ticket goes on here", Some(format!("{from}, by {by}")))
            }
            Self::Linked { to, by } => ("Linked", Some(format!("With {to}, by {by}"))),
            Self::Unlinked { from, by } => ("Link removed", Some(format!("With {from}, by {by}"))),
            Self::Judged { is_solved: true } => ("The requester says that it is solved", None),
            Self::Judged { is_solved: false } => ("The requester says that it is not solved", None),
            Self::Rated { is_good: true } => ("The requester rated the help: good", None),
            Self::FilesErased { files } => (
                "Files erased: they were kept for as long as the site keeps them",
                Some(files.to_string()),
            ),
            Self::Rated { is_good: false } => ("The requester rated the help: not good", None),
            Self::Alarm {
                source,
                severity,
                former,
            } => (
                "Alarm",
                Some(alarm(source, severity.as_deref(), former.as_deref())),
            ),
            Self::AlarmRepeated { times, last_at } => {
                ("Alarm repeated", Some(counted(*times, *last_at)))
            }
            Self::AlarmResolved { times, last_at } => {
                ("Alarm resolved", Some(resolved(*times, *last_at)))
            }
            Self::AlarmsOverLimit {
                alarms,
                left_out,
                last_at,
            } => (
                "More alarms than may make tickets",
                Some(over_limit(*alarms, *left_out, *last_at)),
            ),
        }
    }
}

/// `Reply to the requester`, `By Sam`.
fn wrote(what: Kind, via: Via, by: Option<&str>) -> (&'static str, Option<String>) {
    let title = match what {
        Kind::Reply => "Reply to the requester",
        Kind::Note if via == Via::Mail => "Mail that only staff read",
        Kind::Note => "Note for colleagues",
        Kind::Answer => "The requester wrote",
    };
    let detail = match (by, via) {
        (Some(by), _) => format!("By {by}"),
        (None, Via::Mail) => "By mail".to_owned(),
        (None, Via::Page) => "On the page of the request".to_owned(),
        (None, Via::Desk) => "At the desk elsewhere that has this ticket, too".to_owned(),
    };
    (title, Some(detail))
}

/// `To Kim, by Sam`.
fn assigned(to: Option<&str>, by: &str) -> String {
    match to {
        Some(to) if to == by => format!("{by} took it"),
        Some(to) => format!("To {to}, by {by}"),
        None => format!("To nobody, by {by}"),
    }
}

/// `Workaround found`, of `workaround_found`.
fn spaced(moment: &str) -> String {
    let mut text = moment.replace('_', " ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// `First answer is late; for step 4 of the work, 2 people`.
fn told(keys: &[String], people: u32) -> String {
    let titles: Vec<String> = keys.iter().map(|key| notice::title_of(key)).collect();
    let people = match people {
        0 => "nobody is named for it in [notify]".to_owned(),
        1 => "1 person".to_owned(),
        people => format!("{people} people"),
    };
    format!("{}: {people}", spaced(&titles.join("; ")))
}

/// `Priority S1, category incident, by Sam`.
fn classified(
    category: Option<&Option<String>>,
    priority: Option<&Option<String>>,
    by: &str,
) -> String {
    let part = |name: &str, value: Option<&Option<String>>| {
        let value = value?.as_deref().unwrap_or("none");
        Some(format!("{name} {value}"))
    };
    let parts = [part("priority", priority), part("category", category)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut text = parts.join(", ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{text}, by {by}")
}

/// `Reproduced: no. Workaround, shown to the requester: use the old export. By Sam`.
fn found(
    reproduced: Option<Reproduced>,
    workaround: Option<&Workaround>,
    root_cause: Option<&str>,
    by: &str,
) -> String {
    let reproduced = reproduced.map(|it| format!("Reproduced: {}", it.describe().to_lowercase()));
    let workaround = workaround.map(|it| match (it.text.as_str(), it.is_shown) {
        ("", _) => "No workaround any more".to_owned(),
        (text, true) => format!("Workaround, shown to the requester: {text}"),
        (text, false) => format!("Workaround: {text}"),
    });
    let cause = root_cause.map(|cause| match cause {
        "" => "Cause taken back".to_owned(),
        cause => format!("Cause: {cause}"),
    });
    let by = Some(format!("By {by}"));
    let said = [reproduced, workaround, cause, by].into_iter().flatten();
    said.collect::<Vec<_>>().join(". ")
}

/// `From prometheus, severity critical. It made CD-7K3F-92XQ before.`
fn alarm(source: &str, severity: Option<&str>, former: Option<&str>) -> String {
    let severity = severity.map_or_else(String::new, |severity| format!(", severity {severity}"));
    let former = former.map_or_else(String::new, |former| {
        format!(". The same alarm made {former}, which is over")
    });
    format!("From {source}{severity}{former}")
}

/// `50 times, last at 22 Nov 2026, 21:30 UTC`.
fn counted(times: u64, last_at: Timestamp) -> String {
    let last = show::instant(last_at);
    match times {
        1 => format!("Once, at {last}"),
        times => format!("{times} times, last at {last}"),
    }
}

/// What the monitoring system says; whether the ticket is done is for staff to say.
fn resolved(times: u64, last_at: Timestamp) -> String {
    let last = show::instant(last_at);
    let again = match times {
        1 => String::new(),
        times => format!(", {times} times by now"),
    };
    format!(
        "At {last}{again}, says the monitoring system. Whether the ticket is done is for you to say"
    )
}

/// `9940 different ones, last at …; one message left out 500 more`.
fn over_limit(alarms: u64, left_out: u64, last_at: Timestamp) -> String {
    let last = show::instant(last_at);
    let ones = if alarms == 1 {
        "1 alarm".to_owned()
    } else {
        format!("{alarms} different alarms")
    };
    let more = match left_out {
        0 => String::new(),
        more => format!("; one message of the monitoring system left out {more} more"),
    };
    format!("{ones}, the last at {last}{more}")
}

fn with_code(words: &str, status: Option<&str>) -> String {
    match status {
        Some(status) => format!("{words} Its code: {status}"),
        None => words.to_owned(),
    }
}
