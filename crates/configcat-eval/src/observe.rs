//! The steps of an evaluation, as they are reported to an observer.
//!
//! Evaluation is written once, generic over [`Observer`]. For the [`Silent`] observer the steps
//! compile away; the tracing one turns them into a tree (see `trace`).

use crate::{
    compile::{Condition, Document, PercentageOption, Rule},
    display::UserConditionDisplay,
    slots::Slot,
    user::{AttributeName, User},
    value::Value,
};

pub(crate) trait Observer<'c, 'u> {
    fn on_step(&mut self, step: Step<'c, 'u>);

    /// Returns the sum of the warnings so far, if the observer caches prerequisite flags.
    fn warnings(&self) -> u64 {
        0
    }

    /// Returns the value of a prerequisite flag, if it is cached, and counts its warnings again.
    fn cached_flag(&mut self, _flag: &'c Slot) -> Option<&'c Value> {
        None
    }

    /// Caches a prerequisite flag, with the warnings since `warnings_before`; returns the work that
    /// it costs.
    fn cache_flag(&mut self, _flag: &'c Slot, _value: &'c Value, _warnings_before: u64) -> usize {
        0
    }
}

/// One step of an evaluation, or a warning. Each beginning has an end, unless an error comes
/// between.
pub(crate) enum Step<'c, 'u> {
    RuleBegins {
        rule: &'c Rule,
    },
    RuleEnds(Verdict),
    /// `found` is `true` if the flag that a prerequisite condition refers to exists.
    ConditionBegins {
        condition: &'c Condition,
        document: &'c Document,
        found: bool,
    },
    ConditionEnds(Verdict),
    SegmentBegins {
        name: &'c str,
    },
    SegmentEnds {
        users: Verdict,
    },
    PrerequisiteBegins {
        key: &'c str,
    },
    PrerequisiteEnds {
        value: &'c Value,
    },
    /// The reason why the conditions that end next cannot be evaluated.
    CannotEvaluate(CannotEvaluate<'c, 'u>),
    /// `rule` is the index of the rule that the options belong to; `None` for options of the
    /// setting.
    OptionsSkipped {
        rule: Option<u32>,
        reason: CannotEvaluate<'c, 'u>,
    },
    OptionsHashed {
        rule: Option<u32>,
        attribute: AttributeName<&'c str>,
        bucket: u32,
    },
    OptionSelected {
        rule: Option<u32>,
        index: u32,
        option: &'c PercentageOption,
    },
    Warning {
        slot: &'c Slot,
        warning: Warning<'c, 'u>,
    },
}

/// The result of a condition, or of all conditions of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    Holds(bool),
    CannotEvaluate,
}

/// The reason why a condition, or percentage options, cannot be evaluated.
// Parts of the config and the user, not text: a silent evaluation must not pay for printing. The
// user and not the value, since only the user knows whether the value may be shown.
#[derive(Clone, Copy)]
pub(crate) enum CannotEvaluate<'c, 'u> {
    NoUser,
    AttributeMissing(AttributeName<&'c str>),
    AttributeInvalid(UserConditionDisplay<'c>, &'u User),
}

#[derive(Clone, Copy)]
pub(crate) enum Warning<'c, 'u> {
    NoUser,
    AttributeMissing(UserConditionDisplay<'c>),
    AttributeMissingForOptions(AttributeName<&'c str>),
    AttributeInvalid(UserConditionDisplay<'c>, &'u User),
    ConvertedToString(UserConditionDisplay<'c>, &'u User),
}

/// Observer that stores only a number for the warnings.
#[derive(Default)]
pub(crate) struct Silent {
    /// The sum of the warnings: the lower half of each is a number for its kind and place, the
    /// upper half is 1. Without warnings the sum is 0.
    // A sum, so that the warnings of a prerequisite flag are a difference, and can be added again.
    pub(crate) sum: u64,
}

impl Silent {
    /// Returns 0 if there were no warnings, and otherwise a number for them.
    #[inline]
    pub(crate) fn warnings_id(&self) -> u32 {
        if self.sum == 0 { 0 } else { fold(self.sum).max(1) }
    }
}

impl<'c, 'u> Observer<'c, 'u> for Silent {
    #[inline]
    fn on_step(&mut self, step: Step<'c, 'u>) {
        if let Step::Warning { slot, warning } = step {
            self.sum = self.sum.wrapping_add((1 << 32) | u64::from(warning.number(slot)));
        }
    }
}

impl Warning<'_, '_> {
    /// Returns a number for the kind of the warning and for its place, which is the condition, or
    /// else the setting.
    #[cold]
    fn number(&self, slot: &Slot) -> u32 {
        let (kind, condition) = match self {
            Self::NoUser => (1, None),
            Self::AttributeMissing(text) => (2, Some(text.condition)),
            Self::AttributeMissingForOptions(_) => (3, None),
            Self::AttributeInvalid(text, _) => (4, Some(text.condition)),
            Self::ConvertedToString(text, _) => (5, Some(text.condition)),
        };
        // A config does not move while it is borrowed, so addresses distinguish its places.
        let place = condition.map_or(0, |condition| core::ptr::from_ref(condition).addr() as u64);
        let setting = core::ptr::from_ref(slot).addr() as u64;
        fold(mixed(setting ^ kind << 56, place))
    }
}

/// Returns a number in which each bit depends on all bits of both.
// Both halves of a product, as in foldhash. The constants are those of `SplitMix64`.
#[expect(clippy::cast_possible_truncation, reason = "both halves are in it")]
fn mixed(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0xbf58_476d_1ce4_e5b9) * u128::from(b ^ 0x94d0_49bb_1331_11eb);
    product as u64 ^ (product >> 64) as u64
}

#[expect(clippy::cast_possible_truncation, reason = "both halves are in it")]
fn fold(number: u64) -> u32 {
    (number ^ (number >> 32)) as u32
}
