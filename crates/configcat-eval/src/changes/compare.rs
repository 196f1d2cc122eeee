//! Comparison of a setting with the one of another config, part by part.
//!
//! Parts are the same if no evaluation can tell them apart. The strings of the two documents have
//! different numbers, so they are compared as text.

use alloc::vec::Vec;
use core::ptr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::{
    compile::{
        Condition, Conditions, Document, PercentageOption, Rule, Segment, Setting, Targeting, Test, Then,
        UserCondition,
        interner::{StringId, StringIdRange},
    },
    error::Checked,
    slots::Slot,
    user::AttributeName,
    value::{SettingType, Value},
};

/// Compares settings, and stores what several of them need.
#[derive(Default)]
pub(super) struct Comparer {
    /// For each segment, the segments that it was compared with, and whether they are the same.
    // Without this, a document with many conditions on a large segment would take quadratic time.
    segments: HashMap<Address, Vec<(Address, bool)>, RandomState>,
    /// The latest documents whose salts were compared, and whether they are the same.
    salts: Option<([Address; 2], bool)>,
}

/// The address of a part of a config, which stays where it is as long as the config is borrowed.
type Address = usize;

fn address<T>(part: &T) -> Address {
    ptr::from_ref(part).addr()
}

/// The most segments of the old document that one of the new document is compared with. Beyond it,
/// they count as changed.
// Names of segments are unique on the dashboard, so each has one counterpart. The limit keeps the
// work linear for documents in which all segments look alike up to their end.
const MAX_COUNTERPARTS: usize = 8;

impl Comparer {
    /// Returns whether two settings of the same key and type are the same apart from their
    /// prerequisite flags.
    pub(super) fn is_same(&mut self, new: &Slot, old: &Slot) -> bool {
        let mut documents = Documents { new: &new.document, old: &old.document, comparer: self };
        documents.setting(&new.setting, &old.setting)
    }
}

/// The documents of two settings. Each method returns whether two parts of them are the same.
struct Documents<'c, 'm> {
    new: &'c Document,
    old: &'c Document,
    comparer: &'m mut Comparer,
}

impl Documents<'_, '_> {
    fn setting(&mut self, new: &Setting, old: &Setting) -> bool {
        // An integer without a declared type is a double too.
        let is_number = |setting: &Setting| {
            setting.kind.is_some_and(|kind| kind.inferred && kind.setting_type == SettingType::Int)
        };
        is_number(new) == is_number(old)
            && value(&new.default, &old.default)
            && self.variation_id(new.variation_id, old.variation_id)
            && match (&new.targeting, &old.targeting) {
                (Some(new), Some(old)) => self.targeting(new, old),
                (new, old) => new.is_none() && old.is_none(),
            }
    }

    fn targeting(&mut self, new: &Targeting, old: &Targeting) -> bool {
        part(&new.rules, &old.rules, |new, old| items(new, old, |new, old| self.rule(new, old)))
            && part(&new.options, &old.options, |new, old| self.options(new, old))
            // Only percentage options read the attribute.
            && (!new.has_options() || part(&new.attribute, &old.attribute, |new, old| self.attribute(*new, *old)))
    }

    fn rule(&mut self, new: &Rule, old: &Rule) -> bool {
        self.conditions(&new.conditions, &old.conditions)
            && match (&new.then, &old.then) {
                (Then::Served(new), Then::Served(old)) => {
                    value(&new.value, &old.value) && self.variation_id(new.variation_id, old.variation_id)
                }
                (Then::Options(new), Then::Options(old)) => self.options(new, old),
                (Then::Invalid(new), Then::Invalid(old)) => new.fault == old.fault,
                _ => false,
            }
    }

    fn options(&mut self, new: &[Checked<PercentageOption>], old: &[Checked<PercentageOption>]) -> bool {
        let is_same = |new: &PercentageOption, old: &PercentageOption| {
            new.percentage == old.percentage
                && value(&new.value, &old.value)
                && self.variation_id(new.variation_id, old.variation_id)
        };
        // Users beyond the last option get the default value in versions 4 and 5, and an error in
        // version 6 (specification, 2.2).
        items(new, old, is_same) && (self.new.is_legacy == self.old.is_legacy || leave_nobody_out(new))
    }

    fn conditions(&mut self, new: &Checked<Conditions>, old: &Checked<Conditions>) -> bool {
        part(new, old, |new, old| items(new, old, |new, old| self.condition(new, old)))
    }

    fn condition(&mut self, new: &Condition, old: &Condition) -> bool {
        match (new, old) {
            (Condition::User(new), Condition::User(old)) => self.user_condition(new, old),
            (Condition::Segment(new), Condition::Segment(old)) => {
                new.negated == old.negated && self.segment_at(new.index, old.index)
            }
            (Condition::Prerequisite(new), Condition::Prerequisite(old)) => {
                new.key == old.key && new.negated == old.negated && new.value == old.value
            }
            _ => false,
        }
    }

    fn user_condition(&mut self, new: &UserCondition, old: &UserCondition) -> bool {
        self.attribute(new.attribute, old.attribute)
            && new.comparator == old.comparator
            && self.test(&new.test, &old.test)
    }

