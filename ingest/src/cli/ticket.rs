//! `cornerdesk ticket list|show|release|split|suggest|suggestions`, and what staff do with one.

pub mod acts;
mod split;
mod suggest;
mod write;

mod course;

use std::fmt::Write;

use clap::Subcommand;
use cornerdesk_shared::reference::Reference;
use serde_json::{Value, json};

use super::Records;
use crate::{
    care::Scan,
    desk::held,
    file_type,
    handling::Act,
    hexadecimal::hex,
    intake, show,
    staff::VisibleSites,
    store::{
        self,
        clocks::{Clock, FIRST_RESPONSE},
        tickets::{Cursor, Listed},
    },
    ticket::{Attachment, Entry, Fact, Releaser, Requester, Ticket, findings::Findings},
};

/// What to do with tickets.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The latest tickets.
    List {
        /// How many at the most.
        #[arg(long, default_value_t = 50)]
        most: u32,
        /// The ones that are held instead, with the reason.
        #[arg(long)]
        held: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let a held ticket in: its acknowledgement is sent, and staff see it in their list.
    Release {
        /// Its reference.
        reference: String,
    },
    /// Give requests in a ticket references of their own; the requester gets one mail that names all.
    Split(split::Split),
    /// What category and priority a ticket may have, with the words that decided; changes nothing.
    Suggest(suggest::Suggest),
    /// How often suggestions were taken, changed and missing.
    Suggestions(suggest::Suggestions),
    /// The course of the work.
    #[command(flatten)]
    Course(course::Command),
    /// Say what kind of request it is and how urgent; its clock follows.
    Classify(acts::Classify),
    /// Let its clock stand still.
    Pause(acts::Pause),
    /// Let its clock go on.
    Resume(acts::Who),
    /// Say that a person has answered it in public: the first time ends the clock of the first response.
    Answered(acts::Who),
    /// Hand it on to a step of its policy's workflow.
    Escalate(acts::Escalate),
    /// Write to the requester what comes on standard input; they get it by mail and on the page of their request.
    Reply(write::Write),
    /// Write to colleagues what comes on standard input.
    Note(write::Write),
    /// Tickets with their timelines and files.
    Show {
        /// Their references, as you have them: CD-7K3F-92XQ, cd7k3f92xq.
        #[arg(required = true)]
        references: Vec<String>,
        /// As JSON, one object after the other.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn run(records: &Records, command: Command) -> anyhow::Result<()> {
    match command {
        Command::List {
            most,
            held: false,
            json,
        } => list(records, most, json).await,
        Command::List {
            most,
            held: true,
            json,
        } => list_held(records, most, json).await,
        Command::Release { reference } => release(records, &reference).await,
        Command::Split(arguments) => split::run(records, &arguments).await,
        Command::Suggest(arguments) => suggest::run(records, &arguments).await,
        Command::Suggestions(arguments) => suggest::report(records, &arguments).await,
        Command::Course(command) => course::run(records, command).await,
        Command::Classify(arguments) => acts::classify(records, &arguments).await,
        Command::Pause(arguments) => acts::pause(records, &arguments).await,
        Command::Resume(who) => acts::run(records, &who, vec![Act::Resume]).await,
        Command::Answered(who) => acts::run(records, &who, vec![Act::Answer]).await,
        Command::Escalate(arguments) => acts::escalate(records, &arguments).await,
        Command::Reply(arguments) => write::run(records, &arguments, write::To::Requester).await,
        Command::Note(arguments) => write::run(records, &arguments, write::To::Staff).await,
        Command::Show { references, json } => {
            for reference in &references {
                show_one(records, reference, json).await?;
            }
            Ok(())
        }
    }
}

async fn list(records: &Records, most: u32, json: bool) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    let listed = store::tickets::latest(&mut tx, &VisibleSites::All, Cursor::TOP, most).await?;
    tx.rollback().await?;
    if json {
        let rows: Vec<Value> = listed.iter().map(|listed| brief(&listed.ticket)).collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else if listed.is_empty() {
        println!("no tickets yet");
    } else {
        for listed in &listed {
            let ticket = &listed.ticket;
            println!(
                "{}  {}  {:<8}  {:<16}  {}",
                ticket.reference,
                show::instant(ticket.received_at),
                ticket.status.as_str(),
                ticket.site,
                ticket.summary
            );
        }
    }
    Ok(())
}

async fn list_held(records: &Records, most: u32, json: bool) -> anyhow::Result<()> {
    let mut tx = records.store.read().await?;
    let listed =
        store::tickets::latest_held(&mut tx, &VisibleSites::All, Cursor::TOP, most).await?;
    tx.rollback().await?;
    if json {
        let row = |(listed, fact): &(Listed, Option<Fact>)| {
            let mut row = brief(&listed.ticket);
            if let Some(Fact::Held { reason }) = fact {
                row["reason"] = json!(reason);
            }
            row
        };
        let rows: Vec<Value> = listed.iter().map(row).collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else if listed.is_empty() {
        println!("no tickets are held");
    } else {
        for (listed, fact) in &listed {
            let ticket = &listed.ticket;
            println!(
                "{}  {}  {:<16}  {}  {}",
                ticket.reference,
                show::instant(ticket.received_at),
                ticket.site,
                held::reason(ticket, fact.as_ref()),
                ticket.summary
            );
        }
    }
    Ok(())
}

/// A running service sends the acknowledgement: it looks for jobs of other processes every `outbox.poll_ms`.
async fn release(records: &Records, reference: &str) -> anyhow::Result<()> {
    let reference = Reference::parse(reference)?;
    let mut tx = records.store.write().await?;
    let ticket = store::tickets::find_by_reference(&mut tx, reference)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))?;
    anyhow::ensure!(
        intake::release(&mut tx, &ticket, Releaser::Operator, records.clock.now()).await?,
        "{reference} is not held"
    );
    tx.commit().await?;
    println!("{reference} is released");
    Ok(())
}

