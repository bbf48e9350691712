//! `cornerdesk policy explain`: why the clock of a ticket stands where it stands.

use cornerdesk_shared::reference::Reference;
use jiff::tz::TimeZone;

use crate::{cli::Records, explained, policies::Policies, site::Site, store};

/// Explains, on the site's clock.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn run(records: &Records, reference: &str, json: bool) -> anyhow::Result<()> {
    let reference = Reference::parse(reference)?;
    let mut tx = records.store.read().await?;
    let ticket = store::tickets::find_by_reference(&mut tx, reference)
        .await?
        .ok_or_else(|| anyhow::anyhow!("there is no ticket {reference}"))?;
    let site = store::sites::find(&mut tx, &ticket.site).await?;
    let now = records.clock.now();
    let explained = explained::of(&mut tx, &Policies::default(), &ticket, now).await?;
    tx.rollback().await?;
    if json {
        let data = explained.to_json(&ticket);
        println!("{}", serde_json::to_string_pretty(&data)?);
        return Ok(());
    }
    let site = site.and_then(|(config, _)| Site::parse(&config).ok());
    let zone = site.map_or(TimeZone::UTC, |site| site.time_zone);
    println!("{reference}  first response: {}", explained.summary(&zone));
    if let Some((version, policy)) = &explained.terms {
        println!("by {}, version {version} of the site", policy.title());
    }
    for line in explained.lines(&zone) {
        println!("  {line}");
    }
    Ok(())
}
