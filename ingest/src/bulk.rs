//! One act on many tickets, and taking it back.
//!
//! Everything happens in one transaction, together with the row that says how to take it back. Taking back writes facts like every other act; what
//! somebody has changed since stays as they left it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    assignment::{self, NotTagged},
    handling::{self, Act, NotDone},
    policies::Policies,
    progress::{self, Change, Refused},
    store::{self, StoreError, Tx, assignments::Person, staff::Staff},
    suggestions::Published,
    ticket::{ClosingReason, Fact, Status, Ticket},
};

/// What is to be done; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Give them to somebody, or to nobody.
    pub assignee: Option<Option<Person>>,
    /// Take them up, solve or close them, and why.
    pub outcome: Option<(Status, Option<ClosingReason>)>,
    /// Say how urgent they are, or take it back.
    pub priority: Option<Option<String>>,
    /// Give them a tag.
    pub tag: Option<String>,
}

impl Wish {
    /// Is nothing to be done?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What an act came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Tickets that it changed.
    pub changed: Vec<Changed>,
    /// Tickets in which something could not be changed.
    pub not: Vec<NotChanged>,
    /// What came of taking it back, once somebody did.
    pub undone: Option<Undone>,
}

impl Done {
    /// Of which sites the changed tickets are.
    #[must_use]
    pub fn sites(&self) -> Vec<String> {
        let sites = self.changed.iter().map(|changed| changed.site.clone());
        sites.collect()
    }
}

/// A ticket that was changed, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    site: String,
    id: Uuid,
    reference: String,
    steps: Vec<Step>,
}

/// Something that was set, with what was there before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Assigned {
        before: Option<Uuid>,
        after: Option<Uuid>,
    },
    Status {
        before: String,
        after: String,
    },
    Priority {
        before: Option<String>,
        after: Option<String>,
    },
    Tagged {
        tag: String,
    },
}

/// A ticket in which something was not changed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotChanged {
    /// Which.
    pub reference: String,
    /// Why, for staff.
    pub why: String,
}

/// What came of taking an act back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// How many tickets are as they were.
    pub tickets: usize,
    /// The others, and why.
    pub not: Vec<NotChanged>,
}

/// Who acts, and when.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// Versions of policies.
    pub policies: &'a Policies,
    /// What each site has published, read before the transaction began.
    pub published: &'a BTreeMap<String, Published>,
    /// Everybody who can have a ticket.
    pub people: &'a [Staff],
    /// As colleagues know them.
    pub name: &'a str,
    /// When.
    pub now: Timestamp,
}

impl By<'_> {
    /// Somebody who sees the tickets of a site.
    fn person(&self, id: Option<Uuid>, site: &str) -> Option<Person> {
        let mut people = self
            .people
            .iter()
            .filter(|person| person.visible.contains(site));
        let person = people.find(|person| Some(person.id) == id)?;
        Some(Person {
            id: person.id,
            name: person.name.clone(),
        })
    }
}

/// Does it to each ticket. Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails; the caller rolls back.
pub async fn act(
    tx: &mut Tx,
    by: By<'_>,
    mut tickets: Vec<Ticket>,
    wish: &Wish,
) -> Result<Done, StoreError> {
    let mut done = Done::default();
    // Always in one order, so that two who act on the same tickets do not wait for each other.
    tickets.sort_by_key(|ticket| ticket.id);
    for ticket in &tickets {
        let (steps, why) = act_on(tx, by, ticket, wish).await?;
        let reference = ticket.reference.to_string();
        if !why.is_empty() {
            done.not.push(NotChanged {
                reference: reference.clone(),
                why: why.join("; "),
            });
        }
        if !steps.is_empty() {
            done.changed.push(Changed {
                site: ticket.site.clone(),
                id: ticket.id,
                reference,
                steps,
            });
        }
    }
    Ok(done)
}

/// What was set, and why the rest was not. What is so already is neither.
async fn act_on(
    tx: &mut Tx,
    by: By<'_>,
    ticket: &Ticket,
    wish: &Wish,
) -> Result<(Vec<Step>, Vec<String>), StoreError> {
    let (mut steps, mut why) = (Vec::new(), Vec::new());
    if let Some(to) = &wish.assignee {
        match assign(tx, by, ticket, to.as_ref()).await? {
            Ok(step) => steps.extend(step),
            Err(because) => why.push(because),
        }
    }
    if let Some(priority) = &wish.priority {
        match classify(tx, by, ticket, priority.clone()).await? {
            Ok(step) => steps.extend(step),
            Err(because) => why.push(because),
        }
    }
    if let Some(tag) = &wish.tag {
        match assignment::tag(tx, by.policies, ticket, tag, by.name, by.now).await {
            Ok(true) => steps.push(Step::Tagged {
                tag: assignment::tag_of(tag).unwrap_or_default(),
            }),
            Ok(false) => {}
            Err(NotTagged::Tag(fault)) => why.push(fault.to_string()),
            Err(NotTagged::Store(error)) => return Err(error),
        }
    }
    // Last: what is solved or closed has the rest already.
    if let Some((to, reason)) = wish.outcome {
        match change(tx, by, ticket, to, reason).await? {
            Ok(step) => steps.extend(step),
            Err(because) => why.push(because),
        }
    }
    Ok((steps, why))
}

