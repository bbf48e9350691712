//! What staff find out about a ticket: a fact, and what follows from it for the messages that the policy asks for.

use cornerdesk_shared::validation::clean_text;
use jiff::Timestamp;

use super::{Refused, moments_of, policy_of, write};
use crate::{
    handling,
    policies::Policies,
    store::{self, Tx},
    ticket::{
        Fact, Ticket,
        findings::{Findings, Reproduced, Workaround},
    },
};

/// Longest workaround and cause: a page of text. More belongs into an article.
pub const TEXT_MOST_CHARS: usize = 4_000;
/// The moment at which a policy may ask for a message.
const WORKAROUND_FOUND: &str = "workaround_found";

/// What somebody found out. What is absent stays as it was; an empty text is none any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Whether it happens again.
    pub reproduced: Option<Reproduced>,
    /// A way around it.
    pub workaround: Option<String>,
    /// Whether the requester reads the workaround on the page of their request.
    pub shows_workaround: Option<bool>,
    /// The cause, or `unknown`.
    pub root_cause: Option<String>,
}

impl Found {
    /// The fact, with only what is new; nothing where all of it is known.
    ///
    /// # Errors
    /// When a text is too long, or there is no workaround that could be shown.
    fn fact(self, known: &Findings, by: &str) -> Result<Option<Fact>, Refused> {
        let reproduced = self.reproduced.filter(|it| known.reproduced != Some(*it));
        let before = known.workaround.clone().unwrap_or(Workaround {
            text: String::new(),
            is_shown: false,
        });
        let text = self.workaround.as_deref().map(clean_text);
        let text = text.unwrap_or_else(|| before.text.clone());
        // Words that nobody has marked for the requester are for colleagues.
        let is_shown = self.shows_workaround.unwrap_or(before.is_shown) && !text.is_empty();
        if self.shows_workaround == Some(true) && !is_shown && self.workaround.is_none() {
            return Err(Refused::NothingToShow);
        }
        let workaround = Workaround { text, is_shown };
        let cause_before = known.root_cause.clone().unwrap_or_default();
        let root_cause = self.root_cause.as_deref().map(clean_text);
        let workaround = Some(workaround).filter(|it| *it != before);
        let root_cause = root_cause.filter(|cause| *cause != cause_before);
        let texts = [
            workaround.as_ref().map(|it| it.text.as_str()),
            root_cause.as_deref(),
        ];
        let is_long = |text: &str| text.chars().count() > TEXT_MOST_CHARS;
        if texts.into_iter().flatten().any(is_long) {
            return Err(Refused::TooLong);
        }
        let is_new = reproduced.is_some() || workaround.is_some() || root_cause.is_some();
        Ok(is_new.then(|| Fact::Found {
            reproduced,
            workaround,
            root_cause,
            by: by.to_owned(),
        }))
    }
}

/// Writes down what was found out. A first workaround is also the moment at which some policies ask for a message. `false` when all of it was known.
///
/// # Errors
/// [`Refused`]; then nothing is written.
pub async fn found(
    tx: &mut Tx,
    policies: &Policies,
    ticket: &Ticket,
    found: Found,
    by: &str,
    now: Timestamp,
) -> Result<bool, Refused> {
    let ticket = &handling::locked(tx, ticket).await?;
    let timeline = store::timeline::list(tx, &ticket.site, ticket.id).await?;
    let known = Findings::of(&timeline);
    let Some(fact) = found.fact(&known, by)? else {
        return Ok(false);
    };
    let is_first = matches!(&fact, Fact::Found { workaround: Some(it), .. } if !it.text.is_empty())
        && known.workaround.is_none();
    let mut facts = vec![fact];
    if is_first
        && let Some(policy) = policy_of(tx, policies, ticket, &timeline).await?
        && moments_of(&policy, ticket.priority.as_deref())
            .iter()
            .any(|moment| moment == WORKAROUND_FOUND)
    {
        facts.push(Fact::MomentCame {
            moment: WORKAROUND_FOUND.to_owned(),
            by: by.to_owned(),
        });
    }
    write(tx, policies, ticket, &facts, now).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Findings {
        Findings {
            reproduced: Some(Reproduced::No),
            workaround: Some(Workaround {
                text: "Use the old export".to_owned(),
                is_shown: false,
            }),
            root_cause: Some("a race".to_owned()),
            closing_reason: None,
        }
    }

    #[test]
    fn what_is_said_again_is_no_fact() {
        let again = Found {
            reproduced: Some(Reproduced::No),
            workaround: Some(" Use the old export\r\n".to_owned()),
            shows_workaround: Some(false),
            root_cause: Some("a race".to_owned()),
        };
        assert_eq!(again.fact(&known(), "Sam").unwrap(), None);
        assert_eq!(Found::default().fact(&known(), "Sam").unwrap(), None);
    }

    #[test]
    fn a_workaround_is_for_colleagues_until_somebody_shows_it() {
        let only_shown = Found {
            shows_workaround: Some(true),
            ..Found::default()
        };
        let fact = only_shown.clone().fact(&known(), "Sam").unwrap();
        let Some(Fact::Found {
            reproduced: None,
            workaround: Some(shown),
            root_cause: None,
            ..
        }) = fact
        else {
            panic!("{fact:?}");
        };
        assert!(shown.is_shown && shown.text == "Use the old export");
        let nothing = only_shown.fact(&Findings::default(), "Sam");
        assert!(matches!(nothing, Err(Refused::NothingToShow)));
        let written = Found {
            workaround: Some("Another one".to_owned()),
            ..Found::default()
        };
        let fact = written.fact(&Findings::default(), "Sam").unwrap();
        assert!(
            matches!(&fact, Some(Fact::Found { workaround: Some(it), .. }) if !it.is_shown),
            "{fact:?}"
        );
    }

    #[test]
    fn an_empty_text_takes_it_back_and_a_long_one_is_refused() {
        let of = |text: String| Found {
            workaround: Some(text.clone()),
            root_cause: Some(text),
            ..Found::default()
        };
        let fact = of(String::new()).fact(&known(), "Sam").unwrap();
        assert!(
            matches!(&fact, Some(Fact::Found { workaround: Some(it), root_cause: Some(cause), .. }) if it.text.is_empty() && cause.is_empty()),
            "{fact:?}"
        );
        assert!(
            of("ä".repeat(TEXT_MOST_CHARS))
                .fact(&known(), "Sam")
                .is_ok()
        );
        let long = of("ä".repeat(TEXT_MOST_CHARS + 1)).fact(&known(), "Sam");
        assert!(matches!(long, Err(Refused::TooLong)));
    }
}
