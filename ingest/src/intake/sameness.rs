//! What makes two submissions the same. Pure.

use cornerdesk_shared::submission::Submission;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Accepted, Refused};
use crate::store::{
    idempotency::{Fingerprint, Known},
    uploads::Upload,
};

/// What the key of a submission with this fingerprint means, when it belongs to a submission that was settled.
pub(super) fn meaning_of(
    known: Option<Known>,
    fingerprint: &Fingerprint,
) -> Option<Result<Accepted, Refused>> {
    known.map(|known| {
        if known.fingerprint == *fingerprint {
            Ok(Accepted::Replayed(known.receipt))
        } else {
            Err(Refused::KeyReused)
        }
    })
}

/// The key for a submission that came with the key of another: the same for the same submission.
#[must_use]
pub fn key_of_edited(key: &str, submission: &Submission, files: &[Upload]) -> String {
    let both = Sha256::digest(json!([key, fingerprint(submission, files)]).to_string());
    format!(
        "edited-{}",
        both.iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    )
}

/// What makes two submissions the same: every field as it was sent, and every file by name and content.
pub(super) fn fingerprint(submission: &Submission, files: &[Upload]) -> Fingerprint {
    let files: Vec<_> = files
        .iter()
        .map(|file| json!([file.name, file.length_bytes, file.sha256]))
        .collect();
    Sha256::digest(json!([submission, files]).to_string()).into()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::ids;

    fn submission() -> Submission {
        Submission {
            summary: "a".into(),
            description: "b".into(),
            email: "a@b.cz".into(),
            ..Submission::default()
        }
    }

    fn file(name: &str, byte: u8) -> Upload {
        let id = ids::new_secret_id();
        Upload {
            site: "a".into(),
            id,
            name: name.into(),
            content_type: "text/plain".into(),
            length_bytes: 1,
            offset_bytes: 1,
            sha256: Some([byte; 32]),
            blob: id.to_string(),
            pieces: Vec::new(),
            expires_at: Timestamp::MAX,
        }
    }

    #[test]
    fn the_same_submission_has_the_same_fingerprint_wherever_its_files_lie() {
        assert_eq!(
            fingerprint(&submission(), &[file("a.txt", 1)]),
            fingerprint(&submission(), &[file("a.txt", 1)])
        );
    }

    #[test]
    fn any_difference_changes_the_fingerprint() {
        let first = fingerprint(&submission(), &[file("a.txt", 1)]);
        let mut other = submission();
        other.description.push('!');
        for second in [
            fingerprint(&other, &[file("a.txt", 1)]),
            fingerprint(&submission(), &[file("b.txt", 1)]),
            fingerprint(&submission(), &[file("a.txt", 2)]),
            fingerprint(&submission(), &[]),
        ] {
            assert_ne!(first, second);
        }
    }
}
