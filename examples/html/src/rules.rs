//! The rules of a flag in words, each with its result for the user.

use configcat_eval::{
    ComparisonDescription, ConditionDescription, ConditionTrace, OptionDescription, OptionsTrace,
    RuleDescription, RuleTrace, ServedDescription, SettingDescription, ThenDescription, Trace,
};
use maud::{Markup, html};

use crate::{
    explain::{self, mark, matched_rule, more},
    query::Links,
};

/// The number of shown items of a list: about one line. The evaluation log below has them all.
const MAX_ITEMS: usize = 8;

/// The number of shown conditions of a segment that was not evaluated. Each condition on the
/// segment repeats them, so a small config would make a page of gigabytes.
const MAX_SEGMENT_CONDITIONS: usize = 20;

/// Shows the rules, from the first one to the value for all other users. The names of other
/// flags are links.
pub(crate) fn rules(setting: &SettingDescription, trace: &Trace, links: Links<'_>) -> Markup {
    let evaluation = trace.evaluation();
    let matched = matched_rule(evaluation).map(|(index, _)| index);
    let has_options = matches!(evaluation.options, Some(OptionsTrace::Hashed { .. }));
    let is_default = trace.result().is_ok() && matched.is_none() && !has_options;
    html! {
        ol.rules {
            @for (index, rule) in setting.rules.iter().enumerate() {
                li.rule.matched[matched == Some(index)] {
                    (rule_card(rule, evaluation.rules.get(index), setting, links))
                }
            }
            @if !setting.options.is_empty() {
                li.rule.shared.matched[has_options] {
                    (options("Otherwise by percentage", &setting.options, evaluation.options.as_ref(), setting))
                    @if evaluation.options.is_none() { p.verdict { span.mark.unreached { "not reached" } } }
                }
            }
            li.rule.default.matched[is_default] {
                p.sentence { span.word { "For all other users" } " " (served(&setting.default)) }
                @if is_default { p.verdict { span.mark.yes { "this is the user's value" } } }
            }
        }
    }
}

fn rule_card(
    rule: &RuleDescription,
    trace: Option<&RuleTrace>,
    setting: &SettingDescription,
    links: Links<'_>,
) -> Markup {
    html! {
        @if rule.conditions.is_empty() { p.sentence { span.word { "For all users" } } }
        @for (index, condition) in rule.conditions.iter().enumerate() {
            @let step = trace.and_then(|trace| trace.conditions.get(index));
            p.sentence {
                span.word { @if index == 0 { "If" } @else { "and" } } " "
                (sentence(condition, links)) " "
                @if let Some(step) = step { (mark(step.outcome.as_ref(), ["true", "false"])) }
            }
            (details(condition, step, links))
        }
        @match &rule.then {
            ThenDescription::Served(value) => p.sentence { span.word { "then" } " " (served(value)) },
            ThenDescription::Options(list) => {
                (options("then by percentage", list, trace.and_then(|trace| trace.options.as_ref()), setting))
            }
            _ => {}
        }
        p.verdict { (verdict(trace)) }
    }
}

fn verdict(trace: Option<&RuleTrace>) -> Markup {
    let Some(trace) = trace else { return html! { span.mark.unreached { "not reached" } } };
    match &trace.options {
        Some(OptionsTrace::Skipped(obstacle)) => html! { span.mark.unknown { (obstacle.to_string()) } },
        _ => mark(trace.outcome.as_ref(), ["this rule matches", "does not match"]),
    }
}

/// Shows a condition in words.
pub(crate) fn sentence(condition: &ConditionDescription, links: Links<'_>) -> Markup {
    match condition {
        ConditionDescription::User { attribute, comparator, comparison, .. } => html! {
            strong { (attribute) } " " span.comparator { (comparator.to_lowercase()) } " " (compared(comparison))
        },
        ConditionDescription::Segment { name, is_inside, .. } => html! {
            "the user " span.comparator { @if *is_inside { "is in" } @else { "is not in" } }
            " the segment " strong { (name) }
        },
        ConditionDescription::Prerequisite { key, is_equal, value } => html! {
            "the flag " a href=(links.flag(key)) { (key) } " "
            span.comparator { @if *is_equal { "is" } @else { "is not" } } " " (explain::value(value.as_ref()))
        },
        _ => html! { "a condition that cannot be evaluated" },
    }
}

