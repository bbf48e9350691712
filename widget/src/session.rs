//! Ties the parts together: events of the document go into the state, the state's effects go out to document and network.
//!
//! The decisions are in [`phase`](crate::phase) and [`uploads`](crate::uploads); here they are only carried out.

pub(crate) mod attaching;
mod keeping;
mod sending;

use std::{
    cell::{Cell, RefCell},
    mem,
    rc::Rc,
};

use cornerdesk_shared::{receipt::Receipt, validation::Field};
use js_sys::Function;
use leptos::prelude::*;

use crate::{
    announcements::{announce, fall_silent},
    draft::{self, Unanswered},
    focus::focus,
    form::Form,
    messages,
    options::Options,
    phase::{Effect, Event, Files, Phase, Trouble},
    transport,
    uploads::{Uploads, transfer::Transfers},
    view::send_status::{next_try_text, notice_text},
};

/// Something that is wrong with a field, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field whose control is marked.
    pub field: Field,
    /// What to do about it.
    pub text: String,
}

/// Everything that the views show.
#[derive(Default)]
pub struct State {
    /// Where the request stands.
    pub phase: Phase,
    /// The files.
    pub uploads: Uploads,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
    /// What was wrong when Send was pressed last. It stays as it is while the person corrects it: what stands above a field must not move
    /// while somebody types in it.
    pub summary: Vec<FieldError>,
    /// What came and was not added, in words.
    pub turned_away: Vec<String>,
    /// How many files were chosen beyond the limit of their number.
    pub beyond: usize,
    /// Whether the reference was copied.
    pub copied: bool,
    /// Whether a receipt is drawn up while the request is on its way: once what the person sees first was drawn.
    pub draws_up: bool,
    /// How often a text was changed. The texts themselves stay in their controls; this tells the views to look.
    pub edits: u32,
}

impl State {
    /// The notice of the phase, in words.
    fn notice(&self, site_name: &str) -> Option<String> {
        notice_text(&self.phase, self.files(), site_name)
    }

    /// As at the beginning; the page is still the same.
    fn start_over(&mut self) {
        let mut uploads = mem::take(&mut self.uploads);
        uploads.clear();
        *self = Self {
            uploads,
            ..Self::default()
        };
    }

    /// The receipt. While the request is on its way, one that looks like it and that nobody sees: then most of it is compiled, drawn up and
    /// measured when the answer comes.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        match &self.phase {
            Phase::Sent(receipt) => Some(receipt.clone()),
            Phase::Sending { .. } if self.draws_up => Some(Receipt {
                reference: "CD-0000-0000".to_owned(),
                received_at: "2000-01-01".to_owned(),
                answer_by: None,
                status_url: None,
                mail: None,
            }),
            _ => None,
        }
    }

    /// How the files stand, those included that have no place in the list.
    #[must_use]
    pub fn files(&self) -> Files {
        let files = self.uploads.files();
        Files {
            left_out: files.left_out + self.beyond,
            ..files
        }
    }
}

/// The state of the panel and what belongs to it. Copies are the same session.
///
/// One signal for all: the panel is small, a view that is rendered anew changes only what differs, and each further type of signal costs
/// a kilobyte of WebAssembly.
#[derive(Clone, Copy)]
pub struct Session {
    state: RwSignal<State>,
    page: StoredValue<Rc<Page>, LocalStorage>,
}

/// What belongs to the document and never changes, or is nobody's to watch.
struct Page {
    form: Form,
    options: Options,
    transfers: Transfers,
    /// The request whose fate is unknown, because no answer came.
    unanswered: RefCell<Option<Unanswered>>,
    /// It is sent as it was, after a reload, until the person changes something.
    resumes: Cell<bool>,
    /// Whether the draft says that the request is to be sent.
    pending: Cell<bool>,
    /// The uploads as the draft has them.
    noted_uploads: RefCell<String>,
    /// Work that was done for the next attempt.
    proof: RefCell<Option<String>>,
    /// The person has decided to send without it.
    skips_work: Cell<bool>,
    /// Whether sending was rehearsed.
    rehearsed: Cell<bool>,
    /// Stops the work that is being done.
    stop_work: RefCell<Option<Function>>,
    /// The notice that was said last.
    said: RefCell<Option<String>>,
    countdown: Cell<i32>,
    busy: Cell<bool>,
}

