//! Suggestions for the classification of tickets, and what becomes of them.
//!
//! A suggestion is worked out when staff look at a ticket and is kept nowhere: intake pays nothing for it, and it is never older than what was
//! learned. What staff decide is written down in the transaction of their decision (decision 0039).

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use crate::{
    classification::{
        self, Experience, Request, Suggestion,
        decision::{Decision, Facet},
        learned,
        scheme::Scheme,
    },
    handling::Act,
    policies::Policies,
    policy::Policy,
    store::{self, StoreError, Tx},
    ticket::Ticket,
};

/// Titles and headings of as many articles count as published words.
const ARTICLES_MOST: u32 = 2_000;
/// Of a text as many words are counted, its concepts first.
const COUNTED_MOST: usize = 60;

/// What may be suggested for a ticket under the policy that it is pinned to.
///
/// # Errors
/// When the database fails.
pub async fn suggest(
    tx: &mut Tx,
    ticket: &Ticket,
    policy: &Policy,
) -> Result<Suggestion, StoreError> {
    let text = text_of(ticket);
    let words = learned::features(&format!("{}\n{text}", ticket.summary));
    let site = &ticket.site;
    let experience = Experience {
        categories: store::classification::learned(tx, site, Facet::Category, words.iter()).await?,
        priorities: store::classification::learned(tx, site, Facet::Priority, words.iter()).await?,
    };
    let request = Request {
        summary: &ticket.summary,
        description: &text,
    };
    Ok(classification::suggest(
        &Scheme::of(policy),
        request,
        &experience,
    ))
}

/// The policy whose terms hold for a ticket; nothing where its site promises nothing.
///
/// # Errors
/// When the database fails.
pub async fn policy_of(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
) -> Result<Option<Arc<Policy>>, StoreError> {
    match ticket.policy_version {
        Some(version) => Ok(Some(policies.pinned(tx, &ticket.site, version).await?)),
        None => Ok(None),
    }
}

/// What staff chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice<'a> {
    /// A category, or that there is none; nothing where they did not decide about it.
    pub category: Option<Option<&'a str>>,
    /// The same of a priority.
    pub priority: Option<Option<&'a str>>,
}

/// Words of the titles and headings of a site's own help: they are published, so counting them gives nobody away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published(BTreeSet<String>);

impl Published {
    /// Reads them. There may be thousands: outside of the transaction that writes a decision, so that nobody waits for it meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_site(tx: &mut Tx, site: &str) -> Result<Self, StoreError> {
        let texts = store::classification::published(tx, site, ARTICLES_MOST).await?;
        let words = texts.iter().flat_map(|text| learned::features(text));
        Ok(Self(words.collect()))
    }

    /// Reads them where an act needs them; only a classification teaches anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn for_act(tx: &mut Tx, site: &str, act: &Act) -> Result<Self, StoreError> {
        match act {
            Act::Classify { .. } => Self::of_site(tx, site).await,
            _ => Ok(Self::default()),
        }
    }
}

/// Writes down and learns from what staff chose for a ticket. Call it in the transaction of the decision, whatever way it came: what was
/// suggested is worked out here once more, before the decision can count.
///
/// # Errors
/// When the database fails.
pub async fn decided(
    tx: &mut Tx,
    ticket: &Ticket,
    policy: &Policy,
    published: &Published,
    choice: Choice<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let suggestion = suggest(tx, ticket, policy).await?;
    let words = countable(ticket, policy, published);
    for (facet, chosen, guess) in [
        (Facet::Category, choice.category, suggestion.category),
        (Facet::Priority, choice.priority, suggestion.priority),
    ] {
        let Some(chosen) = chosen else { continue };
        let decision = Decision {
            suggested: guess.as_ref().map(|guess| guess.id.clone()),
            percent: guess.map(|guess| guess.percent),
            chosen: chosen.map(str::to_owned),
        };
        let site = &ticket.site;
        let before = store::classification::decided(tx, site, ticket.id, facet).await?;
        if before.as_ref().map(|before| &before.chosen) == Some(&decision.chosen) {
            continue;
        }
        // Class by class in one order for everybody: two colleagues who decide the opposite must not wait for each other.
        let taken_back = before.as_ref().map(|before| before.chosen.as_deref());
        let mut counts: Vec<_> = taken_back.map(|class| (class, true)).into_iter().collect();
        counts.push((chosen, false));
        counts.sort_unstable();
        for (class, is_taken_back) in counts {
            store::classification::count(tx, site, facet, &words, class, is_taken_back).await?;
        }
        store::classification::decide(tx, site, ticket.id, facet, &decision, now).await?;
    }
    Ok(())
}

/// What the requester wrote below the summary.
fn text_of(ticket: &Ticket) -> String {
    let impact = ticket.impact.as_deref().unwrap_or_default();
    format!("{}\n{impact}", ticket.description)
}

/// The words of a ticket that may be counted: concepts, and what the policy or the product's own help has published.
fn countable(ticket: &Ticket, policy: &Policy, published: &Published) -> Vec<String> {
    let mut known: BTreeSet<String> = Scheme::of(policy).words().cloned().collect();
    known.extend(published.0.iter().cloned());
    let features = learned::features(&format!("{}\n{}", ticket.summary, text_of(ticket)));
    let mut words = learned::countable(&features, &known);
    words.truncate(COUNTED_MOST);
    words
}
