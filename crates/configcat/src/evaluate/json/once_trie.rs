//! A table that only grows, which threads read and extend without locks.

use once_cell::race::OnceBox;

/// Tree of values by the bits of their hashes, two bits a level. A value is never moved or removed,
/// so readers follow pointers and nothing else.
// `OnceBox` and not `OnceLock`: a child that is forked while another thread writes a cell would
// wait for that thread, which it does not have. Not `sync::primitives`: the scheduler of the
// interleaving tests would treat each look-up as a step.
pub(super) struct OnceTrie<V>(OnceBox<Node<V>>);

struct Node<V> {
    value: V,
    /// Nodes whose next two bits are 0, 1, 2 and 3.
    children: [OnceBox<Self>; 4],
}

impl<V> Default for OnceTrie<V> {
    fn default() -> Self {
        Self(OnceBox::new())
    }
}

impl<V> OnceTrie<V> {
    /// Returns what `read` makes of the first value of this hash that it accepts. It is also called
    /// with values of other hashes.
    #[inline]
    pub(super) fn find<'t, R>(&'t self, hash: u64, read: impl Fn(&'t V) -> Option<R>) -> Option<R> {
        let (mut cell, mut hash) = (&self.0, hash);
        loop {
            let node = cell.get()?;
            if let Some(found) = read(&node.value) {
                return Some(found);
            }
            (cell, hash) = node.child(hash);
        }
    }

    /// Adds a value. A value of the same hash that was added before is found before it.
    pub(super) fn insert(&self, hash: u64, value: V) {
        let mut node = Box::new(Node { value, children: Default::default() });
        let (mut cell, mut hash) = (&self.0, hash);
        while let Err(refused) = cell.set(node) {
            // Another node is there, and stays there.
            let Some(known) = cell.get() else { return };
            (cell, hash) = known.child(hash);
            node = refused;
        }
    }
}

impl<V> Node<V> {
    /// Returns the cell for a hash, and the hash without the bits that were used.
    #[inline]
    fn child(&self, hash: u64) -> (&OnceBox<Self>, u64) {
        let [first, second, third, fourth] = &self.children;
        let cell = match hash >> 62 {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        };
        (cell, hash << 2)
    }
}

#[cfg(test)]
mod tests {
    use super::OnceTrie;
    use std::thread;

    fn find(trie: &OnceTrie<(u64, u32)>, hash: u64) -> Option<u32> {
        trie.find(hash, |(known, value)| (*known == hash).then_some(*value))
    }

    #[test]
    fn a_value_is_found_by_its_hash_and_the_first_one_counts() {
        let trie = OnceTrie::default();
        assert_eq!(find(&trie, 0), None);
        let hashes = [0, 1, 2, 3, u64::MAX, 1 << 63, 1 << 62, 3 << 60];
        for (hash, value) in hashes.into_iter().zip(0..) {
            trie.insert(hash, (hash, value));
            trie.insert(hash, (hash, 99));
        }
        for (hash, value) in hashes.into_iter().zip(0..) {
            assert_eq!(find(&trie, hash), Some(value));
        }
        assert_eq!(find(&trie, 4), None);
    }

    #[test]
    fn threads_may_insert_at_the_same_time() {
        let trie = OnceTrie::default();
        let hash = |n: u32| u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        thread::scope(|scope| {
            for thread in 0..4 {
                let trie = &trie;
                scope.spawn(move || (0..500).for_each(|n| trie.insert(hash(n), (hash(n), thread))));
            }
        });
        let first: Vec<_> = (0..500).map(|n| find(&trie, hash(n)).unwrap()).collect();
        assert_eq!(first, (0..500).map(|n| find(&trie, hash(n)).unwrap()).collect::<Vec<_>>());
    }
}
