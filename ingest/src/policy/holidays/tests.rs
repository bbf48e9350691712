use super::*;

/// A calendar file of these events, each a few lines.
fn calendar(events: &[&str]) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n".to_owned();
    for (index, event) in events.iter().enumerate() {
        let lines: String = event
            .lines()
            .map(|line| format!("{}\r\n", line.trim()))
            .collect();
        let _ = write!(
            text,
            "BEGIN:VEVENT\r\nUID:{index}@test\r\nDTSTAMP:20260101T000000Z\r\n{lines}END:VEVENT\r\n"
        );
    }
    text + "END:VCALENDAR\r\n"
}

fn shown(events: &[&str]) -> Vec<String> {
    let read = read(&calendar(events), 2026..=2028).expect("a calendar");
    read.holidays
        .iter()
        .map(|(date, name)| format!("{date} {name}"))
        .collect()
}

#[test]
fn a_day_is_a_holiday() {
    let day = "SUMMARY:Noël\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261226";
    assert_eq!(shown(&[day]), ["2026-12-25 Noël"]);
    let without_end = "SUMMARY:Noël\nDTSTART;VALUE=DATE:20261225";
    assert_eq!(shown(&[without_end]), ["2026-12-25 Noël"]);
    let ends_as_it_starts = "SUMMARY:Noël\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225";
    assert_eq!(shown(&[ends_as_it_starts]), ["2026-12-25 Noël"]);
}

#[test]
fn several_days_are_as_many_holidays() {
    let days = "SUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261228";
    assert_eq!(
        shown(&[days]),
        [
            "2026-12-25 Christmas",
            "2026-12-26 Christmas",
            "2026-12-27 Christmas"
        ]
    );
    let duration = "SUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225\nDURATION:P2D";
    assert_eq!(shown(&[duration]).len(), 2);
}

#[test]
fn a_day_that_repeats_is_a_holiday_of_every_year_that_was_asked_for() {
    let fixed = "SUMMARY:May Day\nDTSTART;VALUE=DATE:20000501\nRRULE:FREQ=YEARLY";
    assert_eq!(
        shown(&[fixed]),
        [
            "2026-05-01 May Day",
            "2027-05-01 May Day",
            "2028-05-01 May Day"
        ]
    );
    let third_monday = "SUMMARY:King\nDTSTART;VALUE=DATE:20260119\nRRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=3MO\nEXDATE;VALUE=DATE:20270118";
    assert_eq!(
        shown(&[third_monday]),
        ["2026-01-19 King", "2028-01-17 King"]
    );
    let for_ever = "SUMMARY:Daily\nDTSTART;VALUE=DATE:20280101\nRRULE:FREQ=DAILY";
    assert_eq!(
        shown(&[for_ever, fixed]).len(),
        366 + 2,
        "one of 366 days is the first of May"
    );
}

#[test]
fn what_is_no_holiday_is_left_out_and_said() {
    let events = [
        "SUMMARY:Daylight Saving Time ends\nDTSTART;VALUE=DATE:20261025",
        "SUMMARY:Beginn der Sommerzeit\nDTSTART;VALUE=DATE:20270328",
        "SUMMARY:Team lunch\nDTSTART:20261224T110000Z\nDTEND:20261224T120000Z",
        "SUMMARY:Moved\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261111",
        "SUMMARY:Armistice\nDTSTART;VALUE=DATE:20261111",
    ];
    assert_eq!(shown(&events), ["2026-11-11 Armistice"]);
    let read = read(&calendar(&events), 2026..=2028).expect("a calendar");
    let said: Vec<String> = read
        .left_out
        .iter()
        .map(|entry| format!("{}: {}", entry.name, entry.because))
        .collect();
    assert_eq!(
        said,
        [
            "Beginn der Sommerzeit: a change of the clocks",
            "Daylight Saving Time ends: a change of the clocks",
            "Moved: cancelled",
            "Team lunch: has a time of day",
        ]
    );
}

#[test]
fn two_holidays_on_a_day_share_it() {
    let events = [
        "SUMMARY:Ascension\nDTSTART;VALUE=DATE:20260508",
        "SUMMARY:Victory\nDTSTART;VALUE=DATE:20260508",
    ];
    assert_eq!(shown(&events), ["2026-05-08 Ascension, Victory"]);
}

#[test]
fn a_text_that_is_no_calendar_is_refused() {
    for text in ["", "<html></html>", "BEGIN:VCARD\r\nEND:VCARD\r\n"] {
        assert!(read(text, 2026..=2028).is_err(), "{text:?}");
    }
}

fn holidays(entries: &[(&str, &str)]) -> Holidays {
    let entries = entries
        .iter()
        .map(|(date, name)| (date.parse().expect("a date"), (*name).to_owned()));
    entries.collect()
}

#[test]
fn what_changes_is_told_date_by_date_and_other_years_are_left_alone() {
    let before = holidays(&[
        ("2025-12-25", "Noël"),
        ("2026-05-01", "Fête"),
        ("2026-11-11", "Armistice"),
        ("2027-01-01", "Jour de l'an"),
    ]);
    let imported = holidays(&[
        ("2026-05-01", "Fête du Travail"),
        ("2026-07-14", "Fête nationale"),
        ("2027-01-01", "Jour de l'an"),
    ]);
    let changes = changes(&before, &imported);
    let said: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "~ 2026-05-01 Fri Fête -> Fête du Travail",
            "+ 2026-07-14 Tue Fête nationale",
            "- 2026-11-11 Wed Armistice"
        ]
    );
    let after = apply(&before, &changes);
    assert!(after.contains_key(&"2025-12-25".parse().expect("a date")));
    assert_eq!(super::changes(&after, &imported), []);
}

#[test]
fn what_is_written_is_read_again_and_keeps_the_words_at_the_top() {
    let before = include_str!("../../../../policies/holidays/fr.toml");
    let list = of_file(before);
    assert_eq!(list.len(), 110);
    let text = written(before, &list);
    assert_eq!(of_file(&text), list);
    assert_eq!(text, before, "our own files are in this form");
}

#[test]
fn a_name_cannot_break_out_of_its_comment() {
    let list = holidays(&[("2026-05-01", "Fête\n]\nschema = 1")]);
    assert_eq!(of_file(&written("", &list)).len(), 1);
    assert_eq!(written("", &list).lines().count(), 3);
}
