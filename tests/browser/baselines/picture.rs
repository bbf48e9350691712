//! Pictures, and whether two of them look the same to a person.
//!
//! Both are made a quarter as wide and high, each new dot the mean of sixteen: what another machine draws otherwise in letters is lost there,
//! an edge that moved or a surface of another colour is not. Then the dots that differ clearly are counted.

use std::{collections::BTreeSet, io::Cursor};

use anyhow::{Result, ensure};

/// Pixels that become one dot, in each direction.
const DOT: usize = 4;
/// What a channel of a dot may differ by, of 255.
const CLEAR: i32 = 26;
/// Of so many dots one may differ clearly.
const ONE_OF: usize = 140;
/// Steps between two shades that are kept of each channel: pictures for people, small enough for a repository.
const SHADES: u8 = 8;

/// An opaque picture.
#[derive(Clone, Debug)]
pub struct Picture {
    width: usize,
    height: usize,
    /// Red, green, blue.
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Reads a PNG with eight bits a channel.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info()?;
        let mut buffer = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let info = reader.next_frame(&mut buffer)?;
        let samples = info.color_type.samples();
        ensure!(samples >= 3, "a picture with colours");
        let pixels = buffer[..info.buffer_size()]
            .chunks_exact(samples)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        Ok(Self {
            width: info.width as usize,
            height: info.height as usize,
            pixels,
        })
    }

    /// Writes a PNG with fewer shades. Surfaces of one colour are smallest without a filter, and with a palette where that has room for all.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let round = |value: u8| (value.saturating_add(SHADES / 2) / SHADES).saturating_mul(SHADES);
        let shades: Vec<[u8; 3]> = self.pixels.iter().map(|pixel| pixel.map(round)).collect();
        let palette: Vec<[u8; 3]> = BTreeSet::from_iter(&shades).into_iter().copied().collect();
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        let data: Vec<u8> = if palette.len() <= 256 {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette.concat());
            let place = |shade| palette.binary_search(shade).map(|place| place as u8);
            shades.iter().flat_map(place).collect()
        } else {
            encoder.set_color(png::ColorType::Rgb);
            shades.concat()
        };
        encoder.write_header()?.write_image_data(&data)?;
        Ok(bytes)
    }

    /// Whether a person would take one for the other.
    pub fn is_like(&self, other: &Self) -> bool {
        self.is_as_large(other) && self.differing(other) * ONE_OF <= self.dots().len()
    }

    /// How much they differ, in words.
    pub fn told(&self, other: &Self) -> String {
        if !self.is_as_large(other) {
            return format!(
                "{} × {} rather than {} × {}",
                other.width, other.height, self.width, self.height
            );
        }
        format!(
            "{} of {} dots differ",
            self.differing(other),
            self.dots().len()
        )
    }

    /// The other one, pale, with what differs in red.
    pub fn difference(&self, other: &Self) -> Self {
        let mut shown = other.clone();
        let columns = other.width.div_ceil(DOT);
        let differs: Vec<bool> = if self.is_as_large(other) {
            self.dots()
                .iter()
                .zip(other.dots())
                .map(|(one, two)| is_clear(*one, two))
                .collect()
        } else {
            Vec::new()
        };
        for (at, pixel) in shown.pixels.iter_mut().enumerate() {
            let dot = at / other.width / DOT * columns + at % other.width / DOT;
            let pale = pixel.map(|value| 128 + value / 2);
            *pixel = if differs.get(dot) == Some(&true) {
                [220, 0, 40]
            } else {
                pale
            };
        }
        shown
    }

    fn is_as_large(&self, other: &Self) -> bool {
        (self.width, self.height) == (other.width, other.height)
    }

    fn differing(&self, other: &Self) -> usize {
        let pairs = self.dots().into_iter().zip(other.dots());
        pairs.filter(|(one, two)| is_clear(*one, *two)).count()
    }

    fn dots(&self) -> Vec<[i32; 3]> {
        let rows = (0..self.height).step_by(DOT);
        rows.flat_map(|y| (0..self.width).step_by(DOT).map(move |x| self.mean(x, y)))
            .collect()
    }

    fn mean(&self, left: usize, top: usize) -> [i32; 3] {
        let (mut sum, mut count) = ([0; 3], 0);
        for y in top..(top + DOT).min(self.height) {
            for x in left..(left + DOT).min(self.width) {
                let pixel = self.pixels[y * self.width + x];
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += i32::from(value);
                }
                count += 1;
            }
        }
        sum.map(|sum| sum / count)
    }
}

fn is_clear(one: [i32; 3], two: [i32; 3]) -> bool {
    one.into_iter()
        .zip(two)
        .any(|(one, two)| (one - two).abs() > CLEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(colour: [u8; 3]) -> Picture {
        Picture {
            width: 80,
            height: 80,
            pixels: vec![colour; 6400],
        }
    }

    #[test]
    fn fewer_shades_look_the_same() {
        let mut picture = plain([47, 91, 234]);
        for (at, pixel) in picture.pixels.iter_mut().enumerate() {
            *pixel = pixel.map(|value| value.wrapping_add((at / 7 % 9) as u8));
        }
        let read = Picture::decode(&picture.encode().unwrap()).unwrap();
        assert!(picture.is_like(&read), "{}", picture.told(&read));
    }

    #[test]
    fn many_colours_and_few_are_read_as_they_were_written() {
        for colours in [2, 5000] {
            let mut picture = plain([0; 3]);
            for (at, pixel) in picture.pixels.iter_mut().enumerate() {
                let colour = at % colours;
                *pixel = [colour % 32, colour / 32 % 32, colour / 1024].map(|part| part as u8 * 8);
            }
            let read = Picture::decode(&picture.encode().unwrap()).unwrap();
            assert_eq!(read.pixels, picture.pixels, "{colours}");
        }
    }

    #[test]
    fn another_size_and_another_colour_are_seen() {
        let picture = plain([255; 3]);
        assert!(!picture.is_like(&plain([220; 3])));
        let wider = Picture {
            width: 40,
            height: 160,
            ..picture.clone()
        };
        assert!(!picture.is_like(&wider));
    }
}
