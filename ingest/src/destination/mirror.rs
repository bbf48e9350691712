//! What is to be done next so that a ticket elsewhere is equal to ours. Pure: what is there, how far it has come, one step.
//!
//! Each effect is written down before it is begun ([`Progress::begin`]) and when it is known how it ended. What was begun and whose end nobody knows is
//! looked up before it is done again, so that nothing is there twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Comment, Mirror, Share, Wanted, teller::Told};
use crate::{care::Opening, message::Kind, ticket::Status};

/// How far a mirror has come; kept in `destination_links.progress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Making it was begun, and nobody knows how that ended.
    #[serde(default)]
    pub is_creating: bool,
    /// What became of each file, by our id.
    #[serde(default)]
    pub files: BTreeMap<Uuid, Put>,
    /// What became of each message, by our id.
    #[serde(default)]
    pub said: BTreeMap<Uuid, Put>,
    /// Messages of ours that came from there: our id, and theirs.
    #[serde(default)]
    pub heard: BTreeMap<Uuid, String>,
    /// The priority that it was given last.
    #[serde(default)]
    pub priority: Option<String>,
    /// The status that it was given last, or took from there.
    #[serde(default)]
    pub status: Option<Status>,
    /// What its status there was when it was looked at last; nothing when that is not known since we changed it.
    #[serde(default)]
    pub seen_status: Option<Status>,
    /// What its priority there meant for us when it was looked at last; empty: nothing. Absent: it was never looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_priority: Option<String>,
    /// It was looked at since we changed it.
    #[serde(default)]
    pub is_seen: bool,
    /// What was told there, of a ticket that is not held there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

/// What became of something that was to be put there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Put {
    /// It was begun, and nobody knows how it ended.
    Sending,
    /// It is there, under this id of theirs.
    There(String),
    /// They will not have it, for this reason in words of ours.
    Refused(String),
}

/// A file of the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Our id of it.
    pub id: Uuid,
    /// May it leave?
    pub opening: Opening,
}

/// A message of the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Our id of it.
    pub id: Uuid,
    /// Who speaks to whom.
    pub kind: Kind,
}

/// What there is on our side.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// Is it there already?
    pub is_linked: bool,
    /// The files, in their order.
    pub files: &'a [File],
    /// What was said, oldest first.
    pub messages: &'a [Message],
    /// What goes there.
    pub share: Share,
    /// Key of the priority.
    pub priority: Option<&'a str>,
    /// Where it stands.
    pub status: Status,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Is it there? Making it was begun once.
    LookUp,
    /// Make it.
    Create,
    /// Is this file there? Putting it there was begun once.
    LookUpFile(Uuid),
    /// Put this file there.
    Attach(Uuid),
    /// Was this said there? Saying it was begun once.
    LookUpSaid(Uuid),
    /// Say this there.
    Say(Uuid),
    /// Let it stand so.
    Set(Wanted),
    /// See how it stands after we changed it.
    Look,
    /// A file is still being looked at here: come again.
    Wait,
    /// Nothing is to be done.
    Rest,
}

impl Step {
    /// Its name in the log of deliveries.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LookUp => "look_up",
            Self::Create => "create",
            Self::LookUpFile(_) => "look_up_file",
            Self::Attach(_) => "attach",
            Self::LookUpSaid(_) => "look_up_message",
            Self::Say(_) => "say",
            Self::Set(_) => "set",
            Self::Look => "look",
            Self::Wait => "wait",
            Self::Rest => "rest",
        }
    }
}

