//! The search for a user that gets different results from two configs.
//!
//! The rules of both configs are conditions on single attributes, joined by AND and OR. For such a
//! user, evaluation ends at one rule of the old config, and at another one of the new. For each
//! such pair of rules, the search narrows the candidates of each attribute until all
//! requirements are met, and evaluates the user with both configs. The evaluations decide.

mod domains;
mod goal;
pub(crate) mod users;
pub(crate) mod values;

use self::{
    domains::Domains,
    goal::{Goal, Step},
    users::{Difference, Finder},
    values::{Collector, MAX_VALUES, Values},
};
use crate::logic::{
    flag::{Condition, Flag, Outcome, Rule},
    flags::Flags,
};

/// The most steps of the search for one setting, and for one pair of rules. A step looks at the
/// candidates of one attribute.
// A pair that can be met takes some ten steps. The limit for all takes some five milliseconds.
const MAX_STEPS: u32 = 2_500;
const MAX_STEPS_OF_PAIR: u32 = 400;
/// The most goals at a time. Each is on the stack of the thread.
const MAX_OPEN_GOALS: usize = 1_000;
/// The comparisons of items that count as one step.
const COMPARISONS_OF_STEP: usize = 4_000;
/// The most rules of a setting, and conditions of a rule, that are looked at.
// Each rule is compared with each one of the other config.
const MAX_RULES: usize = 400;

/// Searches for a user with different results; `None` if the limits are reached, or all is tried.
pub(crate) fn difference(key: &str, old: &Flags<'_>, new: &Flags<'_>) -> Option<Difference> {
    let values = Collector::merged(&Collector::of(old.iter()), &Collector::of(new.iter())).values();
    let mut finder = Finder::new(key, old, new);
    finder.try_simple_users();
    if let (Some(old_flag), Some(new_flag)) = (old.get(key), new.get(key)) {
        let mut search =
            Search { values: &values, finder: &mut finder, steps: MAX_STEPS, of_pair: 0, depth: 0 };
        let (old_twins, new_twins) = (twins(old_flag, new_flag), twins(new_flag, old_flag));
        for (old_rule, new_rule) in pairs(old_flag, new_flag, &old_twins, &new_twins) {
            if search.finder.is_done() || search.steps == 0 {
                break;
            }
            search.of_pair = MAX_STEPS_OF_PAIR.min(search.steps);
            let goals = goals((old, old_flag, old_rule), (new, new_flag, new_rule), &new_twins);
            search.pair(&goals);
        }
    }
    finder.found()
}

/// Returns the pairs of rules that may give different results, with the nearest rules first.
fn pairs(
    old: &Flag,
    new: &Flag,
    old_twins: &[Option<usize>],
    new_twins: &[Option<usize>],
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for old_rule in (0..=old.rules.len()).take(MAX_RULES) {
        for new_rule in (0..=new.rules.len()).take(MAX_RULES) {
            // A user that a rule matches does not come past the same rule in the other config.
            let is_past_twin = |twins: &[Option<usize>], rule: usize, other: usize| {
                twins.get(rule).is_some_and(|twin| twin.is_some_and(|twin| twin < other))
            };
            let may_meet =
                !is_past_twin(old_twins, old_rule, new_rule) && !is_past_twin(new_twins, new_rule, old_rule);
            let (old_outcome, new_outcome) = (old.outcome(old_rule), new.outcome(new_rule));
            if may_meet && may_differ(old, &old_outcome, new, &new_outcome) {
                pairs.push((old_rule, new_rule));
            }
        }
    }
    // A changed rule mostly leads to the one behind it, or comes from there.
    pairs.sort_by_key(|(old, new)| old.abs_diff(*new));
    pairs
}

/// Returns the first rule of the other flag with the same conditions, for each rule.
fn twins(flag: &Flag, other: &Flag) -> Vec<Option<usize>> {
    let twin = |rule: &Rule| {
        // A prerequisite flag may have changed.
        let is_on_user = |condition: &Condition| !matches!(condition, Condition::Prerequisite { .. });
        let is_comparable = rule.conditions.iter().all(is_on_user);
        let mut others = other.rules.iter().take(MAX_RULES);
        others.position(|other| is_comparable && other.conditions == rule.conditions)
    };
    flag.rules.iter().take(MAX_RULES).map(twin).collect()
}

