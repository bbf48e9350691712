//! `cornerdesk deprecation announce|list|check`.

use clap::{Args, Subcommand};
use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde_json::json;

use super::Records;
use crate::{
    deprecation::{Deprecation, TooLate, announcement},
    hexadecimal::hex,
    ids,
    mail::recipient::Recipient,
    outbox::give_notice,
    policy::Policy,
    site::Site,
    store::{self, Tx, deprecations::Notice},
};

/// What to do about things that go.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell the people who get the notices of each account of a site by mail that something goes; refused when the policy wants an earlier notice.
    Announce(Announce),
    /// What was announced, and whether it was said.
    List(List),
    /// Send what is missing: to people who were added since, and where a mail failed. Ends with 1 as long as a notice is not sent.
    Check {
        /// The site's key.
        #[arg(long)]
        site: String,
    },
}

/// What goes, and when.
#[derive(Debug, Args)]
pub struct Announce {
    /// The site's key.
    #[arg(long)]
    site: String,
    /// What goes, as customers are to read it.
    #[arg(long)]
    feature: String,
    /// Day of the notice, in the site's time zone; the mails go out on it. Without it: today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    notice: Option<Date>,
    /// First day without it. Without it: the first that the policy allows.
    #[arg(long, value_name = "YYYY-MM-DD")]
    ends: Option<Date>,
    /// Who says so.
    #[arg(long, value_name = "NAME")]
    by: String,
}

/// Of which site.
#[derive(Debug, Args)]
pub struct List {
    /// The site's key.
    #[arg(long)]
    site: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no such site, the policy does not allow it, a notice is not sent (`check`), or the database fails.
pub async fn run(records: &Records, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Announce(wanted) => announce(records, &wanted).await,
        Command::List(asked) => list(records, &asked).await,
        Command::Check { site } => check(records, &site).await,
    }
}

async fn announce(records: &Records, wanted: &Announce) -> anyhow::Result<()> {
    let now = records.clock.now();
    let mut tx = records.store.write_for(&wanted.site).await?;
    let site = find_site(&mut tx, &wanted.site).await?;
    let policy = policy_of(&mut tx, &site, None).await?;
    let today = now.to_zoned(site.time_zone.clone()).date();
    let notice = wanted.notice.unwrap_or(today);
    let announced = announcement(
        &site.key,
        &policy,
        &wanted.feature,
        notice,
        wanted.ends,
        today,
    )?;
    if !store::deprecations::announce(&mut tx, &site.key, &announced, &wanted.by, now).await? {
        tx.rollback().await?;
        anyhow::bail!(
            "\"{}\" was announced before; its notices stand: `cornerdesk deprecation list --site {}`",
            announced.feature,
            site.key
        );
    }
    let ordered = order(&mut tx, &site, &announced, now).await?;
    tx.commit().await?;
    println!("{}", dates(&announced));
    let count = ordered.len();
    println!(
        "{count} {} to send",
        if count == 1 {
            "notice is"
        } else {
            "notices are"
        }
    );
    print_longer(&announced, &ordered);
    if count == 0 {
        println!(
            "no account of {} says who gets its notices: nobody is told by this. Add notices to [[sites.accounts]], then `cornerdesk deprecation check --site {}`",
            site.key, site.key
        );
    }
    Ok(())
}

/// One notice for each address that has none on its way, at the day of the notice, or at once where that is past; answers which accounts are told,
/// and what. Who cannot be told what the policy promises learns nothing: either the day has come, or the job says what is amiss.
async fn order(
    tx: &mut Tx,
    site: &Site,
    announced: &Deprecation,
    now: Timestamp,
) -> anyhow::Result<Vec<(String, Deprecation)>> {
    let day = announced.notice_on.to_datetime(Time::midnight());
    let day = site.time_zone.to_ambiguous_timestamp(day).compatible()?;
    let at = day.max(now);
    let told_on = at.to_zoned(site.time_zone.clone()).date();
    let mut ordered = Vec::new();
    for account in &site.accounts {
        let policy = policy_of(tx, site, account.overlay.as_deref()).await?;
        let told = match announced.told_on(told_on, &policy) {
            Ok(told) => told,
            Err(TooLate::NoTerms) => announced.clone(),
            Err(TooLate::Over { .. }) => continue,
        };
        for address in &account.notices {
            let recipient = Recipient::exactly(address).key();
            if store::deprecations::order(tx, &site.key, announced.id, &recipient, &account.key)
                .await?
            {
                let payload = json!(give_notice::Order {
                    deprecation_id: announced.id,
                    to: hex(&recipient),
                });
                let (id, kind) = (ids::new_id(), give_notice::KIND);
                store::jobs::insert(tx, &site.key, id, kind, &payload, at, at).await?;
                ordered.push((account.key.clone(), told.clone()));
            }
        }
    }
    Ok(ordered)
}

