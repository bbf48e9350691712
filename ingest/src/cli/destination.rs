//! `cornerdesk destination list|show|check|pause|resume|replay|test|secret`.

mod check;

use std::io::Read;

use clap::Subcommand;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Records;
use crate::{
    audit::By,
    config::Config,
    desk::destinations::shown::{self, Standing},
    destination::{
        Destination,
        deeds::{self, Doer},
    },
    outbox::{deliver_event::try_out, forwarding::Forwarding, lane::Lane},
    show,
    staff::{VisibleSites, sealing::Sealing},
    store::{self, deliveries::Attempt, destinations::State, jobs::Job},
};

/// What to do with destinations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Each destination, how it stands, and what waits for it.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// One of them, with what was given up there and the last deliveries.
    Show {
        /// Its name in the configuration.
        name: String,
        /// So many deliveries.
        #[arg(long, default_value_t = 20)]
        most: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Look whether a desk elsewhere is as the settings say; each fault comes with the setting that mends it. Changes nothing there.
    Check {
        /// Its name in the configuration.
        name: String,
    },
    /// Send nothing there until somebody lets it go on. What happens meanwhile waits.
    Pause {
        /// Its name in the configuration.
        name: String,
    },
    /// Let it go on, whether somebody paused it or it stopped itself.
    Resume {
        /// Its name in the configuration.
        name: String,
    },
    /// Send again what was given up there, from the beginning.
    Replay {
        /// Its name in the configuration.
        name: String,
        /// What: an id that `cornerdesk destination show` prints; without one, everything.
        id: Option<Uuid>,
    },
    /// Send one message that says that it is a test, and say what came of it.
    Test {
        /// Its name in the configuration.
        name: String,
    },
    /// Keep a secret of it, sealed; it is read from standard input, so that no list of processes shows it.
    Secret {
        /// The destination's name in the configuration.
        name: String,
        /// The secret's name, such as `signing_secret`.
        field: String,
        /// Forget it instead.
        #[arg(long)]
        forget: bool,
    },
}

/// Who is written down for what is done here.
const HERE: Doer<'static> = Doer {
    by: By::CommandLine,
    name: "the command line",
};

/// Runs the command.
///
/// # Errors
/// When there is no such destination, it does not work, or the database fails.
pub async fn run(records: &Records, config: &Config, command: Command) -> anyhow::Result<()> {
    let now = records.clock.now();
    let known = |name: &str| {
        let is_known = config.destinations.iter().any(|one| one.name == name);
        anyhow::ensure!(is_known, "the configuration names no destination {name}");
        anyhow::Ok(())
    };
    match command {
        Command::List { json } => list(records, config, json).await,
        Command::Show { name, most, json } => show_one(records, &name, most, json).await,
        Command::Check { name } => check::run(records, config, &name).await,
        Command::Pause { name } => {
            known(&name)?;
            let is_done = deeds::pause(&records.store, &name, HERE, now).await?;
            say(
                &name,
                is_done,
                "paused",
                "was paused already, or never used",
            )
        }
        Command::Resume { name } => {
            known(&name)?;
            let is_done = deeds::resume(&records.store, &name, HERE, now).await?;
            say(&name, is_done, "goes on", "was not stopped")
        }
        Command::Replay { name, id } => {
            let count = deeds::replay(&records.store, &name, id, HERE, now).await?;
            anyhow::ensure!(
                id.is_none() || count > 0,
                "nothing with this id was given up at {name}"
            );
            println!("{count} sent again from the beginning");
            Ok(())
        }
        Command::Test { name } => test(records, config, &name).await,
        Command::Secret {
            name,
            field,
            forget: true,
        } => {
            let is_done = deeds::forget_secret(&records.store, &name, &field, HERE, now).await?;
            say(&name, is_done, "forgets it", "has no such secret")
        }
        Command::Secret { name, field, .. } => keep(records, config, &name, &field).await,
    }
}

fn say(name: &str, is_done: bool, done: &str, not: &str) -> anyhow::Result<()> {
    println!("{name} {}", if is_done { done } else { not });
    Ok(())
}

/// What calls destinations, and one of them.
fn forwarding(config: &Config, name: &str) -> anyhow::Result<(Forwarding, Destination)> {
    let sealing = Sealing::load(&config.key_file())?;
    let forwarding = Forwarding::new(config, &sealing);
    let forwarding = forwarding.map_err(|faults| anyhow::anyhow!("{}", faults.join("\n")))?;
    let destination = forwarding.destinations.of(name).cloned();
    let destination = destination
        .ok_or_else(|| anyhow::anyhow!("the configuration names no destination {name}"))?;
    Ok((forwarding, destination))
}

async fn test(records: &Records, config: &Config, name: &str) -> anyhow::Result<()> {
    let (forwarding, destination) = forwarding(config, name)?;
    let (store, clock) = (&records.store, &records.clock);
    deeds::tried(store, name, HERE, clock.now()).await?;
    let attempt = try_out(&forwarding, &destination, store, clock).await?;
    match shown::trial(&attempt, destination.settings.is_mirror()) {
        Ok(words) => {
            println!("{words}");
            Ok(())
        }
        Err(words) => Err(anyhow::anyhow!(words)),
    }
}

