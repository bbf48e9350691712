//! Categories, priorities, plans, channels, notice periods and forms (rules P-1, P-3).

use jiff::{Span, civil::Date};

use super::Policy;

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What it means.
    pub definition: Option<String>,
    /// Whether response times hold for it.
    pub covered: bool,
    /// Not a ticket at all: the address where such requests go.
    pub redirect: Option<String>,
    /// Whether the form shows it.
    pub offered: bool,
}

/// How urgent a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priority {
    /// Its id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// 1 is the most urgent.
    pub rank: i64,
    /// `vendor` or `vendor_only`.
    pub assigned_by: Option<String>,
    /// What it means.
    pub definition: Option<String>,
    /// How hard is worked on it; no clock.
    pub effort: Option<String>,
    /// What it is for instance.
    pub examples: Vec<String>,
}

/// What a customer has bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Former names.
    pub aliases: Vec<String>,
    /// Whether it is paid for, where the policy says so.
    pub paid: Option<bool>,
    pub(super) calendar: Option<usize>,
}

impl Plan {
    /// **P-3**
    #[must_use]
    pub fn is_called(&self, named: &str) -> bool {
        let named = named.trim().to_lowercase();
        let names = [&self.id, &self.title].into_iter().chain(&self.aliases);
        names.into_iter().any(|name| name.to_lowercase() == named)
    }
}

/// A way to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Where it leads.
    pub address: Option<String>,
    /// The plans that are entitled to it; nothing for all of them.
    pub plans: Option<Vec<String>>,
    /// Whether response times hold for it.
    pub guaranteed: bool,
    /// Whether it is offered to people.
    pub offered: bool,
}

/// What a request on a channel may expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The plan has this channel.
    pub entitled: bool,
    /// Response times hold there.
    pub guaranteed: bool,
}

/// Notice periods, counted from the written notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// Months until something may be deprecated.
    pub notice_months: i64,
    /// Months for which it is still supported.
    pub support_months: i64,
    /// The notice is in writing.
    pub in_writing: bool,
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its name.
    pub id: String,
    /// The words of its button.
    pub submit_label: Option<String>,
    /// Its fields in their order.
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its id.
    pub id: String,
    /// What people read.
    pub label: String,
    /// Whether it must be filled in, where the policy says so.
    pub required: Option<bool>,
    /// Whether it takes several values.
    pub multiple: bool,
}

impl Policy {
    /// What a request of a plan on a channel may expect; nothing for a channel that the policy does not know.
    #[must_use]
    pub fn channel(&self, plan: Option<&str>, channel: &str) -> Option<Entitlement> {
        let channel = self.find_channel(channel)?;
        let plan = plan.and_then(|named| self.plan(named));
        let entitled = match &channel.plans {
            None => true,
            Some(plans) => plan.is_some_and(|plan| plans.contains(&plan.id)),
        };
        Some(Entitlement {
            entitled,
            guaranteed: channel.guaranteed,
        })
    }

    /// **P-1**: the first day on which something may be deprecated after a notice.
    #[must_use]
    pub fn earliest_deprecation(&self, notice: Date) -> Option<Date> {
        months_after(notice, self.deprecation?.notice_months)
    }

    /// **P-1**: until when it is supported at least.
    #[must_use]
    pub fn supported_until(&self, notice: Date) -> Option<Date> {
        months_after(notice, self.deprecation?.support_months)
    }
}

/// **P-1**: calendar months, clamped to the last day of the month.
fn months_after(date: Date, months: i64) -> Option<Date> {
    date.checked_add(Span::new().try_months(months).ok()?).ok()
}
