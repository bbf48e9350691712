//! Texts with the words of no language, as often as words are used: the second half as often as the first, the third a third as often (Zipf).

/// Different words.
pub const WORDS: usize = 150_000;
/// The beginnings of syllables, and their ends.
const BEGINNINGS: &[u8] = b"bdfgklmnprst";
const ENDS: &[u8] = b"aeiou";
const SYLLABLES: usize = BEGINNINGS.len() * ENDS.len();

/// Numbers that look random and are the same each time.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The numbers of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next (splitmix64).
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    #[expect(clippy::cast_possible_truncation, reason = "it is below a usize")]
    pub const fn below(&mut self, end: usize) -> usize {
        (self.draw() % end as u64) as usize
    }

    /// In so many of a thousand.
    pub const fn of_thousand(&mut self, share: usize) -> bool {
        self.below(1_000) < share
    }

    /// Below `end`, the first far more often than the last.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank"
    )]
    pub fn zipf(&mut self, end: usize) -> usize {
        let fraction = (self.draw() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = (fraction * (end as f64 + 1.0).ln()).exp() as usize;
        rank.clamp(1, end) - 1
    }
}

/// What a text is written in: words of one are in no text of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Of most sites.
    First,
    /// Of one.
    Second,
}

/// The word of this rank: two syllables or three, and a letter that tells the tongue.
pub fn word(rank: usize, tongue: Tongue) -> String {
    let mut word = String::with_capacity(7);
    if tongue == Tongue::Second {
        word.push('z');
    }
    let mut rest = rank;
    for _ in 0..if rank < SYLLABLES * SYLLABLES { 2 } else { 3 } {
        let syllable = rest % SYLLABLES;
        word.push(char::from(BEGINNINGS[syllable / ENDS.len()]));
        word.push(char::from(ENDS[syllable % ENDS.len()]));
        rest /= SYLLABLES;
    }
    word
}

/// The rank of a word of the first tongue; nothing for other words.
pub fn rank(word: &str) -> Option<usize> {
    let mut rank = 0;
    for syllable in word.as_bytes().chunks(2).rev() {
        let &[beginning, end] = syllable else {
            return None;
        };
        let beginning = BEGINNINGS.iter().position(|known| *known == beginning)?;
        let end = ENDS.iter().position(|known| *known == end)?;
        rank = rank * SYLLABLES + beginning * ENDS.len() + end;
    }
    Some(rank)
}

/// A text of `least` to three times as many words, in sentences.
pub fn text(chance: &mut Chance, least: usize, tongue: Tongue) -> String {
    let count = least + chance.below(least * 2);
    let mut text = String::with_capacity(count * 6);
    for place in 0..count {
        if place > 0 {
            text.push_str(if place.is_multiple_of(12) { ". " } else { " " });
        }
        text.push_str(&word(chance.zipf(WORDS), tongue));
    }
    text
}

/// A requester's address: some people ask far more often than others.
pub fn address(chance: &mut Chance) -> String {
    let person = chance.zipf(200_000);
    format!("p{person}@firm{}.example", person % 20_000)
}
