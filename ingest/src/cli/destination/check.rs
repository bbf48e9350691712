//! `cornerdesk destination check`: whether a desk elsewhere is as the settings say.

use anyhow::bail;

use super::super::Records;
use crate::{
    config::Config,
    destination::{Elsewhere, Finding, Settings},
};

/// Looks at a destination, and prints what is found. Nothing is changed there.
///
/// # Errors
/// When there is no such destination, or a fault was found.
pub(super) async fn run(records: &Records, config: &Config, name: &str) -> anyhow::Result<()> {
    let (forwarding, destination) = super::forwarding(config, name)?;
    let findings = match &destination.settings {
        Settings::Webhook(_) => {
            println!("{name}: `cornerdesk destination test {name}` says whether a webhook works");
            return Ok(());
        }
        Settings::Jira(_) => {
            let jira = forwarding.jira(&destination, &records.store, &records.clock);
            match jira.await {
                Ok(jira) => jira.check().await,
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
