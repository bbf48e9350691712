//! Whom staff's notices go to. Pure.
//!
//! An operator writes routes down: addresses, and which notices they are for. Somebody whom several routes name gets one mail.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::agenda::What;

/// A way of telling somebody. Further ones are destinations: whoever adds one adds an arm, and the check of the clock tells it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlet {
    /// A mail to each address of the routes.
    Mail,
}

impl Outlet {
    /// Every way.
    pub const ALL: [Self; 1] = [Self::Mail];
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// So much of the time for the first response is used up.
    Warning,
    /// The first response is late, or late no longer.
    Breach,
    /// A ticket has one of the two top priorities.
    Urgent,
    /// The requester is to hear something.
    Update,
    /// A step of the work is to take up a ticket.
    Step,
}

impl Topic {
    /// What `what` is about.
    #[must_use]
    pub const fn of(what: &What) -> Self {
        match what {
            What::Warning { .. } => Self::Warning,
            What::Breach { .. } | What::TakenBack { .. } => Self::Breach,
            What::Urgent { .. } => Self::Urgent,
            What::UpdateDue { .. } | What::Duty { .. } => Self::Update,
            What::Step { .. } => Self::Step,
        }
    }
}

/// `[[notify.routes]]`: whom to tell what. What is absent is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Addresses.
    pub to: Vec<String>,
    /// Key of the site.
    #[serde(default)]
    pub site: Option<String>,
    /// Topics.
    #[serde(default)]
    pub about: Option<Vec<Topic>>,
    /// Keys of priorities.
    #[serde(default)]
    pub priorities: Option<Vec<String>>,
    /// Numbers of steps; notices of other steps do not go here.
    #[serde(default)]
    pub steps: Option<Vec<i64>>,
    /// `true`: outside the hours of the policy only, as for those on call; `false`: in them only.
    #[serde(default)]
    pub out_of_hours: Option<bool>,
}

/// A notice, as far as it decides who gets it.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The site's key.
    pub site: &'a str,
    /// The ticket's priority.
    pub priority: Option<&'a str>,
    /// What there is to tell.
    pub what: &'a What,
    /// Whether it is outside the hours of the policy, where it says when they are.
    pub is_out_of_hours: Option<bool>,
    /// People of ours whom the ticket's account names.
    pub contacts: &'a [String],
}

impl Route {
    fn takes(&self, occasion: &Occasion<'_>) -> bool {
        let is_site = self
            .site
            .as_deref()
            .is_none_or(|site| site == occasion.site);
        let topic = Topic::of(occasion.what);
        let is_topic = self
            .about
            .as_ref()
            .is_none_or(|topics| topics.contains(&topic));
        let is_priority = self.priorities.as_ref().is_none_or(|priorities| {
            let own = occasion.priority;
            own.is_some_and(|own| priorities.iter().any(|priority| priority == own))
        });
        let is_step = match (&self.steps, occasion.what) {
            (None, _) => true,
            (Some(steps), What::Step { step, .. }) => steps.contains(step),
            (Some(_), _) => self.about.is_some(),
        };
        // Where the policy does not say when its hours are, somebody on call is told too: twice is better than never.
        let is_time = match (self.out_of_hours, occasion.is_out_of_hours) {
            (Some(wanted), Some(is_out)) => wanted == is_out,
            _ => true,
        };
        is_site && is_topic && is_priority && is_step && is_time
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let bad = self
            .to
            .iter()
            .find(|address| address.parse::<lettre::Address>().is_err());
        if self.to.is_empty() {
            return Some("to: at least one address".to_owned());
        }
        bad.map(|address| format!("to: \"{address}\" is no address such as \"team@example.com\""))
    }
}

/// The addresses that a notice goes to, each once, in order. The people whom an account names hear of the two top priorities.
#[must_use]
pub fn recipients(routes: &[Route], occasion: &Occasion<'_>) -> BTreeSet<String> {
    let taking = routes.iter().filter(|route| route.takes(occasion));
    let mut found: BTreeSet<String> = taking.flat_map(|route| route.to.iter().cloned()).collect();
    if matches!(occasion.what, What::Urgent { .. }) {
        found.extend(occasion.contacts.iter().cloned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agenda::Because;

    fn route(to: &str) -> Route {
        Route {
            to: vec![to.to_owned()],
            ..Route::default()
        }
    }

    fn urgent() -> What {
        What::Urgent {
            priority: "High".to_owned(),
            is_top: true,
            duties: Vec::new(),
        }
    }

    fn step(step: i64) -> What {
        What::Step {
            step,
            title: "Leadership".to_owned(),
            action: None,
            because: Because::Escalated,
        }
    }

    fn told(
        routes: &[Route],
        what: &What,
        priority: &str,
        is_out_of_hours: Option<bool>,
    ) -> Vec<String> {
        let occasion = Occasion {
            site: "acme",
            priority: Some(priority),
            what,
            is_out_of_hours,
            contacts: &["tam@acme.example".to_owned()],
        };
        recipients(routes, &occasion).into_iter().collect()
    }

    #[test]
    fn those_on_call_are_told_outside_hours_and_when_nobody_knows_the_hours() {
        let on_call = Route {
            about: Some(vec![Topic::Urgent]),
            priorities: Some(vec!["high".to_owned()]),
            out_of_hours: Some(true),
            ..route("on-call@acme.example")
        };
        let routes = [route("team@acme.example"), on_call];
        let all = [
            "on-call@acme.example",
            "tam@acme.example",
            "team@acme.example",
        ];
        assert_eq!(told(&routes, &urgent(), "high", Some(true)), all);
        assert_eq!(told(&routes, &urgent(), "high", None), all);
        let in_hours = ["tam@acme.example", "team@acme.example"];
        assert_eq!(told(&routes, &urgent(), "high", Some(false)), in_hours);
        assert_eq!(told(&routes, &urgent(), "low", Some(true)), in_hours);
    }

    #[test]
    fn a_route_for_a_step_gets_the_notices_of_that_step_alone() {
        let leadership = Route {
            steps: Some(vec![4]),
            ..route("leadership@acme.example")
        };
        let routes = [leadership];
        assert_eq!(
            told(&routes, &step(4), "S1", None),
            ["leadership@acme.example"]
        );
        assert!(told(&routes, &step(3), "S1", None).is_empty());
        assert_eq!(told(&routes, &urgent(), "S1", None), ["tam@acme.example"]);
    }

    #[test]
    fn a_route_of_another_site_is_not_taken_and_nobody_is_told_twice() {
        let other = Route {
            site: Some("second".to_owned()),
            ..route("other@acme.example")
        };
        let routes = [
            other,
            route("team@acme.example"),
            route("team@acme.example"),
        ];
        assert_eq!(told(&routes, &step(1), "S1", None), ["team@acme.example"]);
    }

    #[test]
    fn an_address_that_is_none_is_found() {
        assert!(route("team at acme").fault().is_some());
        assert!(Route::default().fault().is_some());
        assert!(route("team@acme.example").fault().is_none());
    }
}
