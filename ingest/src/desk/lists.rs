//! What both lists of the desk show around their tickets: the filter, what may be chosen in it, views, and pages.

use std::collections::BTreeMap;

use axum::response::Html;
use jiff::Timestamp;
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    alarm, bulk,
    queue::{address, position},
    session,
    tickets::ON_A_PAGE,
};
use crate::{
    app::App,
    http::problem::HttpError,
    lists::{DUE, Filter, List, Wanted},
    show::{self, Moment},
    sites,
    store::{
        self, StoreError, Tx,
        lists::{Page, Row},
        saved_views::View,
        staff::Staff,
    },
};

/// What the address of a list says beside its filter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Where the page begins.
    below: Option<String>,
    /// Its number.
    page: Option<String>,
    /// The view that was chosen.
    view: String,
    /// `all`: the boxes of all tickets are ticked.
    chosen: String,
    /// An act on many tickets that was just done.
    did: String,
}

impl Asked {
    fn number(&self) -> u32 {
        let number = self.page.as_deref().and_then(|page| page.parse().ok());
        number.unwrap_or(2).max(2)
    }
}

/// A list as somebody asks for it.
pub(super) struct Looked<'a> {
    pub(super) app: &'a App,
    pub(super) staff: &'a Staff,
    pub(super) list: List,
    pub(super) filter: &'a Filter,
    pub(super) asked: &'a Asked,
    pub(super) now: Timestamp,
}