/// The next step. Texts come before states, and nothing waits for a file that is still being looked at.
#[must_use]
pub fn next(here: &Here<'_>, progress: &Progress) -> Step {
    if !here.is_linked {
        return if progress.is_creating {
            Step::LookUp
        } else {
            Step::Create
        };
    }
    for file in here.files {
        match (progress.files.get(&file.id), file.opening) {
            (Some(Put::Sending), _) => return Step::LookUpFile(file.id),
            (None, Opening::Open) if here.share.files => return Step::Attach(file.id),
            _ => {}
        }
    }
    for message in here.messages {
        let goes = match message.kind {
            Kind::Reply | Kind::Answer => here.share.conversation,
            Kind::Note => here.share.notes,
        };
        if progress.heard.contains_key(&message.id) || !goes {
            continue;
        }
        match progress.said.get(&message.id) {
            Some(Put::Sending) => return Step::LookUpSaid(message.id),
            None => return Step::Say(message.id),
            Some(_) => {}
        }
    }
    let wanted = Wanted {
        priority: (here.priority.map(ToOwned::to_owned))
            .filter(|_| here.priority != progress.priority.as_deref()),
        status: Some(here.status).filter(|status| Some(*status) != progress.status),
    };
    if wanted != Wanted::default() {
        return Step::Set(wanted);
    }
    if !progress.is_seen {
        return Step::Look;
    }
    let waits =
        |file: &File| file.opening == Opening::Waits && !progress.files.contains_key(&file.id);
    if here.share.files && here.files.iter().any(waits) {
        return Step::Wait;
    }
    Step::Rest
}

impl Progress {
    /// Writes down that a step begins. Committed before anything is sent.
    pub fn begin(&mut self, step: &Step) {
        match step {
            Step::Create => self.is_creating = true,
            Step::Attach(id) => drop(self.files.insert(*id, Put::Sending)),
            Step::Say(id) => drop(self.said.insert(*id, Put::Sending)),
            Step::Set(_) => self.is_seen = false,
            _ => {}
        }
    }

    /// A step that was begun did nothing, for certain: it can begin anew.
    pub fn undo(&mut self, step: &Step) {
        match step {
            Step::Create | Step::LookUp => self.is_creating = false,
            Step::Attach(id) | Step::LookUpFile(id) => drop(self.files.remove(id)),
            Step::Say(id) | Step::LookUpSaid(id) => drop(self.said.remove(id)),
            _ => {}
        }
    }

    /// It is there now, as `here` was when it was made.
    pub fn created(&mut self, priority: Option<&str>) {
        self.is_creating = false;
        self.priority = priority.map(ToOwned::to_owned);
        self.status = Some(Status::New);
        self.is_seen = false;
    }

    /// What a step was for is there now, under this id of theirs.
    pub fn put(&mut self, step: &Step, id: String) {
        self.ended(step, Put::There(id));
    }

    /// They will never have it.
    pub fn refused(&mut self, step: &Step, reason: &str) {
        self.ended(step, Put::Refused(reason.to_owned()));
    }

    fn ended(&mut self, step: &Step, put: Put) {
        match step {
            Step::Attach(id) | Step::LookUpFile(id) => drop(self.files.insert(*id, put)),
            Step::Say(id) | Step::LookUpSaid(id) => drop(self.said.insert(*id, put)),
            _ => {}
        }
    }

    /// It was let stand so, or they would not.
    pub fn set(&mut self, wanted: &Wanted) {
        if let Some(priority) = &wanted.priority {
            self.priority = Some(priority.clone());
        }
        if let Some(status) = wanted.status {
            self.status = Some(status);
        }
    }

