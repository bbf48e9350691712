//! Access to a requester's account: asked for, granted, used, ended. Each is a fact of the ticket and what follows from it, in one transaction.
//! Who may use what is decided by [`crate::grants`].

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{
    grants::{self, Grant, Refusal, product::Products},
    ids,
    outbox::{ask_for_access, deliver_access_webhook, expire_access},
    store::{self, Store, StoreError, Tx},
    ticket::{Fact, Ticket},
};

/// When a requester who has not answered is asked once more.
const REMINDED_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Takes requests for access, grants and uses.
#[derive(Clone, Copy, Debug)]
pub struct Access<'a> {
    store: &'a Store,
    products: &'a Products,
    now: Timestamp,
}

impl<'a> Access<'a> {
    /// At the instant `now`.
    #[must_use]
    pub const fn at(store: &'a Store, products: &'a Products, now: Timestamp) -> Self {
        Self {
            store,
            products,
            now,
        }
    }

    /// Staff ask for access: the requester gets a mail, and another one when nothing has come of it after a day.
    ///
    /// # Errors
    /// When the database fails; nothing was changed.
    pub async fn request(self, ticket: &Ticket, by: &str, purpose: &str) -> Result<(), StoreError> {
        let mut tx = self.begin(ticket).await?;
        let fact = Fact::AccessRequested {
            by: by.to_owned(),
            purpose: purpose.to_owned(),
        };
        self.append(&mut tx, ticket, &fact).await?;
        let later = self.now.saturating_add(REMINDED_AFTER).unwrap_or(self.now);
        for at in [self.now, later] {
            let payload = ask_for_access::payload(ticket.id, self.now);
            self.order(&mut tx, ticket, ask_for_access::KIND, &payload, at)
                .await?;
        }
        tx.commit().await
    }

    /// The requester grants access until `until`.
    ///
    /// # Errors
    /// When the database fails; nothing was changed.
    pub async fn grant(
        self,
        ticket: &Ticket,
        purpose: &str,
        until: Timestamp,
    ) -> Result<Uuid, StoreError> {
        let mut tx = self.begin(ticket).await?;
        let grant = ids::new_id();
        let fact = Fact::AccessGranted {
            grant,
            purpose: purpose.to_owned(),
            until,
        };
        self.append(&mut tx, ticket, &fact).await?;
        let payload = expire_access::payload(ticket.id, grant);
        self.order(&mut tx, ticket, expire_access::KIND, &payload, until)
            .await?;
        self.tell(&mut tx, ticket, &fact, grant).await?;
        tx.commit().await?;
        Ok(grant)
    }

    /// The requester ends a grant; nothing happens to one that has ended.
    ///
    /// # Errors
    /// When the database fails; nothing was changed.
    pub async fn revoke(self, ticket: &Ticket, grant: Uuid) -> Result<(), StoreError> {
        let mut tx = self.begin(ticket).await?;
        if self.is_open(&mut tx, ticket, grant).await? {
            let fact = Fact::AccessRevoked { grant };
            self.append(&mut tx, ticket, &fact).await?;
            self.tell(&mut tx, ticket, &fact, grant).await?;
        }
        tx.commit().await
    }

    /// Ends every grant that is open, in a transaction of the caller's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_all(self, tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
        store::tickets::lock(tx, &ticket.site, ticket.id).await?;
        let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
        for open in grants::of(&timeline)
            .iter()
            .filter(|grant| grant.is_open(self.now))
        {
            let fact = Fact::AccessRevoked { grant: open.id };
            self.append(tx, ticket, &fact).await?;
            self.tell(tx, ticket, &fact, open.id).await?;
        }
        Ok(())
    }

    /// Somebody wants to enter the account: writes down that they do, or that they may not.
    ///
    /// # Errors
    /// When the database fails; then they may not, and nothing was changed.
    pub async fn enter(
        self,
        ticket: &Ticket,
        by: &str,
        purpose: &str,
    ) -> Result<Result<Grant, Refusal>, StoreError> {
        let mut tx = self.begin(ticket).await?;
        let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
        let grants = grants::of(&timeline);
        let by = by.to_owned();
        let permitted = grants::permit(&grants, purpose, self.now).cloned();
        match &permitted {
            Ok(grant) => {
                let fact = Fact::AccessUsed {
                    grant: grant.id,
                    by,
                    purpose: purpose.to_owned(),
                };
                self.append(&mut tx, ticket, &fact).await?;
                self.tell(&mut tx, ticket, &fact, grant.id).await?;
            }
            Err(refusal) => {
                let reason = refusal.as_str().to_owned();
                self.append(&mut tx, ticket, &Fact::AccessRefused { by, reason })
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(permitted)
    }

    /// A grant has run out: says so once. `false` when it has not, or was told or ended before.
    ///
    /// # Errors
    /// When the database fails; nothing was changed.
    pub async fn expire(self, ticket: &Ticket, grant: Uuid) -> Result<bool, StoreError> {
        let mut tx = self.begin(ticket).await?;
        let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
        let is_over = grants::of(&timeline).iter().any(|known| {
            let is_new = known.revoked_at.is_none() && !known.is_told;
            known.id == grant && is_new && known.until <= self.now
        });
        if is_over {
            let fact = Fact::AccessExpired { grant };
            self.append(&mut tx, ticket, &fact).await?;
            self.tell(&mut tx, ticket, &fact, grant).await?;
        }
        tx.commit().await?;
        Ok(is_over)
    }

    /// Begins; whoever else is at this ticket's access waits, so that nobody enters after it was ended.
    async fn begin(self, ticket: &Ticket) -> Result<Tx, StoreError> {
        let mut tx = self.store.write_for(&ticket.site).await?;
        store::tickets::lock(&mut tx, &ticket.site, ticket.id).await?;
        Ok(tx)
    }

    async fn is_open(self, tx: &mut Tx, ticket: &Ticket, grant: Uuid) -> Result<bool, StoreError> {
        let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
        let grants = grants::of(&timeline);
        Ok(grants
            .iter()
            .any(|known| known.id == grant && known.is_open(self.now)))
    }

    async fn append(self, tx: &mut Tx, ticket: &Ticket, fact: &Fact) -> Result<(), StoreError> {
        store::timeline::append(tx, &ticket.site, ticket.id, self.now, fact).await
    }

    /// Orders a webhook where the product wants one.
    async fn tell(
        self,
        tx: &mut Tx,
        ticket: &Ticket,
        fact: &Fact,
        grant: Uuid,
    ) -> Result<(), StoreError> {
        let product = self.products.of(&ticket.site);
        if product.is_none_or(|product| product.webhook.is_none()) {
            return Ok(());
        }
        let payload = deliver_access_webhook::payload(ticket.id, fact, grant, self.now);
        let kind = deliver_access_webhook::KIND;
        self.order(tx, ticket, kind, &payload, self.now).await
    }

    async fn order(
        self,
        tx: &mut Tx,
        ticket: &Ticket,
        kind: &str,
        payload: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (site, id) = (&ticket.site, ids::new_id());
        // What is due later counts its attempts, and dates its mail, from then.
        store::jobs::insert(tx, site, id, kind, payload, at, at).await
    }
}
