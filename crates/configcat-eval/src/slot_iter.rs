//! The settings of a config in their order, with a layer or without.

use core::{iter, slice};

use crate::slots::Slot;

/// The settings of a config, in their order.
// In runs, so that the settings of a config without a layer are one slice: a test for each setting
// would slow down each call that evaluates all of them.
#[derive(Clone)]
pub(crate) struct SlotIter<'c> {
    run: slice::Iter<'c, Slot>,
    /// The settings behind the run.
    base: &'c [Slot],
    over: &'c [Slot],
}

impl<'c> SlotIter<'c> {
    pub(crate) fn plain(slots: &'c [Slot]) -> Self {
        Self { run: slots.iter(), base: &[], over: &[] }
    }

    /// Returns the settings of `base`, with those of `over` in place of the ones with the same
    /// index, and behind them. `over` is sorted by the index.
    pub(crate) fn layered(base: &'c [Slot], over: &'c [Slot]) -> Self {
        Self { run: [].iter(), base, over }
    }

    /// Begins the next run: settings of the base up to the next replaced one, or the settings that
    /// replace it.
    #[cold]
    fn next_run(&mut self) -> Option<&'c Slot> {
        let run = match (self.base.first(), self.over.first()) {
            (Some(base), Some(over)) if base.index == over.index => {
                self.base = self.base.get(1..).unwrap_or_default();
                split_off(&mut self.over, 1)
            }
            (Some(base), Some(over)) => {
                let distance = over.index.saturating_sub(base.index) as usize;
                split_off(&mut self.base, distance)
            }
            (Some(_), None) => split_off(&mut self.base, usize::MAX),
            (None, _) => split_off(&mut self.over, usize::MAX),
        };
        self.run = run.iter();
        self.run.next()
    }
}

/// Removes the first items of a list, as many as there are, and returns them.
fn split_off<'c>(list: &mut &'c [Slot], count: usize) -> &'c [Slot] {
    let (first, rest) = list.split_at_checked(count).unwrap_or((list, &[]));
    *list = rest;
    first
}

impl<'c> Iterator for SlotIter<'c> {
    type Item = &'c Slot;

    #[inline]
    fn next(&mut self) -> Option<&'c Slot> {
        match self.run.next() {
            None => self.next_run(),
            next => next,
        }
    }

    // Without stepping through each run: `Evaluations::nth` evaluates single settings so.
    fn nth(&mut self, mut n: usize) -> Option<&'c Slot> {
        while n >= self.run.len() {
            n -= self.run.len();
            self.run = [].iter();
            let first = self.next_run()?;
            if n == 0 {
                return Some(first);
            }
            n -= 1;
        }
        self.run.nth(n)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let first = self.base.first().map(|slot| slot.index as usize);
        let end = first.map(|first| first + self.base.len());
        // Settings of the layer whose index is one of the base replace it, the others follow.
        let is_added = |slot: &&Slot| end.is_none_or(|end| slot.index as usize >= end);
        let added = self.over.iter().filter(is_added).count();
        let count = self.run.len() + self.base.len() + added;
        (count, Some(count))
    }
}

impl ExactSizeIterator for SlotIter<'_> {}

impl iter::FusedIterator for SlotIter<'_> {}