async fn assign(
    tx: &mut Tx,
    by: By<'_>,
    ticket: &Ticket,
    to: Option<&Person>,
) -> Result<Result<Option<Step>, String>, StoreError> {
    if let Some(to) = to
        && by.person(Some(to.id), &ticket.site).is_none()
    {
        return Ok(Err(format!(
            "{} does not see the tickets of its site",
            to.name
        )));
    }
    let before = store::assignments::of(tx, &ticket.site, ticket.id).await?;
    let is_new = assignment::assign(tx, by.policies, ticket, to, by.name, by.now).await?;
    let step = || Step::Assigned {
        before: before.map(|person| person.id),
        after: to.map(|person| person.id),
    };
    Ok(Ok(is_new.then(step)))
}

async fn classify(
    tx: &mut Tx,
    by: By<'_>,
    ticket: &Ticket,
    priority: Option<String>,
) -> Result<Result<Option<Step>, String>, StoreError> {
    let ticket = handling::locked(tx, ticket).await?;
    let before = ticket.priority.clone();
    let nothing = Published::default();
    let published = by.published.get(&ticket.site).unwrap_or(&nothing);
    let act = Act::Classify {
        category: None,
        priority: Some(priority.clone()),
    };
    match handling::act(tx, by.policies, published, &ticket, act, by.name, by.now).await {
        Ok(_) => Ok(Ok(Some(Step::Priority {
            before,
            after: priority,
        }))),
        Err(NotDone::Already(_)) => Ok(Ok(None)),
        Err(NotDone::Store(error)) => Err(error),
        Err(refused) => Ok(Err(refused.to_string())),
    }
}

async fn change(
    tx: &mut Tx,
    by: By<'_>,
    ticket: &Ticket,
    to: Status,
    reason: Option<ClosingReason>,
) -> Result<Result<Option<Step>, String>, StoreError> {
    let ticket = handling::locked(tx, ticket).await?;
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    if to == Status::Open && handling::is_paused(&timeline) {
        return Ok(Err(
            "its clock is paused: let it go on from its own page".to_owned()
        ));
    }
    let before = ticket.status;
    let change = Change {
        to,
        by: by.name,
        reason,
        root_cause: None,
        skip_message: None,
    };
    match progress::change_status(tx, by.policies, &ticket, &change, by.now).await {
        Ok(()) if before == to => Ok(Ok(None)),
        Ok(()) => Ok(Ok(Some(Step::Status {
            before: before.as_str().to_owned(),
            after: to.as_str().to_owned(),
        }))),
        Err(Refused::Already(_)) => Ok(Ok(None)),
        Err(Refused::Store(error)) => Err(error),
        Err(refused) => Ok(Err(refused.to_string())),
    }
}

/// Takes an act back, the last step first.
///
/// # Errors
/// When the database fails; the caller rolls back.
pub async fn undo(
    tx: &mut Tx,
    by: By<'_>,
    may_see: impl Fn(&str) -> bool,
    done: &Done,
) -> Result<Undone, StoreError> {
    let mut undone = Undone::default();
    for changed in done.changed.iter().filter(|changed| may_see(&changed.site)) {
        let mut since = Vec::new();
        if let Some(ticket) = store::tickets::find(tx, &changed.site, changed.id).await? {
            for step in changed.steps.iter().rev() {
                if !undo_step(tx, by, &ticket, step).await? {
                    since.push(step.what());
                }
            }
        }
        if since.is_empty() {
            undone.tickets += 1;
        } else {
            undone.not.push(NotChanged {
                reference: changed.reference.clone(),
                why: format!("somebody has changed {} since", since.join(" and ")),
            });
        }
    }
    Ok(undone)
}

impl Step {
    const fn what(&self) -> &'static str {
        match self {
            Self::Assigned { .. } => "who has it",
            Self::Status { .. } => "its status",
            Self::Priority { .. } => "its priority",
            Self::Tagged { .. } => "its tags",
        }
    }
}

/// `false` when it is not any more as the act has left it.
async fn undo_step(
    tx: &mut Tx,
    by: By<'_>,
    ticket: &Ticket,
    step: &Step,
) -> Result<bool, StoreError> {
    let ticket = &handling::locked(tx, ticket).await?;
    match step {
        Step::Assigned { before, after } => {
            let now = store::assignments::of(tx, &ticket.site, ticket.id).await?;
            if now.map(|person| person.id) != *after {
                return Ok(false);
            }
            // Who has left since is nobody.
            let before = by.person(*before, &ticket.site);
            assignment::assign(tx, by.policies, ticket, before.as_ref(), by.name, by.now).await?;
        }
        Step::Priority { before, after } => {
            if ticket.priority != *after {
                return Ok(false);
            }
            return Ok(classify(tx, by, ticket, before.clone()).await?.is_ok());
        }
        Step::Tagged { tag } => {
            return assignment::untag(tx, by.policies, ticket, tag, by.name, by.now).await;
        }
        Step::Status { before, after } => {
            let Some(to) = Status::from_name(before).filter(|_| ticket.status.as_str() == after)
            else {
                return Ok(false);
            };
            let fact = Fact::StatusChanged {
                to,
                by: by.name.to_owned(),
                root_cause: None,
                reason: None,
            };
            handling::record(tx, by.policies, ticket, &fact, by.now).await?;
        }
    }
    Ok(true)
}
