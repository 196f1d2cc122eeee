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

/// Keeps nothing but whether there were warnings.
#[derive(Default)]
pub(crate) struct Silent {
    pub(crate) warned: bool,
}

impl<'c, 'u> Observer<'c, 'u> for Silent {
    #[inline]
    fn note(&mut self, fact: Fact<'c, 'u>) {
        if let Fact::Warning { .. } = fact {
            self.warned = true;
        }
    }
}