async fn keep(records: &Records, config: &Config, name: &str, field: &str) -> anyhow::Result<()> {
    let (forwarding, destination) = forwarding(config, name)?;
    let mut secret = String::new();
    std::io::stdin().read_to_string(&mut secret)?;
    let keeper = (&records.store, &forwarding.sealing);
    let given = (field, secret.as_str());
    deeds::keep_secret(keeper, &destination, given, HERE, records.clock.now()).await?;
    println!(
        "{name} has its {field}; `cornerdesk destination test {name}` says whether it is the right one"
    );
    Ok(())
}

/// What is known of a destination, for programs.
async fn facts(records: &Records, state: &State) -> anyhow::Result<(Value, Standing)> {
    let mut tx = records.store.read().await?;
    let last = store::deliveries::latest(&mut tx, &state.name, None, 1)
        .await?
        .pop();
    let piles = store::piles::of(&mut tx, &state.name).await?;
    tx.rollback().await?;
    let (waiting, dead, _) = shown::sums(&piles, &VisibleSites::All);
    let standing = Standing::of(Some(state), last.as_ref());
    let (since, why) = shown::why(standing, Some(state), last.as_ref());
    let facts = json!({
        "name": state.name, "kind": state.kind, "standing": standing.as_str(), "since": since.map(|at| at.to_string()),
        "why": why, "waiting": waiting, "given_up": dead, "last_at": last.map(|last| last.at.to_string()),
    });
    Ok((facts, standing))
}

async fn states(records: &Records) -> anyhow::Result<Vec<State>> {
    let mut tx = records.store.read().await?;
    let states = store::destinations::list(&mut tx).await?;
    tx.rollback().await?;
    Ok(states)
}

async fn list(records: &Records, config: &Config, json: bool) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for state in states(records).await? {
        let (facts, standing) = facts(records, &state).await?;
        if standing != Standing::Removed {
            rows.push(facts);
        }
    }
    // What no service has had in its configuration yet.
    for one in &config.destinations {
        if !rows.iter().any(|row| row["name"] == *one.name) {
            rows.push(json!({ "name": one.name, "kind": one.kind, "standing": "unused", "why": "", "waiting": 0, "given_up": 0 }));
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else if rows.is_empty() {
        println!("the configuration names no destinations");
    }
    for row in rows.iter().filter(|_| !json) {
        println!("{}", line(row));
    }
    Ok(())
}

fn line(facts: &Value) -> String {
    let text = |name: &str| facts[name].as_str().unwrap_or_default();
    let line = format!(
        "{:<20}  {:<10}  {:<8}  {} waiting  {} given up  {}",
        text("name"),
        text("kind"),
        text("standing"),
        facts["waiting"],
        facts["given_up"],
        text("why")
    );
    line.trim_end().to_owned()
}

async fn show_one(records: &Records, name: &str, most: u32, json: bool) -> anyhow::Result<()> {
    let state = states(records)
        .await?
        .into_iter()
        .find(|one| one.name == name);
    let state =
        state.ok_or_else(|| anyhow::anyhow!("no service has used a destination {name} yet"))?;
    let (mut facts, _) = facts(records, &state).await?;
    let mut tx = records.store.read().await?;
    let dead = store::jobs::dead_of(&mut tx, &Lane::to(name), most).await?;
    let attempts = store::deliveries::latest(&mut tx, name, None, most).await?;
    let secrets = store::destinations::secrets_set(&mut tx, name).await?;
    tx.rollback().await?;
    if json {
        facts["dead_letters"] = dead.iter().map(letter).collect();
        facts["deliveries"] = attempts.iter().map(delivery).collect();
        let given = secrets.iter().map(
            |(field, at, by)| json!({ "field": field, "given_at": at.to_string(), "given_by": by }),
        );
        facts["secrets"] = given.collect();
        println!("{}", serde_json::to_string_pretty(&facts)?);
        return Ok(());
    }
    println!("{}", line(&facts));
    for (field, at, by) in &secrets {
        println!("{field} was given {} by {by}", show::instant(*at));
    }
    for job in &dead {
        let why = job.last_error.as_deref().unwrap_or_default();
        println!(
            "given up  {}  {}  {} attempts  {why}",
            job.id,
            shown::what(job),
            job.attempts
        );
    }
    for attempt in &attempts {
        let status = attempt
            .seen
            .status
            .map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        println!(
            "{}  {:<9}  {}  {status}  {} ms  {}  {}",
            show::instant(attempt.at),
            attempt.ending.as_str(),
            attempt.what,
            attempt.took_ms,
            attempt.seen.request_id.as_deref().unwrap_or("-"),
            attempt.reason.as_deref().unwrap_or_default()
        );
    }
    Ok(())
}

fn letter(job: &Job) -> Value {
    json!({
        "id": job.id, "site": job.site, "ticket": job.payload["ticket_id"], "what": shown::what(job), "attempts": job.attempts,
        "given_up_at": job.finished_at.map(|at| at.to_string()), "reason": job.last_error,
    })
}

fn delivery(attempt: &Attempt) -> Value {
    json!({
        "at": attempt.at.to_string(), "what": attempt.what, "outcome": attempt.ending.as_str(), "site": attempt.site, "ticket": attempt.ticket,
        "status": attempt.seen.status, "request_id": attempt.seen.request_id, "took_ms": attempt.took_ms, "reason": attempt.reason,
    })
}
