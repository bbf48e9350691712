//! A Zammad, as one job speaks to it.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    read::{Article, Ticket},
    settings::Settings,
};
use crate::{
    clock::Clock,
    destination::{
        Fault, Verdict,
        hook::HOOK_SECRET,
        limits::{Changes, Kept, Limits, Looking},
        rest::{Ask, Manners, Rest},
        secret::Secrets,
    },
    outbound::Outbound,
};

/// The secret with which we sign in.
pub const TOKEN: &str = "token";
/// With names in place of numbers.
pub(super) const EXPANDED: [(&str, &str); 1] = [("expand", "true")];

const MANNERS: Manners = Manners {
    name: "Zammad",
    section: "zammad",
    below: &["api", "v1"],
    request_id: "x-request-id",
    said,
    special: |_, _| None,
};

/// What is remembered of one Zammad. In memory only: after a restart it is asked again.
#[derive(Debug, Default)]
pub struct Memory {
    /// Until when it wants to be left alone.
    pub limits: Limits,
    /// What was heard of.
    pub changes: Changes,
    /// Since when something is looked for.
    pub(super) looking: Looking,
    pub(super) account: Kept<u64>,
}

/// A Zammad, as one job speaks to it.
#[derive(Debug)]
pub struct Zammad {
    pub(super) settings: Arc<Settings>,
    pub(super) memory: Arc<Memory>,
    pub(super) clock: Clock,
    /// Can it tell us when something changes?
    pub(super) may_post: bool,
    pub(super) rest: Rest,
}

impl Zammad {
    /// The Zammad of these settings.
    ///
    /// # Errors
    /// When a setting or a secret is missing, or a file cannot be read.
    pub fn new(
        settings: &Arc<Settings>,
        secrets: &Secrets,
        memory: Arc<Memory>,
        outbound: &Outbound,
        clock: &Clock,
    ) -> Result<Self, Fault> {
        let token = secrets.get(TOKEN).ok_or_else(|| {
            Fault::disabled("there is no token: give it with `cornerdesk destination secret`, or name a variable or a file in secrets.token")
        })?;
        let authorization = format!("Token token={}", token.reveal());
        let (base_url, ca_file) = (&settings.base_url, &settings.ca_file);
        Ok(Self {
            rest: Rest::new(MANNERS, base_url, &authorization, ca_file, outbound)?,
            settings: Arc::clone(settings),
            memory,
            clock: clock.clone(),
            may_post: secrets.contains_key(HOOK_SECRET),
        })
    }

    /// Calls, and reads what is answered.
    pub(super) async fn ask<T: DeserializeOwned>(&self, ask: Ask<'_>) -> Result<T, Fault> {
        self.rest.ask(&self.memory.limits, &ask).await
    }

    /// Who we are there.
    pub(super) async fn me(&self) -> Result<Value, Fault> {
        let ask = Ask::get("users", &["users", "me"]).with(&EXPANDED);
        self.ask(ask).await
    }

    /// What Zammad knows our account by.
    pub(super) async fn account(&self) -> Result<u64, Fault> {
        if let Some(id) = self.memory.account.get() {
            return Ok(id);
        }
        let id = self.me().await?["id"].as_u64();
        let id = id.ok_or_else(|| {
            let fault = Fault::disabled("Zammad does not say whose token this is");
            fault.seen(self.rest.last_seen())
        })?;
        self.memory.account.keep(&id);
        Ok(id)
    }

    pub(super) async fn ticket(&self, id: &str) -> Result<Ticket, Fault> {
        let path = ["tickets", id];
        let ask = Ask::get("tickets", &path).with(&EXPANDED).of_ticket();
        self.ask(ask).await
    }

    /// Everything that was said, what is internal too, oldest first.
    pub(super) async fn articles(&self, ticket: &str) -> Result<Vec<Article>, Fault> {
        let path = ["ticket_articles", "by_ticket", ticket];
        let ask = Ask::get("articles", &path).with(&EXPANDED).of_ticket();
        let mut articles: Vec<Article> = self.ask(ask).await?;
        articles.sort_by_key(|article| article.id);
        Ok(articles)
    }

    /// Tickets for which a condition holds.
    pub(super) async fn found(
        &self,
        condition: &[(String, String)],
        page: usize,
        per_page: usize,
    ) -> Result<Vec<Value>, Fault> {
        let (page, per_page) = (page.to_string(), per_page.to_string());
        let pairs = condition.iter();
        let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
        let mut query: Vec<(&str, &str)> = pairs.collect();
        query.extend([
            ("sort_by", "updated_at"),
            ("order_by", "asc"),
            ("page", &page),
            ("per_page", &per_page),
        ]);
        let ask = Ask::get("search", &["tickets", "search"]).with(&query);
        self.ask(ask).await
    }
}

/// What an error says: for people, or for programs.
fn said(body: &Value) -> Vec<String> {
    let text = |key: &str| body[key].as_str().map(str::to_owned);
    let said = text("error_human").or_else(|| text("error"));
    said.into_iter().collect()
}

/// Was it refused for what it says, for certain?
pub(super) fn is_refused(fault: &Fault) -> bool {
    fault.verdict == Verdict::Never && matches!(fault.seen.status, Some(400 | 422))
}
