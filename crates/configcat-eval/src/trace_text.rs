//! The text of a trace: the evaluation log, equal to the byte in every ConfigCat SDK.

use core::fmt::{self, Write};

use crate::{
    display::segment_comparator,
    trace::{
        ConditionTrace, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SettingTrace,
        Trace,
    },
};

const RULE_IGNORED: &str =
    "The current targeting rule is ignored and the evaluation continues with the next rule.";

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Evaluating '{}'", self.key)?;
        if let Some(user) = &self.user {
            write!(f, " for User '{user}'")?;
        }
        let mut text = Text { out: f, indent: 1 };
        text.setting(&self.evaluation)?;
        let value = self.returned.as_ref().or(self.result.as_ref().ok()).or(self.default.as_ref());
        match value {
            Some(value) => text.line(format_args!("Returning '{value}'.")),
            None => text.line("Returning the default value."),
        }
    }
}

struct Text<'a, W> {
    out: &'a mut W,
    indent: usize,
}

impl<W: Write> Text<'_, W> {
    fn line(&mut self, text: impl fmt::Display) -> fmt::Result {
        write!(self.out, "\n{:width$}{text}", "", width = 2 * self.indent)
    }

    fn indented(&mut self, write: impl FnOnce(&mut Text<'_, W>) -> fmt::Result) -> fmt::Result {
        write(&mut Text { out: self.out, indent: self.indent + 1 })
    }

    fn setting(&mut self, setting: &SettingTrace) -> fmt::Result {
        if !setting.rules.is_empty() {
            self.line("Evaluating targeting rules and applying the first match if any:")?;
        }
        setting.rules.iter().try_for_each(|rule| self.rule(rule))?;
        setting.options.iter().try_for_each(|options| self.options(options))
    }

    fn rule(&mut self, rule: &RuleTrace) -> fmt::Result {
        let several = rule.condition_count > 1;
        self.conditions(&rule.conditions, several)?;
        let Some(outcome) = &rule.outcome else { return Ok(()) };
        self.indented(|text| {
            let has_block = rule.conditions.last().is_some_and(|last| last.nested.is_some());
            if several || has_block {
                text.line("THEN ")?;
            } else {
                text.out.write_str(" THEN ")?;
            }
            write!(text.out, "{} => ", rule.then)?;
            match outcome {
                OutcomeTrace::Holds(true) => text.out.write_str("MATCH, applying rule")?,
                OutcomeTrace::Holds(false) => text.out.write_str("no match")?,
                OutcomeTrace::CannotEvaluate(obstacle) => {
                    write!(text.out, "{obstacle}")?;
                    return text.line(RULE_IGNORED);
                }
            }
            match &rule.options {
                Some(options @ OptionsTrace::Skipped(_)) => {
                    text.options(options)?;
                    text.line(RULE_IGNORED)
                }
                Some(options) => text.options(options),
                None => Ok(()),
            }
        })
    }

    /// The conditions of a rule or segment; `results` says whether each shows what it comes to.
    fn conditions(&mut self, conditions: &[ConditionTrace], results: bool) -> fmt::Result {
        self.line("- ")?;
        for (index, condition) in conditions.iter().enumerate() {
            self.indented(|text| {
                if index == 0 {
                    text.out.write_str("IF ")?;
                } else {
                    text.line("AND ")?;
                }
                text.condition(condition, results)
            })?;
        }
        Ok(())
    }

    fn condition(&mut self, condition: &ConditionTrace, result: bool) -> fmt::Result {
        self.out.write_str(&condition.text)?;
        if let Some(nested) = &condition.nested {
            self.line("(")?;
            self.indented(|text| text.nested(condition, nested))?;
            if condition.outcome.is_some() {
                self.line(")")?;
            }
        }
        match &condition.outcome {
            Some(OutcomeTrace::Holds(true)) if result => self.out.write_str(" => true"),
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
                    Some(OutcomeTrace::CannotEvaluate(obstacle)) => {
                        self.line(format_args!("Segment evaluation result: {obstacle}."))?;
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
