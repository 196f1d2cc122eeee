//! Faults in a config.

mod attributes;
mod conditions;
mod finding;
mod items;
mod options;
mod prerequisites;
mod rules;
mod text;

use configcat_eval::{Config, ErrorKind, EvaluationError, Setting};

use self::{attributes::Attributes, finding::Findings, prerequisites::Possible};
use crate::{
    diagnostic::{Diagnostic, Lint},
    logic::flag::{Condition, Flag, Segments},
};

/// Checks a config, and returns its faults in the order of their places: settings in the order of
/// the config, then segments. See [`Lint`] for the list of lints.
///
/// Rules of a setting are compared with each other as far as that takes a bounded amount of work,
/// which no config within the plan limits of ConfigCat exceeds. Beyond it, faults may be missed;
/// still, what is reported is true.
///
/// ```
/// use configcat_analysis::lint;
/// use configcat_eval::Config;
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}], "s": {"v": {"b": true}}},
///         {"c": [{"u": {"a": "Email", "c": 28, "s": "jane@example.com"}}], "s": {"v": {"b": false}}}]}}}"#,
/// )?;
/// let found: Vec<String> = lint(&config).iter().map(ToString::to_string).collect();
/// assert_eq!(
///     found,
///     ["warning[rule-unreachable] f.isNew.r[1]: no user reaches this rule"]
/// );
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[must_use]
pub fn lint(config: &Config) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    let mut attributes = Attributes::default();
    // Shared by all settings, since many of them ask for the same prerequisite flag.
    let mut possible = Possible::new(config);
    // Found once for the whole config, since each circle is reported at one of its flags only.
    let circles = prerequisites::circles(config);
    for setting in config.settings() {
        findings.enter(Some(setting.key()));
        lint_setting(config, &setting, &mut possible, &mut attributes, &mut findings);
        circles.report(setting.key(), &mut findings);
    }
    findings.enter(None);
    for segment in config.segments() {
        let place = format!("s[{}]", segment.index);
        // Reported at the segment, since each rule that refers to it has the same fault.
        report_faults(&segment.faults, &mut findings);
        let conditions = segment.conditions.iter();
        let conditions: Vec<Condition> =
            conditions.map(|condition| Condition::new(condition, false, &mut Segments::new())).collect();
        for (index, condition) in conditions.iter().enumerate() {
            let place = format!("{place}.r[{index}]");
            conditions::check(condition, &place, false, &mut possible, &mut findings);
            attributes.add(condition, &place, None);
        }
        rules::check_segment(&conditions, format!("{place}.r"), &mut findings);
        if !segment.is_used {
            let name = segment.name.as_deref().unwrap_or_default();
            findings.add(
                Lint::SegmentUnused,
                place,
                format!("no rule refers to segment '{}'", text::cut(name)),
                "no condition of the config has its index".to_owned(),
                "Delete the segment, if it is not needed.",
            );
        }
    }
    attributes.report(&mut findings);
    findings.in_order(config)
}

fn lint_setting(
    config: &Config,
    setting: &Setting<'_>,
    possible: &mut Possible<'_>,
    attributes: &mut Attributes,
    findings: &mut Findings,
) {
    report_faults(&setting.faults(), findings);
    // Without rules and options, every further lint is about nothing.
    if !setting.has_targeting() {
        return;
    }
    let flag = Flag::new(setting);
    let place = format!("f.{}", setting.key());
    for (index, rule) in flag.rules.iter().enumerate() {
        for (at, condition) in rule.conditions.iter().enumerate() {
            let member = match condition {
                Condition::User(_) => ".u",
                Condition::Segment { .. } => ".s",
                Condition::Prerequisite { .. } => ".p",
                Condition::Malformed => "",
            };
            let place = format!("{place}.r[{index}].c[{at}]{member}");
            conditions::check(condition, &place, flag.is_legacy, possible, findings);
            // Conditions of segments are counted once, at the segment.
            if let Condition::User(_) = condition {
                attributes.add(condition, &place, Some(setting.key()));
            }
        }
    }
    rules::check(config, setting.key(), &flag, findings);
    options::check(&flag, &place, findings);
}

/// Reports the faults that evaluation meets.
fn report_faults(faults: &[EvaluationError], findings: &mut Findings) {
    for fault in faults {
        // The evaluator knows the exact rules of types, so these two are not checked again here.
        let (lint, help) = match fault.kind() {
            ErrorKind::PrerequisiteNotFound { .. } => {
                (Lint::PrerequisiteMissing, "Remove the condition, or publish the flag in the same config.")
            }
            ErrorKind::PrerequisiteTypeMismatch { .. } => {
                (Lint::PrerequisiteType, "Compare the flag with a value of its own type.")
            }
            _ => (Lint::Malformed, "Correct this part of the document."),
        };
        findings.add(
            lint,
            fault.place().to_owned(),
            fault.kind().to_string(),
            "evaluation fails when it reaches this place".to_owned(),
            help,
        );
    }
}
