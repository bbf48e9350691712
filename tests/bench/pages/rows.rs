//! What a company with some sites has after three years, as rows of the tables.

use cornerdesk_ingest::{
    message::{Kind, Via},
    search,
    ticket::{Fact, Status, terms::Terms},
};
use cornerdesk_shared::reference::Reference;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    filling::{Cell, Rows, Table},
    texts::{Chance, Tongue, address, text, word},
};

/// The sites, and how many of a thousand tickets each has.
pub const SITES: [(&str, usize); 6] = [
    ("acme", 500),
    ("beta", 200),
    ("gamma", 150),
    ("delta", 80),
    ("epsilon", 50),
    ("zeta", 20),
];
/// Whose texts have other words.
const SITE_OF_THE_SECOND_TONGUE: &str = "gamma";
/// People of staff, beside those who sign in.
pub const STAFF: usize = 12;
/// Colleagues who see two sites each and have no ticket: the page of a ticket says who can have it.
const OTHERS: usize = 188;
/// How far the tickets reach back.
const SPAN_S: i64 = 3 * 365 * 86_400;
/// Words about which something was learned, at each site.
const WORDS_LEARNED: usize = 3_000;
/// Nothing is due.
const NEVER: i64 = i64::MAX;
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A tag that few tickets have, and one that a quarter of all that have any.
pub const RARE_TAG: &str = "board-asked";
/// See [`RARE_TAG`].
pub const COMMON_TAG: &str = "tag0";

/// A ticket, as far as pages are asked for it.
#[derive(Clone, Debug)]
pub struct Made {
    pub site: &'static str,
    pub id: Uuid,
    pub reference: String,
    pub email: String,
    pub description: String,
    pub received_at: i64,
    /// Where it is in the queue; nothing where it is not in it.
    pub queue_at: Option<i64>,
}

/// Makes tickets, the oldest first.
#[derive(Debug)]
pub struct Company {
    chance: Chance,
    now: i64,
    count: usize,
    made: usize,
    pieces: i64,
}

/// What was decided about a ticket.
struct Sorted {
    category: Option<&'static str>,
    priority: Option<&'static str>,
    plan: Option<&'static str>,
    assignee: Option<usize>,
    status: Status,
    is_open: bool,
    awaits: Option<&'static str>,
    queue_at: i64,
}

/// Who of staff.
pub fn person(number: usize) -> Uuid {
    Uuid::from_u128(0xa11c_e000 + number as u128)
}

/// What they are called.
pub fn name(number: usize) -> String {
    format!("Colleague {number}")
}

impl Company {
    /// With so many tickets by now.
    pub fn new(count: usize, now: Timestamp) -> Self {
        Self {
            chance: Chance::new(7),
            now: now.as_microsecond(),
            count,
            made: 0,
            pieces: 1_000,
        }
    }

    /// Everything that belongs to the next ticket, and what is known of it; nothing when there are as many as there are to be.
    pub fn next(&mut self, rows: &mut Rows) -> Option<Made> {
        if self.made >= self.count {
            return None;
        }
        let messages = match self.chance.below(100) {
            0..66 => 0,
            66..99 => 1 + self.chance.below(3),
            _ => 4 + self.chance.below(8),
        };
        Some(self.ticket(rows, None, messages, 0))
    }

    /// A ticket about which much was said and done.
    pub fn long(
        &mut self,
        rows: &mut Rows,
        site: &'static str,
        messages: usize,
        others: usize,
    ) -> Made {
        self.ticket(rows, Some(site), messages, others)
    }

    fn ticket(
        &mut self,
        rows: &mut Rows,
        of: Option<&'static str>,
        messages: usize,
        others: usize,
    ) -> Made {
        let chance = &mut self.chance;
        let place = self.made;
        self.made += 1;
        let ago =
            (self.count - place.min(self.count)) as i64 * (SPAN_S * 1_000 / self.count as i64);
        let received_at = self.now - ago * 1_000 - 60 * SECOND;
        let share = chance.below(1_000);
        let mut sum = 0;
        let site = SITES.into_iter().find(|(_, part)| {
            sum += part;
            share < sum
        });
        let site = of.unwrap_or_else(|| site.map_or(SITES[0].0, |(key, _)| key));
        let tongue = if site == SITE_OF_THE_SECOND_TONGUE {
            Tongue::Second
        } else {
            Tongue::First
        };
        let is_alarm = chance.of_thousand(50);
        let sorted = sorted(chance, place, self.count, self.now);
        let made = Made {
            site,
            id: id(chance, received_at),
            reference: reference(place),
            email: address(chance),
            description: text(chance, 25, tongue),
            received_at,
            queue_at: sorted.is_open.then_some(sorted.queue_at),
        };
        let summary = text(chance, 4, tongue);
        let held = (place % 500 == 7).then_some("suspected");
        let snoozed = (sorted.is_open && chance.of_thousand(20)).then_some(self.now + 3 * DAY);
        rows.put(
            Table::Tickets,
            [
                site.into(),
                made.id.into(),
                made.reference.as_str().into(),
                summary.as_str().into(),
                made.description.as_str().into(),
                made.email.as_str().into(),
                "en".into(),
                sorted.category.into(),
                sorted.plan.into(),
                r#"{"page_url":"https://app.example/accounts/17","browser":"Firefox 140 on Windows","viewport":"1440x900","language":"en"}"#.into(),
                sorted.status.as_str().into(),
                held.into(),
                received_at.into(),
                is_alarm.then_some("alarm").into(),
                sorted.priority.into(),
                Cell::Int(1),
                sorted.queue_at.into(),
                sorted.awaits.into(),
                sorted.assignee.map(person).map_or(Cell::Null, Cell::Id),
                snoozed.map_or(Cell::Null, Cell::Int),
            ],
        );
        self.put_piece(
            rows,
            &made,
            made.id,
            [&made.reference, &summary, &made.email, &made.description],
        );
        self.put_story(
            rows,
            &made,
            &summary,
            &sorted,
            (is_alarm, messages, others),
            tongue,
        );
        self.put_what_is_beside(rows, &made, place);
        made
    }