impl Looked<'_> {
    /// The page; `beside` is what only this list shows.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn render(
        &self,
        mut tx: Tx,
        template: &str,
        count: u64,
        most: u64,
        beside: Value,
    ) -> Result<Html<String>, HttpError> {
        let tx = &mut tx;
        let all = self.app.sites.all().await?;
        let visible = all
            .iter()
            .filter(|(key, _)| self.staff.visible.contains(key));
        let sites: sites::Table = visible
            .map(|(key, site)| (key.clone(), site.clone()))
            .collect();
        let wanted = self.filter.wanted(self.staff.id, self.now);
        let begins = self.asked.below.as_deref().and_then(position);
        let number = begins.map_or(1, |_| self.asked.number());
        let above = begins.unwrap_or_else(|| store::lists::top(self.list));
        let page = store::lists::page(
            tx,
            &self.staff.visible,
            self.list,
            &wanted,
            above,
            ON_A_PAGE + 1,
        )
        .await?;
        let is_filtered = !self.filter.is_empty();
        let counted = match (is_filtered, begins) {
            (false, _) => Some(count),
            // All of them are on this page, or nobody has looked at all.
            (true, None) if page.rows.len() <= ON_A_PAGE as usize => {
                Some(page.rows.len() as u64).filter(|_| page.end.is_none())
            }
            (true, _) => store::lists::count(tx, &self.staff.visible, self.list, &wanted).await?,
        };
        let most = if is_filtered {
            store::lists::MOST_COUNTED
        } else {
            most
        };
        let people = store::staff::present(tx).await?;
        let views = store::saved_views::seen_by(tx, self.staff.id).await?;
        let mentioned =
            store::mentions::count_unseen(tx, &self.staff.visible, self.staff.id).await?;
        let did = bulk::flash(tx, self.staff, &self.asked.did).await?;
        let rows = self.rows(tx, &page, &sites).await?;
        let values = context! {
            staff => session::shown(self.staff),
            count => counted.map(|count| count.min(most)),
            is_more => counted.is_some_and(|count| count > most),
            is_filtered,
            path => self.list.path(),
            filter => self.fields(),
            query => self.filter.query(),
            chips => self.chips(&sites, &people),
            options => options(self.list, &sites, &people),
            views => self.views(&views),
            // Alone there is nobody to be mentioned by.
            has_colleagues => people.len() > 1,
            mentioned => mentioned.min(store::mentions::MOST_COUNTED),
            mentioned_more => mentioned > store::mentions::MOST_COUNTED,
            view => self.view(&views),
            is_all_chosen => self.asked.chosen == "all",
            choose_url => self.url(begins.map(|begins| (begins, number)), "chosen=all"),
            here => self.url(begins.map(|begins| (begins, number)), ""),
            since => self.now.as_microsecond(),
            page => number,
            can_choose => true,
            did,
            outcomes => bulk::outcomes(),
            ..self.pages(&page, &wanted, number, rows)
        };
        let values = context! { ..beside, ..values };
        Ok(Html(self.app.pages.render(template, values)?))
    }

    fn fields(&self) -> BTreeMap<&'static str, String> {
        let fields = self.filter.fields().into_iter();
        fields
            .map(|(name, value)| (name, value.to_owned()))
            .collect()
    }

    /// The tickets, and what leads to the next page.
    fn pages(&self, page: &Page, wanted: &Wanted<'_>, number: u32, tickets: Vec<Value>) -> Value {
        let has_older = page.rows.len() > tickets.len();
        let last = page
            .rows
            .get(tickets.len().wrapping_sub(1))
            .filter(|_| has_older);
        let next = last.map(|row| row.queued.position()).or(page.end);
        context! {
            tickets,
            has_older => next.is_some(),
            has_newer => number > 1,
            // There may be more, or none: so far nobody has looked.
            is_cut => page.end.is_some() && !has_older,
            looked_at => store::lists::looked_at_most(wanted),
            older_url => next.map(|next| self.url(Some((next, number + 1)), "")).unwrap_or_default(),
            newer_url => self.url(None, ""),
        }
    }

    async fn rows(
        &self,
        tx: &mut Tx,
        page: &Page,
        sites: &sites::Table,
    ) -> Result<Vec<Value>, StoreError> {
        let mut tickets = Vec::with_capacity(page.rows.len());
        for row in page.rows.iter().take(ON_A_PAGE as usize) {
            tickets.push(shown(tx, row, sites, self.now).await?);
        }
        Ok(tickets)
    }

    /// This list with this filter, from a position on.
    fn url(&self, from: Option<(store::queue::Position, u32)>, more: &str) -> String {
        let mut query = self.filter.query();
        let mut add = |text: &str| {
            if !text.is_empty() {
                query.push_str(if query.is_empty() { "" } else { "&" });
                query.push_str(text);
            }
        };
        if let Ok(view) = Uuid::try_parse(&self.asked.view) {
            add(&format!("view={}", view.simple()));
        }
        if let Some((position, page)) = from {
            add(&format!("below={}&page={page}", address(position)));
        }
        add(more);
        with_query(self.list.path(), &query)
    }

    fn chips(&self, sites: &sites::Table, people: &[(Uuid, String)]) -> Vec<Value> {
        let of_list = options(self.list, sites, people);
        let fields = self.filter.fields().into_iter();
        let used = fields.filter(|(_, value)| !value.is_empty());
        used.map(|(name, value)| {
            context! {
                name => title_of(name),
                text => text_of(&of_list, name, value),
                url => with_query(self.list.path(), &self.filter.without(name).query()),
            }
        })
        .collect()
    }

    fn views(&self, views: &[View]) -> Vec<Value> {
        views
            .iter()
            .map(|view| {
                let id = view.id.simple().to_string();
                let query = [view.query.as_str(), &format!("view={id}")];
                let query: Vec<&str> = query.into_iter().filter(|part| !part.is_empty()).collect();
                context! {
                    name => &view.name,
                    url => with_query(&view.path, &query.join("&")),
                    is_current => self.is_current(view),
                    // Of a colleague's it says whose it is.
                    owner => (view.staff != self.staff.id).then_some(&view.owner),
                }
            })
            .collect()
    }

    fn is_current(&self, view: &View) -> bool {
        let is_chosen = Uuid::try_parse(&self.asked.view).is_ok_and(|chosen| chosen == view.id);
        is_chosen && view.path == self.list.path() && view.query == self.filter.query()
    }

    /// The view that is shown, when it is their own.
    fn view(&self, views: &[View]) -> Option<Value> {
        let mut own = views.iter().filter(|view| view.staff == self.staff.id);
        let view = own.find(|view| self.is_current(view))?;
        Some(context! {
            id => view.id.simple().to_string(),
            name => &view.name,
            is_shared => view.is_shared == 1,
        })
    }
}

