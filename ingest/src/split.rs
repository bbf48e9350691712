//! Several requests in one submission become several tickets. Pure but for [`making`] and [`family`].
//!
//! What is split off gets a reference and a clock of its own, from the original receipt and under the same terms; what is not split off stays
//! where it is. A suggestion where the parts may be is [`numbered::parts`]; nothing is split by itself.

pub mod family;
pub mod making;
pub mod numbered;

use std::collections::BTreeSet;

use cornerdesk_shared::{
    limits::Limits,
    validation::{clean_line, clean_text},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Most parts of one splitting.
pub const PARTS_MOST: usize = 20;

/// A request that gets a ticket of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// One line.
    pub summary: String,
    /// Plain text.
    #[serde(default)]
    pub description: String,
    /// Key of a category of the policy; that of the whole where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Which attachments of the whole belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Uuid>,
}

/// Why parts cannot be tickets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartFault {
    /// There is none, or too many.
    #[error("a ticket is split into 1 to {PARTS_MOST} further ones, and these are {0}")]
    Count(usize),
    /// A part has no summary.
    #[error("part {0} has no summary: one line that says what it is about")]
    NoSummary(usize),
    /// A text is too long.
    #[error("the {what} of part {part} is longer than {most} characters")]
    TooLong {
        /// Which part, from 1.
        part: usize,
        /// Which text.
        what: &'static str,
        /// How long it may be.
        most: u32,
    },
    /// Two parts say the same.
    #[error("parts {0} and {1} are the same")]
    Twice(usize, usize),
    /// An attachment is not one of the ticket.
    #[error("part {0} names an attachment that the ticket does not have: {1}")]
    UnknownAttachment(usize, Uuid),
    /// The policy does not know a category, or people are told to go elsewhere with it.
    #[error("part {0} names a category that a ticket of this policy cannot have: {1}")]
    UnknownCategory(usize, String),
}

/// Parts as they become tickets: cleaned, and checked against the ticket that they are of.
///
/// # Errors
/// Everything that is wrong with them.
pub fn checked(
    parts: &[Part],
    attachments: &BTreeSet<Uuid>,
    is_category: impl Fn(&str) -> bool,
) -> Result<Vec<Part>, Vec<PartFault>> {
    let limits = Limits::default();
    let mut faults = Vec::new();
    if parts.is_empty() || parts.len() > PARTS_MOST {
        return Err(vec![PartFault::Count(parts.len())]);
    }
    let mut cleaned: Vec<Part> = Vec::with_capacity(parts.len());
    for (number, part) in (1..).zip(parts) {
        let part = Part {
            summary: clean_line(&part.summary),
            description: clean_text(&part.description),
            attachments: once_each(&part.attachments),
            ..part.clone()
        };
        if part.summary.is_empty() {
            faults.push(PartFault::NoSummary(number));
        }
        for (what, text, most) in [
            ("summary", &part.summary, limits.summary_chars),
            ("description", &part.description, limits.description_chars),
        ] {
            if text.chars().count() > most as usize {
                faults.push(PartFault::TooLong {
                    part: number,
                    what,
                    most,
                });
            }
        }
        let unknown = |id: &&Uuid| !attachments.contains(id);
        faults.extend(
            (part.attachments.iter().filter(unknown))
                .map(|id| PartFault::UnknownAttachment(number, *id)),
        );
        if let Some(category) = part.category.as_deref().filter(|id| !is_category(id)) {
            faults.push(PartFault::UnknownCategory(number, category.to_owned()));
        }
        if let Some(other) = cleaned.iter().position(|other| *other == part) {
            faults.push(PartFault::Twice(other + 1, number));
        }
        cleaned.push(part);
    }
    if faults.is_empty() {
        Ok(cleaned)
    } else {
        Err(faults)
    }
}

/// Without repetitions, in the order in which they were named first.
fn once_each(attachments: &[Uuid]) -> Vec<Uuid> {
    let mut seen = BTreeSet::new();
    let ids = attachments.iter().copied();
    ids.filter(|id| seen.insert(*id)).collect()
}

/// By which the same splitting is known again.
#[must_use]
pub fn fingerprint(parts: &[Part]) -> [u8; 32] {
    let json = serde_json::to_vec(parts).unwrap_or_default();
    Sha256::digest(json).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(summary: &str) -> Part {
        Part {
            summary: summary.to_owned(),
            ..Part::default()
        }
    }

    fn faults(parts: &[Part]) -> Vec<PartFault> {
        let known = BTreeSet::from([Uuid::from_u128(1)]);
        checked(parts, &known, |id| id == "defect").expect_err("faults")
    }

    #[test]
    fn parts_are_cleaned() {
        let parts = [Part {
            description: "a\r\nb".to_owned(),
            attachments: vec![Uuid::from_u128(1)],
            category: Some("defect".to_owned()),
            ..part("  Two\nlines ")
        }];
        let known = BTreeSet::from([Uuid::from_u128(1)]);
        let cleaned = checked(&parts, &known, |id| id == "defect").expect("no fault");
        assert_eq!(
            (cleaned[0].summary.as_str(), cleaned[0].description.as_str()),
            ("Two lines", "a\nb")
        );
    }

    #[test]
    fn an_attachment_that_is_named_twice_belongs_to_the_part_once() {
        let [first, second] = [2, 1].map(Uuid::from_u128);
        let known = BTreeSet::from([first, second]);
        let with = |attachments: &[Uuid]| {
            let attachments = attachments.to_vec();
            let part = Part {
                attachments,
                ..part("a")
            };
            checked(&[part], &known, |_| true).expect("no fault")
        };
        let cleaned = with(&[first, second, first, second]);
        assert_eq!(cleaned[0].attachments, [first, second]);
        assert_eq!(fingerprint(&cleaned), fingerprint(&with(&[first, second])));
    }

    #[test]
    fn all_faults_are_said_at_once() {
        assert_eq!(faults(&[]), [PartFault::Count(0)]);
        assert_eq!(faults(&vec![part("a"); 21]), [PartFault::Count(21)]);
        let strange = Part {
            attachments: vec![Uuid::from_u128(2)],
            category: Some("nothing".to_owned()),
            ..part(&"x".repeat(201))
        };
        assert_eq!(
            faults(&[part(" "), strange, part("a"), part("a")]),
            [
                PartFault::NoSummary(1),
                PartFault::TooLong {
                    part: 2,
                    what: "summary",
                    most: 200
                },
                PartFault::UnknownAttachment(2, Uuid::from_u128(2)),
                PartFault::UnknownCategory(2, "nothing".to_owned()),
                PartFault::Twice(3, 4),
            ]
        );
    }

    #[test]
    fn the_same_parts_have_one_fingerprint() {
        assert_eq!(fingerprint(&[part("a")]), fingerprint(&[part("a")]));
        assert_ne!(fingerprint(&[part("a")]), fingerprint(&[part("b")]));
        assert_ne!(
            fingerprint(&[part("a"), part("b")]),
            fingerprint(&[part("b"), part("a")])
        );
    }
}
