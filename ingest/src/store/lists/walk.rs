//! Which index of the tickets is walked for a page, and how far.

use uuid::Uuid;

use super::{
    ALL, ALL_OF_CATEGORY, ALL_OF_PERSON, ALL_OF_PLAN, ALL_OF_PRIORITY, ALL_OF_SITE, ALL_TAGGED,
    COUNT_ALL, COUNT_ALL_OF_CATEGORY, COUNT_ALL_OF_PERSON, COUNT_ALL_OF_PLAN,
    COUNT_ALL_OF_PRIORITY, COUNT_ALL_OF_SITE, COUNT_ALL_TAGGED, COUNT_QUEUE, COUNT_QUEUE_OF_PERSON,
    COUNT_QUEUE_OF_SITE, COUNT_QUEUE_TAGGED, COUNT_TAG, END_ALL, END_ALL_OF_CATEGORY,
    END_ALL_OF_PERSON, END_ALL_OF_PLAN, END_ALL_OF_PRIORITY, END_ALL_OF_SITE, END_QUEUE,
    END_QUEUE_OF_PERSON, END_QUEUE_OF_SITE, QUEUE, QUEUE_OF_PERSON, QUEUE_OF_SITE, QUEUE_TAGGED,
    RARE, WALKS_MOST, looked_at_most, queue_at,
};
use crate::{
    lists::{List, Wanted},
    staff::VisibleSites,
    store::{StoreError, Tx, instant, queue::Position, tickets::NEVER, tx::on},
};

/// An index that is walked, for what.
pub(super) struct Walk<'a> {
    pub(super) driver: Driver<'a>,
    pub(super) wanted: Wanted<'a>,
    /// So many tickets are looked at.
    most: u32,
}

impl<'a> Walk<'a> {
    /// What has to be walked for a page: one index; or those of the sites, where somebody sees a few of them and the tickets of others would
    /// only be in the way.
    pub(super) async fn all(
        tx: &mut Tx,
        visible: &'a VisibleSites,
        list: List,
        wanted: &Wanted<'a>,
    ) -> Result<Vec<Self>, StoreError> {
        let driver = Driver::of(tx, list, wanted).await?;
        let sites = match visible {
            VisibleSites::Of { sites, .. }
                if driver == Driver::Order && sites.len() <= WALKS_MOST =>
            {
                sites
            }
            VisibleSites::Of { .. } | VisibleSites::All => {
                return Ok(vec![Self {
                    driver,
                    wanted: *wanted,
                    most: looked_at_most(wanted),
                }]);
            }
        };
        let share =
            u32::try_from(sites.len().max(1)).map_or(1, |count| looked_at_most(wanted) / count);
        let of_site = |site: &'a String| Self {
            driver: Driver::Site(site),
            wanted: Wanted {
                site: Some(site),
                ..*wanted
            },
            most: share,
        };
        Ok(sites.iter().map(of_site).collect())
    }

    /// Is every ticket on the way one of the page?
    fn is_whole(&self, visible: &VisibleSites, list: List) -> bool {
        let wanted = Wanted {
            site: None,
            ..self.wanted
        };
        let are_seen = match self.driver {
            Driver::Order => visible.is_all() && self.wanted.site.is_none(),
            Driver::Site(site) => visible.contains(site),
            _ => false,
        };
        list == List::All && are_seen && wanted.is_everything()
    }

    /// Where it stops to look; nothing when the list ends before.
    pub(super) async fn end(
        &self,
        tx: &mut Tx,
        visible: &VisibleSites,
        list: List,
        above: Position,
    ) -> Result<Option<Position>, StoreError> {
        if self.is_whole(visible, list) {
            return Ok(None);
        }
        let Some((statement, key)) = self.driver.end(list) else {
            return Ok(None);
        };
        let last = i64::from(self.most) - 1;
        let found: Option<(i64, i64, Uuid)> = on!(tx, |conn| {
            let query = sqlx::query_as(statement)
                .bind(above.received_at.as_microsecond())
                .bind(above.id)
                .bind(last);
            let query = match list {
                List::Queue => query.bind(queue_at(above)),
                List::All => query,
            };
            let query = match key {
                Key::None => query,
                Key::Text(text) => query.bind(text),
                Key::Id(id) => query.bind(id),
            };
            query.fetch_optional(conn).await
        })?;
        let position = |(due, received, id): (i64, i64, Uuid)| -> Result<Position, StoreError> {
            let due = (list == List::Queue && due != NEVER).then(|| instant("tickets", due));
            Ok(Position {
                due_at: due.transpose()?,
                received_at: instant("tickets", received)?,
                id,
            })
        };
        found.map(position).transpose()
    }
}

