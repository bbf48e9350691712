//! Asks whether a mail may go out, and writes down that it does, in one transaction before it is sent.
//!
//! What is written down counts, whatever happens to the mail: a process that dies afterwards has sent it or not, nobody knows. The job's
//! next attempt is the same mail and counts once.

use jiff::Timestamp;

use super::{JobError, tools::Tools, undeliverable};
use crate::{
    grants, ids,
    mail::{
        link, machine,
        permission::{self, Circumstances, Purpose, Verdict, Withheld},
        recipient::Recipient,
    },
    origin::Origin,
    site::Site,
    store::{self, StoreError, Tx, jobs::Job},
    ticket::{Entry, Fact, Ticket},
};

/// The answer.
#[derive(Clone, Debug)]
pub enum Clearance {
    /// Send it, with this link.
    Given(MailLink),
    /// Do not.
    Refused(Withheld),
}

/// The link of a mail; its token is kept nowhere.
#[derive(Clone, Default)]
pub struct MailLink {
    /// "I did not send this", or "is it yours?"; nothing where no address is known that it could lead to.
    pub link: Option<String>,
}

impl std::fmt::Debug for MailLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailLink(…)")
    }
}

/// Asks for the mail of `job`, which goes to the requester of `ticket`.
///
/// # Errors
/// When the mail has to wait, or the database fails.
pub async fn ask(
    tools: &Tools,
    job: &Job,
    ticket: &Ticket,
    site: &Site,
    purpose: Purpose,
) -> Result<Clearance, JobError> {
    let now = tools.clock.now();
    let recipient = Recipient::of(&ticket.email).key();
    let mut tx = tools.store.write().await?;
    // Before anything is counted: of two processes that ask for the same recipient, one waits.
    let objected_until = store::recipients::lock(&mut tx, &recipient).await?;
    let most = tools.rules.most;
    let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
    let is_confirmed = timeline.iter().any(|entry| entry.fact == Fact::Confirmed);
    let ends_access = purpose == Purpose::SignIn && has_open_grant(&timeline, now);
    let is_vouched_for = ticket.requester.is_some();
    let circumstances = Circumstances {
        purpose,
        mode: site.acknowledge,
        is_verified: is_confirmed || is_vouched_for || ends_access,
        is_asked_for: ends_access || (is_confirmed && purpose == Purpose::Acknowledgement),
        has_objected: !ends_access && objected_until.is_some_and(|until| until > now),
        // Nobody: an alarm made the ticket.
        is_machine: ticket.email.is_empty()
            || machine::is_role(&ticket.email)
            || tools.mailer.is_ours(&ticket.email)
            || site.is_written_to_at(&ticket.email),
        is_undeliverable: undeliverable::is_marked(&mut tx, &ticket.email, now).await?,
        lacks_public_url: matches!(
            purpose,
            Purpose::Confirmation | Purpose::AccessRequest | Purpose::Link
        ) && tools.rules.public_origin().is_none(),
        sent: store::recipients::count(
            &mut tx,
            &recipient,
            &job.site,
            job.id,
            is_vouched_for,
            most.everybody_hour,
            now,
        )
        .await?,
        most,
    };
    let verdict = permission::decide(&circumstances);
    match verdict {
        Verdict::Send | Verdict::SendUncounted => {
            if verdict == Verdict::Send {
                store::recipients::put_mail(
                    &mut tx,
                    &recipient,
                    &job.site,
                    job.id,
                    is_vouched_for,
                    now,
                )
                .await?;
            }
            let links = match tools.rules.public_origin() {
                Some(origin) => add_link(&mut tx, origin, ticket, purpose, now).await?,
                None => MailLink::default(),
            };
            tx.commit().await?;
            Ok(Clearance::Given(links))
        }
        Verdict::Later => {
            tx.rollback().await?;
            Err(JobError::Retry(
                "the installation has sent as many mails as it may in an hour".to_owned(),
            ))
        }
        Verdict::Withhold(reason) => {
            tx.rollback().await?;
            Ok(Clearance::Refused(reason))
        }
    }
}

/// May staff enter the account now? Then nothing may keep the requester from the code with which they end that; they proved before that the mailbox
/// is theirs, and the page mails only so many codes in an hour.
fn has_open_grant(timeline: &[Entry], now: Timestamp) -> bool {
    grants::of(timeline).iter().any(|grant| grant.is_open(now))
}

/// Makes the token. Each attempt has new ones: the old ones are known only to the mail that may have gone out with them.
async fn add_link(
    tx: &mut Tx,
    origin: &Origin,
    ticket: &Ticket,
    purpose: Purpose,
    now: Timestamp,
) -> Result<MailLink, StoreError> {
    let purpose = match purpose {
        Purpose::Acknowledgement | Purpose::Closing | Purpose::Reply => link::Purpose::Object,
        Purpose::Confirmation => link::Purpose::Confirm,
        // The page itself is where they go on.
        Purpose::SignIn | Purpose::AccessRequest | Purpose::Link => {
            return Ok(MailLink::default());
        }
    };
    let token = ids::new_token();
    let recipient = Recipient::of(&ticket.email).key();
    let expires_at = now
        .saturating_add(purpose.lifetime())
        .unwrap_or(Timestamp::MAX);
    store::mail_links::insert(
        tx,
        &ticket.site,
        &link::hash(&token),
        ticket.id,
        &recipient,
        purpose,
        expires_at,
    )
    .await?;
    Ok(MailLink {
        link: Some(link::url(origin, purpose, &ticket.site, &token)),
    })
}