    /// What happened, and what was said.
    fn put_story(
        &mut self,
        rows: &mut Rows,
        made: &Made,
        summary: &str,
        sorted: &Sorted,
        (is_alarm, messages, others): (bool, usize, usize),
        tongue: Tongue,
    ) {
        let mut at = made.received_at;
        let by = name(sorted.assignee.unwrap_or_default());
        let terms = Terms {
            policy_version: Some(1),
            category: sorted.category.map(str::to_owned),
            plan: sorted.plan.map(str::to_owned),
            ..Terms::default()
        };
        let mut facts = vec![
            Fact::Received {
                attachments: 0,
                terms: Some(Box::new(terms)),
            },
            Fact::Acknowledged,
        ];
        if is_alarm {
            facts.push(Fact::Alarm {
                source: "prometheus".to_owned(),
                severity: Some("warning".to_owned()),
                former: None,
            });
        }
        for other in 0..others {
            facts.push(Fact::Tagged {
                tag: format!("tag{other}"),
                by: by.clone(),
            });
        }
        for turn in 0..messages {
            at += 3_600 * SECOND;
            let message = id(&mut self.chance, at);
            let (what, via, author) = match turn % 3 {
                0 => (Kind::Reply, Via::Desk, Some(by.clone())),
                1 => (Kind::Answer, Via::Page, None),
                _ => (Kind::Note, Via::Desk, Some(by.clone())),
            };
            let body = text(&mut self.chance, 15, tongue);
            rows.put(
                Table::Messages,
                [
                    made.site.into(),
                    message.into(),
                    made.id.into(),
                    what.as_str().into(),
                    via.as_str().into(),
                    author.as_deref().into(),
                    body.as_str().into(),
                    at.into(),
                ],
            );
            self.put_piece(
                rows,
                made,
                message,
                [&made.reference, summary, &made.email, &body],
            );
            facts.push(Fact::Wrote {
                message,
                what,
                via,
                by: author,
            });
            if what == Kind::Reply {
                facts.push(Fact::Answered { by: by.clone() });
            }
        }
        if !sorted.is_open {
            facts.push(Fact::StatusChanged {
                to: sorted.status,
                by,
                root_cause: None,
                reason: None,
            });
        }
        for (seq, fact) in facts.iter().enumerate() {
            let data = serde_json::to_string(fact).expect("JSON");
            let seq = i64::try_from(seq + 1).expect("a number");
            rows.put(
                Table::Timeline,
                [
                    made.site.into(),
                    made.id.into(),
                    seq.into(),
                    (made.received_at + seq * SECOND).into(),
                    fact.kind().into(),
                    data.as_str().into(),
                ],
            );
        }
    }

    fn put_what_is_beside(&mut self, rows: &mut Rows, made: &Made, place: usize) {
        let chance = &mut self.chance;
        let (site, ticket) = (made.site, made.id);
        let mut tags = Vec::new();
        if chance.of_thousand(250) {
            tags.push(format!("tag{}", chance.zipf(60)));
        }
        if place % (self.count / 40).max(1) == 11 {
            tags.push(RARE_TAG.to_owned());
        }
        for tag in &tags {
            rows.put(
                Table::Tags,
                [site.into(), ticket.into(), tag.as_str().into()],
            );
        }
        if chance.of_thousand(80) {
            let file = id(chance, made.received_at);
            rows.put(
                Table::Attachments,
                [
                    site.into(),
                    file.into(),
                    ticket.into(),
                    Cell::Int(0),
                    "screenshot.png".into(),
                    "image/png".into(),
                    Cell::Int(123_456),
                    Cell::Digest(file),
                    "blob".into(),
                ],
            );
        }
        let done = made.received_at + SECOND;
        // Its acknowledgement, and its timer: a ticket without one would get one while pages are asked for.
        let (timer, later) = match made.queue_at {
            Some(_) => ("ready", self.now + 30 * DAY),
            None => ("done", done),
        };
        for (kind, state, at, lane) in [
            ("acknowledge", "done", done, "mail"),
            ("check_clock", timer, later, "clock"),
        ] {
            rows.put(
                Table::Jobs,
                [
                    site.into(),
                    id(chance, done).into(),
                    ticket.into(),
                    kind.into(),
                    "{}".into(),
                    state.into(),
                    Cell::Int(1),
                    at.into(),
                    done.into(),
                    lane.into(),
                ],
            );
        }
        let is_running = made.queue_at.is_some_and(|at| at != NEVER);
        let due = made.queue_at.filter(|_| is_running);
        rows.put(
            Table::Clocks,
            [
                site.into(),
                ticket.into(),
                "first_response".into(),
                due.map_or(Cell::Null, Cell::Int),
                if is_running { "running" } else { "met" }.into(),
                Cell::Int(3_600),
                Cell::Int(1),
            ],
        );
    }

