//! `cornerdesk ticket suggest|suggestions`.

use clap::Args;
use cornerdesk_shared::reference::Reference;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;

use super::super::Records;
use crate::{
    classification::{
        Guess,
        decision::{Accuracy, reports},
    },
    policies::Policies,
    store, suggestions,
};

/// Of which ticket.
#[derive(Debug, Args)]
pub struct Suggest {
    /// Its reference.
    reference: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Of which site, and since when.
#[derive(Debug, Args)]
pub struct Suggestions {
    /// The site's key.
    #[arg(long)]
    site: String,
    /// Decisions from this day on, in UTC.
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Says what may be suggested.
///
/// # Errors
/// When there is no such ticket, it has no policy, or the database fails.
pub async fn run(records: &Records, suggest: &Suggest) -> anyhow::Result<()> {
    let reference = Reference::parse(&suggest.reference)?;
    let mut tx = records.store.read().await?;
    let ticket = store::tickets::find_by_reference(&mut tx, reference)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))?;
    let policy = suggestions::policy_of(&mut tx, &Policies::default(), &ticket)
        .await?
        .ok_or_else(|| {
            anyhow::anyhow!("{reference} came under no policy, so there is nothing to suggest")
        })?;
    let suggestion = suggestions::suggest(&mut tx, &ticket, &policy).await?;
    tx.rollback().await?;
    if suggest.json {
        println!("{}", serde_json::to_string_pretty(&suggestion)?);
        return Ok(());
    }
    for (name, guess) in [
        ("category", &suggestion.category),
        ("priority", &suggestion.priority),
    ] {
        println!("{name:<10}{}", line(guess.as_ref()));
    }
    Ok(())
}

/// `S1  Severity 1 - Urgent  (97 %)  because of: "is down", "all users"`.
fn line(guess: Option<&Guess>) -> String {
    let Some(guess) = guess else {
        return "nothing is sure enough".to_owned();
    };
    let because: Vec<String> = guess
        .because
        .iter()
        .map(|word| format!("“{word}”"))
        .collect();
    format!(
        "{}  {}  ({} %)  because of: {}",
        guess.id,
        guess.title,
        guess.percent,
        because.join(", ")
    )
}

/// Says how good suggestions were.
///
/// # Errors
/// When there is no such site or the database fails.
pub async fn report(records: &Records, asked: &Suggestions) -> anyhow::Result<()> {
    let since = match asked.since {
        Some(date) => date.to_zoned(TimeZone::UTC)?.timestamp(),
        None => Timestamp::UNIX_EPOCH,
    };
    let mut tx = records.store.read_for(&asked.site).await?;
    let site = store::sites::find(&mut tx, &asked.site).await?;
    anyhow::ensure!(site.is_some(), "there is no site {}", asked.site);
    let tallied = store::classification::report(&mut tx, &asked.site, since).await?;
    tx.rollback().await?;
    let reports = reports(&tallied);
    if asked.json {
        let json: serde_json::Map<_, _> = reports
            .iter()
            .map(|(facet, report)| (facet.as_str().to_owned(), json!(report)))
            .collect();
        println!("{}", serde_json::to_string_pretty(&json)?);
        return Ok(());
    }
    for (facet, report) in &reports {
        println!("{:<24}{}", facet.as_str(), told(&report.all));
        for (class, accuracy) in &report.classes {
            println!("  {class:<22}{}", told(accuracy));
        }
    }
    Ok(())
}

fn told(accuracy: &Accuracy) -> String {
    let Accuracy {
        decided,
        suggested,
        taken,
        changed,
        silent,
    } = accuracy;
    let percent = accuracy.percent_taken();
    let percent = percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
    format!(
        "{decided:>6} decided  {suggested:>6} suggested  {taken:>6} taken ({percent})  {changed:>6} changed  {silent:>6} silent"
    )
}
