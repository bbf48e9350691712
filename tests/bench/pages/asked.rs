//! Which pages are asked for.

use uuid::Uuid;

use super::{
    rows::{COMMON_TAG, Made, RARE_TAG, SITES, person},
    texts::{Tongue, rank, word},
};

/// The sites of the tickets with 200 messages and 500 facts.
pub const LONG: [&str; 3] = ["acme", "beta", "zeta"];
/// Different addresses of a page: what differs from look to look.
const ADDRESSES: usize = 20;
/// Words of this rank and above are in some ten of a million tickets.
const RARE: usize = 100_000;

/// A page under different addresses.
#[derive(Debug)]
pub struct Page {
    pub name: &'static str,
    pub paths: Vec<String>,
}

/// Some of the tickets.
#[derive(Debug)]
pub struct Sample {
    every: usize,
    /// Of all.
    tickets: Vec<Made>,
    /// Places in the queue.
    open: Vec<(i64, i64, Uuid)>,
    /// Those about which much was said.
    pub long: Vec<Made>,
    pieces: usize,
}

impl Sample {
    /// Of so many tickets.
    pub const fn of(count: usize) -> Self {
        Self {
            every: count / 4_000,
            tickets: Vec::new(),
            open: Vec::new(),
            long: Vec::new(),
            pieces: count * 3 / 2,
        }
    }

    /// Takes note of a ticket.
    pub fn see(&mut self, place: usize, made: Made) {
        if let Some(at) = made.queue_at {
            self.open.push((at, made.received_at, made.id));
        }
        if place.is_multiple_of(self.every) {
            self.tickets.push(made);
        }
    }
}

