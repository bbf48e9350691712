//! Boxes, one behind the other.

use std::ops::Range;

use mp4_atom::{Atom, Decode, Header};

use crate::workshop::process::Fault;

/// A box: what it is called, and where that and what is in it stand in the file.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) kind: [u8; 4],
    pub(super) name: Range<usize>,
    pub(super) body: Range<usize>,
}

impl Part {
    /// The body behind the version and flags that some boxes have in front.
    pub(super) fn body_of_full_box(&self) -> Result<Range<usize>, Fault> {
        let start = self.body.start + 4;
        if start > self.body.end {
            return Err(Fault::Broken);
        }
        Ok(start..self.body.end)
    }
}

/// The boxes that lie in `within`, and fill it.
pub(super) fn parts(file: &[u8], within: Range<usize>) -> Result<Vec<Part>, Fault> {
    let mut found = Vec::new();
    let mut at = within.start;
    while at < within.end {
        let mut rest = &file[at..within.end];
        let header = Header::decode(&mut rest).map_err(|_| Fault::Broken)?;
        let start = within.end - rest.len();
        let end = match header.size {
            Some(size) => start.checked_add(size).filter(|end| *end <= within.end),
            // Only the last box of a file has no size.
            None => Some(within.end).filter(|end| *end == file.len()),
        };
        let end = end.ok_or(Fault::Broken)?;
        found.push(Part {
            kind: header.kind.into(),
            name: at + 4..at + 8,
            body: start..end,
        });
        at = end;
    }
    Ok(found)
}

/// A table.
pub(super) fn decode<T: Atom>(file: &[u8], part: &Part) -> Result<T, Fault> {
    T::decode_body(&mut &file[part.body.clone()]).map_err(|_| Fault::Broken)
}
