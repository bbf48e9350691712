//! The alarms of one request, inside its transaction.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Alarms, CHANNEL, Outcome, Taken,
    decision::{Heard, Known, Step, counted, step},
    notice::Notice,
    source::AlertsConfig,
};
use crate::{
    allowances::{Kind, OverLimit},
    handling, ids, outbox,
    site::Site,
    source::Source,
    store::{self, StoreError, Tx, alarms::Alarm},
    ticket::{Fact, Status, Ticket, terms::Terms},
};

/// How often a reference may turn out to be taken; see `intake`.
const REFERENCE_DRAWS: usize = 8;

/// What the alarms of a request are taken with. The monitoring system is locked while it lasts: nobody else takes its alarms.
pub(super) struct Round<'a> {
    with: &'a Alarms<'a>,
    tx: &'a mut Tx,
    site: &'a Site,
    source: &'a AlertsConfig,
    now: Timestamp,
    /// The ticket that counts what is over the limit, while it is open.
    overflow: Option<Ticket>,
    /// The ticket that counted last, be it over or not.
    overflow_id: Option<Uuid>,
    /// Its limit of tickets is used up, as far as is known.
    is_full: bool,
    /// Alarms over the limit in this request that were not counted before.
    over_limit: u64,
}

/// What a ticket is made of.
struct New<'a> {
    summary: &'a str,
    description: &'a str,
    severity: Option<&'a str>,
    former: Option<String>,
}

impl<'a> Round<'a> {
    /// Begins; `overflow` is the ticket that counted last.
    pub(super) async fn begin(
        with: &'a Alarms<'a>,
        tx: &'a mut Tx,
        site: &'a Site,
        source: &'a AlertsConfig,
        overflow: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut round = Self {
            with,
            tx,
            site,
            source,
            now,
            overflow: None,
            overflow_id: overflow,
            is_full: false,
            over_limit: 0,
        };
        if let Some(id) = overflow {
            let ticket = round.ticket(id).await?;
            round.overflow = ticket.filter(|ticket| !is_over(ticket));
        }
        Ok(round)
    }

    /// Takes one alarm.
    pub(super) async fn take(&mut self, notice: &Notice) -> Result<Taken, StoreError> {
        let (site, source) = (&self.site.key, &self.source.name);
        let before = store::alarms::find(self.tx, site, source, &notice.key).await?;
        let ticket = match &before {
            Some(alarm) => self.ticket(alarm.ticket).await?,
            None => None,
        };
        let before = before.zip(ticket);
        let known = before.as_ref().map(|(alarm, ticket)| Known {
            is_over: is_over(ticket),
            is_firing: alarm.is_firing,
            is_counted: self.overflow_id == Some(ticket.id),
        });
        let (outcome, ticket) = match (step(known, notice.is_firing), before) {
            (Step::Open, _) | (_, None) if notice.is_firing => self.open(notice, None).await?,
            (_, None) => {
                return Ok(Taken {
                    key: notice.key.clone(),
                    outcome: Outcome::Ignored,
                    reference: None,
                });
            }
            (Step::OpenAgain, Some((_, former))) => {
                let former = former.reference.to_string();
                self.open(notice, Some(former)).await?
            }
            (Step::Repeat, Some((alarm, ticket))) => {
                self.tell(&ticket, Heard::Again).await?;
                let ticket = self.raised(ticket, &alarm, notice).await?;
                (Outcome::Repeated, ticket)
            }
            (Step::Resolve, Some((_, ticket))) => {
                self.tell(&ticket, Heard::Resolved).await?;
                (Outcome::Resolved, ticket)
            }
            (Step::Note, Some((_, ticket))) => (Outcome::Counted, ticket),
            (Step::Open | Step::Nothing, Some((_, ticket))) => (Outcome::Ignored, ticket),
        };
        if outcome != Outcome::Ignored {
            self.remember(notice, &ticket).await?;
        }
        Ok(Taken {
            key: notice.key.clone(),
            outcome,
            reference: Some(ticket.reference),
        })
    }

    /// Ends: what was over the limit is told where it is counted.
    pub(super) async fn end(mut self, left_out: u64) -> Result<(), StoreError> {
        if self.over_limit == 0 && left_out == 0 {
            return Ok(());
        }
        let ticket = self.overflow(None).await?;
        self.tell(&ticket, Heard::OverLimit(self.over_limit, left_out))
            .await
    }