    /// Compares the tests of the same comparator, which determines relations and ends.
    fn test(&mut self, new: &Test, old: &Test) -> bool {
        use Test as T;
        match (new, old) {
            (T::Equals(new), T::Equals(old)) => self.string(*new, *old),
            (T::OneOf(new), T::OneOf(old)) | (T::ListContains(new), T::ListContains(old)) => {
                self.list(new.list, old.list)
            }
            (T::Contains(new), T::Contains(old)) => self.list(new.list, old.list),
            (T::Slice(_, new), T::Slice(_, old)) => self.list(new.list(), old.list()),
            (T::HashedEquals(new), T::HashedEquals(old)) => new == old && self.salt(),
            (T::HashedOneOf(new), T::HashedOneOf(old))
            | (T::HashedListContains(new), T::HashedListContains(old)) => new == old && self.salt(),
            (T::HashedSlice(_, new), T::HashedSlice(_, old)) => new == old && self.salt(),
            (T::UnsaltedOneOf(new), T::UnsaltedOneOf(old)) => new == old,
            // Texts that are no version all have the same result.
            (T::VersionOneOf(new), T::VersionOneOf(old)) => new.versions == old.versions,
            (T::Version(_, new), T::Version(_, old)) => new.version == old.version,
            (T::Number(_, new), T::Number(_, old)) | (T::Time(_, new), T::Time(_, old)) => {
                new.to_bits() == old.to_bits()
            }
            // The rule does not match, whatever the comparison value is.
            (T::Unparsable(_), T::Unparsable(_)) => true,
            (T::Broken(new), T::Broken(old)) => new.fault == old.fault,
            _ => false,
        }
    }

    /// Compares the segments at these places of the documents.
    fn segment_at(&mut self, new: i64, old: i64) -> bool {
        match (self.new.find_segment(new), self.old.find_segment(old)) {
            (Some(new), Some(old)) => part(new, old, |new, old| self.known_segment(new, old)),
            // The error shows the place that does not exist.
            (None, None) => new == old,
            _ => false,
        }
    }

    /// Compares segments, once for all settings.
    fn known_segment(&mut self, new: &Segment, old: &Segment) -> bool {
        let known = self.comparer.segments.entry(address(new)).or_default();
        if let Some((_, is_same)) = known.iter().find(|(known, _)| *known == address(old)) {
            return *is_same;
        }
        if known.len() == MAX_COUNTERPARTS {
            return false;
        }
        let is_same = new.name == old.name && self.conditions(&new.conditions, &old.conditions);
        self.comparer.segments.entry(address(new)).or_default().push((address(old), is_same));
        is_same
    }

    fn salt(&mut self) -> bool {
        let documents = [address(self.new), address(self.old)];
        if let Some((known, is_same)) = self.comparer.salts {
            if known == documents {
                return is_same;
            }
        }
        let is_same = self.new.salt == self.old.salt;
        self.comparer.salts = Some((documents, is_same));
        is_same
    }

    fn attribute(&self, new: AttributeName<StringId>, old: AttributeName<StringId>) -> bool {
        self.new.attribute(new) == self.old.attribute(old)
    }

    fn variation_id(&self, new: Option<StringId>, old: Option<StringId>) -> bool {
        new.map(|id| self.new.strings.get(id)) == old.map(|id| self.old.strings.get(id))
    }

    fn string(&self, new: StringId, old: StringId) -> bool {
        self.new.strings.bytes(new) == self.old.strings.bytes(old)
    }

    fn list(&self, new: StringIdRange, old: StringIdRange) -> bool {
        self.new.strings.is_same_list(new, &self.old.strings, old)
    }
}

impl Targeting {
    fn has_options(&self) -> bool {
        let has_options = |rule: &Rule| matches!(rule.then, Then::Options(_));
        self.options.as_ref().is_ok_and(|options| !options.is_empty())
            || self.rules.iter().flat_map(|rules| rules.iter().flatten()).any(has_options)
    }
}

/// Returns whether no user is beyond the last option: it is broken, the percentages sum to 100, or
/// there are no options at all.
fn leave_nobody_out(options: &[Checked<PercentageOption>]) -> bool {
    let share = |option: &Checked<PercentageOption>| option.as_ref().map_or(100, |option| option.percentage);
    options.is_empty() || options.iter().map(share).fold(0, u32::saturating_add) >= 100
}

/// Compares two values by their bits: 0 and -0 print differently.
fn value(new: &Checked<Value>, old: &Checked<Value>) -> bool {
    part(new, old, |new, old| match (new, old) {
        (Value::Double(new), Value::Double(old)) => new.to_bits() == old.to_bits(),
        _ => new == old,
    })
}

/// Compares two parts, or their faults.
fn part<T>(new: &Checked<T>, old: &Checked<T>, is_same: impl FnOnce(&T, &T) -> bool) -> bool {
    match (new, old) {
        (Ok(new), Ok(old)) => is_same(new, old),
        (Err(new), Err(old)) => new == old,
        _ => false,
    }
}

/// Compares two lists, item by item.
fn items<T>(new: &[Checked<T>], old: &[Checked<T>], mut is_same: impl FnMut(&T, &T) -> bool) -> bool {
    new.len() == old.len() && new.iter().zip(old).all(|(new, old)| part(new, old, &mut is_same))
}
