//! What a typed flag remembers of the config that it was evaluated on.

use crate::sync::primitives::atomic::{AtomicU64, Ordering};

/// Where a flag is in a config, or what it always evaluates to there: all in one number, so that threads need not
/// agree on it. Remembering less is never wrong, it only takes a look-up.
#[derive(Debug)]
pub(crate) struct Memo(AtomicU64);

/// What is remembered of one config.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Remembered {
    /// The place of the setting in the config.
    Position(u32),
    /// The value of a bool setting that has no other.
    Answer(bool),
}

/// The bits for what is remembered; those above are for the generation of the config.
const BITS: u32 = 24;
const MASK: u64 = (1 << BITS) - 1;
const OFF: u64 = MASK - 1;
const ON: u64 = MASK;

impl Memo {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// What is remembered of the config of that generation.
    #[inline]
    pub(crate) fn get(&self, generation: u64) -> Option<Remembered> {
        let memo = self.0.load(Ordering::Acquire);
        if memo >> BITS != generation || generation == 0 {
            return None;
        }
        match memo & MASK {
            ON => Some(Remembered::Answer(true)),
            OFF => Some(Remembered::Answer(false)),
            position => u32::try_from(position).ok().map(Remembered::Position),
        }
    }

    /// Remembers, unless something of a later config is remembered already: where a flag is used with several
    /// clients, these do not take turns in writing.
    pub(crate) fn set(&self, generation: u64, remembered: Remembered) {
        let bits = match remembered {
            Remembered::Answer(true) => ON,
            Remembered::Answer(false) => OFF,
            Remembered::Position(position) => u64::from(position),
        };
        let fits =
            generation < 1 << (64 - BITS) && (bits < OFF || matches!(remembered, Remembered::Answer(_)));
        if fits && self.0.load(Ordering::Relaxed) >> BITS < generation {
            self.0.store(generation << BITS | bits, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Memo, Remembered};

    #[test]
    fn a_memo_is_of_one_config() {
        let memo = Memo::new();
        assert_eq!((memo.get(0), memo.get(1)), (None, None));
        for (generation, remembered) in [
            (1, Remembered::Position(0)),
            (2, Remembered::Position(0xff_fffd)),
            (3, Remembered::Answer(false)),
            ((1 << 40) - 1, Remembered::Answer(true)),
        ] {
            memo.set(generation, remembered);
            assert_eq!(memo.get(generation), Some(remembered));
            assert_eq!((memo.get(generation - 1), memo.get(generation + 1)), (None, None));
        }
    }

    #[test]
    fn what_does_not_fit_is_not_remembered() {
        let memo = Memo::new();
        memo.set(1, Remembered::Position(0xff_fffe));
        memo.set(1, Remembered::Position(u32::MAX));
        memo.set(1 << 40, Remembered::Answer(true));
        assert_eq!((memo.get(1), memo.get(0), memo.get(1 << 40)), (None, None, None));
    }

    #[test]
    fn an_older_config_does_not_take_the_place_of_a_later_one() {
        let memo = Memo::new();
        memo.set(2, Remembered::Answer(true));
        memo.set(1, Remembered::Answer(false));
        assert_eq!((memo.get(2), memo.get(1)), (Some(Remembered::Answer(true)), None));
    }
}