    /// Who works there, and what was learned from what they decided.
    pub fn put_what_is_known(rows: &mut Rows) {
        for number in 0..STAFF + OTHERS {
            let sees_all = number < STAFF;
            let (id, email) = (person(number), format!("colleague{number}@acme.example"));
            rows.put(
                Table::Staff,
                [
                    id.into(),
                    email.as_str().into(),
                    name(number).as_str().into(),
                    "nobody signs in".into(),
                    Cell::Int(0),
                    Cell::Int(i64::from(sees_all)),
                ],
            );
            if sees_all {
                continue;
            }
            for place in [number, number + 1] {
                let (site, _) = SITES[place % SITES.len()];
                rows.put(Table::StaffSites, [id.into(), site.into()]);
            }
        }
        for rank in 0..WORDS_LEARNED {
            for (facet, class) in [
                ("category", "incident"),
                ("category", "technical_support"),
                ("category", "billing_or_account"),
                ("priority", "S2"),
                ("priority", "S3"),
            ] {
                for (site, _) in SITES {
                    let decisions = 1_000 / i64::try_from(rank + 1).unwrap_or(1_000) + 1;
                    let word = word(rank, Tongue::First);
                    let row = [
                        site.into(),
                        facet.into(),
                        word.as_str().into(),
                        class.into(),
                        decisions.into(),
                    ];
                    rows.put(Table::Learned, row);
                }
            }
        }
    }

    fn put_piece(&mut self, rows: &mut Rows, made: &Made, piece: Uuid, texts: [&str; 4]) {
        self.pieces += 1;
        let words = search::words(texts).join(" ");
        let keys = [made.site.into(), made.id.into(), piece.into()];
        rows.put_piece(self.pieces, keys, &words);
    }
}

/// What staff have done about it: of the newest sixth a fifth is open.
fn sorted(chance: &mut Chance, place: usize, count: usize, now: i64) -> Sorted {
    let is_open = place * 6 > count * 5 && chance.of_thousand(200);
    let status = match (is_open, chance.below(10)) {
        (true, 0..4) => Status::New,
        (true, 4..8) => Status::Open,
        (true, _) => Status::Waiting,
        (false, 0) => Status::Solved,
        (false, _) => Status::Closed,
    };
    let category = match chance.below(1_000) {
        0..400 => Some("technical_support"),
        400..600 => Some("incident"),
        600..800 => Some("billing_or_account"),
        800..801 => Some("feature_request"),
        _ => None,
    };
    let priority = match chance.below(100) {
        0..2 => Some("S1"),
        2..20 => Some("S2"),
        20..70 => Some("S3"),
        _ => None,
    };
    let plan = match chance.below(10) {
        0..2 => Some("gold"),
        2..8 => Some("silver"),
        _ => None,
    };
    let (awaits, queue_at) = match (is_open, chance.below(10)) {
        (true, 0..5) => (None, now - 2 * DAY + chance.below(864_000) as i64 * SECOND),
        (true, 5..7) => (Some("answer"), now - chance.below(864_000) as i64 * SECOND),
        (true, 7) => (Some("classification"), NEVER),
        _ => (None, NEVER),
    };
    Sorted {
        category,
        priority,
        plan,
        assignee: chance.of_thousand(600).then(|| chance.zipf(STAFF)),
        status,
        is_open,
        awaits,
        queue_at,
    }
}

/// Each once, and in no order.
fn reference(place: usize) -> String {
    let number = (place as u64).wrapping_mul(0x5851_f42d_4c95_7f2d);
    Reference::from_number(number).to_string()
}

/// As the service makes them: version 7.
fn id(chance: &mut Chance, at: i64) -> Uuid {
    let millis = u128::try_from(at / 1_000).unwrap_or_default();
    let random = u128::from(chance.draw());
    let (high, low) = (random >> 52, random & 0x000f_ffff_ffff_ffff);
    Uuid::from_u128(millis << 80 | 0x7 << 76 | high << 64 | 0x8 << 60 | low)
}
