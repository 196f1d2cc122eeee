//! A table of settings by their keys.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use foldhash::fast::RandomState;
use hashbrown::{HashTable, hash_table::Entry};

use crate::{
    compile::{Document, Setting},
    error::Fault,
    hash::table_hash,
};

/// A setting in its config.
pub(crate) struct Slot {
    pub(crate) setting: Setting,
    /// The document of the setting, with everything it refers to except prerequisite flags.
    pub(crate) document: Arc<Document>,
    /// The index of the first link of the setting.
    pub(crate) first_link: u32,
    /// Place of the setting in its config.
    pub(crate) index: u32,
}

impl Slot {
    /// Adds the place of the setting to a fault.
    #[cold]
    pub(crate) fn place(&self, fault: Arc<Fault>) -> Arc<Fault> {
        fault.within(&self.setting.key).within(self.document.settings_member).rooted()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.setting.key).finish()
    }
}

/// Settings of different keys, in the order in which their keys came first.
#[derive(Default)]
pub(crate) struct Slots {
    pub(crate) slots: Vec<Slot>,
    /// Finds slots by the hash of their key.
    pub(crate) index: HashTable<u32>,
    pub(crate) hasher: RandomState,
}

impl Slots {
    /// Reserves memory for that many more settings.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.slots.reserve_exact(count);
        // Borrowed apart from the index, which the closure must not borrow.
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.index.reserve(count, |&known| table_hash(hasher, key_at(slots, known).as_bytes()));
    }

    /// Sorts the settings by their index.
    pub(crate) fn sort(&mut self) {
        if self.slots.is_sorted_by_key(|slot| slot.index) {
            return;
        }
        self.slots.sort_unstable_by_key(|slot| slot.index);
        self.index.clear();
        let Self { slots, index, hasher } = self;
        for (position, slot) in (0..).zip(slots.iter()) {
            let hash = |&known: &u32| table_hash(hasher, key_at(slots, known).as_bytes());
            index.insert_unique(table_hash(hasher, slot.setting.key.as_bytes()), position, hash);
        }
    }

    /// Adds a setting; it takes the place of one with the same key.
    pub(crate) fn insert(&mut self, setting: Setting, document: Arc<Document>) {
        // A document of less than 4 GiB has fewer settings than that.
        let Ok(position) = u32::try_from(self.slots.len()) else { return };
        let (slots, hasher, key) = (&self.slots, &self.hasher, &*setting.key);
        let entry = self.index.entry(
            table_hash(hasher, key.as_bytes()),
            |&known| key_at(slots, known) == key,
            |&known| table_hash(hasher, key_at(slots, known).as_bytes()),
        );
        match entry {
            Entry::Vacant(entry) => {
                entry.insert(position);
                self.slots.push(Slot { setting, document, first_link: 0, index: position });
            }
            Entry::Occupied(entry) => {
                let known = *entry.get() as usize;
                if let Some(old) = self.slots.get_mut(known) {
                    // The last of equal keys counts, at the place of the first, as in a JavaScript
                    // object.
                    *old = Slot { setting, document, first_link: 0, index: old.index };
                }
            }
        }
    }
}

/// Finds a setting in a table of that hasher.
pub(crate) fn find<'s>(slots: &'s [Slot], index: &HashTable<u32>, hash: u64, key: &str) -> Option<&'s Slot> {
    let mut found = index.iter_hash(hash).filter_map(|&known| slots.get(known as usize));
    found.find(|slot| *slot.setting.key == *key)
}

fn key_at(slots: &[Slot], position: u32) -> &str {
    slots.get(position as usize).map_or("", |slot| &*slot.setting.key)
}
