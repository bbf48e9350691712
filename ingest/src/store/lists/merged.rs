//! What several walks found as one page. Pure.

use super::queue_at;
use crate::{lists::List, store::queue::Position};

/// What a walk found, in its order, and where it stopped to look, when there is more below.
pub(super) type Part<T> = (Vec<T>, Option<Position>);

/// At most `most` of all, in the order of the list; and where the page stopped to look, when it is not full.
pub(super) fn merged<T>(
    list: List,
    parts: Vec<Part<T>>,
    most: usize,
    position: impl Fn(&T) -> Position,
) -> Part<T> {
    let (mut all, mut end) = (Vec::new(), None);
    for (found, stop) in parts {
        // What a full page did not look at lies below the page.
        let stop = stop.filter(|_| found.len() < most);
        end = [end, stop]
            .into_iter()
            .flatten()
            .min_by_key(|at| place(list, *at));
        all.extend(found);
    }
    all.sort_by_key(|one| place(list, position(one)));
    // Below its end a walk may have left out what comes before these.
    if let Some(end) = end {
        all.retain(|one| place(list, position(one)) <= place(list, end));
    }
    all.truncate(most);
    let is_full = all.len() >= most;
    (all, end.filter(|_| !is_full))
}

/// Where a position stands in the order of a list.
fn place(list: List, at: Position) -> (i64, i64, u128) {
    let (received, id) = (at.received_at.as_microsecond(), at.id.as_u128());
    match list {
        List::Queue => (queue_at(at), received, id),
        List::All => (0, -received, u128::MAX - id),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Position {
        Position {
            due_at: None,
            received_at: Timestamp::from_second(second).unwrap(),
            id: Uuid::nil(),
        }
    }

    fn page(parts: &[(&[i64], Option<i64>)], most: usize) -> (Vec<i64>, Option<i64>) {
        let parts = parts
            .iter()
            .map(|(found, end)| (found.to_vec(), end.map(at)));
        let (all, end) = merged(List::All, parts.collect(), most, |second| at(*second));
        (all, end.map(|end| end.received_at.as_second()))
    }

    #[test]
    fn a_page_has_the_tickets_of_all_walks_in_one_order() {
        assert_eq!(
            page(&[(&[9, 3], None), (&[5], None)], 4),
            (vec![9, 5, 3], None)
        );
        assert_eq!(
            page(&[(&[9, 3], None), (&[5, 4], None)], 2),
            (vec![9, 5], None)
        );
        assert_eq!(page(&[], 2), (vec![], None));
    }

    #[test]
    fn nothing_is_shown_below_what_a_walk_did_not_look_at() {
        // The first stopped at 6: it may have tickets between 6 and 5.
        assert_eq!(
            page(&[(&[9], Some(6)), (&[7, 5], None)], 4),
            (vec![9, 7], Some(6))
        );
        assert_eq!(
            page(&[(&[9], Some(6)), (&[], Some(8))], 4),
            (vec![9], Some(8))
        );
        // A full walk has shown all as far as its last.
        assert_eq!(
            page(&[(&[9, 8], Some(1)), (&[5], None)], 2),
            (vec![9, 8], None)
        );
        // So has a page that is full without what lies below the end.
        assert_eq!(
            page(&[(&[9], Some(6)), (&[7, 5], None)], 2),
            (vec![9, 7], None)
        );
    }
}
