//! What somebody has tried already is a part of their text: whoever works on the ticket reads it where the rest is.

use std::borrow::Cow;

use cornerdesk_shared::{
    submission::{IMPACT_MOST_CHARS, Submission},
    validation::{Code, Field, Violation, clean_text},
};

/// The submission as it is kept: below the description, what was tried, under the question that the form has asked. What is too long stays where
/// it is, and is refused.
///
/// # Errors
/// That it is too long, where the description alone is not and both together are: the person is told at the field that can be shortened.
pub fn in_the_text<'a>(
    submission: &'a Submission,
    question: &str,
    description_most_chars: u32,
) -> Result<Cow<'a, Submission>, Violation> {
    let tried = clean_text(submission.tried.as_deref().unwrap_or_default());
    if tried.is_empty() || tried.chars().count() > IMPACT_MOST_CHARS {
        return Ok(Cow::Borrowed(submission));
    }
    let mut kept = submission.clone();
    let description = clean_text(&kept.description);
    // A description that is missing is still missing.
    if !description.is_empty() {
        let is_too_long = |text: &str| text.chars().count() > description_most_chars as usize;
        kept.description = format!("{description}\n\n{question}\n{tried}");
        if is_too_long(&kept.description) && !is_too_long(&description) {
            return Err(Violation::new(Field::Tried, Code::TooLong));
        }
    }
    kept.tried = None;
    Ok(Cow::Owned(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submission(description: &str, tried: Option<&str>) -> Submission {
        Submission {
            description: description.into(),
            tried: tried.map(str::to_owned),
            ..Submission::default()
        }
    }

    fn kept(description: &str, tried: Option<&str>) -> String {
        let submission = submission(description, tried);
        let kept = in_the_text(&submission, "What have you tried?", 20_000).unwrap();
        kept.description.clone()
    }

    #[test]
    fn what_was_tried_stands_below_the_description_under_its_question() {
        assert_eq!(
            kept("It fails.\n", Some(" A restart. ")),
            "It fails.\n\nWhat have you tried?\nA restart."
        );
        assert_eq!(kept("It fails.", Some("  ")), "It fails.");
        assert_eq!(kept("It fails.", None), "It fails.");
    }

    #[test]
    fn it_is_no_description_where_there_is_none() {
        assert_eq!(kept(" ", Some("A restart.")), " ");
    }

    #[test]
    fn what_is_too_long_is_left_to_be_refused() {
        let long = "ü".repeat(IMPACT_MOST_CHARS + 1);
        let submission = submission("It fails.", Some(&long));
        assert_eq!(
            in_the_text(&submission, "?", 20_000).as_deref(),
            Ok(&submission)
        );
    }

    #[test]
    fn what_does_not_fit_below_the_description_is_said_where_it_can_be_shortened() {
        let description = "ü".repeat(90);
        let both = submission(&description, Some("A restart."));
        let too_long = Violation::new(Field::Tried, Code::TooLong);
        assert_eq!(in_the_text(&both, "?", 100), Err(too_long));
        assert!(in_the_text(&both, "?", 104).is_ok());
        // A description that is too long by itself is what is wrong.
        assert!(in_the_text(&both, "?", 80).is_ok());
    }
}