/// Says to whom something was promised for longer than it was announced.
fn print_longer(announced: &Deprecation, told: &[(String, Deprecation)]) {
    for (account, told) in told {
        if told.ends_on > announced.ends_on {
            println!(
                "{}: {account}: after a notice of {} the policy keeps it for them until {}, and their notice says so",
                announced.feature, told.notice_on, told.ends_on
            );
        }
    }
}

async fn list(records: &Records, asked: &List) -> anyhow::Result<()> {
    let mut tx = records.store.read_for(&asked.site).await?;
    let site = find_site(&mut tx, &asked.site).await?;
    let mut all = Vec::new();
    for announced in store::deprecations::list(&mut tx, &site.key).await? {
        let notices = store::deprecations::notices(&mut tx, &site.key, announced.id).await?;
        all.push((announced, notices));
    }
    tx.rollback().await?;
    if asked.json {
        let rows: Vec<_> = all
            .iter()
            .map(|(announced, notices)| as_json(announced, notices))
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else if all.is_empty() {
        println!("nothing is announced");
    }
    for (announced, notices) in all.iter().filter(|_| !asked.json) {
        println!("{}", dates(announced));
        for notice in notices {
            println!("    {:<24}{}", notice.account, state(announced, notice));
        }
    }
    Ok(())
}

async fn check(records: &Records, site: &str) -> anyhow::Result<()> {
    let now = records.clock.now();
    let mut tx = records.store.write_for(site).await?;
    let site = find_site(&mut tx, site).await?;
    let mut missing = 0;
    let today = now.to_zoned(site.time_zone.clone()).date();
    for announced in store::deprecations::list(&mut tx, &site.key).await? {
        let ordered = order(&mut tx, &site, &announced, now).await?;
        if !ordered.is_empty() {
            println!("{}: {} more to send", announced.feature, ordered.len());
            print_longer(&announced, &ordered);
        }
        let mut is_owing = false;
        for notice in store::deprecations::notices(&mut tx, &site.key, announced.id).await? {
            if notice.sent_at.is_none() {
                missing += 1;
                is_owing = true;
                println!(
                    "{}: {}: {}",
                    announced.feature,
                    notice.account,
                    state(&announced, &notice)
                );
            }
        }
        if is_owing && let Err(late) = announced.is_still_to_come(today) {
            println!("{}: {late}", announced.feature);
        }
    }
    tx.commit().await?;
    anyhow::ensure!(missing == 0, "{missing} notices are not sent yet");
    println!("every notice was sent");
    Ok(())
}

async fn find_site(tx: &mut Tx, key: &str) -> anyhow::Result<Site> {
    let found = store::sites::find(tx, key).await?;
    let (config, _) = found.ok_or_else(|| anyhow::anyhow!("there is no site {key}"))?;
    Site::parse(&config).map_err(|_| {
        anyhow::anyhow!("the site {key} is not configured well: `cornerdesk config check`")
    })
}

/// The policy in force for everybody without a contract of their own, or under the overlay of one.
async fn policy_of(tx: &mut Tx, site: &Site, contract: Option<&str>) -> anyhow::Result<Policy> {
    let overlay = contract.or(site.overlay.as_deref());
    let newest = store::policies::newest(tx, &site.key, overlay).await?;
    let newest = newest.ok_or_else(|| {
        anyhow::anyhow!(
            "no policy is in force at {}: set `policy`, then start the service once",
            site.key
        )
    })?;
    let document = store::policies::document(tx, &site.key, newest.version).await?;
    let document = serde_json::from_str(&document.unwrap_or_default())?;
    Policy::from_document(&document)
        .map_err(|_| anyhow::anyhow!("the policy in force cannot be read"))
}

fn dates(announced: &Deprecation) -> String {
    let Deprecation {
        feature,
        notice_on,
        ends_on,
        supported_until,
        ..
    } = announced;
    let supported = supported_until.map(|date| format!(", supported until {date} at least"));
    format!(
        "{feature}: notice of {notice_on}, gone on {ends_on} at the earliest{}",
        supported.unwrap_or_default()
    )
}

fn state(announced: &Deprecation, notice: &Notice) -> String {
    let longer = notice.ends_on.filter(|day| *day > announced.ends_on);
    let longer = longer.map(|day| format!(", gone for them on {day} at the earliest"));
    match (&notice.sent_at, &notice.fault) {
        (Some(at), _) => format!(
            "sent {}{}",
            crate::show::instant(*at),
            longer.unwrap_or_default()
        ),
        (None, Some(fault)) => format!("not sent: {fault}"),
        (None, None) => "waiting".to_owned(),
    }
}

fn as_json(announced: &Deprecation, notices: &[Notice]) -> serde_json::Value {
    let notice = |notice: &Notice| json!({ "account": notice.account, "sent_at": notice.sent_at.map(|at| at.to_string()), "ends_on": notice.ends_on.map(|day| day.to_string()), "fault": notice.fault });
    json!({
        "feature": announced.feature, "notice_on": announced.notice_on.to_string(), "ends_on": announced.ends_on.to_string(),
        "supported_until": announced.supported_until.map(|date| date.to_string()), "notices": notices.iter().map(notice).collect::<Vec<_>>(),
    })
}
