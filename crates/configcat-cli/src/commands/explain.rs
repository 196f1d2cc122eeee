//! `configcat explain`: an evaluation, step by step.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anstyle::Style;
use configcat_eval::{
    ConditionTrace, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SettingTrace, Trace,
};
use serde_json::{Value as Json, json};

use crate::{
    Outcome,
    commands::eval::value_json,
    failure::Failure,
    flags::Flags,
    format::Format,
    screen::{BOLD, FAINT, GREEN, RED, Screen, YELLOW, shown, styled},
    users::UserArgs,
};

/// Prints the evaluation of a setting, step by step: the rules that were tried, and the first that
/// matches.
///
/// Exits with 1 if the evaluation fails.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Config: a file, `-`, or the folder of a file cache
    flags: PathBuf,
    /// Key of the setting
    key: String,
    #[command(flatten)]
    user: UserArgs,
    /// Form of the output; `json` has the evaluation log of the SDKs too
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let flags = Flags::read(&args.flags)?;
    flags.check_key(&args.key)?;
    let user = args.user.one()?;
    let trace = flags.config.explain(&args.key, user.as_ref());
    match args.format {
        Format::Json => screen.json(&json_of(&trace))?,
        Format::Text => {
            let user = user.map_or_else(|| "no user".to_owned(), |user| shown(&user.to_string()));
            let rules = flags.config.describe(&args.key).map_or(0, |setting| setting.rules.len());
            print(&trace, &user, rules, screen)?;
        }
    }
    Ok(Outcome::found(trace.result().is_err()))
}

