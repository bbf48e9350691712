//! The page of a request as it is shown.

use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use cornerdesk_shared::file_name::stem_and_extension;
use jiff::{Timestamp, tz::TimeZone};
use minijinja::{Value, context};
use sha2::{Digest, Sha256};

use super::{HttpError, Seen, Shown, access, messages, rating, zone_of};
use crate::{
    app::App,
    show,
    site::Site,
    status::{self, link::Holder},
    ticket::{Attachment, ClosingReason, Entry, findings::Findings},
    words::{self, Table},
};

/// How a page speaks.
pub(super) struct Say<'a> {
    pub(super) words: &'a Table,
    pub(super) formats: &'a Table,
    /// The words of the panel, which know how a size is written.
    pub(super) panel: &'a Table,
    pub(super) zone: &'a TimeZone,
    dir: &'a str,
    values: &'a [(&'a str, &'a str)],
}

impl Say<'_> {
    pub(super) fn text(&self, key: &str) -> String {
        words::fill(words::text(self.words, key), self.values)
    }

    /// With one value more.
    pub(super) fn with(&self, key: &str, name: &str, value: &str) -> String {
        words::fill(&self.text(key), &[(name, value)])
    }

    /// A name in the midst of a sentence, whatever script it is of.
    pub(super) fn apart(&self, name: &str) -> String {
        words::apart(name, self.dir)
    }

    pub(super) fn moment(&self, at: Timestamp) -> String {
        words::moment(self.formats, at, self.zone)
    }

    pub(super) fn size(&self, bytes: u64) -> String {
        words::size(self.panel, self.formats, bytes)
    }

    /// With the name of the zone: for what somebody counts on.
    pub(super) fn promised(&self, key: &str, at: Timestamp) -> String {
        let time = words::instant(self.formats, at, self.zone);
        words::fill(words::text(self.words, key), &[("time", &time)])
    }
}

/// The page.
///
/// # Errors
/// When the template is at fault.
pub(super) async fn page(app: &App, seen: &Seen, shown: &Shown) -> Result<Response, HttpError> {
    let ticket = &seen.ticket;
    let sites = app.sites.all().await?;
    let site = sites.get(&ticket.site);
    let site_name = site.map_or(&ticket.site, |site| &site.name);
    let locale = words::shipped_or_english(&ticket.locale);
    let dir = app.words.direction(locale);
    let none = words::OwnWords::new();
    let own = site.map_or(&none, |site| &site.words);
    let words = &*app.words.of_site(own, "status", locale);
    let zone = zone_of(app, ticket).await?;
    let apart = words::apart(site_name, dir);
    let say = Say {
        words,
        formats: app.words.formats(locale),
        panel: app.words.panel(locale),
        zone: &zone,
        dir,
        values: &[("site_name", &apart)],
    };
    let state = seen.state().as_str();
    let is_known = seen.holder == Holder::Sender || seen.is_verified();
    let action = format!(
        "/t/{}",
        app.status_links.token(ticket.reference, seen.holder)
    );
    let email = format!("\u{2068}{}\u{2069}", show::masked_email(&ticket.email));
    // What came with a message stands with it; what came with a note is for staff.
    let files = seen
        .attachments
        .iter()
        .filter(|file| file.message.is_none());
    let theme = theme_of(site.map(|site| &**site));
    let html = app.pages.render(
        "status.html",
        context! {
            locale,
            dir,
            site_name,
            theme => &theme,
            reference => ticket.reference.to_string(),
            words,
            state,
            heading => say.text(&format!("state.{state}.heading")),
            text => say.text(&format!("state.{state}.text")),
            summary => &ticket.summary,
            description => &ticket.description,
            is_known,
            somebody => say.text("somebody"),
            files => files.map(file).collect::<Vec<_>>(),
            steps => steps(&say, &seen.timeline),
            action,
            code_sent => say.with("access.code_sent", "email", &email),
            verdict => verdict(&say, seen),
            rating => rating::view(&say, seen, shown, app.clock.now()),
            messages => messages::view(app, &say, seen, shown, &email),
            access => access::view(app, &say, seen, shown, &email),
            promise => promise(&say, seen, app.clock.now()),
            closing => closing(&say, seen),
            goes_on => seen.goes_on.map(|into| context! { reference => into.to_string(), url => format!("/t/{}", app.status_links.token(into, Holder::Mailbox)) }),
            workaround => workaround(&seen.timeline),
            further => status::further(&seen.timeline).into_iter().map(str::to_owned).collect::<Vec<_>>(),
            as_of => say.promised("as_of", app.clock.now()),
        },
    )?;
    let policy = format!(
        "default-src 'none'; style-src 'self' 'sha256-{}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(&theme))
    );
    let policy =
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let headers = [(header::CONTENT_SECURITY_POLICY, policy)];
    Ok((shown.status, headers, Html(html)).into_response())
}

/// By when they will hear from us, and the truth when it is too late; nothing where nothing is promised, or the promise was kept.
fn promise(say: &Say, seen: &Seen, now: Timestamp) -> Option<Value> {
    let clock = seen.clock.as_ref();
    let (due, is_late) = status::promise_of(seen.state(), clock?.status, clock?.due_at?, now)?;
    let key = if is_late {
        "promise.late"
    } else {
        "promise.by"
    };
    Some(context! { text => say.promised(key, due), is_late })
}

/// Why it was solved or closed, where somebody said so.
fn closing(say: &Say, seen: &Seen) -> Option<String> {
    if !seen.is_over() {
        return None;
    }
    if status::is_solved_by_requester(&seen.timeline) {
        return Some(say.text("verdict.said_solved"));
    }
    let reason: ClosingReason = Findings::of(&seen.timeline).closing_reason?;
    Some(say.text(&format!("closing.{}", reason.as_str())))
}

/// What they may say about whether it is solved.
fn verdict(say: &Say, seen: &Seen) -> Option<Value> {
    let state = seen.state();
    let may = |is_solved| status::may_judge(state, &seen.timeline, is_solved);
    let is_question = state == status::State::Answered;
    let (yes, no) = if is_question {
        ("verdict.solved", "verdict.unsolved")
    } else {
        ("verdict.solved_now", "verdict.reopen")
    };
    let (yes, no) = (
        may(true).then(|| say.text(yes)),
        may(false).then(|| say.text(no)),
    );
    (yes.is_some() || no.is_some()).then(|| context! { is_question, yes, no })
}

/// What they can do meanwhile, where staff marked it for them.
fn workaround(timeline: &[Entry]) -> Option<String> {
    Findings::of(timeline).shown_workaround().map(str::to_owned)
}

fn theme_of(site: Option<&Site>) -> String {
    site.map(|site| site.accent.theme()).unwrap_or_default()
}

/// For programs that read the page.
pub(super) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn file(attachment: &Attachment) -> Value {
    let (stem, extension) = stem_and_extension(&attachment.name);
    context! { stem, extension }
}

/// The newest first: who comes back looks for what is new.
fn steps(say: &Say, timeline: &[Entry]) -> Vec<Value> {
    let step = |(at, step): &(Timestamp, status::Step)| {
        let text = say.text(&format!("step.{}", step.as_str()));
        context! { kind => step.as_str(), text, time => say.moment(*at), iso => iso(*at) }
    };
    status::steps(timeline).iter().rev().map(step).collect()
}
