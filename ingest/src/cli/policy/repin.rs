//! `cornerdesk policy repin`: other terms for tickets that were received under earlier ones.

use clap::Args;
use jiff::Timestamp;

use crate::{
    cli::{Records, ticket::acts::name_of},
    policies::Policies,
    repin::{self, Change, Difference, Wish},
    show,
    store::{self, policies::Version},
};

/// Which tickets, and which terms.
#[derive(Debug, Args)]
pub struct Repin {
    /// The site's key.
    #[arg(long, value_name = "KEY")]
    site: String,
    /// The overlay whose tickets and versions are meant; without it, those under no overlay.
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// Only tickets under this version; without it, under every other version of the overlay.
    #[arg(long, value_name = "VERSION")]
    from: Option<u32>,
    /// The version that they come under; without it, the one in force.
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
    /// Who wants it: the address of a colleague who may sign in, or a name.
    #[arg(long, value_name = "STAFF")]
    by: String,
    /// Why; it stays on the timeline of each ticket.
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// Only show what would become of the due times.
    #[arg(long)]
    dry_run: bool,
}

/// Tickets that are shown one by one.
const SHOWN_MOST: usize = 20;

/// Shows what becomes of the due times, and re-pins unless it is a dry run.
///
/// # Errors
/// When there is no such version or the database fails.
pub async fn run(records: &Records, arguments: &Repin) -> anyhow::Result<()> {
    let because = arguments.because.trim();
    anyhow::ensure!(
        !because.is_empty(),
        "--because: say why; it stays on each timeline"
    );
    let mut tx = records.store.read().await?;
    let versions = store::policies::list(&mut tx, &arguments.site).await?;
    let by = name_of(&mut tx, &arguments.by).await?;
    tx.rollback().await?;
    let (from, to) = chosen(&versions, arguments)?;
    let wish = Wish {
        site: &arguments.site,
        from,
        to,
        by: &by,
        because,
    };
    let (policies, now) = (Policies::default(), records.clock.now());
    let differences = repin::compare(&records.store, &policies, &wish, now).await?;
    show_all(records, &wish, &differences, now).await?;
    if arguments.dry_run {
        println!("nothing was changed: a dry run");
        return Ok(());
    }
    let done = repin::apply(&records.store, &policies, &wish, now).await?;
    println!("{done} tickets are under version {to} now");
    Ok(())
}

/// The versions that tickets are taken from, and the one that they come under.
fn chosen(versions: &[Version], arguments: &Repin) -> anyhow::Result<(Vec<u32>, u32)> {
    let mut of_overlay = versions
        .iter()
        .filter(|version| version.overlay == arguments.overlay)
        .map(|version| version.version)
        .collect::<Vec<_>>();
    let exists = |number: &u32| versions.iter().any(|version| version.version == *number);
    let to = match arguments.to {
        Some(to) => to,
        None => *of_overlay
            .last()
            .ok_or_else(|| anyhow::anyhow!("no version of this site and overlay was published"))?,
    };
    of_overlay.retain(|version| *version != to);
    let from = arguments.from.map_or(of_overlay, |from| vec![from]);
    for number in from.iter().chain([&to]) {
        anyhow::ensure!(exists(number), "the site has no version {number}");
    }
    anyhow::ensure!(!from.contains(&to), "--from and --to are the same version");
    Ok((from, to))
}

async fn show_all(
    records: &Records,
    wish: &Wish<'_>,
    differences: &[Difference],
    now: Timestamp,
) -> anyhow::Result<()> {
    let due = |at: Option<Timestamp>| at.map_or_else(|| "nothing".to_owned(), show::instant);
    let changed = differences
        .iter()
        .filter(|difference| difference.change() != Change::Unchanged);
    let mut tx = records.store.read_for(wish.site).await?;
    for difference in changed.take(SHOWN_MOST) {
        let ticket = store::tickets::find(&mut tx, wish.site, difference.ticket).await?;
        let reference = ticket.map(|ticket| ticket.reference.to_string());
        let is_late = |at: Option<Timestamp>| at.is_some_and(|at| at < now);
        let late = is_late(difference.after) && !is_late(difference.before);
        println!(
            "{}  {} → {}{}",
            reference.unwrap_or_default(),
            due(difference.before),
            due(difference.after),
            if late { "  late at once" } else { "" }
        );
    }
    tx.rollback().await?;
    let counts = repin::counts(differences);
    let count = |change| counts.get(&change).copied().unwrap_or_default();
    println!(
        "{} tickets: {} due earlier, {} later, {} newly promised, {} no longer, {} unchanged",
        differences.len(),
        count(Change::Earlier),
        count(Change::Later),
        count(Change::Promised),
        count(Change::Withdrawn),
        count(Change::Unchanged)
    );
    Ok(())
}
