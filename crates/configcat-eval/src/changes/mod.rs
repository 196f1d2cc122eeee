//! The settings that differ between two configs.

mod compare;
mod dependents;

use alloc::{vec, vec::Vec};
use core::{fmt, iter};

use self::{compare::Comparer, dependents::Dependents};
use crate::{config::Config, slot_iter::SlotIter, slots::Slot};

/// The settings that differ between two configs. Returned by [`Config::changes`].
///
/// First those of the new config, in its order, and then the removed ones, in the order of the old
/// config. Unchanged settings are left out.
#[derive(Clone)]
pub struct Changes<'c> {
    new: &'c Config,
    /// The settings of the new config, each with its change; `None` if it is unchanged.
    settings: iter::Zip<SlotIter<'c>, vec::IntoIter<Option<ChangeKind>>>,
    old: SlotIter<'c>,
}

/// A setting that differs between two configs: an item of [`Changes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change<'c> {
    /// The key of the setting.
    pub key: &'c str,
    /// The kind of the change.
    pub kind: ChangeKind,
}

/// The kind of a [`Change`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Only the new config has the setting.
    Added,
    /// Only the old config has the setting.
    Removed,
    /// The setting has another [type](Config::setting_type). This includes a type that is known in
    /// one of the configs only.
    TypeChanged,
    /// The setting has the same type, and may evaluate differently for some user.
    Changed,
}

impl Config {
    /// Compares each setting with the one of the same key in an older config, with its segments and
    /// prerequisite flags, and returns those that differ.
    ///
    /// A setting that is not returned is **unchanged**: for every user,
    /// [`evaluate`](Self::evaluate) gives the same value, variation id, rule and option with both
    /// configs, or an error of the same [kind](crate::ErrorKind).
    ///
    /// A setting that is [`Changed`](ChangeKind::Changed) differs in what the documents say. That
    /// does not mean that there is a user with another value: a rule may have changed that matches
    /// nobody. These are changes:
    ///
    /// - another type, value, variation id, percentage, condition or order of rules or options;
    /// - another item in a list of comparison values, or another order of the items. In lists of
    ///   hashes, the order is no change;
    /// - another name or condition of a segment that a rule refers to. The place of the segment in
    ///   its document is no change;
    /// - another salt, if a condition compares hashes;
    /// - any change of a prerequisite flag, directly or through other flags, also if it was added
    ///   or removed.
    ///
    /// The work grows with the size of both configs. An unchanged setting takes no allocation of
    /// its own.
    ///
    /// ```
    /// use configcat_eval::{Change, ChangeKind, Config};
    ///
    /// let old = Config::parse(
    ///     r#"{"f": {
    ///         "isNew": {"t": 0, "v": {"b": false}},
    ///         "limit": {"t": 2, "v": {"i": 10}},
    ///         "isOld": {"t": 0, "v": {"b": true}},
    ///         "hasHint": {"t": 0, "v": {"b": false}, "r": [
    ///             {"c": [{"p": {"f": "isNew", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]}}}"#,
    /// )?;
    /// let new = Config::parse(
    ///     r#"{"f": {
    ///         "isNew": {"t": 0, "v": {"b": true}},
    ///         "limit": {"t": 2, "v": {"i": 10}},
    ///         "hasHint": {"t": 0, "v": {"b": false}, "r": [
    ///             {"c": [{"p": {"f": "isNew", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]}}}"#,
    /// )?;
    ///
    /// let changes: Vec<(&str, ChangeKind)> = new.changes(&old).map(|change| (change.key, change.kind)).collect();
    /// assert_eq!(
    ///     changes,
    ///     [
    ///         ("isNew", ChangeKind::Changed),
    ///         // Its own rules are the same, and ask for `isNew`.
    ///         ("hasHint", ChangeKind::Changed),
    ///         ("isOld", ChangeKind::Removed),
    ///     ]
    /// );
    /// assert!(new.changes(&new).next().is_none());
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn changes<'c>(&'c self, old: &'c Self) -> Changes<'c> {
        let mut comparer = Comparer::default();
        let kinds = self.slots().map(|slot| self.change(slot, old, &mut comparer));
        let mut kinds: Vec<Option<ChangeKind>> = kinds.collect();
        self.mark_dependents(&mut kinds);
        Changes { new: self, settings: self.slots().zip(kinds), old: old.slots() }
    }

    /// Returns how a setting differs from the one in `old`, apart from its prerequisite flags.
    fn change<'c>(&'c self, new: &'c Slot, old: &'c Self, comparer: &mut Comparer) -> Option<ChangeKind> {
        let Some(old_slot) = old.slot(&new.setting.key) else { return Some(ChangeKind::Added) };
        let setting_type = |slot: &Slot| slot.setting.kind.map(|kind| kind.setting_type);
        if setting_type(new) != setting_type(old_slot) {
            return Some(ChangeKind::TypeChanged);
        }
        // A flag that is in one of the configs only cannot be compared; all others are themselves
        // settings of both configs.
        let are_there = |config: &'c Self, slot| config.links(slot).map(|flag| flag.is_some());
        let is_same = comparer.is_same(new, old_slot) && are_there(self, new).eq(are_there(old, old_slot));
        (!is_same).then_some(ChangeKind::Changed)
    }

    /// Marks the settings that depend on a changed one.
    fn mark_dependents(&self, kinds: &mut [Option<ChangeKind>]) {
        let positions = (0_u32..).zip(kinds.iter());
        let mut changed: Vec<u32> = positions.filter_map(|(position, kind)| kind.map(|_| position)).collect();
        if changed.is_empty() {
            return;
        }
        let dependents = Dependents::of(self);
        // Each setting is marked once, so circles of flags end too.
        while let Some(flag) = changed.pop() {
            for dependent in dependents.on(flag) {
                if let Some(kind @ None) = kinds.get_mut(dependent as usize) {
                    *kind = Some(ChangeKind::Changed);
                    changed.push(dependent);
                }
            }
        }
    }
}

impl<'c> Iterator for Changes<'c> {
    type Item = Change<'c>;

    fn next(&mut self) -> Option<Change<'c>> {
        let change = |slot: &'c Slot, kind| Change { key: &slot.setting.key, kind };
        let differing = self.settings.find_map(|(slot, kind)| Some(change(slot, kind?)));
        let new = self.new;
        differing.or_else(|| {
            let removed = self.old.find(|slot| new.slot(&slot.setting.key).is_none())?;
            Some(change(removed, ChangeKind::Removed))
        })
    }
}

impl iter::FusedIterator for Changes<'_> {}

impl fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
