//! HEIC and AVIF: boxes (ISO/IEC 14496-12), in which a picture consists of items (ISO/IEC 23008-12): coded pictures, and beside them EXIF
//! and XMP. A thumbnail is a coded picture too, and stays.
//!
//! Whatever is taken out is overwritten where it lies, so that nothing moves and every offset stays true: what items may stay is a list,
//! of the places where data lies, all that none of them uses is emptied. A file with something in it that we do not know stays as it is,
//! and staff are told: [`Fault::OtherFormat`].

mod boxes;
mod items;

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use mp4_atom::{Iinf, Iloc, Pitm};

use self::{
    boxes::{Part, decode, parts},
    items::{Content, Items},
};
use super::{exif_with, orientation};
use crate::workshop::process::Fault;

/// Boxes of `meta` that say how items belong together.
const TABLES: [&[u8; 4]; 4] = [b"hdlr", b"dinf", b"iref", b"grpl"];
/// Properties that are needed to show the picture as it is meant: how it is coded, its size, colours, how it lies, what it belongs to.
const PROPERTIES: [&[u8; 4]; 33] = [
    b"hvcC", b"lhvC", b"avcC", b"av1C", b"vvcC", b"j2kH", b"uncC", b"cmpd", b"ispe", b"pasp",
    b"pixi", b"colr", b"clli", b"mdcv", b"cclv", b"amve", b"ndwt", b"reve", b"irot", b"imir",
    b"clap", b"iscl", b"rloc", b"rref", b"auxC", b"lsel", b"tols", b"oinf", b"a1op", b"a1lx",
    b"cmin", b"cmex", b"prdi",
];
/// Properties that tell something: descriptions, alternative texts, when it was made and changed. Nothing has to know them.
const TELLING_PROPERTIES: [&[u8; 4]; 6] = [b"udes", b"altt", b"crtt", b"mdft", b"taic", b"itai"];
/// Boxes of which every reader knows that nothing is in them.
const PADDING: [&[u8; 4]; 3] = [b"free", b"skip", b"wide"];
/// XMP that tells nothing.
const EMPTY_XMP: &[u8] = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>";
/// EXIF data that tells nothing: a TIFF head and a directory without entries.
const EMPTY_EXIF: &[u8] = b"II*\0\x08\0\0\0\0\0\0\0\0\0";

/// See [`super::strip`].
pub(super) fn strip(file: &Bytes) -> Result<Vec<Bytes>, Fault> {
    let layout = Layout::of(file)?;
    let items = Items::of(&layout.iinf, &layout.iloc, layout.pitm.item_id)?;
    let found = items.locate(file.len(), layout.idat.as_ref())?;
    let mut kept = BytesMut::from(file.as_ref());
    for place in &layout.places {
        for gap in gaps(place, &found.staying) {
            kept[gap].fill(0);
        }
    }
    for (content, extents) in &found.leaving {
        if !extents
            .iter()
            .all(|extent| is_within(extent, &layout.places))
        {
            return Err(Fault::Broken);
        }
        if let Some(first) = extents.first() {
            let parts = extents.iter().map(|extent| &file[extent.clone()]);
            let whole = parts.collect::<Vec<_>>().concat();
            put(&mut kept[first.clone()], &instead(*content, &whole));
        }
    }
    for name in &layout.renamed {
        kept[name.clone()].copy_from_slice(b"free");
    }
    let changed = found.leaving.iter().flat_map(|(_, extents)| extents);
    // What a picture uses as well cannot go.
    if overlap(changed.chain(&layout.renamed), &found.staying) {
        return Err(Fault::Broken);
    }
    Ok(vec![kept.freeze()])
}

/// What is found in a file before anything is changed.
struct Layout {
    iinf: Iinf,
    iloc: Iloc,
    pitm: Pitm,
    /// The data that lies beside the tables.
    idat: Option<Range<usize>>,
    /// Where data may lie, in order; what no picture uses of it goes.
    places: Vec<Range<usize>>,
    /// Names of boxes that become padding.
    renamed: Vec<Range<usize>>,
}

impl Layout {
    fn of(file: &[u8]) -> Result<Self, Fault> {
        let mut scan = Scan::default();
        let mut meta = None;
        for part in parts(file, 0..file.len())? {
            match &part.kind {
                b"ftyp" => {}
                b"meta" if meta.is_none() => meta = Some(part),
                // Films, and pictures that move: their tracks have metadata of their own.
                b"meta" | b"moov" | b"moof" => return Err(Fault::OtherFormat),
                b"mdat" => scan.places.push(part.body),
                _ => scan.empty(&part),
            }
        }
        scan.meta(file, &meta.ok_or(Fault::Broken)?)?;
        scan.places.sort_by_key(|place| place.start);
        Ok(Self {
            iinf: scan.iinf.ok_or(Fault::Broken)?,
            iloc: scan.iloc.ok_or(Fault::Broken)?,
            pitm: scan.pitm.ok_or(Fault::Broken)?,
            idat: scan.idat,
            places: scan.places,
            renamed: scan.renamed,
        })
    }
}

