//! From the facts of an evaluation to its trace, and the wording of warnings.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::mem;

use crate::{
    Value,
    attribute::AttributeValue,
    comparator::Reading,
    compile::Test,
    display::{ConditionText, INVALID_VALUE, UserConditionText},
    observe::{self, Fact, Observer, Obstacle, Verdict},
    trace::{
        ConditionTrace, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SelectedOption,
        SettingTrace, Warning,
    },
    user::AttributeName,
};

/// Builds the tree from the facts.
#[derive(Default)]
pub(crate) struct Tracer {
    root: SettingTrace,
    warnings: Vec<Warning>,
    /// What has begun and not ended, from the outside in.
    open: Vec<Open>,
    /// Why conditions could not be evaluated, the last time.
    obstacle: Option<ObstacleTrace>,
    /// What was warned of already: for the setting that is evaluated, and for those that depend on it.
    warned: Warned,
    warned_outside: Vec<Warned>,
}

/// Warnings that are given once for a setting.
#[derive(Default)]
struct Warned {
    of_user: bool,
    of_options: bool,
}

enum Open {
    Rule(RuleTrace),
    Condition(ConditionTrace),
    Segment { name: String, conditions: Vec<ConditionTrace> },
    Prerequisite { key: String, evaluation: SettingTrace },
}

impl Tracer {
    /// The tree, with what an error has left open closed as it is.
    pub(crate) fn finish(mut self) -> (SettingTrace, Vec<Warning>) {
        while let Some(open) = self.open.pop() {
            self.close(open);
        }
        (self.root, self.warnings)
    }

    fn close(&mut self, ended: Open) {
        match ended {
            Open::Rule(rule) => self.setting().rules.push(rule),
            Open::Condition(condition) => {
                if let Some(Open::Rule(RuleTrace { conditions, .. }) | Open::Segment { conditions, .. }) =
                    self.open.last_mut()
                {
                    conditions.push(condition);
                }
            }
            Open::Segment { name, conditions } => {
                self.nest(NestedTrace::Segment { name, conditions, outcome: None });
            }
            Open::Prerequisite { key, evaluation } => {
                self.nest(NestedTrace::Prerequisite { key, evaluation, value: None });
            }
        }
    }

    fn nest(&mut self, nested: NestedTrace) {
        if let Some(Open::Condition(condition)) = self.open.last_mut() {
            condition.nested = Some(nested);
        }
    }

    /// What conditions come to.
    fn outcome(&self, verdict: Verdict) -> OutcomeTrace {
        match verdict {
            Verdict::Holds(holds) => OutcomeTrace::Holds(holds),
            Verdict::CannotEvaluate => {
                OutcomeTrace::CannotEvaluate(self.obstacle.clone().unwrap_or(ObstacleTrace::NoUser))
            }
        }
    }

    /// The setting that is being evaluated.
    fn setting(&mut self) -> &mut SettingTrace {
        let prerequisite = self.open.iter_mut().rev().find_map(|open| match open {
            Open::Prerequisite { evaluation, .. } => Some(evaluation),
            _ => None,
        });
        prerequisite.unwrap_or(&mut self.root)
    }

    /// Keeps a warning, unless it is one that is given once for each setting, and was.
    fn warn(&mut self, key: &str, warning: observe::Warning<'_, '_>) {
        let was_given = match warning {
            observe::Warning::NoUser => mem::replace(&mut self.warned.of_user, true),
            observe::Warning::AttributeMissingForOptions(_) => {
                mem::replace(&mut self.warned.of_options, true)
            }
            _ => false,
        };
        if !was_given {
            self.warnings.push(Warning::new(key, warning));
        }
    }

    /// Where the trace of percentage options belongs: to a rule or to the setting itself.
    fn options(&mut self, rule: Option<u32>) -> &mut Option<OptionsTrace> {
        let setting = self.setting();
        match rule.and_then(|index| setting.rules.get_mut(index as usize)) {
            Some(rule) => &mut rule.options,
            None => &mut setting.options,
        }
    }
}

