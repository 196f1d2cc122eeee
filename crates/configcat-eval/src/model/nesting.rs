//! The lists and objects around a place of a document.

use alloc::vec::Vec;

/// A stack of lists and objects, with a bit for each.
// A document may be one bracket after the other: so its stack takes an eighth of its size.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    /// The innermost ones, the last in the lowest bit: 1 for an object, 0 for a list.
    innermost: u64,
    depth: usize,
    /// The ones around these, 64 in each number.
    outer: Vec<u64>,
}

impl Nesting {
    const EACH: usize = u64::BITS as usize;

    pub(super) fn push(&mut self, is_object: bool) {
        if self.depth > 0 && self.depth % Self::EACH == 0 {
            self.outer.push(self.innermost);
        }
        self.innermost = self.innermost << 1 | u64::from(is_object);
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.innermost >>= 1;
        if self.depth % Self::EACH == 0 {
            self.innermost = self.outer.pop().unwrap_or_default();
        }
    }

    /// Returns whether the innermost one is an object; `None` if there is no such one.
    pub(super) fn is_in_object(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.innermost & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Nesting;

    #[test]
    fn the_last_one_is_left_first() {
        for depth in [0, 1, 2, 63, 64, 65, 128, 129, 1000] {
            let is_object = |n: usize| n % 3 == 1 || n % 64 == 7;
            let mut nesting = Nesting::default();
            (0..depth).for_each(|n| nesting.push(is_object(n)));
            for n in (0..depth).rev() {
                assert_eq!(nesting.is_in_object(), Some(is_object(n)), "{n} of {depth}");
                nesting.pop();
                nesting.push(!is_object(n));
                assert_eq!(nesting.is_in_object(), Some(!is_object(n)), "{n} of {depth}");
                nesting.pop();
            }
            assert_eq!(nesting.is_in_object(), None);
        }
    }
}
