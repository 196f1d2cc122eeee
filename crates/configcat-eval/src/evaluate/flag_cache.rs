//! A cache of prerequisite flags, for a call that evaluates all settings.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::{
    observe::{Observer, Silent, Step},
    slots::Slot,
    value::Value,
};

/// The value of a prerequisite flag for the user, and the sum of its warnings.
///
/// Both are the same wherever the flag is needed: a value that was found without a circle is found
/// so everywhere.
#[derive(Debug, Clone, Copy)]
struct CachedFlag<'c> {
    value: &'c Value,
    warnings: u64,
}

/// The number of flags that are cached without an allocation.
// So few are compared faster than a hash is computed, and need no allocation.
const FEW: usize = 4;

/// The prerequisite flags whose value is known, except for failed ones, which fail again.
#[derive(Debug, Default)]
struct FlagCache<'c> {
    /// The first ones.
    few: [Option<(Key, CachedFlag<'c>)>; FEW],
    many: Option<HashMap<Key, CachedFlag<'c>, RandomState>>,
}

/// The address of a slot, which stays where it is as long as its config is borrowed.
type Key = usize;

// Comparing addresses costs one instruction, comparing keys a function call.
fn key(slot: &Slot) -> Key {
    core::ptr::from_ref(slot).addr()
}

impl<'c> FlagCache<'c> {
    fn get(&self, slot: &Slot) -> Option<CachedFlag<'c>> {
        let key = key(slot);
        let few = self.few.iter().flatten().find_map(|(known, value)| (*known == key).then_some(*value));
        few.or_else(|| self.many.as_ref()?.get(&key).copied())
    }

    fn insert(&mut self, slot: &Slot, known: CachedFlag<'c>) {
        match self.few.iter_mut().find(|free| free.is_none()) {
            Some(free) => *free = Some((key(slot), known)),
            None => drop(self.many.get_or_insert_default().insert(key(slot), known)),
        }
    }
}

/// Observer that stores the warnings as a number, and the values of prerequisite flags.
#[derive(Default)]
pub(crate) struct CachingObserver<'c> {
    pub(crate) silent: Silent,
    cache: FlagCache<'c>,
}

impl CachingObserver<'_> {
    /// The work that caching a flag costs.
    // With 256, the budget ends after 80,000 flags, which take some 10 MB at worst.
    const COST: usize = 256;
}

impl<'c, 'u> Observer<'c, 'u> for CachingObserver<'c> {
    #[inline]
    fn on_step(&mut self, step: Step<'c, 'u>) {
        self.silent.on_step(step);
    }

    #[inline]
    fn warnings(&self) -> u64 {
        self.silent.sum
    }

    #[inline]
    fn cached_flag(&mut self, flag: &'c Slot) -> Option<&'c Value> {
        let CachedFlag { value, warnings } = self.cache.get(flag)?;
        self.silent.sum = self.silent.sum.wrapping_add(warnings);
        Some(value)
    }

    #[inline]
    fn cache_flag(&mut self, flag: &'c Slot, value: &'c Value, warnings_before: u64) -> usize {
        let warnings = self.silent.sum.wrapping_sub(warnings_before);
        self.cache.insert(flag, CachedFlag { value, warnings });
        Self::COST
    }
}
