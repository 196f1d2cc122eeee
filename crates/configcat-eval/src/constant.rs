//! Proof that a setting has the same value for every user.

use alloc::vec::Vec;

use crate::{
    compile::{Condition, PercentageOption, Then},
    config::Config,
    error::Checked,
    faults, segment_faults, served_value,
    slots::Slot,
    value::Value,
};

/// Largest number of settings, itself and its prerequisite flags, of a setting that is proven to be
/// the same for everybody.
// The others are looked at once more for each such setting, so more would take long in a config of
// many. It is also far below the 200 levels beyond which evaluation fails.
const MAX_FLAGS: usize = 16;

/// Returns the value that a setting has for every user; `None` if that is not proven.
pub(crate) fn value<'c>(config: &'c Config, slot: &'c Slot) -> Option<&'c Value> {
    let default = slot.setting.default.as_ref().ok()?;
    if slot.setting.targeting.is_none() {
        return Some(default);
    }
    // Where evaluation fails, users get the caller's default, which is another value.
    let is_same = served_value::of_setting(slot).all(|served| served.value() == default);
    (is_same && !may_fail(config, slot)).then_some(default)
}

/// Returns whether evaluation may fail for some user, in the setting or in a prerequisite flag. In
/// doubt, it may.
fn may_fail(config: &Config, slot: &Slot) -> bool {
    let mut flags = Vec::from([slot]);
    let mut next = 0;
    while let Some(flag) = flags.get(next).copied() {
        next += 1;
        for link in links(config, flag) {
            let Some(needed) = link else { return true };
            if !flags.iter().any(|known| known.index == needed.index) {
                flags.push(needed);
            }
        }
        if flags.len() > MAX_FLAGS || fails_by_itself(config, flag) {
            return true;
        }
    }
    has_circle(config, flags)
}

/// Returns the prerequisite flags of a setting; `None` for a missing one.
fn links<'c>(config: &'c Config, slot: &'c Slot) -> impl Iterator<Item = Option<&'c Slot>> {
    config.links(slot).iter().map(|link| config.slots().get((*link)? as usize))
}

/// Returns whether flags depend on each other: takes those away that depend on no other flag, as
/// long as there are such flags.
fn has_circle(config: &Config, mut flags: Vec<&Slot>) -> bool {
    loop {
        let open: Vec<u32> = flags.iter().map(|flag| flag.index).collect();
        flags.retain(|flag| links(config, flag).flatten().any(|needed| open.contains(&needed.index)));
        if flags.is_empty() || flags.len() == open.len() {
            return !flags.is_empty();
        }
    }
}

/// Returns whether evaluation may fail at a malformed part, also of a segment, or beyond the sum of
/// percentages.
fn fails_by_itself(config: &Config, slot: &Slot) -> bool {
    let document = &slot.document;
    let rules = || slot.setting.rules().iter().flatten();
    let conditions = rules().flat_map(|rule| &rule.conditions).flat_map(|conditions| conditions.iter());
    let mut segments = conditions.flatten().filter_map(|condition| match condition {
        Condition::Segment(condition) => document.find_segment(condition.index),
        Condition::User(_) | Condition::Prerequisite(_) => None,
    });
    let options = rules().filter_map(|rule| match &rule.then {
        Then::Options(options) => Some(&**options),
        Then::Served(_) | Then::Invalid(_) => None,
    });
    let mut options = options.chain([slot.setting.options()]);
    let is_short = |options: &[Checked<PercentageOption>]| {
        options.iter().flatten().map(|option| u64::from(option.percentage)).sum::<u64>() < 100
    };
    !faults::of_setting(config, slot).is_empty()
        || segments.any(|segment| !segment_faults::of_segment(document, segment).is_empty())
        // Versions 4 and 5 give the default to users beyond the sum (specification, 2.2).
        || !document.is_legacy && options.any(|options| !options.is_empty() && is_short(options))
}