#[derive(Default)]
struct Scan {
    iinf: Option<Iinf>,
    iloc: Option<Iloc>,
    pitm: Option<Pitm>,
    idat: Option<Range<usize>>,
    places: Vec<Range<usize>>,
    renamed: Vec<Range<usize>>,
}

impl Scan {
    /// The box becomes padding.
    fn empty(&mut self, part: &Part) {
        self.places.push(part.body.clone());
        if !PADDING.contains(&&part.kind) {
            self.renamed.push(part.name.clone());
        }
    }

    fn meta(&mut self, file: &[u8], meta: &Part) -> Result<(), Fault> {
        for part in parts(file, meta.body_of_full_box()?)? {
            match &part.kind {
                b"iinf" => once(&mut self.iinf, decode(file, &part)?)?,
                b"iloc" => once(&mut self.iloc, decode(file, &part)?)?,
                b"pitm" => once(&mut self.pitm, decode(file, &part)?)?,
                b"idat" => {
                    once(&mut self.idat, part.body.clone())?;
                    self.places.push(part.body);
                }
                b"iprp" => self.properties(file, &part)?,
                kind if TABLES.contains(&kind) => {}
                // XML, texts of users, whatever comes: readers pass over what they do not know.
                _ => self.empty(&part),
            }
        }
        Ok(())
    }

    fn properties(&mut self, file: &[u8], iprp: &Part) -> Result<(), Fault> {
        for part in parts(file, iprp.body.clone())? {
            match &part.kind {
                b"ipma" => {}
                b"ipco" => self.property_list(file, &part)?,
                _ => self.empty(&part),
            }
        }
        Ok(())
    }

    fn property_list(&mut self, file: &[u8], ipco: &Part) -> Result<(), Fault> {
        for part in parts(file, ipco.body.clone())? {
            let kind = &part.kind;
            if TELLING_PROPERTIES.contains(&kind) || PADDING.contains(&kind) {
                self.empty(&part);
            } else if !PROPERTIES.contains(&kind) {
                // A reader may not show a picture with a property that is said to be needed and is gone.
                return Err(Fault::OtherFormat);
            }
        }
        Ok(())
    }
}

fn once<T>(place: &mut Option<T>, found: T) -> Result<(), Fault> {
    match place.replace(found) {
        None => Ok(()),
        Some(_) => Err(Fault::Broken),
    }
}

/// What stands in the place of an item that goes. Programs that look for it find it, and nothing in it.
fn instead(content: Content, item: &[u8]) -> Vec<u8> {
    match content {
        Content::Exif => {
            // Four bytes in front say how far the TIFF head is away (ISO/IEC 23008-12, A.2.1).
            let turned = item.split_first_chunk::<4>().and_then(|(skip, rest)| {
                let skip = usize::try_from(u32::from_be_bytes(*skip)).ok()?;
                orientation(rest.get(skip..)?)
            });
            let exif = turned.map_or(Bytes::from_static(EMPTY_EXIF), exif_with);
            [&[0; 4], exif.as_ref()].concat()
        }
        Content::Xmp => {
            let mut xmp = EMPTY_XMP.to_vec();
            xmp.resize(item.len().max(xmp.len()), b' ');
            xmp
        }
        Content::Other => Vec::new(),
    }
}

/// Puts `text` at the beginning of a place that was emptied, where it fits.
fn put(place: &mut [u8], text: &[u8]) {
    if let Some(place) = place.get_mut(..text.len()) {
        place.copy_from_slice(text);
    }
}

fn is_within(one: &Range<usize>, places: &[Range<usize>]) -> bool {
    places
        .iter()
        .any(|place| place.start <= one.start && one.end <= place.end)
}

fn overlap<'a>(mut some: impl Iterator<Item = &'a Range<usize>>, others: &[Range<usize>]) -> bool {
    some.any(|one| {
        others
            .iter()
            .any(|other| one.start < other.end && other.start < one.end)
    })
}

/// What of `place` none of `used`, which is in order, covers.
fn gaps(place: &Range<usize>, used: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut gaps = Vec::new();
    let mut at = place.start;
    for range in used {
        let begin = range.start.clamp(at, place.end);
        if at < begin {
            gaps.push(at..begin);
        }
        at = at.max(range.end.min(place.end));
    }
    if at < place.end {
        gaps.push(at..place.end);
    }
    gaps
}

#[cfg(test)]
mod tests;
