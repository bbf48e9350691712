//! A desk of others that holds a mirror of a ticket, as far as all of them are alike.

use std::{collections::BTreeMap, future::Future};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Fault, Seen};
use crate::ticket::Status;

/// Where a ticket lives over there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Their id of it, by which they are asked.
    pub id: String,
    /// What people over there call it.
    pub key: String,
    /// Where people of staff open it.
    pub url: Option<String>,
}

/// A ticket that is to be made over there. What it holds was cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest<'a> {
    /// What it is found by again: our reference. It has to stand where [`Elsewhere::find`] looks.
    pub marker: &'a str,
    /// The site's key.
    pub site: &'a str,
    /// One line.
    pub summary: &'a str,
    /// Plain text.
    pub description: &'a str,
    /// Address of the requester; empty where an alarm made the ticket.
    pub email: &'a str,
    /// What the requester is called, where the product says so.
    pub name: Option<&'a str>,
    /// Does the product vouch for the requester? Only then may it be made in their name.
    pub is_verified: bool,
    /// Key of a category of the policy.
    pub category: Option<&'a str>,
    /// Key of a priority of the policy.
    pub priority: Option<&'a str>,
    /// Key of a plan of the policy.
    pub plan: Option<&'a str>,
    /// What else is known, as lines of text: the page, the browser, the impact.
    pub facts: &'a str,
    /// Where the ticket is at our desk.
    pub desk_url: Option<&'a str>,
    /// Names of the files that came with it. Where files go over ([`Share::files`]) they follow by themselves.
    pub files: &'a [&'a str],
}

/// A file that is to be put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToSend<'a> {
    /// Our id of it.
    pub id: Uuid,
    /// Its name; never a path.
    pub name: &'a str,
    /// Its type.
    pub content_type: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
    /// May the requester see it there?
    pub is_public: bool,
}

/// Something that is to be said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying<'a> {
    /// Our id of it. A place that has no field for it carries it in the text where [`Elsewhere::find_said`] finds it, or compares texts.
    pub id: Uuid,
    /// Who said it: a name of staff, or the requester.
    pub author: &'a str,
    /// Was it the requester?
    pub is_of_requester: bool,
    /// Plain text.
    pub text: &'a str,
    /// When.
    pub at: Timestamp,
    /// May the requester read it? A note among staff never is.
    pub is_public: bool,
}

/// How it is to stand over there. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Key of a priority of our policy.
    pub priority: Option<String>,
    /// Our status.
    pub status: Option<Status>,
}

/// How it stands over there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    /// What they call its status.
    pub status_name: String,
    /// What that means for us; nothing where that is not known or not mapped.
    pub status: Option<Status>,
    /// Of which kind it is.
    pub category: Category,
    /// What its priority there means for us: a key of our policy; nothing where that is not known, not mapped, or could be one of two.
    pub priority: Option<String>,
    /// Where people open it, if that is known now.
    pub url: Option<String>,
    /// What the requester may read, oldest first. Notes of theirs are never in here.
    pub comments: Vec<Comment>,
    /// What was said among themselves, oldest first: staff here may read it, and nobody else.
    pub notes: Vec<Comment>,
    /// Their clocks.
    pub clocks: Vec<SlaClock>,
}

/// Which of ours is called so there; of two that have one name there, nobody knows which is meant.
#[must_use]
pub fn only_one_called<'a>(ours: &'a BTreeMap<String, String>, theirs: &str) -> Option<&'a str> {
    let same = |(_, name): &(&String, &String)| name.eq_ignore_ascii_case(theirs);
    let mut found = ours.iter().filter(same);
    let (key, _) = found.next()?;
    found.next().is_none().then_some(key.as_str())
}

/// The kinds of status that desks have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Category {
    /// Cannot be said.
    #[default]
    Unknown,
    /// Nobody began.
    New,
    /// Somebody works on it.
    Underway,
    /// It is over.
    Done,
}

