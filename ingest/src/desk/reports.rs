//! `GET /desk/reports`: how it went, for whoever leads; as charts, and as tables for programs.

mod export;

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use jiff::{civil::Date, tz::TimeZone};
use minijinja::{Value, context};
use serde::Deserialize;

pub use self::export::tickets;
use super::session::{self, Lead};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    reports::{self, Period, Report, duration},
    sites,
    staff::VisibleSites,
    store::{self, StoreError, reports::Which, staff::Staff},
};

/// Which days and which site.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Choice {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    site: String,
}

/// A choice as it holds.
struct Chosen {
    period: Period,
    zone: TimeZone,
    site: Option<String>,
    visible: VisibleSites,
}

impl Chosen {
    /// What is no day, and a site that there is not, count as not chosen: a link that was cut still leads to figures.
    fn of(choice: &Choice, sites: &sites::Table, staff: &Staff, app: &App) -> Self {
        let site = sites.get(&choice.site);
        let site = site.filter(|site| staff.visible.contains(&site.key));
        let zone = site.map_or(TimeZone::UTC, |site| site.time_zone.clone());
        let today = app.clock.now().to_zoned(zone.clone()).date();
        let day = |text: &str| text.parse::<Date>().ok();
        Self {
            period: Period::chosen(day(&choice.from), day(&choice.to), today),
            zone,
            site: site.map(|site| site.key.clone()),
            visible: staff.visible.clone(),
        }
    }

    fn which(&self) -> Which<'_> {
        let (from, until) = self.period.instants(&self.zone);
        Which {
            from,
            until,
            site: self.site.as_deref(),
            visible: &self.visible,
        }
    }

    /// The part of an address that says the same.
    fn query(&self) -> String {
        let Period { from, to } = self.period;
        // Keys of sites have letters, digits, `-` and `_` only.
        let site = self.site.as_deref().unwrap_or_default();
        format!("from={from}&to={to}&site={site}")
    }
}

/// The page.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    Lead(staff): Lead,
    Checked(Query(choice)): Checked<Query<Choice>>,
) -> Result<Html<String>, HttpError> {
    let sites = app.sites.all().await?;
    let chosen = Chosen::of(&choice, &sites, &staff, &app);
    let report = report(&app, &chosen, &sites).await?;
    let seen = sites
        .values()
        .filter(|site| staff.visible.contains(&site.key));
    let names = seen.map(|site| {
        context! { key => &site.key, name => &site.name, is_chosen => chosen.site.as_ref() == Some(&site.key) }
    });
    let html = app.pages.render(
        "desk/reports.html",
        context! {
            staff => session::shown(&staff),
            sites => names.collect::<Vec<_>>(),
            query => chosen.query(),
            time_zone => reports::zone_name(&chosen.zone),
            ..shown(&report)
        },
    )?;
    Ok(Html(html))
}

/// `GET /desk/reports.json`: the same figures.
///
/// # Errors
/// When the database fails.
pub async fn json(
    State(app): State<App>,
    Lead(staff): Lead,
    Checked(Query(choice)): Checked<Query<Choice>>,
) -> Result<Json<Report>, HttpError> {
    let sites = app.sites.all().await?;
    let chosen = Chosen::of(&choice, &sites, &staff, &app);
    Ok(Json(report(&app, &chosen, &sites).await?))
}

/// `GET /desk/reports.csv`: the same figures, a row each.
///
/// # Errors
/// When the database fails.
pub async fn csv(
    State(app): State<App>,
    Lead(staff): Lead,
    Checked(Query(choice)): Checked<Query<Choice>>,
) -> Result<Response, HttpError> {
    let sites = app.sites.all().await?;
    let chosen = Chosen::of(&choice, &sites, &staff, &app);
    let report = report(&app, &chosen, &sites).await?;
    let table = reports::export::figures(&report)?;
    Ok(file("report", &chosen.period, table))
}

/// A table to be saved.
fn file(name: &str, period: &Period, bytes: Vec<u8>) -> Response {
    let name = format!(
        "attachment; filename=\"{name}-{}-{}.csv\"",
        period.from, period.to
    );
    let disposition =
        HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let headers: [(HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        ),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, bytes).into_response()
}