async fn show_one(records: &Records, reference: &str, json: bool) -> anyhow::Result<()> {
    let reference = Reference::parse(reference)?;
    let mut tx = records.store.read().await?;
    let ticket = store::tickets::find_by_reference(&mut tx, reference)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))?;
    let attachments = store::attachments::list(&mut tx, &ticket.site, ticket.id).await?;
    let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
    let clock = store::clocks::find(&mut tx, &ticket.site, ticket.id, FIRST_RESPONSE).await?;
    let messages = store::messages::list(&mut tx, &ticket.site, ticket.id).await?;
    tx.rollback().await?;
    if json {
        let mut value = whole(&ticket, &attachments, &timeline, clock.as_ref());
        value["messages"] = messages.iter().map(write::of_message).collect();
        println!("{}", serde_json::to_string_pretty(&value)?);
    } else {
        print!(
            "{}",
            text(&ticket, &attachments, &timeline, clock.as_ref())?
        );
    }
    Ok(())
}

fn brief(ticket: &Ticket) -> Value {
    json!({
        "reference": ticket.reference.to_string(), "site": ticket.site, "status": ticket.status, "summary": ticket.summary, "email": ticket.email,
        "locale": ticket.locale, "category": ticket.category, "plan": ticket.plan, "held": ticket.held, "received_at": ticket.received_at.to_string(),
        "verified": ticket.requester.is_some(), "requester": ticket.requester,
        "priority": ticket.priority, "channel": ticket.channel, "account": ticket.account, "policy_version": ticket.policy_version,
    })
}

fn whole(
    ticket: &Ticket,
    attachments: &[Attachment],
    timeline: &[Entry],
    clock: Option<&Clock>,
) -> Value {
    let entry = |entry: &Entry| {
        let mut fact = json!(entry.fact);
        fact["seq"] = json!(entry.seq);
        fact["at"] = json!(entry.at.to_string());
        fact
    };
    let mut value = brief(ticket);
    value["description"] = json!(ticket.description);
    value["impact"] = json!(ticket.impact);
    value["findings"] = json!(Findings::of(timeline));
    value["context"] = json!(ticket.context);
    value["clock"] = clock.map_or(Value::Null, of_clock);
    value["attachments"] = attachments.iter().map(of_file).collect();
    value["timeline"] = timeline.iter().map(entry).collect();
    value
}

/// The clock of the first response as it stood after the latest fact.
fn of_clock(clock: &Clock) -> Value {
    json!({
        "metric": clock.metric, "due_at": clock.due_at.map(|at| at.to_string()), "status": clock.status,
        "reason": clock.reason, "budget_s": clock.budget_s,
    })
}

