//! What a typed flag remembers of the config that it was evaluated on.

use crate::sync::primitives::atomic::{AtomicU64, Ordering};

/// Where a flag is in a config, or what it always evaluates to there: all in one number, so that threads need not
/// agree on it. Remembering less is never wrong, it only takes a look-up.
#[derive(Debug)]
pub(crate) struct FlagCache(AtomicU64);

/// What is remembered of one config.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum CachedLookup {
    /// The place of the setting in the config.
    Slot(u32),
    /// The value of a bool setting that has no other.
    Constant(bool),
}

/// The bits for what is remembered; those above are for the generation of the config.
const BITS: u32 = 24;
const MASK: u64 = (1 << BITS) - 1;
const OFF: u64 = MASK - 1;
const ON: u64 = MASK;

impl FlagCache {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// What is remembered of the config of that generation.
    #[inline]
    pub(crate) fn get(&self, generation: u64) -> Option<CachedLookup> {
        let cached = self.0.load(Ordering::Acquire);
        if cached >> BITS != generation || generation == 0 {
            return None;
        }
        match cached & MASK {
            ON => Some(CachedLookup::Constant(true)),
            OFF => Some(CachedLookup::Constant(false)),
            position => u32::try_from(position).ok().map(CachedLookup::Slot),
        }
    }

    /// Remembers, unless something of a later config is remembered already: where a flag is used with several
    /// clients, these do not take turns in writing.
    pub(crate) fn set(&self, generation: u64, lookup: CachedLookup) {
        let bits = match lookup {
            CachedLookup::Constant(true) => ON,
            CachedLookup::Constant(false) => OFF,
            CachedLookup::Slot(position) => u64::from(position),
        };
        let fits =
            generation < 1 << (64 - BITS) && (bits < OFF || matches!(lookup, CachedLookup::Constant(_)));
        if fits && self.0.load(Ordering::Relaxed) >> BITS < generation {
            self.0.store(generation << BITS | bits, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CachedLookup, FlagCache};

    #[test]
    fn a_memo_is_of_one_config() {
        let cache = FlagCache::new();
        assert_eq!((cache.get(0), cache.get(1)), (None, None));
        for (generation, remembered) in [
            (1, CachedLookup::Slot(0)),
            (2, CachedLookup::Slot(0xff_fffd)),
            (3, CachedLookup::Constant(false)),
            ((1 << 40) - 1, CachedLookup::Constant(true)),
        ] {
            cache.set(generation, remembered);
            assert_eq!(cache.get(generation), Some(remembered));
            assert_eq!((cache.get(generation - 1), cache.get(generation + 1)), (None, None));
        }
    }

    #[test]
    fn what_does_not_fit_is_not_remembered() {
        let cache = FlagCache::new();
        cache.set(1, CachedLookup::Slot(0xff_fffe));
        cache.set(1, CachedLookup::Slot(u32::MAX));
        cache.set(1 << 40, CachedLookup::Constant(true));
        assert_eq!((cache.get(1), cache.get(0), cache.get(1 << 40)), (None, None, None));
    }

    #[test]
    fn an_older_config_does_not_take_the_place_of_a_later_one() {
        let cache = FlagCache::new();
        cache.set(2, CachedLookup::Constant(true));
        cache.set(1, CachedLookup::Constant(false));
        assert_eq!((cache.get(2), cache.get(1)), (Some(CachedLookup::Constant(true)), None));
    }
}