fn compared(comparison: &ComparisonDescription) -> Markup {
    match comparison {
        ComparisonDescription::Text(text) => html! { code { (text) } },
        ComparisonDescription::List(items) => html! {
            @for (index, item) in items.iter().take(MAX_ITEMS).enumerate() {
                @if index > 0 { ", " } code { (item) }
            }
            @if items.len() > MAX_ITEMS { " and " (items.len() - MAX_ITEMS) " more" }
        },
        ComparisonDescription::Number(number) => html! { code { (number) } },
        ComparisonDescription::Time(time) => {
            let text = time.to_string();
            html! { time datetime=(text) { (text.trim_end_matches("T00:00:00.000Z")) } }
        }
        ComparisonDescription::Hashed(1) => html! { em { "a confidential value" } },
        ComparisonDescription::Hashed(count) => html! { em { (count) " confidential values" } },
        _ => html! { "an unknown value" },
    }
}

/// Shows the details of a condition: the conditions of its segment, or the evaluation of its
/// prerequisite flag.
fn details(condition: &ConditionDescription, step: Option<&ConditionTrace>, links: Links<'_>) -> Markup {
    let nested = step.and_then(|step| step.nested.as_ref());
    match (nested, condition) {
        (Some(nested), _) => explain::nested_steps(nested),
        (None, ConditionDescription::Segment { name, conditions, .. }) => html! {
            div.nested {
                p { "Conditions of the segment " strong { (name) } ":" }
                @for (index, condition) in conditions.iter().take(MAX_SEGMENT_CONDITIONS).enumerate() {
                    div.step { @if index > 0 { span.word { "and" } " " } (sentence(condition, links)) }
                }
                (more(conditions.len(), MAX_SEGMENT_CONDITIONS, "conditions"))
            }
        },
        (None, _) => html! {},
    }
}

/// Shows percentage options as a bar with the place of the user, and as a list.
fn options(
    word: &str,
    list: &[OptionDescription],
    trace: Option<&OptionsTrace>,
    setting: &SettingDescription,
) -> Markup {
    let (bucket, chosen) = match trace {
        Some(OptionsTrace::Hashed { bucket, selected, .. }) => {
            (Some(*bucket), selected.as_ref().map(|option| option.index))
        }
        _ => (None, None),
    };
    let starts = list.iter().scan(0_i64, |end, option| {
        let start = *end;
        *end = start.saturating_add(option.percentage);
        Some(start)
    });
    html! {
        p.sentence {
            span.word { (word) } " of "
            strong { (setting.options_attribute.as_deref().unwrap_or("an invalid attribute")) }
        }
        svg.shares viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            @for ((index, option), start) in list.iter().enumerate().zip(starts) {
                rect.share.chosen[chosen == Some(index)] x=(start) y="0" width=(option.percentage) height="6" {}
            }
            @if let Some(bucket) = bucket { rect.bucket x=(bucket) y="0" width="1" height="6" {} }
        }
        ul.options {
            @for (index, option) in list.iter().enumerate() {
                li.chosen[chosen == Some(index)] {
                    (option.percentage) "% " (served(&option.served))
                    @if chosen == Some(index) { " " span.mark.yes { "selected" } }
                }
            }
        }
        @if let Some(bucket) = bucket { p.muted { "The hash of this user is " (bucket) " of 0 to 99." } }
    }
}

fn served(served: &ServedDescription) -> Markup {
    html! {
        (explain::value(served.value.as_ref()))
        @if let Some(id) = &served.variation_id { " " span.variation { (id) } }
    }
}
