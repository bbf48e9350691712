//! Orders the mails that tell staff what is due, in the transaction that uses up its keys.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::Check;
use crate::{
    agenda::{self, Alarm},
    hexadecimal::hex,
    ids,
    mail::recipient::{Key, Recipient},
    notify::{self, Occasion, Outlet},
    outbox::{JobError, notify_digest, notify_staff, tools::Tools},
    policy::{FirstResponse, Reason, first_response},
    store::{self, StoreError, Tx, notifications::Postponed},
    ticket::Fact,
};

/// How long notices that are too many in an hour wait for the mail that gathers them.
const GATHERED_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// In which an address gets the most mails that the configuration allows, microseconds.
const HOUR_US: i64 = 3_600_000_000;

/// Tells everybody whom it concerns, by every outlet, and writes on the timeline that it did.
pub(super) async fn tell(
    tools: &Tools,
    tx: &mut Tx,
    check: &Check,
    alarms: &[Alarm],
) -> Result<(), JobError> {
    let mut people = 0;
    for outlet in Outlet::ALL {
        match outlet {
            Outlet::Mail => people += mail(tools, tx, check, alarms).await?,
        }
    }
    let fact = Fact::Notified {
        keys: alarms.iter().map(|alarm| alarm.key.clone()).collect(),
        people,
    };
    let ticket = &check.ticket;
    store::timeline::append(tx, &ticket.site, ticket.id, check.now, &fact).await?;
    Ok(())
}

/// One mail for each address, with all that concerns it; answers how many.
async fn mail(
    tools: &Tools,
    tx: &mut Tx,
    check: &Check,
    alarms: &[Alarm],
) -> Result<u32, StoreError> {
    let by_address = by_address(tools, check, alarms);
    let why = why(check);
    let priority = check.priority().and_then(|id| check.policy.priority(id));
    for (address, alarms) in &by_address {
        let to = Recipient::exactly(address).key();
        if may_have_another(tools, tx, check, &to).await? {
            let order = notify_staff::Order {
                ticket_id: check.ticket.id,
                to: hex(&to),
                alarms: alarms.clone(),
                priority: priority.map(|priority| priority.title.clone()),
                why: why.clone(),
            };
            let payload = serde_json::json!(order);
            let (id, kind) = (ids::new_id(), notify_staff::KIND);
            store::jobs::insert(
                tx,
                &check.ticket.site,
                id,
                kind,
                &payload,
                check.now,
                check.now,
            )
            .await?;
        } else {
            postpone(tx, check, &to, alarms).await?;
        }
    }
    Ok(u32::try_from(by_address.len()).unwrap_or(u32::MAX))
}

/// Who is told what.
fn by_address(tools: &Tools, check: &Check, alarms: &[Alarm]) -> BTreeMap<String, Vec<Alarm>> {
    let accounts = check.site.accounts.iter();
    let mut own = accounts.filter(|account| Some(&account.key) == check.ticket.account.as_ref());
    let contacts = own
        .next()
        .map_or(&[][..], |account| account.contacts.as_slice());
    let plan = check.plan();
    let mut found: BTreeMap<String, Vec<Alarm>> = BTreeMap::new();
    for alarm in alarms {
        let occasion = Occasion {
            site: &check.ticket.site,
            priority: check.priority(),
            what: &alarm.what,
            is_out_of_hours: agenda::is_out_of_hours(&check.policy, plan, check.now),
            contacts,
        };
        for address in notify::recipients(&tools.notify.routes, &occasion) {
            found.entry(address).or_default().push(alarm.clone());
        }
    }
    found
}

/// Counts a mail to an address; `false` when it has had as many in an hour as it may.
async fn may_have_another(
    tools: &Tools,
    tx: &mut Tx,
    check: &Check,
    to: &Key,
) -> Result<bool, StoreError> {
    let cost_us = HOUR_US / i64::from(tools.notify.per_hour.max(1));
    let now_us = check.now.as_microsecond();
    store::allowances::take(tx, &check.ticket.site, to, now_us, cost_us, HOUR_US).await
}

/// Keeps what is too much for the mail that gathers it, and orders that mail where none is to come. One too many finds nothing and ends.
async fn postpone(
    tx: &mut Tx,
    check: &Check,
    to: &Key,
    alarms: &[Alarm],
) -> Result<(), StoreError> {
    let site = &check.ticket.site;
    for alarm in alarms {
        let notice = Postponed {
            ticket: check.ticket.id,
            key: alarm.key.clone(),
            alarm_at: alarm.at,
        };
        store::notifications::postpone(tx, site, to, &notice).await?;
    }
    if store::notifications::is_digest_awaited(tx, site, to).await? {
        return Ok(());
    }
    let payload = notify_digest::payload(to);
    let at = check.now.saturating_add(GATHERED_AFTER);
    let at = at.unwrap_or(check.now);
    let (id, kind) = (ids::new_id(), notify_digest::KIND);
    store::jobs::insert(tx, site, id, kind, &payload, at, check.now).await
}

impl Check {
    fn priority(&self) -> Option<&str> {
        self.ticket.priority.as_deref()
    }

    fn plan(&self) -> Option<&str> {
        self.ticket.plan.as_deref()
    }
}

/// Why the clock stands where it stands, in a sentence; nothing where there was an answer.
fn why(check: &Check) -> Option<String> {
    let response = first_response(&check.policy, &check.history, Some(check.now), &[]);
    if response.responded_at.is_some() {
        return None;
    }
    match &response.reason {
        Some(Reason::Paused) => Some("The clock stands still: the ticket waits.".to_owned()),
        Some(reason) => Some(format!("The first answer has no due time: {reason}.")),
        None => Some(promise(check, &response)),
    }
}

fn promise(check: &Check, response: &FirstResponse) -> String {
    use crate::mail::notice::length;
    let seconds = |seconds: Option<i64>| length(seconds.unwrap_or_default().unsigned_abs());
    let standing = response.standing;
    let hours = match &response.calendar {
        Some(calendar) => format!(" of the hours \"{calendar}\""),
        None => ", day and night".to_owned(),
    };
    let title = check.policy.title();
    format!(
        "By {title}, the first answer comes within {}{hours}; {} are used up.",
        seconds(response.budget_s),
        seconds(standing.and_then(|standing| standing.consumed_s))
    )
}
