use super::*;

/// Made by heif-enc and avifenc: a picture with transparency and a thumbnail, and a turned grid whose cells share their bytes. `ExifTool`
/// wrote a position, a serial number and the orientation 6 into EXIF data and XMP of both.
const FILES: [&[u8]; 2] = [
    include_bytes!("files/telling.heic"),
    include_bytes!("files/telling.avif"),
];
const SECRET: &[u8] = b"50.0875 N 14.4213 E, serial number 0815";

fn stripped(file: &[u8]) -> Result<Vec<u8>, Fault> {
    Ok(strip(&Bytes::copy_from_slice(file))?.concat())
}

fn tells(file: &[u8], what: &[u8]) -> bool {
    file.windows(what.len()).any(|part| part == what)
}

fn a_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes()[..], kind, body].concat()
}

/// The file with the box called `within` grown by `added` at its end; offsets into the file behind it are not moved.
fn grown(file: &[u8], path: &[&[u8; 4]], added: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let mut end = 0;
    for kind in path {
        let name = file.windows(4).position(|name| name == *kind).unwrap();
        let size = u32::from_be_bytes(file[name - 4..name].try_into().unwrap());
        end = name - 4 + size as usize;
        let size = size + u32::try_from(added.len()).unwrap();
        file[name - 4..name].copy_from_slice(&size.to_be_bytes());
    }
    file.splice(end..end, added.iter().copied());
    file
}

/// The same in front of the data: what the locations of items say moves with it. In both files these have four bytes.
fn grown_in_front(file: &[u8], path: &[&[u8; 4]], added: &[u8]) -> Vec<u8> {
    let locations = Layout::of(file).unwrap().iloc.item_locations;
    let in_file = locations
        .iter()
        .filter(|location| location.construction_method == 0);
    let offsets = in_file.map(|location| match location.base_offset {
        0 => location.extents[0].offset,
        base => base,
    });
    let offsets: Vec<u32> = offsets
        .map(|offset| u32::try_from(offset).unwrap())
        .collect();
    let moved_by = u32::try_from(added.len()).unwrap();
    let table = file.windows(4).position(|name| name == b"iloc").unwrap();
    let mut moved = file.to_vec();
    for at in table..table + 160 {
        let found = u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
        if offsets.contains(&found) {
            moved[at..at + 4].copy_from_slice(&(found + moved_by).to_be_bytes());
        }
    }
    grown(&moved, path, added)
}

/// The bytes of the items that are pictures.
fn pictures(file: &[u8]) -> Vec<u8> {
    let layout = Layout::of(file).unwrap();
    let items = Items::of(&layout.iinf, &layout.iloc, layout.pitm.item_id).unwrap();
    let found = items.locate(file.len(), layout.idat.as_ref()).unwrap();
    let pictures = found.staying.iter().map(|range| &file[range.clone()]);
    pictures.collect::<Vec<_>>().concat()
}

#[test]
fn what_it_tells_goes_and_every_byte_of_its_pictures_stays_where_it_was() {
    for file in FILES {
        assert!(tells(file, b"0815"), "the file for the test is as meant");
        let clean = stripped(file).unwrap();
        for told in [&b"0815"[..], b"50,5", b"GPS", b"ExifTool"] {
            assert!(!tells(&clean, told));
        }
        assert_eq!(clean.len(), file.len());
        let (before, after) = (pictures(file), pictures(&clean));
        assert!(before.len() > 500 && before == after);
        let tables = file.windows(4).position(|name| name == b"mdat").unwrap();
        assert_eq!(clean[..tables], file[..tables]);
    }
}

#[test]
fn how_it_lies_stays_in_exif_that_can_be_read() {
    for file in FILES {
        let clean = stripped(file).unwrap();
        let exif = clean.windows(4).position(|part| part == b"II*\0").unwrap();
        assert_eq!(clean[exif - 4..exif], [0; 4]);
        let turned = orientation(&clean[exif..]).unwrap();
        assert_eq!(turned.to_exif(), 6);
        assert!(tells(&clean, EMPTY_XMP));
    }
}

#[test]
fn a_clean_file_stays_as_it_is() {
    for file in FILES {
        let clean = stripped(file).unwrap();
        assert_eq!(super::super::strip(&clean.into()), Ok(None));
    }
    for file in [
        &include_bytes!("../../../../../tests/api/files/dot.heic")[..],
        include_bytes!("../../../../../tests/api/files/dot.avif"),
    ] {
        assert_eq!(super::super::strip(&Bytes::from_static(file)), Ok(None));
    }
}

#[test]
fn boxes_that_tell_something_become_padding_wherever_they_stand() {
    let xmp = [
        &b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"[..],
        SECRET,
    ]
    .concat();
    for file in FILES {
        for (kind, body) in [
            (b"uuid", &xmp[..]),
            (b"udta", SECRET),
            (b"free", SECRET),
            (b"mpvd", SECRET),
        ] {
            let told = a_box(kind, body);
            let behind = [file, &told].concat();
            assert!(!tells(&stripped(&behind).unwrap(), SECRET), "{kind:?}");
            for path in [&[b"meta"][..], &[b"meta", b"iprp"]] {
                let within = grown_in_front(file, path, &told);
                let clean = stripped(&within).unwrap();
                assert!(
                    tells(&within, SECRET) && !tells(&clean, SECRET),
                    "{kind:?} in {path:?}"
                );
                assert_eq!(pictures(&clean), pictures(file), "{kind:?} in {path:?}");
            }
        }
        let described = a_box(b"udes", SECRET);
        let described = grown_in_front(file, &[b"meta", b"iprp", b"ipco"], &described);
        assert!(!tells(&stripped(&described).unwrap(), SECRET));
    }
}

#[test]
fn what_no_item_uses_goes() {
    for file in FILES {
        assert!(file.windows(4).rposition(|name| name == b"mdat").is_some());
        let hidden = grown(file, &[b"mdat"], SECRET);
        let clean = stripped(&hidden).unwrap();
        assert!(tells(&hidden, SECRET) && !tells(&clean, SECRET));
        assert_eq!(pictures(&clean), pictures(file));
    }
}

#[test]
fn what_is_not_known_stays_as_it_is() {
    for file in FILES {
        let film = [file, &a_box(b"moov", SECRET)].concat();
        assert_eq!(stripped(&film), Err(Fault::OtherFormat));
        let property = a_box(b"newP", SECRET);
        let property = grown_in_front(file, &[b"meta", b"iprp", b"ipco"], &property);
        assert_eq!(stripped(&property), Err(Fault::OtherFormat));
        let mut item = file.to_vec();
        let name = item.windows(4).position(|name| name == b"Exif").unwrap();
        item[name..name + 4].copy_from_slice(b"newI");
        assert_eq!(stripped(&item), Err(Fault::OtherFormat));
        assert_eq!(
            stripped(&[file, b"PK\x03\x04"].concat()),
            Err(Fault::Broken)
        );
    }
}

/// Cut or damaged anywhere, a file ends in words, or its pictures are what they were before it was cleaned.
#[test]
fn nothing_that_is_cut_or_damaged_loses_more_than_it_tells() {
    for file in FILES {
        for at in 0..file.len() {
            assert!(stripped(&file[..at]).is_err(), "cut at {at}");
            for flipped in [0xff, 0x01, 0x80] {
                let mut damaged = file.to_vec();
                damaged[at] ^= flipped;
                if let Ok(clean) = stripped(&damaged) {
                    assert_eq!(clean.len(), damaged.len());
                    assert_eq!(pictures(&clean), pictures(&damaged), "damaged at {at}");
                }
            }
        }
    }
}
