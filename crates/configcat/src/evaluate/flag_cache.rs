//! Caches of typed flags: inside each flag the place of its setting in the newest config that it
//! was evaluated on, and inside each config the places of the flags that were evaluated there.
//!
//! With one client the cache inside the flag has all answers. With several clients it has those of
//! the newest config; the others use the [`FlagPlaces`] of their config, which are faster than a
//! look-up by key.

use configcat_eval::{Config, Setting};

use crate::sync::primitives::atomic::{AtomicU32, AtomicU64, Ordering};

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
    /// The config does not have the setting.
    Missing,
}

/// Number of bits for the look-up; the bits above are the generation of the config. 24 bits are
/// enough for 16.7 million settings, more than fit into the 64 MiB of a config JSON. 40 bits are
/// enough for a trillion configs.
const BITS: u32 = 24;
const MASK: u64 = (1 << BITS) - 1;
// The three highest slots stand for other results, so that these need no bit of their own.
const MISSING: u64 = MASK - 2;
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
            // First, since this is the common result that is not read by `Client::get` itself.
            number @ ..MISSING => u32::try_from(number).ok()?.checked_sub(1).map(CachedLookup::Slot),
            MISSING => Some(CachedLookup::Missing),
            number => Some(CachedLookup::Constant(number == ON)),
        }
    }

    /// Returns whether the look-up is one in a later config than that of this generation.
    #[inline]
    pub(crate) fn is_later_than(&self, generation: u64) -> bool {
        self.0.load(Ordering::Relaxed) >> BITS > generation
    }

    /// Stores a look-up, unless the cache has one of a later config: clients that share a flag do
    /// not overwrite each other's look-ups in turn.
    pub(crate) fn set(&self, generation: u64, lookup: CachedLookup) {
        let bits = match lookup {
            CachedLookup::Constant(true) => ON,
            CachedLookup::Constant(false) => OFF,
            CachedLookup::Missing => MISSING,
            // Counted from 1, because a new cache holds 0.
            CachedLookup::Slot(slot) => u64::from(slot) + 1,
        };
        let is_slot = matches!(lookup, CachedLookup::Slot(_));
        let fits = generation < 1 << (64 - BITS) && (bits < MISSING || !is_slot);
        // A race of two writers loses one of them, which costs a look-up; a compare-and-swap would
        // cost each writer more.
        if fits && self.0.load(Ordering::Relaxed) >> BITS < generation {
            self.0.store(generation << BITS | bits, Ordering::Release);
        }
    }
}

/// Number of places that a config keeps: as many as a large program has flags, in 1 KiB.
const PLACES: usize = 256;

/// Places of typed flags in one config, for clients whose config is not the newest one of a flag.
///
/// A place is a hint: it counts only if the setting there has the key of the flag. So a torn, lost
/// or foreign entry costs a look-up by key, and the list needs no lock, no owner and no clean-up.
/// It lives and ends with its config.
#[derive(Debug)]
pub(crate) struct FlagPlaces(Box<[AtomicU32]>);

impl Default for FlagPlaces {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU32::new(0)).collect())
    }
}

impl FlagPlaces {
    /// Returns the setting of a flag, if its place is known.
    #[inline]
    pub(crate) fn find<'c>(&self, config: &'c Config, key: &'static str) -> Option<Setting<'c>> {
        // Relaxed: the entry guards no other memory, and the key is compared.
        let place = self.entry(key)?.load(Ordering::Relaxed).checked_sub(1)?;
        config.setting_at(place as usize).filter(|setting| setting.key() == key)
    }

    /// Stores the place of a flag, unless another flag has the same entry: two flags that replace
    /// each other in turn would cost both more than a look-up by key.
    pub(crate) fn set(&self, key: &'static str, setting: Setting<'_>) {
        let place = u32::try_from(setting.index()).ok().and_then(|index| index.checked_add(1));
        if let (Some(entry), Some(place)) = (self.entry(key), place) {
            // An entry that is in use stays, so the result does not matter.
            let _ = entry.compare_exchange(0, place, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Returns the entry of a flag, by the address of its key: static memory is never used again
    /// for another text, and an address is hashed faster than a text.
    #[inline]
    fn entry(&self, key: &'static str) -> Option<&AtomicU32> {
        // Fibonacci hashing: the upper bits of the product depend on all bits of the address.
        let hash = (key.as_ptr().addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(hash >> (u64::BITS - PLACES.ilog2())).ok().and_then(|entry| self.0.get(entry))
    }
}

#[cfg(test)]
mod tests {
    use configcat_eval::Config;

    use super::{CachedLookup, FlagCache, FlagPlaces};

    #[test]
    fn a_place_counts_only_for_its_key() {
        let config = |keys: [&str; 2]| Config::from_values(keys.map(|key| (key.to_owned(), true.into())));
        let (config, other) = (config(["isOld", "isNew"]), config(["isNew", "isOld"]));
        let places = FlagPlaces::default();
        let index = |config, key| places.find(config, key).map(|setting| setting.index());
        assert_eq!(index(&config, "isNew"), None);
        for key in ["isNew", "isOld"] {
            places.set(key, config.setting(key).unwrap());
        }
        assert_eq!(index(&config, "isNew"), Some(1));
        // A prefix of a key has the same address.
        let key: &'static str = "isNewer";
        places.set(key, config.setting("isNew").unwrap());
        assert_eq!((index(&config, key), index(&config, &key[..0])), (None, None));
        assert_eq!(index(&other, "isNew"), None);
    }

    #[test]
    fn a_look_up_belongs_to_one_config() {
        let cache = FlagCache::new();
        assert_eq!((cache.get(0), cache.get(1)), (None, None));
        for (generation, remembered) in [
            (1, CachedLookup::Slot(0)),
            (2, CachedLookup::Slot(0xff_fffb)),
            (4, CachedLookup::Missing),
            (5, CachedLookup::Constant(false)),
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
        cache.set(1, CachedLookup::Slot(0xff_fffc));
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
        assert!(cache.is_later_than(1) && !cache.is_later_than(2) && !FlagCache::new().is_later_than(1));
    }
}
