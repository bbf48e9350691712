//! A small picture of a picture, made anew from its pixels: nothing of the file's own bytes is in it.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    codecs::jpeg::JpegEncoder, error::LimitErrorKind,
};

use super::process::Fault;

/// Longest side of a preview, in pixels.
pub const SIDE_PIXELS: u32 = 512;
/// Most pixels that are drawn: 40 megapixels in three bytes each fit in [`DECODED_MOST_BYTES`].
const PIXELS_MOST: u64 = 40_000_000;
/// Longest side that is drawn, in pixels.
const SIDE_MOST_PIXELS: u32 = 12_000;
/// Memory of the pixels, in bytes.
pub(super) const DECODED_MOST_BYTES: u64 = 128 * 1024 * 1024;
const JPEG_QUALITY: u8 = 82;

/// Draws it. The head is read first, and what is too large is not begun.
///
/// # Errors
/// [`Fault`].
pub fn preview(file: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|_| Fault::Broken)?;
    let known = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ];
    if reader
        .format()
        .is_none_or(|format| !known.contains(&format))
    {
        return Err(Fault::OtherFormat);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MOST_PIXELS);
    limits.max_image_height = Some(SIDE_MOST_PIXELS);
    limits.max_alloc = Some(DECODED_MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fault_of(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MOST || width.max(height) > SIDE_MOST_PIXELS {
        return Err(Fault::TooManyPixels);
    }
    if decoder.total_bytes() > DECODED_MOST_BYTES {
        return Err(Fault::TooMuchMemory);
    }
    let orientation = decoder.orientation().map_err(|error| fault_of(&error))?;
    let image = DynamicImage::from_decoder(decoder).map_err(|error| fault_of(&error))?;
    let mut small = if width.max(height) > SIDE_PIXELS {
        image.thumbnail(SIDE_PIXELS, SIDE_PIXELS)
    } else {
        image
    };
    small.apply_orientation(orientation);
    encode(&small)
}

/// PNG where something shines through, else JPEG, which is a tenth of the size for a photograph.
fn encode(image: &DynamicImage) -> Result<Vec<u8>, Fault> {
    let mut made = Cursor::new(Vec::new());
    let encoded = if image.color().has_alpha() {
        DynamicImage::from(image.to_rgba8()).write_to(&mut made, ImageFormat::Png)
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut made, JPEG_QUALITY);
        image.to_rgb8().write_with_encoder(encoder)
    };
    encoded.map_err(|error| fault_of(&error))?;
    Ok(made.into_inner())
}

fn fault_of(error: &ImageError) -> Fault {
    match error {
        ImageError::Limits(limit) if matches!(limit.kind(), LimitErrorKind::DimensionError) => {
            Fault::TooManyPixels
        }
        ImageError::Limits(_) => Fault::TooMuchMemory,
        ImageError::Unsupported(_) => Fault::OtherFormat,
        _ => Fault::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(file: &[u8]) -> DynamicImage {
        image::load_from_memory(&preview(file).unwrap()).unwrap()
    }

    fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, format).unwrap();
        file.into_inner()
    }

    #[test]
    fn a_picture_is_made_small_and_keeps_its_shape() {
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
        ] {
            let image = match format {
                ImageFormat::Jpeg => DynamicImage::new_rgb8(1024, 256),
                _ => DynamicImage::new_rgba8(1024, 256),
            };
            let small = drawn(&written(&image, format));
            assert_eq!((small.width(), small.height()), (512, 128), "{format:?}");
        }
    }

    #[test]
    fn a_small_picture_is_not_blown_up() {
        let small = drawn(&written(&DynamicImage::new_rgb8(3, 2), ImageFormat::Png));
        assert_eq!((small.width(), small.height()), (3, 2));
    }

    #[test]
    fn what_is_too_large_is_not_begun() {
        // A head without pixels: whoever read on would find the end of the file.
        let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        head.extend_from_slice(&30_000_u32.to_be_bytes());
        head.extend_from_slice(&30_000_u32.to_be_bytes());
        head.extend_from_slice(&[8, 2, 0, 0, 0]);
        let mut checksum = flate_crc(&head[12..]).to_be_bytes().to_vec();
        head.append(&mut checksum);
        assert_eq!(preview(&head), Err(Fault::TooManyPixels));
    }

    #[test]
    fn what_is_no_picture_has_no_preview() {
        assert_eq!(preview(b""), Err(Fault::OtherFormat));
        assert_eq!(preview(b"<svg/>"), Err(Fault::OtherFormat));
        assert_eq!(preview(b"GIF89a\x01\0"), Err(Fault::Broken));
    }

    /// CRC-32 as PNG wants it (ISO 3309).
    fn flate_crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (0_u32.wrapping_sub(crc & 1)))
            })
        })
    }
}