impl<'c, 'u> Observer<'c, 'u> for Tracer {
    fn note(&mut self, fact: Fact<'c, 'u>) {
        match fact {
            Fact::RuleBegins { rule } => self.open.push(Open::Rule(RuleTrace {
                condition_count: rule.conditions.as_ref().map_or(0, |conditions| conditions.len()),
                then: rule.then.to_string(),
                ..RuleTrace::default()
            })),
            Fact::RuleEnds(verdict) => {
                if let Some(Open::Rule(mut rule)) = self.open.pop() {
                    rule.outcome = Some(self.outcome(verdict));
                    self.close(Open::Rule(rule));
                }
            }
            Fact::ConditionBegins { condition, document, found } => {
                let text = ConditionText { condition, document, found }.to_string();
                self.open.push(Open::Condition(ConditionTrace { text, ..ConditionTrace::default() }));
            }
            Fact::ConditionEnds(verdict) => {
                if let Some(Open::Condition(mut condition)) = self.open.pop() {
                    condition.outcome = Some(self.outcome(verdict));
                    self.close(Open::Condition(condition));
                }
            }
            Fact::SegmentBegins { name } => {
                self.open.push(Open::Segment { name: name.into(), conditions: Vec::new() });
            }
            Fact::SegmentEnds { users } => {
                if let Some(Open::Segment { name, conditions }) = self.open.pop() {
                    let outcome = Some(self.outcome(users));
                    self.nest(NestedTrace::Segment { name, conditions, outcome });
                }
            }
            Fact::PrerequisiteBegins { key } => {
                self.open.push(Open::Prerequisite { key: key.into(), evaluation: SettingTrace::default() });
                self.warned_outside.push(mem::take(&mut self.warned));
            }
            Fact::PrerequisiteEnds { value } => {
                self.warned = self.warned_outside.pop().unwrap_or_default();
                if let Some(Open::Prerequisite { key, evaluation }) = self.open.pop() {
                    self.nest(NestedTrace::Prerequisite { key, evaluation, value: Some(value.clone()) });
                }
            }
            Fact::Obstacle(obstacle) => self.obstacle = Some(obstacle.into()),
            Fact::OptionsSkipped { rule, obstacle } => {
                *self.options(rule) = Some(OptionsTrace::Skipped(obstacle.into()));
            }
            Fact::OptionsHashed { rule, attribute, bucket } => {
                let attribute = attribute.to_string();
                *self.options(rule) = Some(OptionsTrace::Hashed { attribute, bucket, selected: None });
            }
            Fact::OptionSelected { rule, index, option } => {
                if let Some(OptionsTrace::Hashed { selected, .. }) = self.options(rule) {
                    *selected = Some(SelectedOption {
                        index: index as usize,
                        percentage: option.percentage.into(),
                        value: option.value.as_ref().map_or(INVALID_VALUE.into(), Value::to_string),
                    });
                }
            }
            Fact::Warning { key, warning } => self.warn(key, warning),
        }
    }
}

impl From<Obstacle<'_, '_>> for ObstacleTrace {
    fn from(obstacle: Obstacle<'_, '_>) -> Self {
        match obstacle {
            Obstacle::NoUser => Self::NoUser,
            Obstacle::AttributeMissing(attribute) => Self::AttributeMissing(attribute.to_string()),
            Obstacle::AttributeInvalid(condition, value) => Self::AttributeInvalid {
                attribute: attribute(condition).to_string(),
                reason: invalid(condition, value),
            },
        }
    }
}

/// Why the value of the attribute cannot be compared.
fn invalid(text: UserConditionText<'_>, value: &AttributeValue) -> String {
    let expected = match text.condition.comparator.map(|comparator| comparator.operation.reading()) {
        Some(Reading::Version) => "semantic version",
        Some(Reading::Number) => "decimal number",
        Some(Reading::Time) => "Unix timestamp (number of seconds elapsed since Unix epoch)",
        Some(Reading::List) => "string array",
        Some(Reading::Text) | None => "text",
    };
    match text.condition.test {
        Test::Unparsable(_) => format!("the comparison value is not a valid {expected}"),
        _ => format!("'{value}' is not a valid {expected}"),
    }
}

fn attribute(text: UserConditionText<'_>) -> AttributeName<&str> {
    text.document.attribute(text.condition.attribute)
}

impl Warning {
    fn new(key: &str, warning: observe::Warning<'_, '_>) -> Self {
        use observe::Warning as W;
        const READ_MORE: &str = "Read more: https://configcat.com/docs/advanced/user-object/";
        let (id, text) = match warning {
            W::NoUser => (
                3001,
                format!(
                    "Cannot evaluate targeting rules and % options for setting '{key}' (User Object is missing). \
                 You should pass a User Object to the evaluation methods like `get_value()`/`get_value_details()` \
                 in order to make targeting work properly. {READ_MORE}"
                ),
            ),
            W::AttributeMissing(condition) => (
                3003,
                format!(
                    "Cannot evaluate condition ({condition}) for setting '{key}' \
                 (the User.{attribute} attribute is missing). You should set the User.{attribute} attribute \
                 in order to make targeting work properly. {READ_MORE}",
                    attribute = attribute(condition)
                ),
            ),
            W::AttributeMissingForOptions(attribute) => (
                3003,
                format!(
                    "Cannot evaluate % options for setting '{key}' (the User.{attribute} attribute is missing). \
                 You should set the User.{attribute} attribute in order to make targeting work properly. \
                 {READ_MORE}"
                ),
            ),
            W::AttributeInvalid(condition, value) => (
                3004,
                format!(
                    "Cannot evaluate condition ({condition}) for setting '{key}' ({reason}). Please check the \
                 {checked} and make sure that its value corresponds to the comparison operator.",
                    reason = invalid(condition, value),
                    checked = match condition.condition.test {
                        Test::Unparsable(_) => String::from("comparison value"),
                        _ => format!("User.{} attribute", attribute(condition)),
                    }
                ),
            ),
            W::ConvertedToText(condition, value) => (
                3005,
                format!(
                    "Evaluation of condition ({condition}) for setting '{key}' may not produce the expected result \
                 (the User.{attribute} attribute is not a string value, thus it was automatically converted to \
                 the string value '{value}'). Please make sure that using a non-string value was intended.",
                    attribute = attribute(condition)
                ),
            ),
        };
        Self { id, text }
    }
}
