//! Limit of repeated records: an event that each evaluation causes is logged once until the config
//! changes.
//!
//! A flag that is missing from the config is missing in each evaluation until the config changes.
//! One record reports it; the next record of the same cause, after the config has changed, has the
//! number of records that were left out.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, Hash, RandomState},
    mem,
};

use crate::sync::primitives::{Mutex, lock};

/// Number of causes that are kept. Keys may come from requests, so there may be any number of them:
/// 1000 causes of 24 bytes are 24 KiB. A further cause is left out until the config changes.
const MAX_CAUSES: usize = 1000;

/// Causes of the records that were written since the config changed.
pub(crate) struct Repeats {
    hasher: RandomState,
    causes: Mutex<Causes>,
}

#[derive(Default)]
struct Causes {
    /// Causes by their hash: keys may be long, and are not kept.
    known: HashMap<u64, Cause>,
    /// Number of records that were left out for causes that are not kept.
    left_out: u64,
}

struct Cause {
    /// Generation of the config for which the record was written.
    generation: u64,
    /// Number of records that were left out since then.
    left_out: u64,
}

impl Repeats {
    pub(crate) fn new() -> Self {
        Self { hasher: RandomState::new(), causes: Mutex::default() }
    }

    /// Returns the number of records of this cause that were left out, if this record must be
    /// written: it is the first one for the config of this generation. Returns `None` if this
    /// record is left out.
    pub(crate) fn admit(&self, generation: u64, cause: impl Hash) -> Option<u64> {
        // A random key: keys of requests cannot be chosen so that they hide the record of another
        // key.
        let hash = self.hasher.hash_one(cause);
        let mut causes = lock(&self.causes);
        let Causes { known, left_out } = &mut *causes;
        if known.len() >= MAX_CAUSES && !known.contains_key(&hash) {
            // Only when full: this pass over all causes would otherwise run at each event.
            known.retain(|_, cause| cause.generation == generation);
            if known.len() >= MAX_CAUSES {
                *left_out += 1;
                return None;
            }
        }
        match known.entry(hash) {
            Entry::Vacant(entry) => {
                entry.insert(Cause { generation, left_out: 0 });
                // A new cause reports the records left out for all causes that were not kept, since
                // these have no place of their own.
                Some(mem::take(left_out))
            }
            Entry::Occupied(mut entry) if entry.get().generation == generation => {
                entry.get_mut().left_out += 1;
                None
            }
            Entry::Occupied(mut entry) => {
                let before = entry.insert(Cause { generation, left_out: 0 });
                Some(before.left_out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CAUSES, Repeats};

    #[test]
    fn a_cause_is_admitted_once_for_each_config() {
        let repeats = Repeats::new();
        assert_eq!(repeats.admit(1, (1001, "a")), Some(0));
        for _ in 0..3 {
            assert_eq!(repeats.admit(1, (1001, "a")), None);
        }
        assert_eq!((repeats.admit(1, (1001, "b")), repeats.admit(1, (2002, "a"))), (Some(0), Some(0)));
        assert_eq!(repeats.admit(2, (1001, "a")), Some(3), "the next record says how many were left out");
        assert_eq!(repeats.admit(2, (1001, "a")), None);
        assert_eq!(repeats.admit(3, (1001, "a")), Some(1));
    }

    #[test]
    fn causes_beyond_the_limit_are_left_out_until_the_config_changes() {
        let repeats = Repeats::new();
        for cause in 0..MAX_CAUSES {
            assert_eq!(repeats.admit(1, cause), Some(0));
        }
        for cause in 0..3 * MAX_CAUSES {
            assert_eq!(repeats.admit(1, cause), None);
        }
        let left_out = u64::try_from(2 * MAX_CAUSES).unwrap();
        assert_eq!(repeats.admit(2, usize::MAX), Some(left_out));
        assert_eq!(repeats.admit(2, MAX_CAUSES), Some(0), "the list has room again");
    }
}