/// What a row of a filtered list shows.
async fn shown(
    tx: &mut Tx,
    row: &Row,
    sites: &sites::Table,
    now: Timestamp,
) -> Result<Value, StoreError> {
    let (queued, listed) = (&row.queued, &row.queued.listed);
    let due = queued.due_at.map(|due| {
        context! { is_late => due <= now, said => show::due(due, now), ..Value::from(Moment::new(due, now)) }
    });
    let snoozed = row.snoozed_until.filter(|until| *until > now);
    Ok(context! {
        due,
        asked => queued.asked_at.map(|asked| Moment::new(asked, now)),
        priority => &listed.ticket.priority,
        assignee => &row.assignee,
        tags => &row.tags,
        snoozed => snoozed.map(|until| Moment::new(until, now)),
        alarm => alarm::of_listed(tx, listed, now).await?,
        ..super::tickets::facts(listed, sites, now)
    })
}

/// A path with a query, or without where there is none.
pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// What may be chosen, by field: value and words.
type Options = BTreeMap<&'static str, Vec<(String, String)>>;

/// What may be chosen in the fields of a filter: classes are those of the policies in force.
fn options(list: List, sites: &sites::Table, people: &[(Uuid, String)]) -> Options {
    let fixed = |known: &[(&str, &str)]| -> Vec<(String, String)> {
        known
            .iter()
            .map(|(value, text)| ((*value).to_owned(), (*text).to_owned()))
            .collect()
    };
    let mut assignee = fixed(&[("me", "Me"), ("nobody", "Nobody")]);
    let person = |(id, name): &(Uuid, String)| (id.simple().to_string(), name.clone());
    assignee.extend(people.iter().map(person));
    let (mut categories, mut priorities, mut plans) =
        (Titles::default(), Titles::default(), Titles::default());
    for version in sites.values().flat_map(|site| site.in_force.values()) {
        let policy = &version.policy;
        policy
            .categories()
            .iter()
            .for_each(|it| categories.add(&it.id, &it.title));
        policy
            .priorities()
            .iter()
            .for_each(|it| priorities.add(&it.id, &it.title));
        policy
            .plans()
            .iter()
            .for_each(|it| plans.add(&it.id, &it.title));
    }
    let site = sites
        .values()
        .map(|site| (site.key.clone(), site.name.clone()));
    BTreeMap::from([
        ("site", site.collect()),
        ("status", fixed(list.statuses())),
        ("assignee", assignee),
        ("due", fixed(&DUE)),
        ("category", categories.0),
        ("priority", priorities.0),
        ("plan", plans.0),
    ])
}

/// Keys with their titles in the order of the first policy that has them.
#[derive(Default)]
struct Titles(Vec<(String, String)>);

impl Titles {
    fn add(&mut self, id: &str, title: &str) {
        if self.0.iter().all(|(known, _)| known != id) {
            self.0.push((id.to_owned(), title.to_owned()));
        }
    }
}

const fn title_of(name: &'static str) -> &'static str {
    match name.as_bytes() {
        b"site" => "Site",
        b"status" => "Status",
        b"assignee" => "Assignee",
        b"due" => "Due",
        b"priority" => "Priority",
        b"category" => "Category",
        b"plan" => "Plan",
        _ => "Tag",
    }
}

/// The words for a value; the value itself where it is not offered any more.
fn text_of(options: &Options, name: &str, value: &str) -> String {
    let offered = options.get(name).into_iter().flatten();
    let mut fitting = offered.filter(|(known, _)| known == value || is_same_id(known, value));
    fitting
        .next()
        .map_or_else(|| value.to_owned(), |(_, text)| text.clone())
}

/// An id may be written with hyphens.
fn is_same_id(one: &str, other: &str) -> bool {
    Uuid::try_parse(one).is_ok_and(|one| Uuid::try_parse(other) == Ok(one))
}
