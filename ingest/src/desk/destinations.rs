//! `/desk/destinations`: where tickets go on, and whether they arrive there. Leads look; admins also do something about it.

pub mod one;
pub mod shown;
pub mod troubles;

use axum::{extract::State, response::Html};
use jiff::Timestamp;
use minijinja::{Value, context};

use self::shown::Standing;
use super::session::{self, Lead};
use crate::{
    app::App,
    destination::{Destination, DestinationConfig},
    http::problem::HttpError,
    staff::VisibleSites,
    store::{self, StoreError, Tx, deliveries::Attempt, destinations::State as Known},
};

/// What is known of a destination, as far as somebody sees it.
struct Seen {
    state: Option<Known>,
    last: Option<Attempt>,
    standing: Standing,
    waiting: i64,
    dead: i64,
    next_at: Option<Timestamp>,
}

impl Seen {
    async fn read(tx: &mut Tx, name: &str, visible: &VisibleSites) -> Result<Self, StoreError> {
        let state = store::destinations::find(tx, name).await?;
        let last = store::deliveries::latest(tx, name, None, 1).await?.pop();
        let piles = store::piles::of(tx, name).await?;
        let (waiting, dead, next_at) = shown::sums(&piles, visible);
        Ok(Self {
            standing: Standing::of(state.as_ref(), last.as_ref()),
            state,
            last,
            waiting,
            dead,
            next_at,
        })
    }

    fn why(&self) -> (Option<Timestamp>, String) {
        shown::why(self.standing, self.state.as_ref(), self.last.as_ref())
    }
}

/// The list.
///
/// # Errors
/// When the database fails.
pub async fn get(State(app): State<App>, Lead(staff): Lead) -> Result<Html<String>, HttpError> {
    let sites = app.sites.all().await?;
    let now = app.clock.now();
    let name_of = |key: &str| shown::name_of(&sites, key);
    let mut rows: Vec<Value> = Vec::new();
    let mut tx = app.store.read().await?;
    for config in &app.config.destinations {
        if !is_seen(
            &app,
            config,
            &staff.visible,
            sites.keys().map(String::as_str),
        ) {
            continue;
        }
        let seen = Seen::read(&mut tx, &config.name, &staff.visible).await?;
        let gets = shown::gets(config, name_of);
        rows.push(row(&config.name, &config.kind, &gets, &seen, now));
    }
    // What is not in use any more says so, while somebody may wonder where it is.
    for known in store::destinations::list(&mut tx).await? {
        if known.removed_at.is_some() && staff.visible.is_all() {
            let seen = Seen::read(&mut tx, &known.name, &staff.visible).await?;
            let gets = ["Nothing any more".to_owned()];
            rows.push(row(&known.name, &known.kind, &gets, &seen, now));
        }
    }
    tx.rollback().await?;
    let html = app.pages.render(
        "desk/destinations.html",
        context! { staff => session::shown(&staff), destinations => rows },
    )?;
    Ok(Html(html))
}

fn row(name: &str, kind: &str, gets: &[String], seen: &Seen, now: Timestamp) -> Value {
    let (_, why) = seen.why();
    let why = match seen.standing {
        Standing::Paused => format!("Paused by {why}"),
        _ => why,
    };
    context! {
        name,
        kind => shown::title(kind),
        gets => gets.to_vec(),
        standing => seen.standing.as_str(),
        why,
        last => seen.last.as_ref().map(|last| shown::last(last, now)),
        waiting => seen.waiting,
        dead => seen.dead,
    }
}

/// Whoever sees some sites sees the destinations that these may go to.
fn is_seen<'a>(
    app: &App,
    config: &DestinationConfig,
    visible: &VisibleSites,
    mut sites: impl Iterator<Item = &'a str>,
) -> bool {
    let destination = app.forwarding.destinations.of(&config.name);
    let serves = |site: &str| destination.is_some_and(|known: &Destination| known.serves(site));
    visible.is_all() || sites.any(|site| visible.contains(site) && serves(site))
}
