//! The mails that tell staff what has become due. Pure.
//!
//! In English, as the desk is. Nothing in them was written by a requester: a reference, words of ours and of the policy, instants and one link.

mod sentence;

pub use sentence::{length, title_of};

use jiff::{Timestamp, tz::TimeZone};
use lettre::{Address, Message};
use minijinja::context;

use super::{Identity, draft::Draft};
use crate::{
    agenda::Alarm,
    pages::Pages,
    words::{Table, Words},
};

/// What a mail is told besides its alarms.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// The ticket's reference.
    pub reference: String,
    /// The product.
    pub site_name: &'a str,
    /// The title of the ticket's priority.
    pub priority: Option<String>,
    /// Why the clock stands where it stands, in a sentence.
    pub why: Option<String>,
    /// The requester has had an answer meanwhile.
    pub is_answered: bool,
    /// Where the ticket is on the desk.
    pub link: Option<String>,
}

/// A ticket in a mail that gathers many.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// The ticket's reference.
    pub reference: String,
    /// The key of the alarm.
    pub key: String,
    /// When it came true.
    pub at: Timestamp,
}

/// A notice that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template is at fault.
    #[error("the template of a notice is at fault: {0}")]
    Template(#[from] minijinja::Error),
    /// The library refused.
    #[error("a notice cannot be put together: {0}")]
    Message(#[from] lettre::error::Error),
}

/// How instants are written, and for whom the mail is.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// The reader.
    pub to: &'a Address,
    /// Who we are.
    pub identity: &'a Identity,
    /// Left side of the Message-ID: the same for every attempt.
    pub id: String,
    /// The zone of the instants.
    pub zone: &'a TimeZone,
    /// The words.
    pub words: &'a Words,
    /// The templates.
    pub pages: &'a Pages,
    /// The instant of sending, from which "in 30 minutes" counts.
    pub now: Timestamp,
}

impl Frame<'_> {
    fn formats(&self) -> &Table {
        self.words.formats("en")
    }
}

/// One mail with all that is due on a ticket; the heaviest gives the subject.
///
/// # Errors
/// [`RenderError`].
pub fn render(
    frame: &Frame<'_>,
    about: &About<'_>,
    alarms: &[Alarm],
) -> Result<Message, RenderError> {
    let mut sentences: Vec<_> = alarms
        .iter()
        .map(|alarm| sentence::of(alarm, frame.now, frame.zone, frame.formats()))
        .collect();
    // The heaviest first, then as they came.
    sentences.sort_by_key(|sentence| std::cmp::Reverse(sentence.weight));
    let title = sentences
        .first()
        .map_or("Notice", |sentence| sentence.title.as_str());
    let lines: Vec<_> = sentences
        .iter()
        .map(|sentence| context! { title => &sentence.title, detail => &sentence.detail })
        .collect();
    let values = context! {
        title,
        reference => &about.reference,
        site_name => about.site_name,
        priority => &about.priority,
        why => &about.why,
        is_answered => about.is_answered,
        link => &about.link,
        lines,
    };
    let subject = format!("{}: {title}", about.reference);
    compose(frame, subject, "mail/notice", values)
}

/// One mail with what was too much for many; the oldest first, and how many there are beyond what is shown.
///
/// # Errors
/// [`RenderError`].
pub fn render_gathered(
    frame: &Frame<'_>,
    site_name: &str,
    gathered: &[Gathered],
    desk: Option<&str>,
) -> Result<Message, RenderError> {
    /// What somebody reads in one mail.
    const SHOWN_MOST: usize = 100;
    let shown: Vec<_> = gathered
        .iter()
        .take(SHOWN_MOST)
        .map(|one| {
            context! {
                reference => &one.reference,
                title => title_of(&one.key),
                at => crate::words::instant(frame.formats(), one.at, frame.zone),
            }
        })
        .collect();
    let tickets: std::collections::BTreeSet<_> =
        gathered.iter().map(|one| &one.reference).collect();
    let values = context! {
        site_name,
        count => gathered.len(),
        tickets => tickets.len(),
        more => gathered.len().saturating_sub(SHOWN_MOST),
        shown,
        desk,
    };
    let subject = match gathered.len() {
        1 => format!("{site_name}: 1 further notice"),
        count => format!("{site_name}: {count} further notices"),
    };
    compose(frame, subject, "mail/notices", values)
}

fn compose(
    frame: &Frame<'_>,
    subject: String,
    template: &str,
    values: minijinja::Value,
) -> Result<Message, RenderError> {
    let text = frame
        .pages
        .render(&format!("{template}.txt"), values.clone())?;
    let html = frame.pages.render(&format!("{template}.html"), values)?;
    let draft = Draft {
        identity: frame.identity,
        to: frame.to,
        reply_to: None,
        subject,
        date: frame.now,
        id: &frame.id,
        locale: "en",
        text: &text,
        html: &html,
        thread: None,
        is_of_a_person: false,
    };
    Ok(draft.into_message()?)
}