/// The pages for somebody who sees these sites, or all.
pub fn pages(sample: &Sample, sites: Option<&[&str]>) -> Vec<Page> {
    let sees = |made: &&Made| sites.is_none_or(|sites| sites.contains(&made.site));
    let seen: Vec<&Made> = sample.tickets.iter().filter(sees).collect();
    let site = sites.map_or(SITES[1].0, |sites| sites[1]);
    let colleague = person(2).simple();
    let mut pages = Vec::new();
    let mut add = |name, paths: Vec<String>| pages.push(Page { name, paths });
    for (name, query) in [
        ("queue", String::new()),
        ("queue, a site", format!("site={site}")),
        ("queue, new", "status=new".to_owned()),
        ("queue, snoozed", "status=snoozed".to_owned()),
        ("queue, mine", "assignee=me".to_owned()),
        ("queue, a colleague's", format!("assignee={colleague}")),
        ("queue, nobody's", "assignee=nobody".to_owned()),
        ("queue, late", "due=late".to_owned()),
        ("queue, never due", "due=none".to_owned()),
        ("queue, a priority", "priority=S1".to_owned()),
        ("queue, a category", "category=incident".to_owned()),
        (
            "queue, a rare category",
            "category=feature_request".to_owned(),
        ),
        ("queue, a plan", "plan=gold".to_owned()),
        ("queue, a common tag", format!("tag={COMMON_TAG}")),
        ("queue, a rare tag", format!("tag={RARE_TAG}")),
        (
            "queue, four fields",
            format!("site={site}&assignee=nobody&priority=S2&category=incident"),
        ),
        (
            "queue, nothing fits",
            "category=feature_request&priority=S1&plan=gold&due=late".to_owned(),
        ),
    ] {
        add(name, vec![format!("/desk?{query}")]);
    }
    add("queue, further down", further_down(sample));
    add("unclassified", vec!["/desk/unclassified".to_owned()]);
    add("held", vec!["/desk/held".to_owned()]);
    for (name, query) in [
        ("all", String::new()),
        ("all, a site", format!("site={site}")),
        ("all, closed", "status=closed".to_owned()),
        ("all, waiting", "status=waiting".to_owned()),
        ("all, a colleague's", format!("assignee={colleague}")),
        ("all, late", "due=late".to_owned()),
        ("all, a priority", "priority=S1".to_owned()),
        (
            "all, a rare category",
            "category=feature_request".to_owned(),
        ),
        ("all, a plan", "plan=gold".to_owned()),
        ("all, a common tag", format!("tag={COMMON_TAG}")),
        ("all, a rare tag", format!("tag={RARE_TAG}")),
        (
            "all, four fields",
            format!("site={site}&status=closed&priority=S2&category=incident"),
        ),
        (
            "all, nothing fits",
            "status=new&priority=S1&category=feature_request&plan=gold".to_owned(),
        ),
    ] {
        add(name, vec![format!("/desk/tickets?{query}")]);
    }
    add("all, further down", some(&seen).map(below).collect());
    let search = |words: String| format!("/desk/search?q={words}");
    let first = |rank| word(rank, Tongue::First);
    let rare = seen.iter().filter_map(|made| rare_word(&made.description));
    add(
        "search, a rare word",
        rare.take(ADDRESSES).map(search).collect(),
    );
    add(
        "search, a common word",
        (0..ADDRESSES).map(|rank| search(first(rank + 2))).collect(),
    );
    add(
        "search, two words",
        (0..ADDRESSES)
            .map(|place| search(format!("{}+{}", first(300 + place), first(700 + place))))
            .collect(),
    );
    add(
        "search, two common words that never meet",
        (0..ADDRESSES)
            .map(|rank| search(format!("{}+{}", first(rank), word(rank, Tongue::Second))))
            .collect(),
    );
    add(
        "search, the same two, to the oldest",
        (0..ADDRESSES)
            .map(|rank| {
                let second = word(rank, Tongue::Second);
                search(format!("{}+{second}&everything=1", first(rank)))
            })
            .collect(),
    );
    let rare = seen.iter().filter_map(|made| rare_word(&made.description));
    add(
        "search, a rare word and a common one",
        rare.take(ADDRESSES)
            .map(|word| search(format!("{word}+{}", first(3))))
            .collect(),
    );
    add("search, a word of none", vec![search("nowhere".to_owned())]);
    add(
        "search, an address",
        some(&seen)
            .map(|made| search(made.email.replace('@', "%40").replace('+', "%2B")))
            .collect(),
    );
    let deep = |place: usize| {
        format!(
            "{}&below={}",
            search(first(place + 2)),
            sample.pieces / 2 + place * 97
        )
    };
    add("search, further down", (0..ADDRESSES).map(deep).collect());
    let ticket = |made: &Made| format!("/desk/tickets/{}", made.reference);
    add("a ticket", some(&seen).map(ticket).collect());
    let long: Vec<String> = sample.long.iter().filter(sees).map(ticket).collect();
    if !long.is_empty() {
        add("a ticket with 200 messages and 500 facts", long);
    }
    pages
}

fn some<'a>(seen: &'a [&Made]) -> impl Iterator<Item = &'a Made> {
    seen.iter()
        .step_by((seen.len() / ADDRESSES).max(1))
        .copied()
        .take(ADDRESSES)
}

fn below(made: &Made) -> String {
    format!(
        "/desk/tickets?below=-_{}_{}&page=9",
        made.received_at,
        made.id.simple()
    )
}

fn further_down(sample: &Sample) -> Vec<String> {
    let mut open = sample.open.clone();
    open.sort_unstable();
    let places = open.iter().step_by((open.len() / ADDRESSES).max(1));
    let path = |(due, received, id): &(i64, i64, Uuid)| {
        let due = if *due == i64::MAX {
            "-".to_owned()
        } else {
            due.to_string()
        };
        format!("/desk?below={due}_{received}_{}&page=9", id.simple())
    };
    places.take(ADDRESSES).map(path).collect()
}

fn rare_word(text: &str) -> Option<String> {
    let mut words = text.split(['.', ' ']).filter(|word| word.len() == 6);
    words
        .find(|word| rank(word).is_some_and(|rank| rank >= RARE))
        .map(str::to_owned)
}
