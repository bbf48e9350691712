//! What a search on PostgreSQL is reckoned to cost, and how far down it looks one by one. Pure: see decision 0059, points 5 to 9.

/// So many of the newest pieces are looked at one by one. A word that is in many of all is in many of these; one that is not leaves few
/// enough for the index.
pub(super) const NEWEST: i64 = 3_000;
/// So many are looked at one by one, where those that were say that this is enough for a page.
const WALKED_MOST: i64 = 15_000;
/// Of about so many pieces is counted how common a word is.
const SAMPLED: i64 = 256;
/// What an entry of the list of a word costs, and a piece that is read because the lists say so; in halves of a microsecond, measured with a million tickets.
const ENTRY_COSTS: i64 = 1;
const PIECE_COSTS: i64 = 10;
/// What costs more, in the same halves, is searched when somebody asks for it.
pub(super) const DEAR: i64 = 60_000;

/// Which lists of the index of words are read for a question, and what that costs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lists {
    /// The words, as a `tsquery`.
    pub(super) asked: String,
    /// In halves of a microsecond.
    pub(super) cost: i64,
}

impl Lists {
    /// The cheapest choice: the rarest words, as many of them as leave out more pieces than their lists have entries to read. `words` come with their
    /// share of all pieces, in millionths.
    pub(super) fn cheapest(mut words: Vec<(String, i64)>, pieces: i64) -> Self {
        words.sort_by_key(|(_, share)| *share);
        let (mut asked, mut entries, mut left) = (Vec::new(), 0, pieces);
        let mut cheapest: Option<Self> = None;
        for (word, share) in words {
            asked.push(word);
            entries += pieces.saturating_mul(share) / 1_000_000;
            left = left.saturating_mul(share) / 1_000_000;
            let cost = entries * ENTRY_COSTS + left * PIECE_COSTS;
            if cheapest.as_ref().is_none_or(|known| cost < known.cost) {
                let asked = asked.join(" & ");
                cheapest = Some(Self { asked, cost });
            }
        }
        cheapest.unwrap_or(Self {
            asked: String::new(),
            cost: 0,
        })
    }
}

/// Pieces from all times, up to the last: a thread of the last hour is not taken for everything. The same ones for long, so that they stay in memory.
pub(super) fn sample(last: i64) -> Vec<i64> {
    let apart = u64::try_from(last / SAMPLED).unwrap_or_default();
    let apart = i64::try_from(apart.max(1).next_power_of_two()).unwrap_or(i64::MAX);
    // Not every number is even.
    let number = |place| place * apart - place % apart;
    (1..=last / apart).map(number).collect()
}

/// How many pieces below those that were looked at should be looked at one by one, too: as many as have the rest of a page if they are like those
/// above; nothing where that is too many, or the page is full. A list of thousands of pieces takes longer to read than the few thousand newest of it.
pub(super) fn further(found: i64, walked: i64, most: i64) -> Option<i64> {
    if found == 0 || found >= most {
        return None;
    }
    // A quarter more: it is no law.
    let more = walked * (most - found) / found * 5 / 4 + 1;
    (walked + more <= WALKED_MOST).then_some(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_of_all_times_and_stays_the_same_for_long() {
        assert!(sample(0).is_empty());
        assert_eq!(sample(3), [1, 2, 3]);
        for last in [256, 1_000, 21_000, 1_000_000, 7_654_321] {
            let sample = sample(last);
            let count = i64::try_from(sample.len()).unwrap();
            assert!(
                (SAMPLED / 2..=2 * SAMPLED).contains(&count),
                "{last}: {count}"
            );
            assert!(sample[0] <= last / 100 && sample[sample.len() - 1] >= last - last / 50);
        }
        assert_eq!(
            sample(1_000_000),
            sample(1_004_000)[..sample(1_000_000).len()]
        );
    }

    fn cheapest(shares: &[(&str, i64)], pieces: i64) -> (String, bool) {
        let words = shares
            .iter()
            .map(|(word, share)| ((*word).to_owned(), *share));
        let lists = Lists::cheapest(words.collect(), pieces);
        (lists.asked, lists.cost > DEAR)
    }

    #[test]
    fn the_lists_are_read_that_leave_out_more_than_they_cost() {
        let (pieces, half) = (1_700_000, 500_000);
        let asked = |words: &[(&str, i64)]| cheapest(words, pieces);
        assert_eq!(asked(&[("a", 100), ("the", half)]), ("a".to_owned(), false));
        assert_eq!(
            asked(&[("b", 9_000), ("a", 5_000)]),
            ("a & b".to_owned(), false)
        );
        assert!(asked(&[("the", half), ("der", half)]).1, "too many");
        assert!(asked(&[("a", 50_000), ("b", 50_000)]).1);
        assert!(asked(&[("a", 50_000)]).1);
        assert!(!asked(&[("a", 1_000)]).1);
        assert!(!cheapest(&[("the", half), ("der", half)], 10_000).1);
    }

    #[test]
    fn pieces_are_looked_at_further_down_where_that_fills_the_page() {
        assert_eq!(further(60, 5_000, 60), None, "it is full");
        assert_eq!(further(0, 5_000, 60), None, "nobody knows where it is");
        assert_eq!(further(40, 5_000, 60), Some(3_126));
        assert_eq!(further(30, 5_000, 60), Some(6_251));
        assert_eq!(further(20, 5_000, 60), None, "a page is too far down");
        assert_eq!(further(55, 14_000, 60), None);
    }
}