    /// A ticket as it stays until this ends. Staff who close it at this moment come before or after.
    async fn ticket(&mut self, id: Uuid) -> Result<Option<Ticket>, StoreError> {
        if let Some(overflow) = self.overflow.as_ref().filter(|ticket| ticket.id == id) {
            return Ok(Some(overflow.clone()));
        }
        match store::tickets::find(self.tx, &self.site.key, id).await? {
            Some(ticket) => handling::locked(self.tx, &ticket).await.map(Some),
            None => Ok(None),
        }
    }

    async fn remember(&mut self, notice: &Notice, ticket: &Ticket) -> Result<(), StoreError> {
        let alarm = Alarm {
            ticket: ticket.id,
            is_firing: notice.is_firing,
            severity: notice.severity.clone(),
        };
        let (site, source) = (&self.site.key, &self.source.name);
        store::alarms::put(self.tx, site, source, &notice.key, &alarm, self.now).await
    }

    /// Counts on the ticket's timeline.
    async fn tell(&mut self, ticket: &Ticket, heard: Heard) -> Result<(), StoreError> {
        let (site, id) = (&ticket.site, ticket.id);
        let timeline = store::timeline::list(self.tx, site, id).await?;
        match counted(&timeline, heard, self.now) {
            (Some(seq), fact) => store::timeline::renew(self.tx, site, id, seq, &fact).await,
            (None, fact) => store::timeline::append(self.tx, site, id, self.now, &fact).await,
        }
    }

    /// A ticket for an alarm, or, over the limit, the one that counts.
    async fn open(
        &mut self,
        notice: &Notice,
        former: Option<String>,
    ) -> Result<(Outcome, Ticket), StoreError> {
        let severity = notice.severity.as_deref();
        if self.has_room().await? {
            let new = New {
                summary: &notice.summary,
                description: &notice.description,
                severity,
                former,
            };
            return Ok((Outcome::Opened, self.make(&new).await?));
        }
        self.over_limit += 1;
        let ticket = self.overflow(severity).await?;
        let raised = self.with_priority(ticket, severity).await?;
        self.overflow = Some(raised.clone());
        Ok((Outcome::Counted, raised))
    }

    /// Takes room for one ticket.
    async fn has_room(&mut self) -> Result<bool, StoreError> {
        if self.is_full {
            return Ok(false);
        }
        let client = Some(Source::of_person(&self.source.name));
        let (allowances, kind) = (self.with.allowances, Kind::AlarmTickets);
        let charged = allowances.charge(self.tx, kind, &self.site.key, client, 1);
        match charged.await {
            Ok(()) => Ok(true),
            Err(OverLimit::Wait(_)) => {
                self.is_full = true;
                Ok(false)
            }
            Err(OverLimit::Store(error)) => Err(error),
        }
    }

    /// The ticket that counts; a new one where the last is over.
    async fn overflow(&mut self, severity: Option<&str>) -> Result<Ticket, StoreError> {
        if let Some(ticket) = &self.overflow {
            return Ok(ticket.clone());
        }
        let name = &self.source.name;
        let summary = format!("More alarms from {name} than may make tickets");
        let description = format!(
            "{name} sends more different alarms than may make tickets within an hour (abuse.alarm_tickets_per_source). Those make no tickets of their own: they are counted here, and {name} itself says which they are.\n\nOnce this ticket is solved or closed, what is still firing then makes tickets again when it is sent again."
        );
        let new = New {
            summary: &summary,
            description: &description,
            severity,
            former: None,
        };
        let ticket = self.make(&new).await?;
        store::alarms::set_overflow(self.tx, &self.site.key, name, ticket.id).await?;
        self.overflow_id = Some(ticket.id);
        self.overflow = Some(ticket.clone());
        Ok(ticket)
    }

