//! Lints of percentage options.

use configcat_eval::OptionDescription;

use super::finding::Findings;
use crate::{
    diagnostic::{Lint, Severity},
    logic::flag::Flag,
};

/// Checks the percentages of a setting and of its rules.
pub(super) fn check(flag: &Flag, place: &str, findings: &mut Findings) {
    // A malformed option ends its list, so the sum is not known.
    if !flag.is_sound {
        return;
    }
    for (index, rule) in flag.rules.iter().enumerate() {
        check_sum(rule.options(), flag.is_legacy, format!("{place}.r[{index}].p"), findings);
    }
    check_sum(&flag.options, flag.is_legacy, format!("{place}.p"), findings);
}

fn check_sum(options: &[OptionDescription], is_legacy: bool, place: String, findings: &mut Findings) {
    // Saturating, as the evaluator sums.
    let sum = options.iter().fold(0_i64, |sum, option| sum.saturating_add(option.percentage));
    if options.is_empty() || sum == 100 {
        return;
    }
    let (severity, reason) = match (sum < 100, is_legacy) {
        (true, false) => (Severity::Error, "evaluation fails for the users beyond the sum"),
        (true, true) => (Severity::Note, "the users beyond the sum get the default"),
        (false, _) => (Severity::Warning, "no user gets the part above 100"),
    };
    let message = format!("the percentages add up to {sum}");
    let help = "Change the percentages, so that they add up to 100.";
    findings.add_with(Lint::PercentagesNot100, severity, place, message, reason.to_owned(), help);
}
