//! `cornerdesk destination check`: whether a desk elsewhere is as the settings say.

use anyhow::bail;

use super::super::Records;
use crate::{
    config::Config,
    destination::{Elsewhere, Family, Finding},
    outbox::tell_ticket,
};

/// Looks at a destination, and prints what is found. Nothing is changed there.
///
/// # Errors
/// When there is no such destination, or a fault was found.
pub(super) async fn run(records: &Records, config: &Config, name: &str) -> anyhow::Result<()> {
    let (forwarding, destination) = super::forwarding(config, name)?;
    let findings = match destination.settings.family() {
        Family::Listener(_) => {
            println!("{name}: `cornerdesk destination test {name}` says whether it works");
            return Ok(());
        }
        Family::Teller(teller) => {
            let Some(question) = teller.question() else {
                println!(
                    "{name}: it answers no questions; `cornerdesk destination test {name}` says something there and whether it was taken"
                );
                return Ok(());
            };
            let here = (&records.store, &records.clock);
            match tell_ticket::say(&forwarding, &destination, teller, &question, here).await {
                Ok(_) => println!(
                    "ok     it knows us; `cornerdesk destination test {name}` says something there, which shows whether we may"
                ),
                Err(fault) => bail!("{name}: {fault}"),
            }
            return Ok(());
        }
        Family::Mirror => {
            let mirror = forwarding.mirror(&destination, &records.store, &records.clock);
            match mirror.await {
                Ok(mirror) => mirror.check().await,
                Err(fault) => bail!("{name}: {fault}"),
            }
        }
    };
    for finding in &findings {
        println!("{}", line(finding));
    }
    match findings.iter().filter(|finding| finding.is_fault).count() {
        0 => Ok(()),
        1 => bail!("{name}: one fault"),
        faults => bail!("{name}: {faults} faults"),
    }
}

fn line(finding: &Finding) -> String {
    if finding.is_fault {
        format!("fault  {}: {}", finding.setting, finding.words)
    } else {
        format!("ok     {}", finding.words)
    }
}
