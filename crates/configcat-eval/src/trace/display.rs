//! The text of a trace: the evaluation log, byte for byte the same in every ConfigCat SDK.

use core::fmt::{self, Write};

use crate::{
    display::segment_comparator,
    trace::{
        ConditionTrace, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SettingTrace,
        Trace,
        limits::{MAX_LOG, MAX_STRING},
    },
    truncate::{ELLIPSIS, NullWriter, TruncatingWriter},
};

const RULE_IGNORED: &str =
    "The current targeting rule is ignored and the evaluation continues with the next rule.";
const REST_IS_LEFT_OUT: &str = "The rest is left out: it is too long, or prerequisite flags go too deep.";

/// Writes the evaluation log; with `{:#}`, then the hints.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_log(f)?;
        let hints = if f.alternate() { self.hints() } else { &[] };
        hints.iter().try_for_each(|hint| write!(f, "\nHint: {hint}"))
    }
}

impl Trace {
    fn write_log(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_cut = self.write_steps(&mut *f)?;
        let mut text = LineWriter { out: f, indent: 1 };
        if is_cut || self.is_cut {
            text.line(format_args!("{ELLIPSIS} {REST_IS_LEFT_OUT}"))?;
        }
        // A caller that returns a default has said so with `returning`.
        let value = self.returned.as_ref().or(self.result.as_ref().ok());
        let Some(value) = value else { return text.line("Returning the default value.") };
        text.line("Returning '")?;
        let mut limited = TruncatingWriter::new(&mut *text.out, MAX_STRING);
        limited.write_truncated(value)?;
        let end = if limited.is_cut { ELLIPSIS } else { "" };
        write!(text.out, "{end}'.")
    }

    /// Returns whether the text exceeds its limit.
    pub(crate) fn prints_too_much(&self) -> bool {
        self.write_steps(NullWriter).unwrap_or_default()
    }

    /// Writes all lines except the last; returns whether they were cut.
    // The last line has the value, which must be there even if the rest is cut.
    fn write_steps(&self, out: impl Write) -> Result<bool, fmt::Error> {
        let mut limited = TruncatingWriter::new(out, MAX_LOG);
        match self.write_all_steps(&mut limited) {
            // The writer returns an error when it cuts; other errors come from the caller's writer.
            Err(fmt::Error) if limited.is_cut => Ok(true),
            other => other.map(|()| false),
        }
    }

    fn write_all_steps(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "Evaluating '{}'", self.key)?;
        if let Some(user) = &self.user {
            write!(out, " for User '{user}'")?;
        }
        LineWriter { out, indent: 1 }.setting(&self.evaluation)
    }
}

/// A writer of indented lines.
///
/// Prerequisite flags within each other are written by recursion:
/// [`MAX_LEVELS`](super::limits::MAX_LEVELS) limits it.
struct LineWriter<'a, W> {
    out: &'a mut W,
    indent: usize,
}