fn of_file(file: &Attachment) -> Value {
    let care = &file.care;
    json!({
        "id": file.id, "message": file.message, "name": file.name, "content_type": file.content_type, "size_bytes": file.size_bytes, "sha256": hex(&file.sha256),
        "examination": care.examination.as_str(), "kind": care.kind.as_str(), "declared_type": care.declared_type,
        "metadata": care.metadata.as_str(), "sent_sha256": care.sent_sha256.as_ref().map(|digest| hex(digest)),
        "scan": care.scan.as_str(), "scan_detail": care.scan_detail, "is_released": care.is_released,
        "has_preview": care.preview_blob.is_some(), "preview_fault": care.preview_fault,
        "warning": file_type::warning(&file.name, &file.content_type, care.kind),
    })
}

fn text(
    ticket: &Ticket,
    attachments: &[Attachment],
    timeline: &[Entry],
    clock: Option<&Clock>,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(text, "{}  {}", ticket.reference, ticket.summary)?;
    writeln!(
        text,
        "{}, site {}, {}, {}\n",
        ticket.status.as_str(),
        ticket.site,
        show::instant(ticket.received_at),
        from_whom(ticket)
    )?;
    if let Some(requester) = &ticket.requester {
        writeln!(text, "verified    {}\n", person(requester))?;
    }
    for (name, value) in classes(ticket) {
        writeln!(text, "{name:<12}{value}")?;
    }
    if let Some(clock) = clock {
        writeln!(text, "answer by   {}\n", promise(clock))?;
    }
    writeln!(text, "{}\n", ticket.description)?;
    for file in attachments {
        writeln!(
            text,
            "file        {} ({}{})",
            file.name,
            show::size(file.size_bytes),
            remarks(file)
        )?;
    }
    for (name, value) in ticket.context.entries() {
        if let Some(value) = value {
            writeln!(text, "{name:<12}{value}")?;
        }
    }
    for (name, value) in &ticket.context.host.0 {
        writeln!(text, "host        {name}: {value}")?;
    }
    for message in &ticket.context.console_errors {
        writeln!(text, "error       {message}")?;
    }
    for entry in timeline {
        let (title, detail) = entry.fact.describe();
        let detail = detail
            .map(|detail| format!(": {detail}"))
            .unwrap_or_default();
        writeln!(text, "{}  {title}{detail}", show::instant(entry.at))?;
    }
    Ok(text)
}

/// The address of the requester; an alarm may have none.
fn from_whom(ticket: &Ticket) -> &str {
    match ticket.email.as_str() {
        "" => "no requester",
        email => email,
    }
}

/// What a policy hears of it, as far as it was said.
fn classes(ticket: &Ticket) -> impl Iterator<Item = (&'static str, &str)> {
    let all = [
        ("category", &ticket.category),
        ("priority", &ticket.priority),
        ("plan", &ticket.plan),
        ("channel", &ticket.channel),
        ("account", &ticket.account),
        ("impact", &ticket.impact),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
}

/// `23 Nov 2026, 09:00 UTC (running)`, or why nothing is promised.
fn promise(clock: &Clock) -> String {
    match (clock.due_at, &clock.reason) {
        (Some(at), _) => format!("{} ({})", show::instant(at), clock.status.as_str()),
        (None, Some(reason)) => format!("nothing is promised: {reason}"),
        (None, None) => "nothing is promised".to_owned(),
    }
}

/// `Mara (u-42)`.
fn person(requester: &Requester) -> String {
    match &requester.name {
        Some(name) => format!("{name} ({})", requester.sub),
        None => requester.sub.clone(),
    }
}

/// What to know before the file is opened.
fn remarks(file: &Attachment) -> String {
    let care = &file.care;
    let scan = match (care.scan, &care.scan_detail) {
        (Scan::Unscanned, None) => None,
        (scan, detail) => Some(match detail {
            Some(detail) => format!("{}: {detail}", scan.as_str()),
            None => scan.as_str().to_owned(),
        }),
    };
    let warning = file_type::warning(&file.name, &file.content_type, care.kind);
    [scan, warning]
        .into_iter()
        .flatten()
        .fold(String::new(), |text, remark| format!("{text}; {remark}"))
}
