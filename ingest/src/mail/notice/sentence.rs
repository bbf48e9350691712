//! What an alarm says to staff: a title and what to know. Pure.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    agenda::{Alarm, Because, What},
    words::{Table, instant},
};

/// What is said of an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// A few words, also for a subject.
    pub title: String,
    /// What to know.
    pub detail: String,
    /// Of several in one mail the heaviest gives the subject.
    pub weight: u8,
}

/// What is said of `alarm` at `now`, with instants in `zone`.
pub fn of(alarm: &Alarm, now: Timestamp, zone: &TimeZone, formats: &Table) -> Sentence {
    let when = |at: Timestamp| format!("{}, {}", instant(formats, at, zone), relative(at, now));
    let (title, detail, weight) = match &alarm.what {
        What::Warning { percent, due_at } => (
            format!("{percent} % of the time for the first answer is used up"),
            {
                let reached = format!("That was reached on {}.", when(alarm.at));
                if *due_at < now {
                    reached
                } else {
                    format!("{reached} The answer is due on {}.", when(*due_at))
                }
            },
            if *percent >= 90 { 4 } else { 3 },
        ),
        What::Breach {
            due_at,
            is_reclassified,
        } => (
            "First answer is late".to_owned(),
            {
                let due = format!("It was due on {}.", when(*due_at));
                if *is_reclassified {
                    format!(
                        "{due} A change of priority, plan or category has brought the due time forward; nobody left it lying."
                    )
                } else {
                    due
                }
            },
            8,
        ),
        What::TakenBack { due_at } => (
            "First answer is no longer late".to_owned(),
            due_at.map_or_else(
                || "After a change nothing is promised for this ticket.".to_owned(),
                |due_at| format!("After a change it is due on {}.", when(due_at)),
            ),
            1,
        ),
        What::Urgent {
            priority,
            is_top,
            duties,
        } => (
            format!("Ticket with priority {priority}"),
            {
                let since = format!("It has had this priority since {}.", when(alarm.at));
                if duties.is_empty() {
                    since
                } else {
                    format!("{since} The policy asks: {}.", duties.join("; "))
                }
            },
            if *is_top { 7 } else { 6 },
        ),
        What::UpdateDue {
            since,
            is_first,
            must,
            even_without_news,
        } => (
            "The requester is to hear from us".to_owned(),
            format!(
                "{} The policy asks: {must}{}. The update was due on {}.",
                if *is_first {
                    format!(
                        "They sent it on {} and have not heard from a person.",
                        when(*since)
                    )
                } else {
                    format!("They last heard on {}.", when(*since))
                },
                if *even_without_news {
                    ", even if there is no news"
                } else {
                    ""
                },
                when(alarm.at)
            ),
            5,
        ),
        What::Duty {
            moment,
            since,
            must,
        } => (
            format!("The requester is to hear: {}", moment.replace('_', " ")),
            format!("This came on {}. The policy asks: {must}.", when(*since)),
            5,
        ),
        What::Step {
            step,
            title,
            action,
            because,
        } => (
            format!("For step {step} of the work, {title}"),
            {
                let why = match because {
                    Because::Resolver => "Tickets of this priority are solved here.",
                    Because::After => "The time after which the terms bring this step in is over.",
                    Because::Escalated => "A colleague escalated the ticket to this step.",
                };
                action
                    .as_ref()
                    .map_or_else(|| why.to_owned(), |action| format!("{why} {action}"))
            },
            if *because == Because::Resolver { 2 } else { 7 },
        ),
    };
    Sentence {
        title,
        detail,
        weight,
    }
}

/// What an alarm is about, from its key alone: metric, cycle and threshold.
pub fn title_of(key: &str) -> String {
    let mut parts = key.split('/');
    let (metric, threshold) = (
        parts.next().unwrap_or_default(),
        parts.next_back().unwrap_or_default(),
    );
    match (metric, threshold) {
        ("first_response", "breach") => "first answer is late".to_owned(),
        ("first_response", "taken_back") => "first answer is no longer late".to_owned(),
        ("first_response", percent) => {
            format!("{percent} % of the time for the first answer is used up")
        }
        ("priority", id) => format!("ticket with priority {id}"),
        ("update", _) => "the requester is to hear from us".to_owned(),
        ("duty", moment) => format!("the requester is to hear: {}", moment.replace('_', " ")),
        ("step" | "escalation", step) => format!("for step {step} of the work"),
        _ => "notice".to_owned(),
    }
}

/// `in 30 minutes`, `2 hours ago`, `now`.
fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.as_second() - now.as_second();
    let length = length(seconds.unsigned_abs());
    match seconds {
        0 => "now".to_owned(),
        1.. => format!("in {length}"),
        _ => format!("{length} ago"),
    }
}

/// `45 seconds`, `1 hour 30 minutes`, `2 days 3 hours`: two units at the most.
pub fn length(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            parts.push(format!(
                "{count} {unit}{}",
                if count == 1 { "" } else { "s" }
            ));
        } else if !parts.is_empty() {
            break;
        }
        // Seconds mean nothing beside hours.
        if parts.len() == 2 || (size == 60 && !parts.is_empty()) {
            break;
        }
    }
    if parts.is_empty() {
        return "0 seconds".to_owned();
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_two_units_at_the_most() {
        for (seconds, written) in [
            (0, "0 seconds"),
            (45, "45 seconds"),
            (61, "1 minute"),
            (5_400, "1 hour 30 minutes"),
            (7_200, "2 hours"),
            (183_600, "2 days 3 hours"),
            (86_460, "1 day"),
        ] {
            assert_eq!(length(seconds), written);
        }
    }

    #[test]
    fn an_update_that_is_due_says_whether_they_ever_heard() {
        let instant = |text: &str| text.parse::<Timestamp>().unwrap();
        let detail = |is_first| {
            let alarm = Alarm {
                key: "update/2026-03-02T09:00:00Z/1".to_owned(),
                at: instant("2026-03-03T09:00:00Z"),
                what: What::UpdateDue {
                    since: instant("2026-03-02T09:00:00Z"),
                    is_first,
                    must: "report progress".to_owned(),
                    even_without_news: false,
                },
            };
            let words = crate::words::Words::load().unwrap();
            let now = instant("2026-03-03T10:00:00Z");
            of(&alarm, now, &TimeZone::UTC, words.formats("en")).detail
        };
        assert!(detail(true).starts_with("They sent it on "));
        assert!(detail(true).contains(" and have not heard from a person. The policy asks: "));
        assert!(detail(false).starts_with("They last heard on "));
    }

    #[test]
    fn every_key_of_an_alarm_has_words() {
        for (key, words) in [
            (
                "first_response/receipt/75",
                "75 % of the time for the first answer is used up",
            ),
            (
                "first_response/2026-03-03T10:55:00Z~2/breach",
                "first answer is late",
            ),
            ("priority/1/S1", "ticket with priority S1"),
            (
                "update/2026-03-03T10:55:00Z/4",
                "the requester is to hear from us",
            ),
            (
                "duty/2026-03-03T10:55:00Z/work_started",
                "the requester is to hear: work started",
            ),
            (
                "escalation/2026-03-03T10:55:00Z/4",
                "for step 4 of the work",
            ),
        ] {
            assert_eq!(title_of(key), words);
        }
    }
}