impl<W: Write> LineWriter<'_, W> {
    fn line(&mut self, text: impl fmt::Display) -> fmt::Result {
        write!(self.out, "\n{:width$}{text}", "", width = 2 * self.indent)
    }

    fn indented(&mut self) -> LineWriter<'_, W> {
        LineWriter { out: self.out, indent: self.indent + 1 }
    }

    fn setting(&mut self, setting: &SettingTrace) -> fmt::Result {
        if !setting.rules.is_empty() {
            self.line("Evaluating targeting rules and applying the first match if any:")?;
        }
        for rule in &setting.rules {
            self.conditions(&rule.conditions, rule.condition_count > 1)?;
            self.indented().then(rule)?;
        }
        match &setting.options {
            Some(options) => self.options(options),
            None => Ok(()),
        }
    }

    /// Writes the THEN part of a rule.
    fn then(&mut self, rule: &RuleTrace) -> fmt::Result {
        let Some(outcome) = &rule.outcome else { return Ok(()) };
        // Specification, 3.3: THEN starts a line after several conditions, or after one with a
        // block.
        let has_block = rule.conditions.last().is_some_and(|last| last.nested.is_some());
        if rule.condition_count > 1 || has_block {
            self.line("THEN ")?;
        } else {
            self.out.write_str(" THEN ")?;
        }
        write!(self.out, "{} => ", rule.then)?;
        match outcome {
            OutcomeTrace::Holds(true) => self.out.write_str("MATCH, applying rule")?,
            OutcomeTrace::Holds(false) => self.out.write_str("no match")?,
            OutcomeTrace::CannotEvaluate(reason) => {
                write!(self.out, "{reason}")?;
                return self.line(RULE_IGNORED);
            }
        }
        let Some(options) = &rule.options else { return Ok(()) };
        self.options(options)?;
        match options {
            // A rule whose options cannot be evaluated does not match (specification, 3).
            OptionsTrace::Skipped(_) => self.line(RULE_IGNORED),
            OptionsTrace::Hashed { .. } => Ok(()),
        }
    }

    /// Writes the conditions of a rule or segment; with `results`, each with its result.
    fn conditions(&mut self, conditions: &[ConditionTrace], results: bool) -> fmt::Result {
        self.line("- ")?;
        let mut text = self.indented();
        for (index, condition) in conditions.iter().enumerate() {
            if index == 0 {
                text.out.write_str("IF ")?;
            } else {
                text.line("AND ")?;
            }
            text.condition(condition, results)?;
        }
        Ok(())
    }

    fn condition(&mut self, condition: &ConditionTrace, result: bool) -> fmt::Result {
        self.out.write_str(&condition.text)?;
        if let Some(nested) = &condition.nested {
            self.line("(")?;
            self.indented().nested(condition, nested)?;
            // Without an outcome an error came between, and the block stays open, as in the other
            // SDKs.
            if condition.outcome.is_some() {
                self.line(")")?;
            }
        }
        match &condition.outcome {
            Some(OutcomeTrace::Holds(true)) if result => self.out.write_str(" => true"),
            // A condition that cannot be evaluated prints as false: the reason follows after THEN.
            Some(_) if result => self.out.write_str(" => false, skipping the remaining AND conditions"),
            _ => Ok(()),
        }
    }

    fn nested(&mut self, condition: &ConditionTrace, nested: &NestedTrace) -> fmt::Result {
        match nested {
            NestedTrace::Segment { name, conditions, outcome } => {
                self.line(format_args!("Evaluating segment '{name}':"))?;
                self.conditions(conditions, true)?;
                match outcome {
                    Some(OutcomeTrace::Holds(inside)) => self.line(format_args!(
                        "Segment evaluation result: User {}.",
                        segment_comparator(*inside)
                    ))?,
                    Some(OutcomeTrace::CannotEvaluate(reason)) => {
                        self.line(format_args!("Segment evaluation result: {reason}."))?;
                    }
                    None => {}
                }
            }
            NestedTrace::Prerequisite { key, evaluation, value } => {
                self.line(format_args!("Evaluating prerequisite flag '{key}':"))?;
                self.setting(evaluation)?;
                if let Some(value) = value {
                    self.line(format_args!("Prerequisite flag evaluation result: '{value}'."))?;
                }
            }
        }
        let text = &condition.text;
        match &condition.outcome {
            Some(OutcomeTrace::Holds(holds)) => {
                self.line(format_args!("Condition ({text}) evaluates to {holds}."))
            }
            Some(OutcomeTrace::CannotEvaluate(_)) => {
                self.line(format_args!("Condition ({text}) failed to evaluate."))
            }
            None => Ok(()),
        }
    }

    fn options(&mut self, options: &OptionsTrace) -> fmt::Result {
        let (attribute, bucket, selected) = match options {
            // The wording of this function is fixed across SDKs (specification, 3.3).
            OptionsTrace::Skipped(ObstacleTrace::NoUser) => {
                return self.line("Skipping % options because the User Object is missing.");
            }
            OptionsTrace::Skipped(
                ObstacleTrace::AttributeMissing(attribute)
                | ObstacleTrace::AttributeInvalid { attribute, .. },
            ) => {
                return self.line(format_args!(
                    "Skipping % options because the User.{attribute} attribute is missing."
                ));
            }
            OptionsTrace::Hashed { attribute, bucket, selected } => (attribute, bucket, selected),
        };
        self.line(format_args!("Evaluating % options based on the User.{attribute} attribute:"))?;
        self.line(format_args!(
            "- Computing hash in the [0..99] range from User.{attribute} => {bucket} \
             (this value is sticky and consistent across all SDKs)"
        ))?;
        selected.iter().try_for_each(|option| {
            self.line(format_args!(
                "- Hash value {bucket} selects % option {} ({}%), '{}'.",
                option.index + 1,
                option.percentage,
                option.value
            ))
        })
    }
}

impl fmt::Display for ObstacleTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUser => f.write_str("cannot evaluate, User Object is missing"),
            Self::AttributeMissing(attribute) => {
                write!(f, "cannot evaluate, the User.{attribute} attribute is missing")
            }
            Self::AttributeInvalid { attribute, reason } => {
                write!(f, "cannot evaluate, the User.{attribute} attribute is invalid ({reason})")
            }
        }
    }
}
