//! What staff chose where something, or nothing, was suggested. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is decided about a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    /// Its category.
    Category,
    /// Its priority.
    Priority,
}

impl Facet {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Category, Self::Priority];

    /// The name in the database and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Priority => "priority",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|facet| facet.as_str() == name)
    }
}

/// A decision about one facet of a ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// What was suggested, if anything.
    pub suggested: Option<String>,
    /// How sure that was.
    pub percent: Option<u8>,
    /// What staff chose; none: that there is none.
    pub chosen: Option<String>,
}

/// How many tickets had the same decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tallied {
    /// What was decided.
    pub facet: Facet,
    /// What was suggested, if anything.
    pub suggested: Option<String>,
    /// What staff chose.
    pub chosen: Option<String>,
    /// How many.
    pub tickets: u64,
}

/// How good suggestions were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Accuracy {
    /// Tickets about which staff decided.
    pub decided: u64,
    /// … where something was suggested.
    pub suggested: u64,
    /// … and staff chose that.
    pub taken: u64,
    /// … and staff chose something else.
    pub changed: u64,
    /// … where nothing was suggested.
    pub silent: u64,
}

impl Accuracy {
    fn add(&mut self, tallied: &Tallied) {
        let count = tallied.tickets;
        self.decided += count;
        match &tallied.suggested {
            None => self.silent += count,
            Some(_) if tallied.suggested == tallied.chosen => {
                self.suggested += count;
                self.taken += count;
            }
            Some(_) => {
                self.suggested += count;
                self.changed += count;
            }
        }
    }

    /// Of a hundred suggestions so many were taken; nothing where there was none.
    #[must_use]
    pub const fn percent_taken(&self) -> Option<u64> {
        (self.taken * 100 + self.suggested / 2).checked_div(self.suggested)
    }
}

/// How good suggestions were, in all and by the class that staff chose (`none`: that there is none).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Over all classes.
    pub all: Accuracy,
    /// By class.
    pub classes: BTreeMap<String, Accuracy>,
}

/// A report for each facet.
#[must_use]
pub fn reports(tallied: &[Tallied]) -> BTreeMap<Facet, Report> {
    let mut reports: BTreeMap<Facet, Report> = BTreeMap::new();
    for facet in Facet::ALL {
        reports.insert(facet, Report::default());
    }
    for tallied in tallied {
        let report = reports.entry(tallied.facet).or_default();
        report.all.add(tallied);
        let class = tallied.chosen.as_deref().unwrap_or("none").to_owned();
        report.classes.entry(class).or_default().add(tallied);
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tallied(suggested: Option<&str>, chosen: Option<&str>, tickets: u64) -> Tallied {
        Tallied {
            facet: Facet::Priority,
            suggested: suggested.map(str::to_owned),
            chosen: chosen.map(str::to_owned),
            tickets,
        }
    }

    #[test]
    fn a_report_says_how_often_it_was_taken_changed_and_silent() {
        let reports = reports(&[
            tallied(Some("S1"), Some("S1"), 7),
            tallied(Some("S1"), Some("S2"), 2),
            tallied(Some("S3"), None, 1),
            tallied(None, Some("S2"), 5),
        ]);
        let report = &reports[&Facet::Priority];
        let all = Accuracy {
            decided: 15,
            suggested: 10,
            taken: 7,
            changed: 3,
            silent: 5,
        };
        assert_eq!(report.all, all);
        assert_eq!(report.all.percent_taken(), Some(70));
        assert_eq!(report.classes["S2"].changed, 2);
        assert_eq!(report.classes["none"].changed, 1);
        assert_eq!(reports[&Facet::Category].all.percent_taken(), None);
    }
}
