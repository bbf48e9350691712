//! GIF: blocks (GIF89a, §17 to §27). There is no crate that takes blocks out without decoding the pixels.

use bytes::{Bytes, BytesMut};

use crate::workshop::process::Fault;

const IMAGE: u8 = 0x2c;
const EXTENSION: u8 = 0x21;
const END: u8 = 0x3b;
const GRAPHIC_CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

/// See [`super::strip`].
pub(super) fn strip(file: &Bytes) -> Result<Vec<Bytes>, Fault> {
    let mut reader = Reader { file, at: 0 };
    let mut kept = BytesMut::with_capacity(file.len());
    let head = reader.take(13)?;
    kept.extend_from_slice(head);
    kept.extend_from_slice(reader.take(table_bytes(head[10]))?);
    loop {
        let begin = reader.at;
        match reader.take(1)?[0] {
            END => {
                kept.extend_from_slice(&[END]);
                return Ok(vec![kept.freeze()]);
            }
            IMAGE => {
                let flags = reader.take(9)?[8];
                reader.take(table_bytes(flags))?;
                reader.take(1)?;
                reader.blocks()?;
                kept.extend_from_slice(&file[begin..reader.at]);
            }
            EXTENSION => {
                let label = reader.take(1)?[0];
                let first = reader.blocks()?;
                if may_stay(label, first) {
                    kept.extend_from_slice(&file[begin..reader.at]);
                }
            }
            _ => return Err(Fault::Broken),
        }
    }
}

/// The timing of frames, and how often an animation is shown; no comments, no XMP, no text.
fn may_stay(label: u8, first: &[u8]) -> bool {
    match label {
        GRAPHIC_CONTROL => true,
        APPLICATION => [&b"NETSCAPE2.0"[..], b"ANIMEXTS1.0"].contains(&first),
        _ => false,
    }
}

/// The size of the table of colours that these flags announce.
const fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], Fault> {
        let taken = self.file.get(self.at..self.at + bytes);
        self.at += bytes;
        taken.ok_or(Fault::Broken)
    }

    /// Blocks with their length in front, up to the empty one; answers the first.
    fn blocks(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.take(1)?[0];
        let first = self.take(length.into())?;
        let mut length = length;
        while length != 0 {
            length = self.take(1)?[0];
            self.take(length.into())?;
        }
        Ok(first)
    }
}
