//! What evaluation tells an observer: facts, no text.
//!
//! Evaluation is written once, generic over [`Observer`]. For the [`Silent`] one the facts compile away;
//! the tracing one turns them into a tree (see `trace`).

use crate::{
    Value,
    attribute::AttributeValue,
    compile::{Condition, Document, PercentageOption, Rule},
    display::UserConditionText,
    user::AttributeName,
};

pub(crate) trait Observer<'c, 'u> {
    fn note(&mut self, fact: Fact<'c, 'u>);

    /// What was counted of warnings so far: a sum, so that the warnings in between are a difference.
    fn warnings(&self) -> u64 {
        0
    }

    /// Counts warnings of an evaluation that is not repeated.
    fn recall(&mut self, _warnings: u64) {}
}

/// One step of an evaluation, or a warning. What begins ends, unless an error comes between.
pub(crate) enum Fact<'c, 'u> {
    RuleBegins {
        rule: &'c Rule,
    },
    RuleEnds(Verdict),
    /// `found` says whether the flag that a prerequisite condition refers to exists.
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
    /// Why the conditions that end next cannot be evaluated.
    Obstacle(Obstacle<'c, 'u>),
    /// `rule` is the index of the rule that the options belong to, if not to the setting itself.
    OptionsSkipped {
        rule: Option<u32>,
        obstacle: Obstacle<'c, 'u>,
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
        key: &'c str,
        warning: Warning<'c, 'u>,
    },
}

/// What a condition comes to, or all conditions of a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    Holds(bool),
    CannotEvaluate,
}

/// Why a condition, or percentage options, cannot be evaluated.
#[derive(Clone, Copy)]
pub(crate) enum Obstacle<'c, 'u> {
    NoUser,
    AttributeMissing(AttributeName<&'c str>),
    AttributeInvalid(UserConditionText<'c>, &'u AttributeValue),
}

#[derive(Clone, Copy)]
pub(crate) enum Warning<'c, 'u> {
    NoUser,
    AttributeMissing(UserConditionText<'c>),
    AttributeMissingForOptions(AttributeName<&'c str>),
    AttributeInvalid(UserConditionText<'c>, &'u AttributeValue),
    ConvertedToText(UserConditionText<'c>, &'u AttributeValue),
}

/// Keeps nothing but a fingerprint of the warnings.
#[derive(Default)]
pub(crate) struct Silent {
    /// The sum of the warnings, each with a number for its kind and place in the lower half, and 1 in the upper half: 0
    /// if there were none.
    sum: u64,
}

impl Silent {
    /// 0 if there were no warnings, else a number for them.
    #[inline(always)]
    pub(crate) fn warnings_id(&self) -> u32 {
        if self.sum == 0 { 0 } else { fold(self.sum).max(1) }
    }
}

impl<'c, 'u> Observer<'c, 'u> for Silent {
    #[inline]
    fn note(&mut self, fact: Fact<'c, 'u>) {
        if let Fact::Warning { key, warning } = fact {
            self.sum = self.sum.wrapping_add((1 << 32) | u64::from(warning.number(key)));
        }
    }

    #[inline]
    fn warnings(&self) -> u64 {
        self.sum
    }

    fn recall(&mut self, warnings: u64) {
        self.sum = self.sum.wrapping_add(warnings);
    }
}

impl Warning<'_, '_> {
    /// A number for the kind of the warning and for its place, which is the condition, or else the setting of that key.
    #[cold]
    fn number(&self, key: &str) -> u32 {
        let (kind, condition) = match self {
            Self::NoUser => (1, None),
            Self::AttributeMissing(text) => (2, Some(text.condition)),
            Self::AttributeMissingForOptions(_) => (3, None),
            Self::AttributeInvalid(text, _) => (4, Some(text.condition)),
            Self::ConvertedToText(text, _) => (5, Some(text.condition)),
        };
        // A config stays where it is, so that addresses tell its places apart.
        let place = condition.map_or(0, |condition| core::ptr::from_ref(condition).addr() as u64);
        let setting = key.as_ptr().addr() as u64;
        fold(mixed(mixed(setting ^ kind) ^ place))
    }
}

/// A number in which each bit depends on all bits (the finalizer of `SplitMix64`).
fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[expect(clippy::cast_possible_truncation, reason = "both halves are in it")]
fn fold(number: u64) -> u32 {
    (number ^ (number >> 32)) as u32
}
