//! `GET /v1/sites/{site}/promise`: when the team answers, and by when, for whoever is about to send.

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, header},
    response::IntoResponse,
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    checked::Checked,
    client_address::Client,
    described_problems::Problems,
    identity::{self, IDENTITY_TOKEN},
    patience::Act,
    problem::HttpError,
    site::OfPath,
};
use crate::{
    app::App,
    policy::{Policy, history::Facts},
    promise::{self, before_sending},
    site::{Site, Way},
    terms,
    words::{self, hours::Say},
};

/// So often in a minute a client may ask: a form asks when it is seen, when the category changes and once a minute.
const ASKED_MOST: u32 = 120;
/// Long enough for a person who compares two categories, short enough for "by 10:00".
const KEPT: &str = "private, max-age=20";

/// What is known of the request so far.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// Its category.
    #[serde(default)]
    category: String,
    /// The plan, where the site has no other way to know it.
    #[serde(default)]
    plan: String,
    /// Which of our forms it is: `help_form`, else the widget.
    #[serde(default)]
    form: String,
    /// The person's language (BCP 47).
    locale: Option<String>,
    /// The person's time zone (IANA).
    time_zone: Option<String>,
}

/// When the team answers. Sentences in the person's language, or nothing where the site's policy says nothing.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Said {
    /// When the team answers: by the policy's clock, then by the person's where that is another one. Where the plan decides and nobody knows it,
    /// the hours in which every plan is answered, and that it decides.
    hours: Vec<String>,
    /// By when the person will hear; `{time}` stands where `answer_by` belongs, in the person's own way of writing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<String>,
    /// When an answer is due if the request comes now (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_by: Option<String>,
    /// What the language puts between two sentences.
    sentences: String,
}

/// Says when the team answers, and by when, if the request came now. Only the receipt is binding.
#[utoipa::path(
    get, path = "/v1/sites/{site}/promise", tag = "site", operation_id = "promise",
    params(
        ("site" = String, Path, description = "The site's key"),
        ("category" = Option<String>, Query, description = "The category, by its key in the site's policy"),
        ("plan" = Option<String>, Query, description = "The plan; counts only where the site has neither keys of identity nor accounts"),
        ("form" = Option<String>, Query, description = "`help_form`, or `widget`: a policy may promise nothing for a channel"),
        ("locale" = Option<String>, Query, description = "The person's language (BCP 47)"),
        ("time_zone" = Option<String>, Query, description = "The person's time zone (IANA)"),
        ("Identity-Token" = Option<String>, Header, max_length = 4096, description = "A token (JWT) by which the product vouches for the person: it may name their plan"),
    ),
    responses((status = 200, body = Said, description = "Where the policy is silent: no hours, no promise"), Problems),
)]
pub async fn get(
    State(app): State<App>,
    OfPath(site): OfPath,
    Client(source): Client,
    Checked(Query(wish)): Checked<Query<Wish>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, HttpError> {
    app.patience
        .allow(Act::Promise, ASKED_MOST, source, Instant::now())?;
    // Nobody has to be known for a question.
    let identity = match headers.contains_key(IDENTITY_TOKEN) {
        true => identity::of_headers(&app, &site, &headers).await?,
        false => None,
    };
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let terms = terms::of_requester(&site, identity.as_ref(), given(&wish.plan).as_deref());
    let said = terms.map_or_else(Said::default, |(policy, plan)| {
        let way = Way::from_name(&wish.form).unwrap_or(Way::Widget);
        let channel = site.channels.get(way.as_str());
        let channel = channel.map_or(way.as_str(), String::as_str);
        let facts = Facts {
            plan,
            category: given(&wish.category),
            priority: None,
            channel: policy
                .find_channel(channel)
                .map(|channel| channel.id.clone()),
        };
        say(&app, &site, &policy, facts, &wish)
    });
    let headers = [
        (header::CACHE_CONTROL, KEPT),
        (header::VARY, "identity-token"),
    ];
    Ok((headers, Json(said)))
}

fn say(app: &App, site: &Site, policy: &Policy, facts: Facts, wish: &Wish) -> Said {
    let wished = wish.locale.as_deref().and_then(words::shipped_locale);
    let locale = wished.unwrap_or_else(|| words::shipped_or_english(&site.locale));
    let panel = app.words.of_site(&site.words, "panel", locale);
    let say = Say {
        locale,
        words: &app.words.of_site(&site.words, "hours", locale),
        formats: app.words.formats(locale),
    };
    let now = app.clock.now();
    let zone = wish.time_zone.as_deref();
    let zone = zone.and_then(|name| TimeZone::get(name).ok());
    let promise = before_sending(policy, facts.clone(), now);
    let mut hours = promise::hours(policy, facts.plan.as_deref(), now)
        .map_or_else(Vec::new, |hours| say.hours(hours, zone.as_ref(), now));
    if promise.is_none() && promise::plan_decides(policy, facts, now) {
        hours.push(say.plan_decides());
    }
    Said {
        hours,
        promise: promise.map(|promise| match promise.within_s {
            Some(seconds) => say.within(seconds),
            None => words::text(&panel, "receipt.answer_by").to_owned(),
        }),
        answer_by: promise.map(|promise| promise.answer_by.to_string()),
        sentences: words::between(&panel).to_owned(),
    }
}
