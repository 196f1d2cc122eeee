//! The settings that need a flag as a prerequisite.

use alloc::{boxed::Box, vec, vec::Vec};
use core::iter;

use crate::config::Config;

/// For each flag of a config, the settings that have it as a prerequisite flag.
// A config stores the other direction. Without this, each changed flag would need a search through
// all prerequisite conditions.
pub(super) struct Dependents {
    /// The last link to each flag.
    last: Box<[Option<u32>]>,
    links: Vec<Link>,
}

/// A prerequisite condition, in a list of those on the same flag.
struct Link {
    /// The position of the setting that has the condition.
    dependent: u32,
    previous: Option<u32>,
}

impl Dependents {
    pub(super) fn of(config: &Config) -> Self {
        let mut last = vec![None; config.slots().len()].into_boxed_slice();
        let mut links = Vec::new();
        for slot in config.slots() {
            for flag in config.links(slot).flatten() {
                // There are fewer of them than bytes in the documents.
                let (Some(last), Ok(number)) = (last.get_mut(flag as usize), u32::try_from(links.len()))
                else {
                    continue;
                };
                links.push(Link { dependent: slot.index, previous: last.replace(number) });
            }
        }
        Self { last, links }
    }

    /// Returns the positions of the settings that need the flag at that position.
    pub(super) fn on(&self, flag: u32) -> impl Iterator<Item = u32> {
        let link = |number: Option<u32>| self.links.get(number? as usize);
        let last = link(self.last.get(flag as usize).copied().flatten());
        iter::successors(last, move |current| link(current.previous)).map(|link| link.dependent)
    }
}
