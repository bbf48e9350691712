//! Whom the notes of a ticket name, as its page shows it; and that somebody who is named has opened it.

use cornerdesk_shared::reference::Reference;
use jiff::Timestamp;
use minijinja::{Value, context};
use uuid::Uuid;

use crate::{
    app::App,
    joining, mentions,
    message::Message,
    store::{self, StoreError, Tx, mentions::Named, staff::Staff},
    ticket::{Entry, Ticket},
};

/// So many tickets that go on in one are looked into.
const MERGED_MOST: usize = 20;

/// Whom the notes of a ticket name, for whoever looks at it.
#[derive(Clone, Debug)]
pub struct Mentions {
    me: Uuid,
    named: Vec<Named>,
    /// Notes that name them and were not before them yet.
    unseen: Vec<Uuid>,
    /// Tickets that go on in this one and have such notes, with the first.
    elsewhere: Vec<(String, Uuid)>,
}

impl Mentions {
    /// As they are now.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn of(
        tx: &mut Tx,
        staff: &Staff,
        ticket: &Ticket,
        timeline: &[Entry],
    ) -> Result<Self, StoreError> {
        let (site, me) = (&ticket.site, staff.id);
        let named = store::mentions::of_ticket(tx, site, ticket.id).await?;
        let unseen = store::mentions::unseen_of_ticket(tx, site, ticket.id, me).await?;
        let mut elsewhere = Vec::new();
        for text in joining::merged(timeline).into_iter().take(MERGED_MOST) {
            let Ok(reference) = Reference::parse(text) else {
                continue;
            };
            // Both are of one site.
            let merged = store::tickets::find_by_reference(tx, reference).await?;
            let Some(merged) = merged.filter(|merged| merged.site == *site) else {
                continue;
            };
            let notes = store::mentions::unseen_of_ticket(tx, site, merged.id, me).await?;
            elsewhere.extend(notes.first().map(|note| (text.to_owned(), *note)));
        }
        Ok(Self {
            me,
            named,
            unseen,
            elsewhere,
        })
    }

    /// Whoever is named has the notes before them now.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn see(
        &self,
        app: &App,
        ticket: &Ticket,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.unseen.is_empty() {
            return Ok(());
        }
        let mut tx = app.store.write_for(&ticket.site).await?;
        for note in &self.unseen {
            store::mentions::see(&mut tx, &ticket.site, *note, self.me, now).await?;
        }
        tx.commit().await
    }

    /// A message with the names in it; nothing where it names nobody.
    pub(super) fn shown(&self, message: &Message) -> Option<Value> {
        let of_message = self.named.iter().filter(|one| one.message == message.id);
        let named: Vec<&Named> = of_message.collect();
        if named.is_empty() {
            return None;
        }
        let piece = |text: &str, is_name: bool, is_me: bool| context! { text, is_name, is_me };
        let mut pieces = Vec::new();
        let mut from = 0;
        let called = |one: &Named, handle: &str| one.handle == handle || one.email == handle;
        let handles = (named.iter()).flat_map(|one| [one.handle.as_str(), one.email.as_str()]);
        for (range, handle) in mentions::spots(&message.body, handles) {
            let is_me = (named.iter()).any(|one| called(one, handle) && one.staff == self.me);
            pieces.push(piece(&message.body[from..range.start], false, false));
            pieces.push(piece(&message.body[range.clone()], true, is_me));
            from = range.end;
        }
        pieces.push(piece(&message.body[from..], false, false));
        let others = named.iter().filter(|one| one.staff != self.me);
        Some(context! {
            pieces,
            is_me => named.iter().any(|one| one.staff == self.me),
            others => others.map(|one| one.name.clone()).collect::<Vec<_>>(),
        })
    }

    /// For the template: where else somebody is named of what goes on here.
    pub(super) fn elsewhere(&self) -> Vec<Value> {
        let place =
            |(reference, note): &(String, Uuid)| context! { reference, note => note.to_string() };
        self.elsewhere.iter().map(place).collect()
    }
}