async fn report(app: &App, chosen: &Chosen, sites: &sites::Table) -> Result<Report, StoreError> {
    let which = chosen.which();
    let mut tx = app.store.read().await?;
    let quarters = store::reports::arrivals(&mut tx, which).await?;
    let by_status = store::reports::by_status(&mut tx, which).await?;
    let standings = store::reports::first_responses(&mut tx, which, app.clock.now()).await?;
    let times = store::reports::times(&mut tx, which).await?;
    let paused = store::reports::paused(&mut tx, which, app.clock.now()).await?;
    let ratings = store::reports::ratings(&mut tx, which).await?;
    let verdicts = store::reports::verdicts(&mut tx, which).await?;
    let mut tallied = Vec::new();
    for key in sites.keys() {
        if which.site.is_none_or(|site| site == key) && which.visible.contains(key) {
            tallied.extend(store::classification::report(&mut tx, key, which.from).await?);
        }
    }
    tx.rollback().await?;
    Ok(Report {
        period: chosen.period,
        time_zone: reports::zone_name(&chosen.zone),
        site: chosen.site.clone(),
        days: reports::by_day(&quarters, &chosen.period, &chosen.zone),
        by_status: by_status.into_iter().collect(),
        first_response: reports::FirstResponse::of(&standings),
        times,
        paused,
        ratings,
        classification: reports::classification(&tallied),
        articles: verdicts.into_iter().collect(),
    })
}

/// For the template.
fn shown(report: &Report) -> Value {
    let first = &report.first_response;
    let times = report.times.iter().map(|took| {
        context! {
            priority => &took.priority,
            plan => &took.plan,
            answered => took.answered,
            median => duration(took.median_s),
            p90 => duration(took.p90_s),
        }
    });
    let paused = report.paused.iter().map(|paused| {
        context! {
            reason => paused.reason.replace('_', " "),
            tickets => paused.tickets,
            pauses => paused.pauses,
            took => duration(paused.took_s),
        }
    });
    let classification = report.classification.iter().map(|(facet, report)| {
        context! {
            facet => facet.as_str(),
            decided => report.all.decided,
            suggested => report.all.suggested,
            taken => report.all.taken,
            changed => report.all.changed,
            percent => report.all.percent_taken(),
        }
    });
    let helped = report.articles.get("helped").copied().unwrap_or_default();
    let votes: u64 = report.articles.values().sum();
    context! {
        from => report.period.from.to_string(),
        to => report.period.to.to_string(),
        received => report.received(),
        chart => chart(report),
        by_status => statuses(&report.by_status),
        first => context! {
            met => first.met,
            late => first.late,
            missed => first.missed,
            running => first.running,
            percent => first.percent_met(),
            bar => bar(&[("met", first.met), ("late", first.late), ("missed", first.missed), ("running", first.running)]),
            without => first.without_promise.iter().map(|(reason, count)| context! { reason => reason.replace('_', " "), count }).collect::<Vec<_>>(),
        },
        times => times.collect::<Vec<_>>(),
        paused => paused.collect::<Vec<_>>(),
        ratings => context! { good => report.ratings.good, not_good => report.ratings.not_good, percent => report.ratings.percent_good() },
        classification => classification.collect::<Vec<_>>(),
        articles => context! { helped, votes, verdicts => report.articles.iter().map(|(verdict, votes)| context! { verdict => verdict.replace('_', " "), votes }).collect::<Vec<_>>() },
    }
}

fn statuses(by_status: &BTreeMap<String, u64>) -> Vec<Value> {
    // In the order of the work.
    let order = ["new", "open", "waiting", "solved", "closed"];
    let of = |status: &str| {
        let count = by_status.get(status)?;
        Some(context! { status, count })
    };
    order.into_iter().filter_map(of).collect()
}

/// Width and height of the chart of days, in its own units.
const CHART: (u64, u64) = (1_000, 180);

/// A column for each day, in units of the chart; few enough labels that they do not touch.
fn chart(report: &Report) -> Value {
    let days = &report.days;
    let most = days
        .iter()
        .map(|day| day.received)
        .max()
        .unwrap_or(0)
        .max(1);
    let count = u64::try_from(days.len()).unwrap_or(1).max(1);
    let every = count.div_ceil(8);
    let columns = (0..).zip(days).map(|(number, day): (u64, _)| {
        let left = number * CHART.0 / count;
        let right = (number + 1) * CHART.0 / count;
        // What there is can be seen, however small.
        let height = (day.received * CHART.1 / most).max(u64::from(day.received > 0) * 2);
        context! {
            x => left,
            width => (right - left).saturating_sub(u64::from(count <= 200) * 2).max(1),
            y => CHART.1 - height,
            height,
            day => day.day.strftime("%a, %-d %b %Y").to_string(),
            label => (number % every == 0).then(|| day.day.strftime("%-d %b").to_string()),
            received => day.received,
        }
    });
    context! { width => CHART.0, height => CHART.1, most, columns => columns.collect::<Vec<_>>() }
}

/// Parts of a bar, in thousandths of its width; nothing where there is nothing.
fn bar(parts: &[(&str, u64)]) -> Option<Vec<Value>> {
    let all: u64 = parts.iter().map(|(_, count)| count).sum();
    let mut before = 0;
    let part = |(name, count): &(&str, u64)| {
        let left = before * 1_000 / all;
        before += count;
        let width = before * 1_000 / all - left;
        context! { name => *name, x => left, width }
    };
    (all > 0).then(|| parts.iter().map(part).collect())
}