/// A mark before a line, with its colour.
struct Mark(&'static str, Style);

// Signs and colours say the same, since some people see no colours, and pipes lose them.
const HOLDS: Mark = Mark("✓", GREEN);
const FAILS: Mark = Mark("✗", RED);
const UNKNOWN: Mark = Mark("?", YELLOW);

fn print(trace: &Trace, user: &str, rules: usize, screen: &mut Screen) -> io::Result<()> {
    writeln!(screen, "{} for {user}", styled(BOLD, shown(trace.key())))?;
    // The trace ends at the rule that matches, and a reader wonders about the others.
    let tried = trace.evaluation().rules.len();
    print_setting(trace.evaluation(), 1, screen)?;
    if tried < rules {
        let left = if rules - tried == 1 { "1 more rule" } else { &format!("{} more rules", rules - tried) };
        writeln!(screen, "{}", styled(FAINT, format_args!("    {left}, not tried")))?;
    }
    match (trace.result(), trace.variation_id()) {
        (Ok(value), id) => {
            let id = id.map(|id| format!(" (variation {})", shown(id))).unwrap_or_default();
            writeln!(screen, "{}{id}", styled(BOLD, format_args!("= {}", shown(&value.to_string()))))?;
        }
        (Err(error), _) => writeln!(screen, "{} {}", styled(RED, "error:"), shown(&error.to_string()))?,
    }
    // The steps show what is missing (3001, 3003).
    for warning in trace.warnings().iter().filter(|warning| !matches!(warning.id(), 3001 | 3003)) {
        writeln!(screen, "{} {}", styled(YELLOW, "warning:"), shown(&warning.to_string()))?;
    }
    // Mistakes in names of attributes, which no step shows.
    for hint in trace.hints() {
        writeln!(screen, "{} {}", styled(GREEN, "hint:"), shown(&hint.to_string()))?;
    }
    if trace.is_cut() {
        writeln!(screen, "{} the evaluation is too long to be shown as a whole", styled(YELLOW, "note:"))?;
    }
    Ok(())
}

/// Prints a line with its mark, indented by two columns for each level. Levels are limited, since a
/// trace has 16 levels of prerequisite flags at most.
fn line(mark: &Mark, level: usize, text: &str, screen: &mut Screen) -> io::Result<()> {
    let indent = "  ".repeat(level);
    writeln!(screen, "{indent}{} {text}", styled(mark.1, mark.0))
}

fn print_setting(setting: &SettingTrace, level: usize, screen: &mut Screen) -> io::Result<()> {
    for (index, rule) in setting.rules.iter().enumerate() {
        print_rule(index + 1, rule, level, screen)?;
    }
    match &setting.options {
        Some(options) => print_options(options, level, screen),
        None => Ok(()),
    }
}

fn print_rule(number: usize, rule: &RuleTrace, level: usize, screen: &mut Screen) -> io::Result<()> {
    let then = shown(&rule.then);
    let result = match (&rule.outcome, &rule.options) {
        // Specification, 3: such a rule is skipped, although its conditions hold.
        (Some(OutcomeTrace::Holds(true)), Some(OptionsTrace::Skipped(_))) => {
            "matches, but its options are skipped".to_owned()
        }
        (Some(OutcomeTrace::Holds(true)), _) => format!("matches: {then}"),
        (Some(OutcomeTrace::Holds(false)), _) => "does not match".to_owned(),
        (Some(OutcomeTrace::CannotEvaluate(obstacle)), _) => {
            format!("is skipped: {}", shown(&obstacle.to_string()))
        }
        (None, _) => "fails".to_owned(),
    };
    line(&mark(rule.outcome.as_ref()), level, &format!("rule {number} {result}"), screen)?;
    for condition in &rule.conditions {
        print_condition(condition, level + 1, screen)?;
    }
    match &rule.options {
        Some(options) => print_options(options, level + 1, screen),
        None => Ok(()),
    }
}

fn print_condition(condition: &ConditionTrace, level: usize, screen: &mut Screen) -> io::Result<()> {
    line(&mark(condition.outcome.as_ref()), level, &shown(&condition.text), screen)?;
    match &condition.nested {
        None => Ok(()),
        Some(NestedTrace::Segment { conditions, .. }) => {
            conditions.iter().try_for_each(|condition| print_condition(condition, level + 1, screen))
        }
        Some(NestedTrace::Prerequisite { key, evaluation, value }) => {
            // At most 16 levels: the trace is cut there, so this recursion is, too.
            print_setting(evaluation, level + 1, screen)?;
            let value =
                value.as_ref().map_or_else(|| "an error".to_owned(), |value| shown(&value.to_string()));
            writeln!(screen, "{}= {} is {value}", "  ".repeat(level + 1), shown(key))
        }
        Some(_) => Ok(()),
    }
}

fn print_options(options: &OptionsTrace, level: usize, screen: &mut Screen) -> io::Result<()> {
    match options {
        // The bucket is shown, since it is the only step that a reader cannot do in the head.
        OptionsTrace::Hashed { attribute, bucket, selected: Some(selected) } => {
            let (number, percentage, value) =
                (selected.index + 1, selected.percentage, shown(&selected.value));
            let text = format!(
                "option {number} of {percentage} %: {value}, since User.{} hashes to {bucket} of 0 to 99",
                shown(attribute)
            );
            line(&HOLDS, level, &text, screen)
        }
        OptionsTrace::Skipped(obstacle) => skipped(obstacle, level, screen),
        _ => line(&UNKNOWN, level, "percentage options fail", screen),
    }
}

fn skipped(obstacle: &ObstacleTrace, level: usize, screen: &mut Screen) -> io::Result<()> {
    let text = format!("percentage options are skipped: {}", shown(&obstacle.to_string()));
    line(&UNKNOWN, level, &text, screen)
}

fn mark(outcome: Option<&OutcomeTrace>) -> Mark {
    match outcome {
        Some(OutcomeTrace::Holds(true)) => HOLDS,
        Some(OutcomeTrace::Holds(false)) => FAILS,
        Some(OutcomeTrace::CannotEvaluate(_)) | None => UNKNOWN,
    }
}

fn json_of(trace: &Trace) -> Json {
    let warnings: Vec<Json> = trace
        .warnings()
        .iter()
        .map(|warning| json!({ "id": warning.id(), "text": warning.to_string() }))
        .collect();
    json!({
        "key": trace.key(),
        "value": trace.result().ok().map(value_json),
        "variationId": trace.variation_id(),
        "error": trace.result().err().map(ToString::to_string),
        "evaluation": setting_json(trace.evaluation()),
        "warnings": warnings,
        "hints": trace.hints().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "isCut": trace.is_cut(),
        // The text of the SDKs, to be compared with the log of an application.
        "log": trace.to_string(),
    })
}

fn setting_json(setting: &SettingTrace) -> Json {
    json!({
        "rules": setting.rules.iter().map(rule_json).collect::<Vec<_>>(),
        "options": setting.options.as_ref().map(options_json),
    })
}

fn rule_json(rule: &RuleTrace) -> Json {
    json!({
        "conditions": rule.conditions.iter().map(condition_json).collect::<Vec<_>>(),
        "then": rule.then,
        "outcome": outcome_json(rule.outcome.as_ref()),
        "options": rule.options.as_ref().map(options_json),
    })
}

fn condition_json(condition: &ConditionTrace) -> Json {
    let nested = match &condition.nested {
        Some(NestedTrace::Segment { name, conditions, outcome }) => json!({
            "segment": name,
            "conditions": conditions.iter().map(condition_json).collect::<Vec<_>>(),
            "outcome": outcome_json(outcome.as_ref()),
        }),
        Some(NestedTrace::Prerequisite { key, evaluation, value }) => json!({
            "flag": key,
            "evaluation": setting_json(evaluation),
            "value": value.as_ref().map(value_json),
        }),
        _ => Json::Null,
    };
    json!({ "text": condition.text, "outcome": outcome_json(condition.outcome.as_ref()), "nested": nested })
}

/// Returns `true`, `false`, or the reason why there is no result.
fn outcome_json(outcome: Option<&OutcomeTrace>) -> Json {
    match outcome {
        Some(OutcomeTrace::Holds(holds)) => json!(holds),
        // A text in place of a bool tells both, without a second member.
        Some(OutcomeTrace::CannotEvaluate(obstacle)) => json!(obstacle.to_string()),
        None => json!("error"),
    }
}

fn options_json(options: &OptionsTrace) -> Json {
    match options {
        OptionsTrace::Hashed { attribute, bucket, selected } => json!({
            "attribute": attribute,
            "bucket": bucket,
            "selected": selected.as_ref().map(|option| json!({
                "index": option.index, "percentage": option.percentage, "value": option.value,
            })),
        }),
        OptionsTrace::Skipped(obstacle) => json!({ "skipped": obstacle.to_string() }),
        _ => Json::Null,
    }
}
