//! The rules of a setting that some user may reach.

use super::{
    flag::{Flag, Rule},
    rule_facts::RuleFacts,
};

/// The most work of comparing the rules of one setting with each other, in items of lists and
/// conditions.
// A setting of 100 rules with ten items each takes a tenth of it.
const MAX_WORK: usize = 1_000_000;

/// The answer to whether users reach a rule. In doubt, a rule is reached.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reach {
    Reached,
    /// The conditions never hold together; with the reason.
    Contradiction(String),
    /// These earlier rules take all users that meet the conditions.
    TakenBy(Vec<usize>),
}

/// Returns whether users reach the rules, for each rule.
pub(crate) fn reach(flag: &Flag) -> Vec<Reach> {
    let mut work = MAX_WORK;
    let rules = flag.rules.iter().enumerate();
    let reach = rules.map(|(index, rule)| {
        let facts = RuleFacts::of(&rule.conditions);
        if let Some(reason) = facts.contradiction() {
            return Reach::Contradiction(reason);
        }
        let earlier = flag.rules.get(..index).unwrap_or_default();
        taken_by(flag, earlier, &facts, &mut work).map_or(Reach::Reached, Reach::TakenBy)
    });
    reach.collect()
}

/// Returns the earlier rules that take each user that meets the conditions; `None` if some user may
/// be left.
fn taken_by(flag: &Flag, earlier: &[Rule], facts: &RuleFacts<'_>, work: &mut usize) -> Option<Vec<usize>> {
    let mut takes = |facts: &RuleFacts<'_>| {
        for (index, rule) in earlier.iter().enumerate() {
            *work = work.saturating_sub(facts.size().saturating_mul(rule.size()));
            if *work == 0 {
                return None;
            }
            if facts.end_at(flag, rule) {
                return Some(index);
            }
        }
        None
    };
    // One rule is the better reason, so several are tried only after it.
    if let Some(rule) = takes(facts) {
        return Some(vec![rule]);
    }
    let mut rules = facts.cases()?.iter().map(takes).collect::<Option<Vec<usize>>>()?;
    rules.sort_unstable();
    rules.dedup();
    Some(rules)
}
