//! The explanation of a value: the trace of the evaluation as HTML, each step with its result.

use configcat_eval::{
    ConditionTrace, NestedTrace, OptionsTrace, OutcomeTrace, RuleTrace, SettingTrace, Trace, Value,
};
use maud::{Markup, html};

use crate::obstacles;

/// Returns the reason for the value in a few words.
#[must_use]
pub fn reason(trace: &Trace) -> String {
    let evaluation = trace.evaluation();
    if let Err(error) = trace.result() {
        return format!("Cannot be evaluated: {error}");
    }
    match (matched_rule(evaluation), &evaluation.options) {
        (Some((index, rule)), _) => match selected(rule.options.as_ref()) {
            Some(percentage) => format!("{percentage}% option of rule {}: {}", index + 1, conditions(rule)),
            None => format!("Rule {}: {}", index + 1, conditions(rule)),
        },
        (None, options @ Some(OptionsTrace::Hashed { .. })) => match selected(options.as_ref()) {
            Some(percentage) => format!("{percentage}% option"),
            None => "Percentage options".to_owned(),
        },
        (None, _) if evaluation.rules.is_empty() && evaluation.options.is_none() => {
            "The same for all users".to_owned()
        }
        (None, _) => obstacles::reason(trace).unwrap_or_else(|| "No rule matches".to_owned()),
    }
}

/// Returns the rule that the value comes from, with its index.
pub(crate) fn matched_rule(evaluation: &SettingTrace) -> Option<(usize, &RuleTrace)> {
    let is_skipped = |rule: &RuleTrace| matches!(rule.options, Some(OptionsTrace::Skipped(_)));
    let holds = |rule: &RuleTrace| rule.outcome == Some(OutcomeTrace::Holds(true)) && !is_skipped(rule);
    let last = evaluation.rules.last().filter(|rule| holds(rule))?;
    Some((evaluation.rules.len() - 1, last))
}

/// Returns the conditions of a rule that matched, in the words of the log.
fn conditions(rule: &RuleTrace) -> String {
    let texts: Vec<_> = rule.conditions.iter().map(|condition| condition.text.as_str()).collect();
    if texts.is_empty() { "for all users".to_owned() } else { texts.join(" and ") }
}

fn selected(options: Option<&OptionsTrace>) -> Option<i64> {
    match options {
        Some(OptionsTrace::Hashed { selected: Some(option), .. }) => Some(option.percentage),
        _ => None,
    }
}

/// Shows a value; a bool as a pill.
pub(crate) fn value(value: Option<&Value>) -> Markup {
    match value {
        Some(Value::Bool(true)) => html! { span.value.true { "true" } },
        Some(Value::Bool(false)) => html! { span.value.false { "false" } },
        Some(Value::Text(text)) => html! { span.value.text { (text) } },
        Some(value) => html! { span.value.number { (value.to_string()) } },
        None => html! { span.value.none { "no value" } },
    }
}

/// Shows the result of a step, in words too, since color alone is not visible to all readers.
pub(crate) fn mark(outcome: Option<&OutcomeTrace>, [yes, no]: [&str; 2]) -> Markup {
    match outcome {
        Some(OutcomeTrace::Holds(true)) => html! { span.mark.yes { (yes) } },
        Some(OutcomeTrace::Holds(false)) => html! { span.mark.no { (no) } },
        Some(OutcomeTrace::CannotEvaluate(obstacle)) => {
            html! { span.mark.unknown { (obstacle.to_string()) } }
        }
        None => html! { span.mark.unknown { "not evaluated because of an error" } },
    }
}

/// Shows all steps, with the segments and prerequisite flags that they needed.
pub(crate) fn tree(evaluation: &SettingTrace) -> Markup {
    html! {
        @if evaluation.rules.is_empty() && evaluation.options.is_none() {
            p.muted { "No rules: the value is the same for all users." }
        }
        @if !evaluation.rules.is_empty() {
            ol.tree { @for rule in &evaluation.rules { li { (rule_steps(rule)) } } }
        }
        @if let Some(options) = &evaluation.options { (options_steps(options)) }
    }
}

fn rule_steps(rule: &RuleTrace) -> Markup {
    html! {
        (condition_steps(&rule.conditions))
        div.step {
            span.word { "then" } " " code { (rule.then) } " "
            (mark(rule.outcome.as_ref(), ["match", "no match"]))
        }
        @if let Some(options) = &rule.options { (options_steps(options)) }
    }
}

fn condition_steps(conditions: &[ConditionTrace]) -> Markup {
    html! {
        @for (index, condition) in conditions.iter().enumerate() {
            div.step {
                span.word { @if index == 0 { "if" } @else { "and" } } " "
                code { (condition.text) } " "
                (mark(condition.outcome.as_ref(), ["true", "false"]))
            }
            @if let Some(nested) = &condition.nested { (nested_steps(nested)) }
        }
    }
}

/// Shows the evaluation of the segment or prerequisite flag of a condition.
pub(crate) fn nested_steps(nested: &NestedTrace) -> Markup {
    match nested {
        NestedTrace::Segment { name, conditions, outcome } => html! {
            div.nested {
                p { "The segment " strong { (name) } ": " (mark(outcome.as_ref(), ["inside", "outside"])) }
                (condition_steps(conditions))
            }
        },
        NestedTrace::Prerequisite { key, evaluation, value } => html! {
            div.nested {
                p { "The flag " strong { (key) } ": " (self::value(value.as_ref())) }
                (tree(evaluation))
            }
        },
        _ => html! {},
    }
}

/// Shows the selected percentage option and the hash that selected it.
pub(crate) fn options_steps(options: &OptionsTrace) -> Markup {
    match options {
        OptionsTrace::Skipped(obstacle) => html! {
            div.step { span.mark.unknown { "percentage options are skipped: " (obstacle.to_string()) } }
        },
        OptionsTrace::Hashed { attribute, bucket, selected } => html! {
            div.step {
                "The hash of " strong { (attribute) } " is " strong { (bucket) } " of 0 to 99"
                @if let Some(option) = selected {
                    ", which selects option " (option.index + 1) " (" (option.percentage) "%): " code { (option.value) }
                }
            }
        },
        _ => html! {},
    }
}

/// Shows the hints and the warnings about the user and its attributes.
pub(crate) fn warnings(trace: &Trace) -> Markup {
    // The first hint is a part of the reason already, unless a rule matches.
    let reason = reason(trace);
    let hints = obstacles::attribute_hints(trace).map(ToString::to_string);
    html! {
        @for hint in hints.filter(|hint| !reason.contains(hint)) { p.warning { "Hint: " (hint) } }
        @for warning in trace.warnings() { p.warning { (warning.to_string()) } }
    }
}

/// Says how many of these are left out.
pub(crate) fn more(count: usize, limit: usize, what: &str) -> Markup {
    html! { @if count > limit { p.muted { "and " (count - limit) " more " (what) } } }
}