/// The index that is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver<'a> {
    Order,
    Site(&'a str),
    Category(&'a str),
    Priority(&'a str),
    Plan(&'a str),
    Person(Uuid),
    Tag,
}

impl<'a> Driver<'a> {
    /// The one that leaves the fewest tickets, as far as that can be told without counting.
    async fn of(tx: &mut Tx, list: List, wanted: &Wanted<'a>) -> Result<Self, StoreError> {
        if let Some(tag) = wanted.tag {
            let count: i64 = on!(tx, |conn| sqlx::query_scalar(COUNT_TAG)
                .bind(tag)
                .fetch_one(conn)
                .await)?;
            if count <= RARE {
                return Ok(Self::Tag);
            }
        }
        let of_all = [
            wanted.category.map(Self::Category),
            wanted.priority.map(Self::Priority),
            wanted.plan.map(Self::Plan),
        ];
        let first = wanted.assignee.map(Self::Person);
        let first = first.or_else(|| match list {
            List::Queue => None,
            List::All => of_all.into_iter().flatten().next(),
        });
        Ok(first.or(wanted.site.map(Self::Site)).unwrap_or(Self::Order))
    }

    /// The statements for a page and for a count. In the queue some have no index of their own.
    pub(super) const fn statements(self, list: List) -> (&'static str, &'static str) {
        match (list, self) {
            (List::Queue, Self::Site(_)) => (QUEUE_OF_SITE, COUNT_QUEUE_OF_SITE),
            (List::Queue, Self::Person(_)) => (QUEUE_OF_PERSON, COUNT_QUEUE_OF_PERSON),
            (List::Queue, Self::Tag) => (QUEUE_TAGGED, COUNT_QUEUE_TAGGED),
            (List::Queue, _) => (QUEUE, COUNT_QUEUE),
            (List::All, Self::Order) => (ALL, COUNT_ALL),
            (List::All, Self::Site(_)) => (ALL_OF_SITE, COUNT_ALL_OF_SITE),
            (List::All, Self::Category(_)) => (ALL_OF_CATEGORY, COUNT_ALL_OF_CATEGORY),
            (List::All, Self::Priority(_)) => (ALL_OF_PRIORITY, COUNT_ALL_OF_PRIORITY),
            (List::All, Self::Plan(_)) => (ALL_OF_PLAN, COUNT_ALL_OF_PLAN),
            (List::All, Self::Person(_)) => (ALL_OF_PERSON, COUNT_ALL_OF_PERSON),
            (List::All, Self::Tag) => (ALL_TAGGED, COUNT_ALL_TAGGED),
        }
    }

    /// The statement that tells where so many tickets end, and the key in it.
    const fn end(self, list: List) -> Option<(&'static str, Key<'a>)> {
        Some(match (list, self) {
            // Few enough to look at all of them.
            (_, Self::Tag) => return None,
            (List::Queue, Self::Site(site)) => (END_QUEUE_OF_SITE, Key::Text(site)),
            (List::Queue, Self::Person(person)) => (END_QUEUE_OF_PERSON, Key::Id(person)),
            (List::Queue, _) => (END_QUEUE, Key::None),
            (List::All, Self::Order) => (END_ALL, Key::None),
            (List::All, Self::Site(site)) => (END_ALL_OF_SITE, Key::Text(site)),
            (List::All, Self::Category(category)) => (END_ALL_OF_CATEGORY, Key::Text(category)),
            (List::All, Self::Priority(priority)) => (END_ALL_OF_PRIORITY, Key::Text(priority)),
            (List::All, Self::Plan(plan)) => (END_ALL_OF_PLAN, Key::Text(plan)),
            (List::All, Self::Person(person)) => (END_ALL_OF_PERSON, Key::Id(person)),
        })
    }
}

#[derive(Clone, Copy)]
enum Key<'a> {
    None,
    Text(&'a str),
    Id(Uuid),
}
