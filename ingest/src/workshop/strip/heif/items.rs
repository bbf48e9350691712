//! Items of a picture: which stay, which go, and where the bytes of each lie.

use std::{collections::HashMap, ops::Range};

use mp4_atom::{Iinf, Iloc, ItemInfoEntry, ItemLocation};

use crate::workshop::process::Fault;

/// Coded pictures, and those that are put together from others. No item of type `jpeg`, which has EXIF data of its own.
const PICTURES: [&[u8; 4]; 15] = [
    b"hvc1", b"hev1", b"lhv1", b"avc1", b"lvc1", b"av01", b"vvc1", b"evc1", b"j2k1", b"unci",
    b"mski", b"grid", b"iovl", b"iden", b"tmap",
];

/// What is in an item that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Exif,
    Xmp,
    Other,
}

/// The items of a file with what happens to each: those that stay have no [`Content`].
#[derive(Debug)]
pub(super) struct Items<'a> {
    fates: HashMap<u32, Option<Content>>,
    locations: &'a [ItemLocation],
}

/// Where what stays and what goes lies.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In order.
    pub(super) staying: Vec<Range<usize>>,
    pub(super) leaving: Vec<(Content, Vec<Range<usize>>)>,
}

impl<'a> Items<'a> {
    /// Decides. The picture that is shown first must be one that stays.
    pub(super) fn of(iinf: &Iinf, iloc: &'a Iloc, primary: u32) -> Result<Self, Fault> {
        let mut fates = HashMap::new();
        for item in &iinf.item_infos {
            if fates.insert(item.item_id, fate(item)?).is_some() {
                return Err(Fault::Broken);
            }
        }
        if fates.get(&primary) != Some(&None) {
            return Err(Fault::OtherFormat);
        }
        Ok(Self {
            fates,
            locations: &iloc.item_locations,
        })
    }

    /// Looks up where they lie in a file of `file_bytes` bytes.
    pub(super) fn locate(
        &self,
        file_bytes: usize,
        idat: Option<&Range<usize>>,
    ) -> Result<Found, Fault> {
        let mut found = Found::default();
        for location in self.locations {
            let Some(fate) = self.fates.get(&location.item_id) else {
                continue;
            };
            let source = match location.construction_method {
                0 if location.data_reference_index == 0 => 0..file_bytes,
                1 => idat.cloned().ok_or(Fault::Broken)?,
                // In another file, or in another item.
                _ => return Err(Fault::OtherFormat),
            };
            let mut extents = extents(location, &source)?;
            match fate {
                // An extent without a length may be one that goes on to the end.
                None if extents.iter().any(Range::is_empty) => return Err(Fault::OtherFormat),
                None => found.staying.extend(extents),
                Some(content) => {
                    extents.retain(|extent| !extent.is_empty());
                    found.leaving.push((*content, extents));
                }
            }
        }
        found.staying.sort_by_key(|range| range.start);
        Ok(found)
    }
}

fn fate(item: &ItemInfoEntry) -> Result<Option<Content>, Fault> {
    // The types of encrypted items, and of those in tables of old, cannot be told.
    let kind = item.item_type.filter(|_| item.item_protection_index == 0);
    let kind: [u8; 4] = kind.ok_or(Fault::OtherFormat)?.into();
    match &kind {
        kind if PICTURES.contains(&kind) => Ok(None),
        b"Exif" => Ok(Some(Content::Exif)),
        b"mime" => match item.content_type.as_deref() {
            Some("application/rdf+xml") if is_plain(item) => Ok(Some(Content::Xmp)),
            Some(media_type) if media_type.starts_with("image/") => Err(Fault::OtherFormat),
            _ => Ok(Some(Content::Other)),
        },
        b"uri " => Ok(Some(Content::Other)),
        _ => Err(Fault::OtherFormat),
    }
}

/// Some XMP is deflated.
fn is_plain(item: &ItemInfoEntry) -> bool {
    item.content_encoding.as_deref().is_none_or(str::is_empty)
}

fn extents(location: &ItemLocation, source: &Range<usize>) -> Result<Vec<Range<usize>>, Fault> {
    let place = |offset: u64, length: u64| {
        let begin = location.base_offset.checked_add(offset)?;
        let begin = source.start.checked_add(usize::try_from(begin).ok()?)?;
        let end = begin.checked_add(usize::try_from(length).ok()?)?;
        (end <= source.end).then_some(begin..end)
    };
    let extents = location.extents.iter();
    extents
        .map(|extent| place(extent.offset, extent.length).ok_or(Fault::Broken))
        .collect()
}
