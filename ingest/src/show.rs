//! How sizes, instants and addresses are shown. Pure.

use jiff::{Timestamp, tz::TimeZone};

/// An instant in three forms: for machines, for people, and as an age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339, UTC.
    pub iso: String,
    /// `21 Nov 2026, 14:05 UTC`.
    pub text: String,
    /// `5 minutes ago`.
    pub ago: String,
}

impl Moment {
    /// `at`, seen from `now`.
    #[must_use]
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        Self {
            iso: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: instant(at),
            ago: age(at, now),
        }
    }
}

impl From<Moment> for minijinja::Value {
    fn from(moment: Moment) -> Self {
        minijinja::context! { iso => moment.iso, text => moment.text, ago => moment.ago }
    }
}

/// `21 Nov 2026, 14:05 UTC`: for staff. What requesters read is written by [`crate::words::instant`].
#[must_use]
pub fn instant(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::UTC);
    local.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// `just now`, `5 minutes ago`, `3 days ago`.
#[must_use]
pub fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    span(seconds).map_or_else(|| "just now".to_owned(), |span| format!("{span} ago"))
}

/// `5 minutes`, `3 days`: rounded down; nothing below a minute.
fn span(seconds: i64) -> Option<String> {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let (count, unit) = if seconds < MINUTE {
        return None;
    } else if seconds < HOUR {
        (seconds / MINUTE, "minute")
    } else if seconds < DAY {
        (seconds / HOUR, "hour")
    } else {
        (seconds / DAY, "day")
    };
    Some(format!(
        "{count} {unit}{}",
        if count == 1 { "" } else { "s" }
    ))
}

/// `in 5 minutes`, `2 hours late`: rounded towards now, so that there is never less time than is said.
#[must_use]
pub fn due(at: Timestamp, now: Timestamp) -> String {
    let seconds = at.as_second().saturating_sub(now.as_second());
    match (seconds > 0, span(seconds.abs())) {
        (true, Some(span)) => format!("in {span}"),
        (true, None) => "in a moment".to_owned(),
        (false, Some(span)) => format!("{span} late"),
        (false, None) => "due now".to_owned(),
    }
}

/// `812 bytes`, `4 KB`, `1.5 MB`, `10 GB`: steps of 1024, as file managers count; rounded up, as in the panel, so that a file
/// above a limit never looks equal to it.
#[must_use]
pub fn size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    const GIB: u64 = KIB * MIB;
    match bytes {
        1 => "1 byte".to_owned(),
        0..KIB => format!("{bytes} bytes"),
        KIB..MIB => format!("{} KB", bytes.div_ceil(KIB)),
        MIB..GIB => format!("{} MB", in_tenths(bytes, MIB)),
        GIB.. => format!("{} GB", in_tenths(bytes, GIB)),
    }
}

fn in_tenths(bytes: u64, unit: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(unit);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// `j•••@example.org`: enough for the person to recognise their address, too little for somebody who looks over their shoulder.
#[must_use]
pub fn masked_email(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}•••@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1 KB"),
            (1536, "2 KB"),
            (25 * 1024 * 1024, "25 MB"),
            (25 * 1024 * 1024 + 1, "25.1 MB"),
            (10 * 1024 * 1024 * 1024, "10 GB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn ages_are_rounded_down_and_never_negative() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let ago = |seconds: i64| age(Timestamp::from_second(1_000_000 - seconds).unwrap(), now);
        for (seconds, text) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7199, "1 hour ago"),
            (7200, "2 hours ago"),
            (86_400 * 3, "3 days ago"),
        ] {
            assert_eq!(ago(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn what_is_due_is_said_with_the_time_that_is_left_or_over() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let said = |seconds: i64| due(Timestamp::from_second(1_000_000 + seconds).unwrap(), now);
        for (seconds, text) in [
            (7199, "in 1 hour"),
            (60, "in 1 minute"),
            (59, "in a moment"),
            (0, "due now"),
            (-59, "due now"),
            (-60, "1 minute late"),
            (-86_400 * 2, "2 days late"),
        ] {
            assert_eq!(said(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn a_masked_address_keeps_its_domain() {
        assert_eq!(masked_email("jane.doe@example.org"), "j•••@example.org");
    }
}
