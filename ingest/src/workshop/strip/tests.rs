use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use img_parts::{DynImage, ImageEXIF, ImageICC};

use super::*;

const SECRET: &[u8] = b"50.0875 N 14.4213 E, serial number 0815";

/// EXIF data with an orientation, and the secret behind it.
fn exif(orientation: u8) -> Bytes {
    let mut exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend_from_slice(&[orientation, 0, 0]);
    exif.extend_from_slice(&[0; 4]);
    exif.extend_from_slice(SECRET);
    exif.into()
}

fn picture(format: ImageFormat) -> Bytes {
    let mut file = Cursor::new(Vec::new());
    let drawn = image::RgbImage::from_fn(40, 20, |x, y| image::Rgb([x as u8, y as u8, 7]));
    DynamicImage::from(drawn)
        .write_to(&mut file, format)
        .unwrap();
    file.into_inner().into()
}

fn with_exif(format: ImageFormat, orientation: u8) -> Bytes {
    let mut image = DynImage::from_bytes(picture(format)).unwrap().unwrap();
    image.set_exif(Some(exif(orientation)));
    image.encoder().bytes()
}

fn stripped(file: &Bytes) -> Bytes {
    strip(file).unwrap().unwrap().concat().into()
}

fn tells(file: &[u8]) -> bool {
    file.windows(SECRET.len()).any(|part| part == SECRET)
}

fn pixels(file: &[u8]) -> Vec<u8> {
    image::load_from_memory(file).unwrap().into_bytes()
}

const WITH_EXIF: [ImageFormat; 3] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];

#[test]
fn a_picture_loses_what_it_tells_and_keeps_its_pixels_and_how_it_lies() {
    for format in WITH_EXIF {
        for orientation in 1..=8 {
            let file = with_exif(format, orientation);
            assert!(
                tells(&file),
                "{format:?}: the file for the test is as meant"
            );
            let clean = stripped(&file);
            assert!(!tells(&clean), "{format:?}");
            assert_eq!(pixels(&clean), pixels(&file), "{format:?}");
            let mut decoder = ImageReader::with_format(Cursor::new(&clean), format)
                .into_decoder()
                .unwrap();
            assert_eq!(
                decoder.orientation().unwrap().to_exif(),
                orientation,
                "{format:?}"
            );
        }
    }
}

#[test]
fn a_clean_picture_stays_as_it_is() {
    for format in WITH_EXIF.into_iter().chain([ImageFormat::Gif]) {
        assert_eq!(strip(&picture(format)), Ok(None), "{format:?}");
    }
    for format in WITH_EXIF {
        assert_eq!(
            strip(&stripped(&with_exif(format, 6))),
            Ok(None),
            "{format:?}"
        );
    }
}

#[test]
fn a_colour_profile_stays() {
    for format in WITH_EXIF {
        let mut image = DynImage::from_bytes(with_exif(format, 1)).unwrap().unwrap();
        image.set_icc_profile(Some(Bytes::from_static(b"a profile")));
        let clean = DynImage::from_bytes(stripped(&image.encoder().bytes())).unwrap();
        assert_eq!(
            clean.unwrap().icc_profile().unwrap(),
            "a profile",
            "{format:?}"
        );
    }
}

#[test]
fn what_lies_behind_the_end_goes() {
    for format in WITH_EXIF.into_iter().chain([ImageFormat::Gif]) {
        let mut file = picture(format).to_vec();
        let clean = file.clone();
        file.extend_from_slice(b"PK\x03\x04");
        file.extend_from_slice(SECRET);
        assert_eq!(stripped(&file.into()), clean, "{format:?}");
    }
}

#[test]
fn segments_between_the_scans_of_a_jpeg_go() {
    let file = picture(ImageFormat::Jpeg);
    let (front, end) = file.split_at(file.len() - 2);
    let length = u16::try_from(SECRET.len() + 2).unwrap().to_be_bytes();
    let comment = [&[0xff, 0xfe], &length[..], SECRET].concat();
    assert_eq!(stripped(&[front, &comment, end].concat().into()), file);
}

#[test]
fn comments_and_texts_go() {
    let gif = picture(ImageFormat::Gif);
    let (front, end) = gif.split_at(gif.len() - 1);
    let length = [u8::try_from(SECRET.len()).unwrap()];
    let commented = [front, b"\x21\xfe", &length, SECRET, b"\0", end].concat();
    assert_eq!(stripped(&commented.into()), gif);

    let png = picture(ImageFormat::Png);
    let mut image = img_parts::png::Png::from_bytes(png.clone()).unwrap();
    for kind in [*b"tEXt", *b"zTXt", *b"iTXt", *b"tIME", *b"caBX"] {
        let chunk = img_parts::png::PngChunk::new(kind, Bytes::from_static(SECRET));
        image.chunks_mut().insert(1, chunk);
    }
    assert_eq!(stripped(&image.encoder().bytes()), png);
}

#[test]
fn whatever_is_cut_or_damaged_ends_in_words() {
    for format in WITH_EXIF.into_iter().chain([ImageFormat::Gif]) {
        let file = if format == ImageFormat::Gif {
            picture(format)
        } else {
            with_exif(format, 6)
        };
        for length in 0..file.len() {
            let _ = strip(&file.slice(..length));
            let mut damaged = file.to_vec();
            damaged[length] ^= 0xff;
            let _ = strip(&damaged.into());
        }
    }
    assert_eq!(
        strip(&Bytes::from_static(b"<svg/>")),
        Err(Fault::OtherFormat)
    );
}
