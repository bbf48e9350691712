//! A report, and the tickets of a period, as tables. Pure.

use jiff::Timestamp;

use super::{Report, spreadsheet::Csv};
use crate::store::clocks;

/// A ticket as a row. No address and no text but the summary: who needs more opens the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its reference.
    pub reference: String,
    /// Key of its site.
    pub site: String,
    /// One line, the requester's.
    pub summary: String,
    /// Where it stands.
    pub status: String,
    /// Keys of the policy.
    pub category: Option<String>,
    /// Key of the priority.
    pub priority: Option<String>,
    /// Key of the plan.
    pub plan: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// When a person answered first.
    pub answered_at: Option<Timestamp>,
    /// By when a person was to answer.
    pub due_at: Option<Timestamp>,
    /// How the clock of the first response stands.
    pub clock: Option<clocks::Status>,
}

/// The tickets.
///
/// # Errors
/// Never in memory.
pub fn tickets(rows: &[Exported]) -> Result<Vec<u8>, csv::Error> {
    let mut table = Csv::new(&[
        "reference",
        "site",
        "summary",
        "status",
        "category",
        "priority",
        "plan",
        "received_at",
        "first_answer_at",
        "first_answer_due_at",
        "first_answer",
    ])?;
    let instant = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
    for row in rows {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        table.row([
            row.reference.as_str(),
            &row.site,
            &row.summary,
            &row.status,
            &optional(&row.category),
            &optional(&row.priority),
            &optional(&row.plan),
            &instant(Some(row.received_at)),
            &instant(row.answered_at),
            &instant(row.due_at),
            row.clock.map_or("", clocks::Status::as_str),
        ])?;
    }
    table.finish()
}

/// The figures, a row each: what is measured, of what, and how much.
///
/// # Errors
/// Never in memory.
pub fn figures(report: &Report) -> Result<Vec<u8>, csv::Error> {
    let mut table = Csv::new(&["measure", "of", "value"])?;
    let mut put =
        |measure: &str, of: &str, value: u64| table.row([measure, of, &value.to_string()]);
    for day in &report.days {
        put("tickets received", &day.day.to_string(), day.received)?;
    }
    for (status, count) in &report.by_status {
        put("tickets by status", status, *count)?;
    }
    let first = &report.first_response;
    for (name, count) in [
        ("met", first.met),
        ("late", first.late),
        ("missed", first.missed),
        ("running", first.running),
    ] {
        put("first answer", name, count)?;
    }
    for (reason, count) in &first.without_promise {
        put("no promise", reason, *count)?;
    }
    for took in &report.times {
        let name = |key: &Option<String>| key.clone().unwrap_or_else(|| "none".to_owned());
        let of = format!(
            "priority {}, plan {}",
            name(&took.priority),
            name(&took.plan)
        );
        put("answered tickets", &of, took.answered)?;
        put("first answer, median, s", &of, took.median_s)?;
        put("first answer, 90 %, s", &of, took.p90_s)?;
    }
    for paused in &report.paused {
        put("paused tickets", &paused.reason, paused.tickets)?;
        put("pauses", &paused.reason, paused.pauses)?;
        put("paused, s", &paused.reason, paused.took_s)?;
    }
    put("ratings", "good", report.ratings.good)?;
    put("ratings", "not good", report.ratings.not_good)?;
    for (facet, report) in &report.classification {
        for (name, count) in [
            ("decided", report.all.decided),
            ("suggested", report.all.suggested),
            ("taken", report.all.taken),
            ("changed", report.all.changed),
        ] {
            put(&format!("suggestions, {}", facet.as_str()), name, count)?;
        }
    }
    for (verdict, votes) in &report.articles {
        put("articles", verdict, *votes)?;
    }
    table.finish()
}