    /// It was looked at. Answers what happened there since it was looked at last: new comments and notes, and a status that changed.
    ///
    /// The first look of all says only how it stands, unless it is over already. After we changed it, it may stand as before, since their workflow has no such step, or as we wanted it;
    /// what is neither, somebody did meanwhile.
    #[must_use]
    pub fn look<'a>(&mut self, mirror: &'a Mirror) -> News<'a> {
        let is_said = |comment: &&Comment| {
            !comment.is_ours
                && !self.heard.values().any(|known| *known == comment.id)
                && !(self.said.values())
                    .any(|put| matches!(put, Put::There(id) if *id == comment.id))
        };
        let comments = mirror.comments.iter().filter(is_said).collect();
        let notes = mirror.notes.iter().filter(is_said).collect();
        let is_news = |status: &Status| {
            let is_other = Some(*status) != self.seen_status;
            // Nothing begins with being over: somebody ended it before we looked.
            let is_over = matches!(status, Status::Solved | Status::Closed);
            let begins_so = self.seen_status.is_none() && !is_over;
            let is_asked_for = Some(*status) == self.status || begins_so;
            is_other && (self.is_seen || !is_asked_for)
        };
        let status = mirror.status.filter(is_news);
        let priority = self.look_at_priority(mirror);
        // What cannot be mapped is as if nothing had changed.
        self.seen_status = mirror.status.or(self.seen_status);
        self.is_seen = true;
        if status.is_some() {
            self.status = status;
        }
        News {
            comments,
            notes,
            status,
            priority,
        }
    }

    /// The priority there, if somebody changed it since it was looked at last. The first look says only which it is: theirs may begin with one that nobody chose.
    fn look_at_priority(&mut self, mirror: &Mirror) -> Option<String> {
        let now = mirror.priority.clone().unwrap_or_default();
        let before = self.seen_priority.replace(now);
        let is_other = |theirs: &&String| before.as_ref().is_some_and(|before| before != *theirs);
        let is_ours = |theirs: &&String| !self.is_seen && self.priority.as_ref() == Some(*theirs);
        let news = mirror.priority.as_ref().filter(is_other);
        let news = news.filter(|theirs| !is_ours(theirs)).cloned();
        if news.is_some() {
            self.priority.clone_from(&news);
        }
        news
    }
}