/// What somebody over there said: staff of theirs, or the requester.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Their id of it.
    pub id: String,
    /// Who.
    pub author: String,
    /// Plain text.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// Did we put it there?
    pub is_ours: bool,
    /// Is it certain that the requester wrote it there? Then it is theirs here, too, and nobody is mailed about it.
    pub is_of_requester: bool,
    /// Names of the files that belong to it. They stay there; the requester is told their names.
    pub files: Vec<String>,
}

/// A clock of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlaClock {
    /// What it measures, as they call it.
    pub metric: String,
    /// What was promised, in milliseconds.
    pub goal_ms: Option<i64>,
    /// When it runs out; nothing while it stands still, or is over.
    pub due_at: Option<Timestamp>,
    /// What is left, in milliseconds; less than nothing is too late.
    pub remaining_ms: Option<i64>,
    /// Was the promise broken?
    pub is_breached: bool,
    /// Does it stand still?
    pub is_paused: bool,
}

/// Something that is wrong with a destination, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The setting, such as `jira.request_types`; empty where it is all right.
    pub setting: String,
    /// What was found, in words of ours.
    pub words: String,
    /// Is it a fault, or just told?
    pub is_fault: bool,
}

/// What came in since something: which tickets of theirs changed, and from when the next look begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Their ids, as [`Remote::id`].
    pub ids: Vec<String>,
    /// What [`Elsewhere::changed_since`] is asked for the next time.
    pub until: Option<Timestamp>,
}

/// What of a ticket goes there, beside that there is one and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its files.
    pub files: bool,
    /// What requester and staff say to each other.
    pub conversation: bool,
    /// Notes among staff, as such.
    pub notes: bool,
}

impl Share {
    /// What a desk of the same people gets: all but notes.
    pub const OF_A_DESK: Self = Self {
        files: true,
        conversation: true,
        notes: false,
    };
}

/// A desk elsewhere that holds a mirror of a ticket.
///
/// What is not known to be done or not ends with [`Fault::unclear`]: the caller looks it up before it tries again.
pub trait Elsewhere: Send + Sync {
    /// What goes there.
    fn share(&self) -> Share {
        Share::OF_A_DESK
    }

    /// The ticket of theirs that carries our marker. `None` is only answered where it is certain that there is none, however late their index is. Until then it is
    /// `Fault::later(…).after(…).about(Scope::Ticket)`: one looks again after that, and it counts as no attempt ([`Fault::is_too_early`]).
    fn find(&self, marker: &str) -> impl Future<Output = Result<Option<Remote>, Fault>> + Send;

    /// Makes it.
    fn create(&self, new: &NewRequest<'_>) -> impl Future<Output = Result<Remote, Fault>> + Send;

    /// Was this file put there? Answers their id of it.
    fn find_file(
        &self,
        remote: &Remote,
        file: &FileToSend<'_>,
    ) -> impl Future<Output = Result<Option<String>, Fault>> + Send;

    /// Puts a file there. Answers their id of it.
    fn attach(
        &self,
        remote: &Remote,
        file: &FileToSend<'_>,
    ) -> impl Future<Output = Result<String, Fault>> + Send;

    /// Was this said there? Answers their id of it.
    fn find_said(
        &self,
        remote: &Remote,
        said: &Saying<'_>,
    ) -> impl Future<Output = Result<Option<String>, Fault>> + Send;

    /// Says it there. Answers their id of it.
    fn say(
        &self,
        remote: &Remote,
        said: &Saying<'_>,
    ) -> impl Future<Output = Result<String, Fault>> + Send;

    /// Lets it stand as it is wanted. Doing so twice is harmless.
    fn set(
        &self,
        remote: &Remote,
        wanted: &Wanted,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// How it stands. `None`: it is gone.
    fn read(&self, remote: &Remote) -> impl Future<Output = Result<Option<Mirror>, Fault>> + Send;

    /// Which of theirs changed since then, as far as they may be ours.
    fn changed_since(&self, at: Timestamp) -> impl Future<Output = Result<Heard, Fault>> + Send;

    /// What is wrong with the settings, all of it.
    fn check(&self) -> impl Future<Output = Vec<Finding>> + Send;

    /// What was seen of the last answer, for the log of deliveries.
    fn seen(&self) -> Seen;
}
