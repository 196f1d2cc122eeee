//! Cache inside a typed flag: the place of the setting in the config that was evaluated last.

use crate::sync::primitives::atomic::{AtomicU64, Ordering};

/// Cache of one look-up: the generation of a config, and the slot or the constant value of the
/// setting there.
///
/// Both are in one number. A single atomic store cannot be torn, so threads need no lock. A lost
/// write costs one more look-up.
#[derive(Debug)]
pub(crate) struct FlagCache(AtomicU64);

/// Result of a look-up in one config.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum CachedLookup {
    /// Index of the setting in the config.
    Slot(u32),
    /// Value of a bool setting without targeting rules and percentage options.
    Constant(bool),
}

/// Number of bits for the look-up; the bits above are the generation of the config. 24 bits are
/// enough for 16.7 million settings, more than fit into the 64 MiB of a config JSON. 40 bits are
/// enough for a trillion configs.
const BITS: u32 = 24;
const MASK: u64 = (1 << BITS) - 1;
// The two highest slots stand for the constants, so that these need no bit of their own.
const OFF: u64 = MASK - 1;
const ON: u64 = MASK;

impl FlagCache {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Returns the look-up in the config of this generation.
    #[inline]
    pub(crate) fn get(&self, generation: u64) -> Option<CachedLookup> {
        // Pairs with the `Release` in `set`: a thread that sees the constant of a config also sees
        // the state with that config afterwards. Without this, a later evaluation by key could
        // return to the config before.
        let cached = self.0.load(Ordering::Acquire);
        if cached >> BITS != generation {
            return None;
        }
        match cached & MASK {
            ON => Some(CachedLookup::Constant(true)),
            OFF => Some(CachedLookup::Constant(false)),
            number => u32::try_from(number).ok()?.checked_sub(1).map(CachedLookup::Slot),
        }
    }

    /// Stores a look-up, unless the cache has one of a later config: clients that share a flag do
    /// not overwrite each other's look-ups in turn.
    pub(crate) fn set(&self, generation: u64, lookup: CachedLookup) {
        let bits = match lookup {
            CachedLookup::Constant(true) => ON,
            CachedLookup::Constant(false) => OFF,
            // Counted from 1, because a new cache holds 0.
            CachedLookup::Slot(slot) => u64::from(slot) + 1,
        };
        let fits =
            generation < 1 << (64 - BITS) && (bits < OFF || matches!(lookup, CachedLookup::Constant(_)));
        // A race of two writers loses one of them, which costs a look-up; a compare-and-swap would
        // cost each writer more.
        if fits && self.0.load(Ordering::Relaxed) >> BITS < generation {
            self.0.store(generation << BITS | bits, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CachedLookup, FlagCache};

    #[test]
    fn a_look_up_belongs_to_one_config() {
        let cache = FlagCache::new();
        assert_eq!((cache.get(0), cache.get(1)), (None, None));
        for (generation, remembered) in [
            (1, CachedLookup::Slot(0)),
            (2, CachedLookup::Slot(0xff_fffc)),
            (3, CachedLookup::Constant(false)),
            ((1 << 40) - 1, CachedLookup::Constant(true)),
        ] {
            cache.set(generation, remembered);
            assert_eq!(cache.get(generation), Some(remembered));
            assert_eq!((cache.get(generation - 1), cache.get(generation + 1)), (None, None));
        }
    }

    #[test]
    fn a_slot_or_generation_that_does_not_fit_is_not_stored() {
        let cache = FlagCache::new();
        cache.set(1, CachedLookup::Slot(0xff_fffd));
        cache.set(1, CachedLookup::Slot(u32::MAX));
        cache.set(1 << 40, CachedLookup::Constant(true));
        assert_eq!((cache.get(1), cache.get(0), cache.get(1 << 40)), (None, None, None));
    }

    #[test]
    fn a_look_up_in_an_older_config_does_not_replace_a_later_one() {
        let cache = FlagCache::new();
        cache.set(2, CachedLookup::Constant(true));
        cache.set(1, CachedLookup::Constant(false));
        assert_eq!((cache.get(2), cache.get(1)), (Some(CachedLookup::Constant(true)), None));
    }
}