/// What happened over there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News<'a> {
    /// What was said to the requester, oldest first.
    pub comments: Vec<&'a Comment>,
    /// What was said among themselves, oldest first.
    pub notes: Vec<&'a Comment>,
    /// Where it stands now, if that changed.
    pub status: Option<Status>,
    /// Key of the priority that it has now, if that changed.
    pub priority: Option<String>,
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const FILE: Uuid = Uuid::from_u128(1);
    const SLOW_FILE: Uuid = Uuid::from_u128(2);
    const REPLY: Uuid = Uuid::from_u128(3);
    const NOTE: Uuid = Uuid::from_u128(4);

    const FILES: [File; 2] = [
        File {
            id: SLOW_FILE,
            opening: Opening::Waits,
        },
        File {
            id: FILE,
            opening: Opening::Open,
        },
    ];
    const MESSAGES: [Message; 2] = [
        Message {
            id: NOTE,
            kind: Kind::Note,
        },
        Message {
            id: REPLY,
            kind: Kind::Reply,
        },
    ];

    fn here(is_linked: bool) -> Here<'static> {
        Here {
            is_linked,
            files: &FILES,
            messages: &MESSAGES,
            share: Share::OF_A_DESK,
            priority: Some("P1"),
            status: Status::Open,
        }
    }

    fn comment(id: &str, is_ours: bool) -> Comment {
        Comment {
            id: id.into(),
            author: "Kim".into(),
            text: "Done.".into(),
            at: Timestamp::UNIX_EPOCH,
            is_ours,
            is_of_requester: false,
            files: Vec::new(),
        }
    }

    fn stands(status: Option<Status>) -> Mirror {
        Mirror {
            status,
            ..Mirror::default()
        }
    }

    /// Takes every step until nothing is left, as if all of them succeeded.
    fn all_steps(here: &mut Here<'_>, progress: &mut Progress) -> Vec<Step> {
        let mut steps = Vec::new();
        loop {
            let step = next(here, progress);
            progress.begin(&step);
            match &step {
                Step::Create | Step::LookUp => {
                    here.is_linked = true;
                    progress.created(here.priority);
                }
                Step::Set(wanted) => progress.set(wanted),
                Step::Look => drop(progress.look(&stands(Some(Status::Open)))),
                Step::Wait | Step::Rest => {
                    steps.push(step);
                    return steps;
                }
                step => progress.put(step, "7".into()),
            }
            steps.push(step);
        }
    }

    #[test]
    fn a_ticket_is_made_then_its_files_then_what_was_said_then_how_it_stands() {
        let set = Step::Set(Wanted {
            priority: None,
            status: Some(Status::Open),
        });
        assert_eq!(
            all_steps(&mut here(false), &mut Progress::default()),
            [
                Step::Create,
                Step::Attach(FILE),
                Step::Say(REPLY),
                set,
                Step::Look,
                Step::Wait
            ]
        );
    }

    #[test]
    fn what_was_begun_and_not_heard_of_is_looked_up_first() {
        let mut progress = Progress::default();
        progress.begin(&Step::Create);
        assert_eq!(next(&here(false), &progress), Step::LookUp);
        progress.undo(&Step::LookUp);
        assert_eq!(next(&here(false), &progress), Step::Create);
        progress.created(None);
        progress.begin(&Step::Attach(FILE));
        assert_eq!(next(&here(true), &progress), Step::LookUpFile(FILE));
        progress.put(&Step::LookUpFile(FILE), "f".into());
        progress.begin(&Step::Say(REPLY));
        assert_eq!(next(&here(true), &progress), Step::LookUpSaid(REPLY));
        progress.undo(&Step::LookUpSaid(REPLY));
        assert_eq!(next(&here(true), &progress), Step::Say(REPLY));
    }

    #[test]
    fn a_priority_there_is_news_when_somebody_changed_it() {
        let is = |priority: Option<&str>| Mirror {
            priority: priority.map(ToOwned::to_owned),
            ..stands(Some(Status::Open))
        };
        let mut progress = Progress::default();
        progress.created(Some("P2"));
        // Theirs may begin with one that nobody chose.
        assert_eq!(progress.look(&is(Some("P3"))).priority, None);
        let chosen = progress.look(&is(Some("P1"))).priority;
        assert_eq!(chosen.as_deref(), Some("P1"));
        assert_eq!(progress.priority, chosen, "it is not sent back");
        // Set by us, and perhaps by somebody else before we looked; not set, since they would not.
        for (ours, theirs, news) in [
            ("P3", "P3", None),
            ("P1", "P2", Some("P2")),
            ("P1", "P2", None),
        ] {
            let wanted = Wanted {
                priority: Some(ours.to_owned()),
                status: None,
            };
            progress.begin(&Step::Set(wanted.clone()));
            progress.set(&wanted);
            let found = progress.look(&is(Some(theirs))).priority;
            assert_eq!(found.as_deref(), news, "{ours} {theirs}");
        }
        // One that means nothing here is no news.
        assert_eq!(progress.look(&is(None)).priority, None);
    }

    #[test]
    fn what_they_will_not_have_holds_up_nothing() {
        let mut progress = Progress::default();
        progress.created(Some("P1"));
        progress.refused(&Step::Attach(FILE), "too big");
        assert_eq!(next(&here(true), &progress), Step::Say(REPLY));
        progress.refused(&Step::Say(REPLY), "too long");
        assert!(matches!(next(&here(true), &progress), Step::Set(_)));
    }

    #[test]
    fn a_file_in_which_something_was_found_stays_here() {
        let files = [File {
            id: FILE,
            opening: Opening::Blocked,
        }];
        let mut here = Here {
            files: &files,
            ..here(true)
        };
        let mut progress = Progress::default();
        progress.created(Some("P1"));
        let steps = all_steps(&mut here, &mut progress);
        assert_eq!(steps.last(), Some(&Step::Rest));
        assert!(!steps.contains(&Step::Attach(FILE)));
    }

    #[test]
    fn notes_go_only_where_they_are_wanted_and_nothing_goes_back_where_it_came_from() {
        let mut progress = Progress::default();
        progress.created(Some("P1"));
        progress.put(&Step::Attach(FILE), "f".into());
        progress.heard.insert(REPLY, "9".into());
        let with_notes = Here {
            share: Share {
                notes: true,
                ..Share::OF_A_DESK
            },
            ..here(true)
        };
        assert_eq!(next(&with_notes, &progress), Step::Say(NOTE));
        assert!(matches!(next(&here(true), &progress), Step::Set(_)));
    }

    #[test]
    fn of_a_ticket_goes_what_is_shared_and_nobody_waits_for_the_rest() {
        let mut here = Here {
            share: Share {
                files: false,
                conversation: false,
                notes: false,
            },
            ..here(false)
        };
        let steps = all_steps(&mut here, &mut Progress::default());
        let set = Step::Set(Wanted {
            priority: None,
            status: Some(Status::Open),
        });
        assert_eq!(steps, [Step::Create, set, Step::Look, Step::Rest]);
    }

    #[test]
    fn a_priority_that_is_raised_is_set_there() {
        let mut progress = Progress::default();
        all_steps(&mut here(true), &mut progress);
        let raised = Here {
            priority: Some("P0"),
            ..here(true)
        };
        let wanted = Wanted {
            priority: Some("P0".into()),
            status: None,
        };
        assert_eq!(next(&raised, &progress), Step::Set(wanted));
    }

    #[test]
    fn only_what_changed_there_since_the_last_look_is_news() {
        let mut progress = Progress::default();
        progress.created(None);
        progress.put(&Step::Say(REPLY), "1".into());
        let mut mirror = stands(Some(Status::New));
        mirror.comments = vec![comment("1", false), comment("2", true), comment("3", false)];
        let news = progress.look(&mirror);
        assert_eq!(news.status, None, "the first look says how it stands");
        assert_eq!(news.comments, [&mirror.comments[2]]);
        progress.heard.insert(NOTE, "3".into());
        mirror.notes = vec![comment("4", false), comment("5", true)];
        assert_eq!(progress.look(&mirror).notes, [&mirror.notes[0]]);
        progress.heard.insert(SLOW_FILE, "4".into());
        assert_eq!(progress.look(&mirror), News::default());
        mirror.status = Some(Status::Waiting);
        assert_eq!(progress.look(&mirror).status, Some(Status::Waiting));
        assert_eq!(
            progress.status,
            Some(Status::Waiting),
            "it is not sent back"
        );
        mirror.status = None;
        assert_eq!(
            progress.look(&mirror).status,
            None,
            "nobody knows what that means"
        );
        mirror.status = Some(Status::Waiting);
        assert_eq!(progress.look(&mirror).status, None);
    }

    #[test]
    fn what_is_over_before_it_was_looked_at_is_news() {
        for status in [Status::Solved, Status::Closed] {
            let mut progress = Progress::default();
            progress.created(None);
            assert_eq!(progress.look(&stands(Some(status))).status, Some(status));
            assert_eq!(progress.look(&stands(Some(status))).status, None);
        }
        let mut progress = Progress::default();
        progress.created(None);
        progress.status = Some(Status::Solved);
        let solved = stands(Some(Status::Solved));
        assert_eq!(progress.look(&solved).status, None, "we ended it ourselves");
    }

    #[test]
    fn a_step_that_their_workflow_does_not_take_does_not_come_back() {
        let mut progress = Progress::default();
        progress.created(None);
        drop(progress.look(&stands(Some(Status::Open))));
        let wanted = Wanted {
            priority: None,
            status: Some(Status::Solved),
        };
        progress.begin(&Step::Set(wanted.clone()));
        progress.set(&wanted);
        // It is open there all the same.
        assert_eq!(progress.look(&stands(Some(Status::Open))).status, None);
        assert_eq!(progress.look(&stands(Some(Status::Open))).status, None);
        assert_eq!(
            progress.look(&stands(Some(Status::Closed))).status,
            Some(Status::Closed)
        );
    }

    #[test]
    fn what_somebody_did_there_while_we_changed_it_is_news() {
        let mut progress = Progress::default();
        progress.created(None);
        drop(progress.look(&stands(Some(Status::New))));
        let wanted = Wanted {
            priority: None,
            status: Some(Status::Open),
        };
        progress.begin(&Step::Set(wanted.clone()));
        progress.set(&wanted);
        let solved = stands(Some(Status::Solved));
        assert_eq!(progress.look(&solved).status, Some(Status::Solved));
        assert_eq!(progress.look(&solved).status, None);
    }

    #[test]
    fn progress_of_an_older_program_is_read() {
        let read: Progress = serde_json::from_str("{}").unwrap();
        assert_eq!(read, Progress::default());
        let mut progress = Progress::default();
        all_steps(&mut here(false), &mut progress);
        let text = serde_json::to_string(&progress).unwrap();
        assert_eq!(serde_json::from_str::<Progress>(&text).unwrap(), progress);
    }
}