    /// The ticket with its facts, its clock, its timer and, where somebody is to be told, its acknowledgement.
    async fn make(&mut self, new: &New<'_>) -> Result<Ticket, StoreError> {
        let mut draws = 0;
        let ticket = loop {
            let ticket = self.drawn(new);
            if store::tickets::insert(self.tx, &ticket).await? {
                break ticket;
            }
            draws += 1;
            if draws == REFERENCE_DRAWS {
                return Err(StoreError::Corrupt {
                    table: "tickets",
                    fault: "no free reference in eight draws",
                });
            }
        };
        let (site, id, now) = (&ticket.site, ticket.id, self.now);
        let terms = Terms {
            policy_version: ticket.policy_version,
            category: ticket.category.clone(),
            channel: ticket.channel.clone(),
            ..Terms::default()
        };
        let received = Fact::Received {
            attachments: 0,
            terms: Some(Box::new(terms)),
        };
        store::timeline::start(self.tx, site, id, now, &received).await?;
        let alarm = Fact::Alarm {
            source: self.source.name.clone(),
            severity: new.severity.map(str::to_owned),
            former: new.former.clone(),
        };
        store::timeline::append(self.tx, site, id, now, &alarm).await?;
        if ticket.priority.is_some() {
            self.classify(&ticket).await?;
        }
        handling::follow(self.tx, self.with.policies, &ticket, now).await?;
        if !ticket.email.is_empty() {
            let (job, payload) = (ids::new_id(), outbox::acknowledge::payload(id));
            let kind = outbox::acknowledge::KIND;
            store::jobs::insert(self.tx, site, job, kind, &payload, now, now).await?;
        }
        Ok(ticket)
    }

    /// The ticket, under a reference that another may have already.
    fn drawn(&self, new: &New<'_>) -> Ticket {
        let (site, source) = (self.site, self.source);
        let version = site.version_for(None);
        Ticket {
            site: site.key.clone(),
            id: ids::new_id(),
            reference: ids::new_reference(),
            summary: new.summary.to_owned(),
            description: new.description.to_owned(),
            email: source.email.clone().unwrap_or_default(),
            locale: site.locale.clone(),
            category: source.category.clone(),
            plan: None,
            context: cornerdesk_shared::page_context::PageContext::default(),
            status: Status::New,
            held: None,
            received_at: self.now,
            requester: None,
            account: None,
            channel: Some(CHANNEL.to_owned()),
            priority: self.priority_of(new.severity).map(|(id, _)| id),
            impact: None,
            policy_version: version.map(|version| version.number),
        }
    }

    /// The priority that the operator has set for a severity, and its rank: 1 is the most urgent.
    fn priority_of(&self, severity: Option<&str>) -> Option<(String, i64)> {
        let id = self.source.priority_of(severity)?;
        let policy = &self.site.version_for(None)?.policy;
        let priority = policy.priority(id)?;
        Some((priority.id.clone(), priority.rank))
    }

    /// An alarm that has become graver makes its ticket more urgent; what staff have set stays as long as it says the same.
    async fn raised(
        &mut self,
        ticket: Ticket,
        before: &Alarm,
        notice: &Notice,
    ) -> Result<Ticket, StoreError> {
        if before.severity == notice.severity {
            return Ok(ticket);
        }
        self.with_priority(ticket, notice.severity.as_deref()).await
    }

    /// The ticket, with the priority for a severity where that is more urgent than its own.
    async fn with_priority(
        &mut self,
        mut ticket: Ticket,
        severity: Option<&str>,
    ) -> Result<Ticket, StoreError> {
        let Some((priority, rank)) = self.priority_of(severity) else {
            return Ok(ticket);
        };
        let policy = self.site.version_for(None).map(|version| &version.policy);
        let own = ticket.priority.as_deref();
        let own = own.and_then(|id| Some(policy?.priority(id)?.rank));
        if own.is_some_and(|own| own <= rank) {
            return Ok(ticket);
        }
        ticket.priority = Some(priority);
        store::tickets::update(self.tx, &ticket).await?;
        self.classify(&ticket).await?;
        handling::follow(self.tx, self.with.policies, &ticket, self.now).await?;
        Ok(ticket)
    }

    /// Says on the timeline whose priority it is: the operator has set it for all alarms of this severity.
    async fn classify(&mut self, ticket: &Ticket) -> Result<(), StoreError> {
        let fact = Fact::Classified {
            category: None,
            priority: Some(ticket.priority.clone()),
            by: format!("{} (alarm)", self.source.name),
        };
        store::timeline::append(self.tx, &ticket.site, ticket.id, self.now, &fact).await
    }
}

fn is_over(ticket: &Ticket) -> bool {
    matches!(ticket.status, Status::Solved | Status::Closed)
}
