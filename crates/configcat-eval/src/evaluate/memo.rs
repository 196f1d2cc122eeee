//! What prerequisite flags have come to, in a call that evaluates all settings.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::{Value, config::Slot};

/// The value of a prerequisite flag for the user, and what an observer counts of its warnings.
///
/// It does not depend on where it was needed: a value that came out without a circle comes out so everywhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'c> {
    pub(super) value: &'c Value,
    pub(super) warnings: u64,
}

/// How many flags take no allocation.
const FEW: usize = 4;

/// The prerequisite flags whose value is known. Those that failed are not: they fail again.
#[derive(Debug, Default)]
pub(crate) struct Memo<'c> {
    /// The first ones.
    few: [Option<(Key, Known<'c>)>; FEW],
    many: HashMap<Key, Known<'c>, RandomState>,
}

/// The address of a slot, which stays where it is as long as its config is borrowed.
type Key = usize;

fn key(slot: &Slot) -> Key {
    core::ptr::from_ref(slot).addr()
}

impl<'c> Memo<'c> {
    /// What it costs to remember a flag, in bytes of work: it limits the memory to some 10 MB at worst.
    pub(super) const COST: usize = 256;

    pub(super) fn get(&self, slot: &Slot) -> Option<Known<'c>> {
        let key = key(slot);
        let few = self.few.iter().flatten().find_map(|(known, value)| (*known == key).then_some(*value));
        few.or_else(|| self.many.get(&key).copied())
    }

    pub(super) fn insert(&mut self, slot: &Slot, known: Known<'c>) {
        match self.few.iter_mut().find(|room| room.is_none()) {
            Some(room) => *room = Some((key(slot), known)),
            None => drop(self.many.insert(key(slot), known)),
        }
    }
}