impl Session {
    /// A session for the adopted form.
    #[must_use]
    pub fn new(form: Form) -> Self {
        let options = Options::of(&form.element);
        let page = Page {
            form,
            options,
            transfers: Transfers::default(),
            unanswered: RefCell::default(),
            resumes: Cell::new(false),
            pending: Cell::new(false),
            noted_uploads: RefCell::default(),
            proof: RefCell::default(),
            skips_work: Cell::new(false),
            rehearsed: Cell::new(false),
            stop_work: RefCell::default(),
            said: RefCell::default(),
            countdown: Cell::new(0),
            busy: Cell::new(false),
        };
        let mut state = State::default();
        // Below 2³¹, so the cast keeps everything.
        let random = (js_sys::Math::random() * f64::from(1_u32 << 31)) as u32;
        state.uploads.number_from(random);
        Self {
            state: RwSignal::new(state),
            page: StoredValue::new_local(Rc::new(page)),
        }
    }

    /// Reads the state; a view that does so is rendered anew when the state changes.
    pub fn read<T>(self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read())
    }

    /// Reads the state as it is now.
    fn peek<T>(self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read_untracked())
    }

    /// Changes the state and renders what shows it.
    pub fn change<T>(self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write())
    }

    fn page(&self) -> Rc<Page> {
        self.page.get_value()
    }

    /// The adopted form.
    #[must_use]
    pub fn form(&self) -> Form {
        self.page().form.clone()
    }

    /// What the document says about the site.
    #[must_use]
    pub fn options(&self) -> Options {
        self.page().options.clone()
    }

    /// Where uploads are created.
    #[must_use]
    pub fn uploads_url(&self) -> String {
        ["/v1/sites/", &self.page().options.site, "/uploads"].concat()
    }

    /// Whether the person believes the request to be on its way. Everything else is kept: nobody is held back for it.
    #[must_use]
    pub fn is_sending(self) -> bool {
        self.peek(|state| state.phase.is_busy())
    }

    /// Takes an event, moves to the next phase and does what that demands.
    pub fn dispatch(self, event: Event) {
        let before = self.peek(|state| state.phase.clone());
        let (after, effects) = before.clone().next(event);
        if after != before {
            self.change(|state| state.phase = after);
        }
        for effect in effects {
            self.carry_out(effect);
        }
        self.say_notice();
        self.tell_busy();
        self.tell_pending();
    }

    /// Says the notice once to those who do not see it.
    fn say_notice(self) {
        let page = self.page();
        let notice = self.peek(|state| state.notice(&page.options.site_name));
        if page.said.replace(notice.clone()) == notice {
            return;
        }
        let Some(notice) = notice else { return };
        // Who waits for minutes is told how many, once.
        let next = self.peek(|state| match state.phase {
            Phase::Retrying {
                seconds_left,
                trouble: Trouble::TooMany,
                ..
            } => next_try_text(seconds_left),
            _ => String::new(),
        });
        announce("request", [notice.as_str(), &next].join(" ").trim_end());
    }

    fn carry_out(self, effect: Effect) {
        let page = self.page();
        match effect {
            Effect::ShowViolations(violations) => self.show_violations(&violations),
            Effect::Send => self.send(),
            Effect::RetryFiles => self.retry_stopped_uploads(),
            Effect::RenewIdentity => self.renew_identity(),
            Effect::Work => self.work(),
            Effect::StopWork => self.stop_work(),
            Effect::SkipWork => page.skips_work.set(true),
            Effect::CountSecond => self.count_second(),
            Effect::RenewKey => draft::renew_key(),
            Effect::ShowReceipt => {
                if let Phase::Sent(receipt) = self.peek(|state| state.phase.clone()) {
                    messages::post_sent(&receipt.reference);
                }
                draft::done();
                page.skips_work.set(false);
                // The heading says it; "Sending" must not stay behind.
                fall_silent();
                // The heading can take the focus once the views have shown it.
                transport::after(0, Box::new(|| focus("receipt-title")));
            }
            Effect::StartOver => {
                page.form.clear();
                self.start_over();
            }
        }
    }

    /// By the clock: browsers let the timers of pages sleep that nobody looks at.
    fn count_second(self) {
        let page = self.page();
        let began_ms = js_sys::Date::now();
        let tick = move || {
            // A clock that was set back still counts one; a page cannot sleep for so long that the cast would lose anything.
            let passed_s = ((js_sys::Date::now() - began_ms) / 1000.0).max(1.0) as u32;
            self.dispatch(Event::SecondsPassed(passed_s));
        };
        transport::cancel(page.countdown.get());
        page.countdown.set(transport::after(1, Box::new(tick)));
    }

    fn files(self) -> Files {
        self.peek(State::files)
    }

    fn tell_busy(self) {
        let page = self.page();
        let busy = self.peek(|state| state.phase.is_busy()) || self.files().on_their_way > 0;
        if page.busy.replace(busy) != busy {
            messages::post_busy(busy);
        }
    }
}