fn may_differ(old: &Flag, old_outcome: &Outcome<'_>, new: &Flag, new_outcome: &Outcome<'_>) -> bool {
    let has_options = !old_outcome.options.is_empty() || !new_outcome.options.is_empty();
    old_outcome != new_outcome || (has_options && old.options_attribute != new.options_attribute)
}

/// Returns the requirements for a pair of rules. Those that fail most likely come first.
fn goals<'a>(
    old: (&'a Flags<'a>, &'a Flag, usize),
    new: (&'a Flags<'a>, &'a Flag, usize),
    new_twins: &[Option<usize>],
) -> Vec<Goal<'a>> {
    let mut goals = Vec::new();
    for (flags, flag, rule) in [old, new] {
        goals.extend(flag.rules.get(rule).map(|rule| Goal::Matches { flags, rule }));
    }
    // The rule of one config is mostly in the other one too, where it must not match.
    for ((flags, flag, rule), other) in [(old, new.2), (new, old.2)] {
        if other < rule {
            goals.extend(flag.rules.get(other).map(|rule| Goal::NotMatches { flags, rule }));
        }
    }
    for ((flags, flag, rule), other, twins) in [(old, new.2, None), (new, old.2, Some(new_twins))] {
        // A rule that is in both configs is required not to match only once.
        let is_known = |index: usize| {
            let twin = twins.and_then(|twins| twins.get(index).copied().flatten());
            index == other || twin.is_some_and(|twin| twin < other)
        };
        let before = flag.rules.iter().enumerate().take(rule).filter(|(index, _)| !is_known(*index));
        goals.extend(before.map(|(_, rule)| Goal::NotMatches { flags, rule }));
    }
    goals
}

struct Search<'s, 'a> {
    values: &'a Values,
    finder: &'s mut Finder<'a>,
    /// The steps left, and those for the current pair.
    steps: u32,
    of_pair: u32,
    /// The number of goals on the stack of the thread.
    depth: usize,
}

/// The goals that are not met yet.
#[derive(Clone, Copy)]
struct Open<'o, 'a> {
    goal: Goal<'a>,
    next: Option<&'o Open<'o, 'a>>,
}

impl<'a> Search<'_, 'a> {
    /// Searches for users that meet all goals, and tries them.
    fn pair(&mut self, goals: &[Goal<'a>]) {
        self.open(goals, None, &Domains::default());
    }

    /// Puts goals before the open ones, and goes on.
    fn open(&mut self, goals: &[Goal<'a>], next: Option<&Open<'_, 'a>>, domains: &Domains<'a>) {
        let depth = self.depth;
        self.depth += goals.len();
        if self.depth <= MAX_OPEN_GOALS {
            self.push(goals, next, domains);
        }
        self.depth = depth;
    }

    fn push(&mut self, goals: &[Goal<'a>], next: Option<&Open<'_, 'a>>, domains: &Domains<'a>) {
        match goals.split_last() {
            Some((last, others)) => self.push(others, Some(&Open { goal: *last, next }), domains),
            None => self.solve(next, domains),
        }
    }

    /// Meets the goals one after the other, in all ways until a witness is found.
    fn solve(&mut self, open: Option<&Open<'_, 'a>>, domains: &Domains<'a>) {
        let Some(Open { goal, next }) = open else {
            self.finder.try_users(domains);
            return;
        };
        match goal.step() {
            Step::Narrow(condition, wanted) => {
                let candidates =
                    domains.get(&condition.attribute).map_or(MAX_VALUES, |it| it.candidates.len());
                if !self.count(candidates * condition.test.size()) {
                    return;
                }
                if let Some(domains) = domains.narrowed(self.values, condition, wanted) {
                    self.solve(*next, &domains);
                }
            }
            Step::Alternatives(alternatives) => {
                for goals in &alternatives {
                    if self.finder.is_done() || !self.count(0) {
                        return;
                    }
                    self.open(goals, *next, domains);
                }
            }
        }
    }

    /// Counts a step that compares so many items. Returns whether there are steps left.
    fn count(&mut self, comparisons: usize) -> bool {
        let steps = u32::try_from(1 + comparisons / COMPARISONS_OF_STEP).unwrap_or(u32::MAX);
        self.steps = self.steps.saturating_sub(steps);
        self.of_pair = self.of_pair.saturating_sub(steps);
        self.of_pair > 0
    }
}
