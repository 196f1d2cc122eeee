//! Requirements on a user: rules that must match, and conditions that must hold or fail.

use configcat_eval::Value;

use crate::logic::{
    flag::{Condition, Flag, Rule, UserCondition},
    flags::Flags,
};

/// The most conditions of a rule or segment of which one may fail.
// Enough for any real rule; more could not be tried within the limit of steps.
const MAX_ALTERNATIVES: usize = 64;

/// The outcome that a condition must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Holds,
    /// The condition is evaluated, and does not hold.
    Fails,
    /// The condition does not hold, or cannot be evaluated.
    NotHolds,
    CannotEvaluate,
}

impl Wanted {
    pub(super) fn is(self, outcome: Option<bool>) -> bool {
        match self {
            Self::Holds => outcome == Some(true),
            Self::Fails => outcome == Some(false),
            Self::NotHolds => outcome != Some(true),
            Self::CannotEvaluate => outcome.is_none(),
        }
    }
}

/// A requirement.
#[derive(Clone, Copy)]
pub(super) enum Goal<'a> {
    /// Evaluation of the flag ends at that rule, or behind all rules.
    Region {
        flags: &'a Flags<'a>,
        flag: &'a Flag,
        rule: usize,
    },
    /// All conditions of the rule hold.
    Matches {
        flags: &'a Flags<'a>,
        rule: &'a Rule,
    },
    /// Some condition of the rule does not hold.
    NotMatches {
        flags: &'a Flags<'a>,
        rule: &'a Rule,
    },
    Condition {
        flags: &'a Flags<'a>,
        condition: &'a Condition,
        wanted: Wanted,
    },
    /// The value of a prerequisite flag is, or is not, the given one.
    Value {
        flags: &'a Flags<'a>,
        flag: &'a Flag,
        value: &'a Value,
        is_equal: bool,
    },
}

/// A step on the way to a user.
pub(super) enum Step<'a> {
    /// A condition on the user, which narrows the values of an attribute.
    Narrow(&'a UserCondition, Wanted),
    /// The goal is met by all goals of any of these alternatives.
    Alternatives(Vec<Vec<Goal<'a>>>),
}

impl<'a> Goal<'a> {
    /// Returns what meets the goal.
    pub(super) fn step(self) -> Step<'a> {
        match self {
            Self::Region { flags, flag, rule } => {
                let matches = flag.rules.get(rule).map(|rule| Goal::Matches { flags, rule });
                // An earlier rule that matches would end the evaluation before this one.
                let before = flag.rules.iter().take(rule);
                let not = before.map(|rule| Goal::NotMatches { flags, rule });
                Step::Alternatives(vec![matches.into_iter().chain(not).collect()])
            }
            Self::Matches { flags, rule } => Step::Alternatives(vec![all(flags, &rule.conditions)]),
            Self::NotMatches { flags, rule } => {
                let wanted = Wanted::NotHolds;
                let any = rule.conditions.iter().take(MAX_ALTERNATIVES);
                let any = any.map(|condition| vec![Goal::Condition { flags, condition, wanted }]);
                Step::Alternatives(any.collect())
            }
            Self::Condition { flags, condition, wanted } => condition_step(flags, condition, wanted),
            // Percentages decide later: any option with the value makes the flag worth a try.
            Self::Value { flags, flag, value, is_equal } => {
                let regions = 0..=flag.rules.len();
                let serving =
                    regions.take(MAX_ALTERNATIVES).filter(|rule| serves(flag, *rule, value, is_equal));
                Step::Alternatives(serving.map(|rule| vec![Goal::Region { flags, flag, rule }]).collect())
            }
        }
    }
}

fn all<'a>(flags: &'a Flags<'a>, conditions: &'a [Condition]) -> Vec<Goal<'a>> {
    let wanted = Wanted::Holds;
    conditions.iter().map(|condition| Goal::Condition { flags, condition, wanted }).collect()
}

fn condition_step<'a>(flags: &'a Flags<'a>, condition: &'a Condition, wanted: Wanted) -> Step<'a> {
    let impossible = || Step::Alternatives(Vec::new());
    match condition {
        Condition::User(condition) => Step::Narrow(condition, wanted),
        Condition::Segment { is_inside, conditions, .. } => {
            Step::Alternatives(segment(flags, conditions, *is_inside, wanted))
        }
        Condition::Prerequisite { key, is_equal, value } => match (flags.get(key), value) {
            (Some(flag), Some(value)) => {
                // A prerequisite condition is true or false, or evaluation fails.
                let is_equal = *is_equal == (wanted == Wanted::Holds);
                Step::Alternatives(vec![vec![Goal::Value { flags, flag, value, is_equal }]])
            }
            _ => impossible(),
        },
        // Evaluation ends here with an error: the user has come as far as wanted.
        Condition::Malformed if wanted == Wanted::Holds => Step::Alternatives(vec![Vec::new()]),
        Condition::Malformed => impossible(),
    }
}

/// Returns the alternatives for a condition on a segment.
fn segment<'a>(
    flags: &'a Flags<'a>,
    conditions: &'a [Condition],
    is_inside: bool,
    wanted: Wanted,
) -> Vec<Vec<Goal<'a>>> {
    let first_other = |other: Wanted| {
        (0..conditions.len().min(MAX_ALTERNATIVES)).filter_map(move |index| {
            let (before, rest) = conditions.split_at_checked(index)?;
            let mut goals = all(flags, before);
            goals.push(Goal::Condition { flags, condition: rest.first()?, wanted: other });
            Some(goals)
        })
    };
    match (wanted, is_inside) {
        (Wanted::Holds, true) | (Wanted::Fails, false) => vec![all(flags, conditions)],
        (Wanted::Holds, false) | (Wanted::Fails, true) => first_other(Wanted::Fails).collect(),
        (Wanted::CannotEvaluate, _) => first_other(Wanted::CannotEvaluate).collect(),
        (Wanted::NotHolds, true) => {
            let (wanted, some) = (Wanted::NotHolds, conditions.iter().take(MAX_ALTERNATIVES));
            some.map(|condition| vec![Goal::Condition { flags, condition, wanted }]).collect()
        }
        (Wanted::NotHolds, false) => {
            let cannot = first_other(Wanted::CannotEvaluate);
            std::iter::once(all(flags, conditions)).chain(cannot).collect()
        }
    }
}

/// Returns whether evaluation that ends at the rule, or behind all rules, may give the value, or
/// another one.
fn serves(flag: &Flag, rule: usize, value: &Value, is_equal: bool) -> bool {
    let outcome = flag.outcome(rule);
    let mut served = outcome.options.iter().map(|option| &option.served).chain(outcome.served);
    served.any(|served| served.value.as_ref().is_some_and(|other| (other == value) == is_equal))
}
