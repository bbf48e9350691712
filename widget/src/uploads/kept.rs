//! Uploads as a draft keeps them: what is needed to go on with them after a reload, one line of text for each.
//!
//! Number, size, time of the last change, `+` when it was complete, address on the service, name; with tabs in between. Pure, and written by
//! hand because the panel has no serde (decision 0004).

use super::{Chosen, Failure, Upload, UploadNumber, UploadState};
use crate::words::digits;

/// An upload that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name in the document that kept it, under which its file was kept, too.
    pub number: UploadNumber,
    /// What it is. Its size for people is to be added.
    pub file: Chosen,
    /// Whether it was complete.
    pub is_done: bool,
    /// Where the service has it.
    pub location: Option<String>,
}

/// The lines of a list. Files that the service or a limit refuses are not kept.
#[must_use]
pub fn write(list: &[Upload]) -> String {
    let lines: Vec<_> = list
        .iter()
        .filter(|upload| may_go_along(&upload.state))
        .map(line)
        .collect();
    lines.join("\n")
}

fn may_go_along(state: &UploadState) -> bool {
    !matches!(state, UploadState::Failed(failure) if !failure.may_pass() && *failure != Failure::Lost)
}

fn line(upload: &Upload) -> String {
    let is_done = matches!(upload.state, UploadState::Done { .. });
    let name = upload.file.name.replace(['\t', '\n', '\r'], " ");
    [
        digits(upload.number.into()).as_str(),
        &digits(upload.file.size_bytes),
        &digits(upload.file.modified_ms),
        if is_done { "+" } else { "" },
        upload.location.as_deref().unwrap_or_default(),
        &name,
    ]
    .join("\t")
}

/// Reads lines. Those that are none are left out: better a file less than no draft.
#[must_use]
pub fn read(lines: &str) -> Vec<Kept> {
    lines.lines().filter_map(read_line).collect()
}

fn read_line(line: &str) -> Option<Kept> {
    let mut parts = line.splitn(6, '\t');
    let number = parts.next()?.parse().ok()?;
    let size_bytes = parts.next()?.parse().ok()?;
    let modified_ms = parts.next()?.parse().ok()?;
    let is_done = parts.next()? == "+";
    let location = Some(parts.next()?.to_owned()).filter(|location| !location.is_empty());
    let file = Chosen {
        name: parts.next()?.to_owned(),
        size_bytes,
        modified_ms,
        ..Chosen::default()
    };
    Some(Kept {
        number,
        file,
        is_done,
        location,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::Uploads, *};

    fn file(name: &str) -> Chosen {
        Chosen {
            name: name.into(),
            size_bytes: 5,
            modified_ms: 7,
            ..Chosen::default()
        }
    }

    #[test]
    fn what_is_kept_is_what_is_read() {
        let mut uploads = Uploads::default();
        uploads.add(file("a b\t.png"));
        uploads.add_done(file("done.txt"), "/v1/sites/demo/uploads/u1".into());
        uploads.add_failed(file("lost.txt"), Failure::Lost);
        uploads.add_failed(file("large.txt"), Failure::TooLarge);
        let read = read(&write(uploads.list()));
        let told: Vec<_> = read
            .iter()
            .map(|kept| (kept.number, kept.file.name.as_str(), kept.is_done))
            .collect();
        assert_eq!(
            told,
            [
                (1, "a b .png", false),
                (2, "done.txt", true),
                (3, "lost.txt", false)
            ]
        );
        assert_eq!(read[0].file, file("a b .png"));
        assert_eq!(
            read[1].location.as_deref(),
            Some("/v1/sites/demo/uploads/u1")
        );
    }

    #[test]
    fn lines_that_are_none_are_left_out() {
        assert_eq!(read("x\n\n1\t2\t3\t+\t\ta.txt\n1\t2\t3").len(), 1);
    }

    #[test]
    fn what_was_complete_is_believed_or_asked_for() {
        let kept = read("4\t5\t6\t+\t/u/u1\ta.txt");
        for (believes, ids) in [(true, vec!["u1".to_owned()]), (false, Vec::new())] {
            let mut uploads = Uploads::default();
            uploads.restore(kept[0].clone(), believes);
            assert_eq!(uploads.upload_ids(), ids);
            assert_eq!(uploads.start_next().is_empty(), believes);
        }
    }
}
