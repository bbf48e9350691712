//! `GET /desk/search`: tickets by their words, the newest first; by a reference, the ticket itself.

use std::collections::BTreeSet;

use axum::{
    extract::{Query, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::reference::Reference;
use minijinja::{Value, context};
use serde::Deserialize;
use url::form_urlencoded;

use super::session::{self, SignedIn};
use crate::{
    app::App,
    http::{checked::Checked, problem::HttpError},
    message::Kind,
    search::Question,
    show::Moment,
    sites,
    store::{
        self, StoreError, Tx,
        search::{Depth, Found, Search, TOP},
    },
    ticket::Ticket,
};

/// Tickets on a page.
const ON_A_PAGE: usize = 20;
/// Pieces that are looked at for a page: several may be of one ticket.
const PIECES: u32 = 60;
/// Longest question that is read, in characters.
const QUESTION_MOST_CHARS: usize = 200;

/// What is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Words, or a reference.
    q: String,
    /// Below which piece the page begins.
    below: Option<String>,
    /// Present: addresses are taken for words, since nothing has them as they are.
    by_words: Option<String>,
    /// Present: also what takes long to search.
    everything: Option<String>,
}

/// The tickets that have the words.
///
/// # Errors
/// When the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Checked(Query(asked)): Checked<Query<Asked>>,
) -> Result<Response, HttpError> {
    let text: String = asked.q.trim().chars().take(QUESTION_MOST_CHARS).collect();
    let (sites, now) = (app.sites.all().await?, app.clock.now());
    let mut tx = app.store.read().await?;
    if let Ok(reference) = Reference::parse(&text)
        && let Some(ticket) = store::tickets::find_by_reference(&mut tx, reference).await?
        && staff.visible.contains(&ticket.site)
    {
        return Ok(Redirect::to(&format!("/desk/tickets/{reference}")).into_response());
    }
    let question = Question::of(&text);
    let by_words = question.as_ref().and_then(Question::by_words);
    let below = asked.below.as_deref().and_then(|below| below.parse().ok());
    let begins = below.unwrap_or(TOP);
    let mut question = match asked.by_words {
        Some(_) => by_words.or(question.as_ref()),
        None => question.as_ref(),
    };
    let depth = match asked.everything {
        Some(_) => Depth::Everything,
        None => Depth::Newest,
    };
    let mut search = match question {
        Some(question) => {
            store::search::find(&mut tx, &staff.visible, question, begins, PIECES, depth).await?
        }
        None => Search::default(),
    };
    if search.found.is_empty()
        && below.is_none()
        && question != by_words
        && let Some(wider) = by_words
    {
        search = store::search::find(&mut tx, &staff.visible, wider, begins, PIECES, depth).await?;
        question = by_words;
    }
    let Search {
        found,
        unsearched_below,
    } = search;
    let is_by_words = by_words.is_some() && question == by_words;
    let mut hits = Vec::new();
    let mut known = BTreeSet::new();
    let mut next = None;
    for piece in &found {
        if known.contains(&piece.ticket) {
            next = Some(piece.number);
            continue;
        }
        if hits.len() >= ON_A_PAGE {
            break;
        }
        next = Some(piece.number);
        known.insert(piece.ticket);
        if let Some(question) = question
            && let Some(hit) = hit(&mut tx, piece, question, &sites, now).await?
        {
            hits.push(hit);
        }
    }
    tx.rollback().await?;
    let is_read = next == found.last().map(|piece| piece.number);
    let has_more = !is_read || found.len() >= PIECES as usize;
    let url = |below: Option<i64>, depth: Depth| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &text);
        if let Some(below) = below {
            query.append_pair("below", &below.to_string());
            if is_by_words {
                query.append_pair("by_words", "1");
            }
            if depth == Depth::Everything {
                query.append_pair("everything", "1");
            }
        }
        format!("/desk/search?{}", query.finish())
    };
    let html = app.pages.render(
        "desk/search.html",
        context! {
            staff => session::shown(&staff),
            q => &text,
            is_asked => question.is_some(),
            hits,
            is_first => below.is_none(),
            top_url => url(None, Depth::Newest),
            next_url => next.filter(|_| has_more).map(|next| url(Some(next), depth)),
            // Once all that was found has been shown.
            older_url => unsearched_below.filter(|_| !has_more).map(|below| url(Some(below), Depth::Everything)),
        },
    )?;
    Ok(Html(html).into_response())
}

/// What is shown of a piece. Texts are pieces of text, and the template escapes each.
async fn hit(
    tx: &mut Tx,
    found: &Found,
    question: &Question,
    sites: &sites::Table,
    now: jiff::Timestamp,
) -> Result<Option<Value>, StoreError> {
    let Some(ticket) = store::tickets::find(tx, &found.site, found.ticket).await? else {
        return Ok(None);
    };
    let (place, text, at) = if found.piece == found.ticket {
        (
            place_in(&ticket, question),
            ticket.description.clone(),
            ticket.received_at,
        )
    } else {
        match store::messages::find(tx, &found.site, found.piece).await? {
            Some(message) => {
                let author = message.author.as_deref().unwrap_or_default();
                let place = match message.kind {
                    Kind::Reply => format!("Reply of {author}"),
                    Kind::Note => format!("Note of {author}"),
                    Kind::Answer => "Answer of the requester".to_owned(),
                };
                (Some(place), message.body, message.at)
            }
            None => return Ok(None),
        }
    };
    Ok(Some(context! {
        reference => ticket.reference.to_string(),
        summary => pieces(question.marked(&ticket.summary)),
        email => pieces(question.marked(&ticket.email)),
        name => ticket.requester.as_ref().and_then(|it| it.name.as_deref()).map(|name| pieces(question.marked(name))),
        site_name => sites.get(&ticket.site).map_or(&ticket.site, |site| &site.name),
        status => ticket.status.as_str(),
        is_held => ticket.held.is_some(),
        place,
        text => pieces(question.excerpt(&text)),
        when => Moment::new(at, now),
    }))
}

/// Where a hit stands, when the text shows none.
fn place_in(ticket: &Ticket, question: &Question) -> Option<String> {
    let is_elsewhere = !question.is_in(&ticket.description);
    (is_elsewhere && question.is_in(&ticket.reference.to_string()))
        .then(|| "In the reference".to_owned())
}

fn pieces(pieces: Vec<(String, bool)>) -> Vec<Value> {
    let piece = |(text, is_hit)| context! { text, is_hit };
    pieces.into_iter().map(piece).collect()
}
