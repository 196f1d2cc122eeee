//! The result of an evaluation, independent of the config.

use configcat_eval::{Config, Evaluation, EvaluationError, User, Value};

/// The result of evaluating a setting for one user, as a value of its own.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Served {
    /// The value.
    pub value: Value,
    /// The id of its variation, if the config JSON gives one.
    pub variation_id: Option<String>,
    /// The index of the targeting rule that matched, from 0.
    pub rule: Option<usize>,
    /// The index of the percentage option that was selected, from 0: one of the rule, or of the
    /// setting if no rule matched.
    pub option: Option<usize>,
}

impl Served {
    /// Evaluates a setting.
    pub(crate) fn by(config: &Config, key: &str, user: Option<&User>) -> Result<Self, EvaluationError> {
        config.evaluate(key, user).map(|evaluation| Self::from(&evaluation))
    }
}

// Results outlive the configs that they are compared with, so nothing is borrowed.
impl From<&Evaluation<'_>> for Served {
    fn from(evaluation: &Evaluation<'_>) -> Self {
        Self {
            value: evaluation.value().clone(),
            variation_id: evaluation.variation_id().map(str::to_owned),
            rule: evaluation.matched_rule(),
            option: evaluation.matched_option(),
        }
    }
}
