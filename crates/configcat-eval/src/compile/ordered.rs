//! Lists of versions 4 and 5, whose items state their order.

use alloc::{boxed::Box, vec::Vec};

/// Items that are sorted by their stated order. One of them may be the last that counts.
pub(super) struct Ordered<T> {
    items: Vec<(i64, T)>,
    /// The item after which no other counts.
    last: Option<(i64, T)>,
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self { items: Vec::new(), last: None }
    }
}

impl<T> Ordered<T> {
    /// Adds an item, which comes behind those of the same order that are there.
    pub(super) fn add(&mut self, order: i64, item: T, is_last: bool) {
        if self.last.as_ref().is_some_and(|(last, _)| *last <= order) {
            return;
        }
        if is_last {
            self.last = Some((order, item));
        } else {
            self.items.push((order, item));
        }
    }

    /// Returns the items in their order, up to the last one.
    pub(super) fn into_items(self) -> Box<[T]> {
        // A stable sort: items of the same order stay in the order of the document, as in the SDKs
        // of these versions.
        let Self { mut items, last } = self;
        if !items.is_sorted_by_key(|(order, _)| *order) {
            items = in_order(items);
        }
        if let Some((order, item)) = last {
            items.truncate(items.partition_point(|(other, _)| *other <= order));
            items.push((order, item));
        }
        items.into_iter().map(|(_, item)| item).collect()
    }
}

/// Sorts the items by their order.
// Their places are sorted instead of them, so that there is one sort in the program, and not one of
// several kilobytes for each type of items.
fn in_order<T>(items: Vec<(i64, T)>) -> Vec<(i64, T)> {
    let mut places: Vec<(i64, usize)> = items.iter().map(|(order, _)| *order).zip(0..).collect();
    places.sort_unstable();
    let mut items: Vec<Option<(i64, T)>> = items.into_iter().map(Some).collect();
    places.into_iter().filter_map(|(_, place)| items.get_mut(place)?.take()).collect()
}

#[cfg(test)]
mod tests {
    use super::Ordered;
    use alloc::{string::String, vec::Vec};

    #[test]
    fn items_are_ordered_up_to_the_last_one() {
        // Those in upper case are the last that count.
        for (added, expected) in [
            ("", ""),
            ("2a 1b 3c", "bac"),
            ("1a 1b 0c 1d", "cabd"),
            ("1a 1B 1c 0d 2e", "daB"),
            ("5A 3b 4c 3D 3e 2f", "fbD"),
            ("2A 1B 0C 1d", "C"),
            ("0A 1B", "A"),
            ("9a 0B", "B"),
        ] {
            let mut list = Ordered::default();
            for item in added.split_whitespace() {
                let [order, item] = item.as_bytes() else { panic!("{item}") };
                list.add(i64::from(*order - b'0'), char::from(*item), item.is_ascii_uppercase());
            }
            assert_eq!(list.into_items().iter().collect::<String>(), expected, "{added}");
        }
    }

    #[test]
    fn items_of_the_same_order_stay_in_theirs() {
        let mut list = Ordered::default();
        (0..100).for_each(|n| list.add(n % 3, n, false));
        let items: Vec<i64> = list.into_items().into();
        assert!(items.is_sorted_by_key(|n| (n % 3, *n)));
    }
}
