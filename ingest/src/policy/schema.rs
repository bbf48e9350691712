//! The keys of a policy and what each of them holds: the schemas `cornerdesk.policy/1` and `cornerdesk.overlay/1` as data.

use super::shape::{
    Key,
    Shape::{ByName, Number, OneOf, Rows, Table, Text, TextOr, Texts, Whole, YesNo},
    may, must,
};

const DURATION: &[Key] = &[
    may("seconds", Whole),
    may("minutes", Whole),
    may("hours", Whole),
    may("business_days", Whole),
    may("civil_days", Whole),
];
/// After how long a step of the work is brought in; the documents do not say, an overlay may.
const AFTER: &[Key] = &[
    may("percent", Whole),
    may("minutes", Whole),
    may("hours", Whole),
];
const END: &[Key] = &[must("time", Text), may("zone", Text), may("day", Whole)];
/// The keys of an inline calendar and of one in a policy.
const CALENDAR: &[Key] = &[
    must("kind", OneOf(&["always", "weekly"])),
    may("zone", Text),
    may("holidays", Text),
    may(
        "windows",
        Rows(&[
            must("days", Texts),
            must("open", TextOr(END)),
            must("close", TextOr(END)),
        ]),
    ),
];

/// The keys of a policy. `order` and `holidays.<set>.names` stand in no file: they are what a file says by its order and its comments.
pub const POLICY: &[Key] = &[
    must("schema", OneOf(&["cornerdesk.policy/1"])),
    may("default_calendar", Text),
    must(
        "policy",
        Table(&[
            must("id", Text),
            must("title", Text),
            may("source", Text),
            may("last_updated", Text),
            may("version_note", Text),
        ]),
    ),
    may(
        "zones",
        ByName(&Table(&[may("label", Text), must("tz", Text)])),
    ),
    may(
        "plans",
        ByName(&Table(&[
            must("title", Text),
            may("aliases", Texts),
            may("calendar", Text),
            may("paid", YesNo),
        ])),
    ),
    may("calendars", ByName(&Table(CALENDAR))),
    may(
        "holidays",
        ByName(&Table(&[
            may("dates", Texts),
            may("file", Text),
            may("names", ByName(&Text)),
        ])),
    ),
    may("received", Table(&[must("calendar", Text)])),
    may(
        "categories",
        ByName(&Table(&[
            must("title", Text),
            may("definition", Text),
            may("sla", YesNo),
            may("redirect", Text),
            may("offered", YesNo),
        ])),
    ),
    may(
        "priorities",
        ByName(&Table(&[
            must("title", Text),
            must("rank", Whole),
            may("assigned_by", OneOf(&["vendor", "vendor_only"])),
            may("definition", Text),
            may("effort", Text),
            may("examples", Texts),
        ])),
    ),
    may(
        "channels",
        ByName(&Table(&[
            must("title", Text),
            may("address", Text),
            may("plans", Texts),
            may("can", Texts),
            may("sla", YesNo),
            may("offered", YesNo),
            may("primary", YesNo),
            may("replies", YesNo),
            may("optional", YesNo),
            may("requires_configuration", YesNo),
        ])),
    ),
    may(
        "targets",
        Rows(&[
            must("metric", OneOf(&["first_response", "resolution"])),
            may("category", Text),
            may("plan", Text),
            may("priority", Text),
            may("received", OneOf(&["inside", "outside"])),
            must("within", Table(DURATION)),
            must("clock", OneOf(&["elapsed", "business"])),
            may("calendar", Text),
        ]),
    ),
    may(
        "recalculation",
        Table(&[must("on_change", OneOf(&["from_received", "from_change"]))]),
    ),
    may("pausing", Table(&[must("first_response", YesNo)])),
    may(
        "checkpoints",
        Rows(&[
            may("priority", Text),
            must("at", Text),
            must("must", Text),
            may("until", Text),
            may("every", Table(DURATION)),
            may("even_without_news", YesNo),
            may("expectation", Text),
        ]),
    ),
    may(
        "workflow",
        Rows(&[
            must("step", Whole),
            must("title", Text),
            may("action", Text),
            may("after", Table(AFTER)),
            may("availability", ByName(&OneOf(&["always", "support_hours"]))),
            may(
                "role",
                ByName(&OneOf(&["available", "default_resolver", "escalated_to"])),
            ),
        ]),
    ),
    may(
        "deprecation",
        Table(&[
            must("notice_months", Whole),
            must("support_months", Whole),
            may("in_writing", YesNo),
        ]),
    ),
    may(
        "form",
        ByName(&Table(&[
            may("submit_label", Text),
            may(
                "fields",
                Rows(&[
                    must("id", Text),
                    must("label", Text),
                    may("step", Whole),
                    may("required", YesNo),
                    may("multiple", YesNo),
                ]),
            ),
        ])),
    ),
    may(
        "scope",
        Table(&[
            may("covers", Texts),
            may("available_to", Text),
            may("first_level", Text),
            may("vendor_level", Text),
            may("customer_duties", Texts),
        ]),
    ),
    may("plans_other", Table(&[may("unlisted", Text)])),
    may(
        "service",
        Table(&[
            may("availability_over_percent", Number),
            may("on_call", Text),
            may("help_center", Text),
        ]),
    ),
    may(
        "delivery",
        Table(&[
            may("sink", Text),
            may("written_only", YesNo),
            may("remote_only", YesNo),
        ]),
    ),
    may(
        "languages",
        Table(&[may("tickets", Texts), may("tutorials_count", Whole)]),
    ),
    may(
        "ticketing",
        Table(&[
            may("reference_number_per_ticket", YesNo),
            may("acknowledge_receipt", YesNo),
            may("may_split_issues", YesNo),
            may("classified_by_severity", YesNo),
            may("handling", Texts),
        ]),
    ),
    may(
        "deflection",
        Table(&[may("offers", Texts), may("gold_only", Texts)]),
    ),
    may(
        "access",
        Table(&[
            may("grant", Text),
            may("purpose", Text),
            may("granted_by", Text),
            may("section", Text),
        ]),
    ),
    may(
        "feedback",
        Table(&[
            may("question", Text),
            may("on_no", Text),
            may("reasons", Texts),
            may("anonymous", YesNo),
            may("thanks", Text),
            may("comments_require_sign_in", YesNo),
            may("alternatives", Texts),
        ]),
    ),
    may(
        "exclusions",
        Table(&[
            may("not_covered", Texts),
            may("times_depend_on", Texts),
            may("custom_contracts", YesNo),
            may("no_guarantee_of_fix", YesNo),
        ]),
    ),
    may("order", ByName(&Texts)),
];

/// The keys that an overlay has of its own.
pub const OVERLAY: &[Key] = &[
    must("schema", OneOf(&["cornerdesk.overlay/1"])),
    must("extends", Text),
    must("name", Text),
    must("basis", OneOf(&["assumption", "contract", "test"])),
    must("because", Text),
];

/// The keys of a holiday file.
pub const HOLIDAYS: &[Key] = &[must("dates", Texts)];
