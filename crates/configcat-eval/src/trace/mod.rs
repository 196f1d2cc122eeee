//! The trace of an evaluation: a tree of what was evaluated and why, which prints as the evaluation
//! log.
//!
//! Here are its types; `build` makes the tree and `display` prints it.

pub(crate) mod build;
mod display;
pub(crate) mod hints;
mod invalid_attribute;
pub(crate) mod limits;
mod warnings;

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::fmt;

use crate::{error::EvaluationError, trace::hints::Hint, value::Value};

/// The steps in which a setting was evaluated for a user.
///
/// With `{}` a trace prints as the evaluation log of every ConfigCat SDK, equal to the byte; with
/// `{:#}` its [hints](Self::hints) follow, one per line. [`evaluation`](Self::evaluation) has the
/// same as data, and [`warnings`](Self::warnings) has problems with the user and its attributes.
///
/// ```
/// use configcat_eval::{Config, User};
///
/// let config = Config::parse(
///     r#"{"f": {"banner": {"t": 1, "v": {"s": "none"}, "r": [
///         {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU", "DE"]}}], "s": {"v": {"s": "sale"}}}]}}}"#,
/// )?;
/// let user = User::new("42").country("HU");
/// assert_eq!(
///     config.explain("banner", &user).to_string(),
///     "Evaluating 'banner' for User '{\"Identifier\":\"42\",\"Country\":\"HU\"}'
///   Evaluating targeting rules and applying the first match if any:
///   - IF User.Country IS ONE OF ['HU', 'DE'] THEN 'sale' => MATCH, applying rule
///   Returning 'sale'."
/// );
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trace {
    pub(crate) key: String,
    pub(crate) user: Option<String>,
    pub(crate) evaluation: SettingTrace,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) warnings_left_out: usize,
    pub(crate) hints: Vec<Hint>,
    // Set while the tree is built; the limit of the text is found when it is printed.
    pub(crate) is_cut: bool,
    pub(crate) work: u64,
    pub(crate) result: Result<Value, EvaluationError>,
    pub(crate) variation_id: Option<Box<str>>,
    // Kept beside the result, which a caller may still want to see.
    pub(crate) returned: Option<Value>,
}

impl Trace {
    /// Returns the key of the setting.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the steps as data.
    #[must_use]
    pub fn evaluation(&self) -> &SettingTrace {
        &self.evaluation
    }

    /// Returns the warnings about the user and its attributes, in the order of evaluation.
    ///
    /// These are the first 100 warnings, or fewer if they are longer than 1 MiB. If there were
    /// more, a last one has their number ([`warnings_left_out`](Self::warnings_left_out)).
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns the number of warnings that are left out of [`warnings`](Self::warnings).
    #[must_use]
    pub fn warnings_left_out(&self) -> usize {
        self.warnings_left_out
    }

    /// Returns likely reasons for an unexpected value: an unknown key, the error of the evaluation,
    /// no user, and up to ten missing attributes for which the user has a similar one, or empty
    /// text.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::from_values([("maxUploadMb", Value::from(5))]);
    /// let trace = config.explain("maxUploadMB", None).returning(0);
    /// assert_eq!(
    ///     format!("{trace:#}"),
    ///     "Evaluating 'maxUploadMB'
    ///   Returning '0'.
    /// Hint: the config has no setting 'maxUploadMB'; did you mean 'maxUploadMb'?"
    /// );
    /// ```
    #[must_use]
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }

    /// Returns whether a part of the trace is left out because of its [limits](crate#limits): of
    /// the tree, or of its text. The text says so.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.is_cut || self.prints_too_much()
    }

    /// Returns the [work](crate#limits) that the evaluation took, of
    /// [`MAX_WORK`](crate::Config::MAX_WORK).
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Returns the value of the setting, or the error of the evaluation.
    ///
    /// # Errors
    ///
    /// Those of [`Config::evaluate`](crate::Config::evaluate).
    pub fn result(&self) -> Result<&Value, &EvaluationError> {
        self.result.as_ref()
    }

    /// Returns the id of the variation that the value belongs to; `None` after an error, or if the
    /// config JSON has no id for it.
    #[must_use]
    pub fn variation_id(&self) -> Option<&str> {
        self.variation_id.as_deref()
    }

    /// Returns the same trace with `value` printed as the returned one: for a caller that returns a
    /// default, after an error or because the value has another type.
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse(r#"{"f": {"isNew": {"t": 9}}}"#)?;
    /// let trace = config.explain("isNew", None).returning(false);
    /// assert_eq!(trace.result().unwrap_err().to_string(), "f.isNew.t: unknown setting type 9");
    /// assert_eq!(trace.to_string(), "Evaluating 'isNew'\n  Returning 'false'.");
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn returning(mut self, value: impl Into<Value>) -> Self {
        self.returned = Some(value.into());
        self
    }
}

/// A warning about the user or the config: the evaluation continued, but may not have the intended
/// result.
///
/// Prints the text that every ConfigCat SDK logs.
///
/// ```
/// use configcat_eval::{Config, User};
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Email", "c": 2, "l": ["@"]}}], "s": {"v": {"b": true}}}]}}}"#,
/// )?;
/// let trace = config.explain("isNew", &User::new("42"));
/// let ids: Vec<u16> = trace.warnings().iter().map(|warning| warning.id()).collect();
/// assert_eq!(ids, [3003]);
/// assert!(trace.warnings()[0].to_string().contains("the User.Email attribute is missing"));
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub(crate) id: u16,
    pub(crate) text: String,
}

impl Warning {
    /// Returns the id of the log event: 3001 the User Object is missing, 3003 an attribute is
    /// missing, 3004 an attribute is invalid, 3005 an attribute was converted to text.
    #[must_use]
    pub fn id(&self) -> u16 {
        self.id
    }
}

impl core::fmt::Display for Warning {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.text)
    }
}

/// The evaluation of one setting: the root of a [`Trace`], and of each prerequisite flag in it.
///
/// ```
/// use configcat_eval::{Config, OutcomeTrace, User};
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU"]}}], "s": {"v": {"b": true}}}]}}}"#,
/// )?;
/// let trace = config.explain("isNew", &User::new("42").country("DE"));
/// let rule = &trace.evaluation().rules[0];
/// assert_eq!(rule.outcome, Some(OutcomeTrace::Holds(false)));
/// assert_eq!(rule.conditions[0].text, "User.Country IS ONE OF ['HU']");
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SettingTrace {
    /// The targeting rules that were evaluated, up to the one that matched.
    pub rules: Vec<RuleTrace>,
    /// The percentage options of the setting, if they were reached.
    pub options: Option<OptionsTrace>,
}

/// The evaluation of one targeting rule.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct RuleTrace {
    /// The conditions that were evaluated, up to the first that does not hold.
    pub conditions: Vec<ConditionTrace>,
    /// The number of conditions of the rule.
    pub condition_count: usize,
    /// The THEN part as text: a value in quotes, or `% options`.
    pub then: String,
    /// The result of the conditions; `None` if an error came between.
    pub outcome: Option<OutcomeTrace>,
    /// The percentage options of the rule, if it matched and has some.
    pub options: Option<OptionsTrace>,
}

/// The evaluation of one condition.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ConditionTrace {
    /// The condition as text.
    pub text: String,
    /// The result; `None` if an error came between.
    pub outcome: Option<OutcomeTrace>,
    /// The segment or prerequisite flag that was evaluated for it.
    pub nested: Option<NestedTrace>,
}

/// The result of a condition, or of all conditions of a rule.
// Exhaustive: a condition holds, does not hold, or cannot be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub enum OutcomeTrace {
    /// The conditions hold, or do not.
    Holds(bool),
    /// The conditions cannot be evaluated, for this reason.
    CannotEvaluate(ObstacleTrace),
}

/// The reason why conditions or percentage options cannot be evaluated. Prints as in the evaluation
/// log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ObstacleTrace {
    /// There is no User Object.
    NoUser,
    /// The User Object does not have the attribute of this name.
    AttributeMissing(String),
    /// The value of the attribute does not have the form that the comparator needs.
    AttributeInvalid {
        /// The name of the attribute.
        attribute: String,
        /// The problem with the value.
        reason: String,
    },
}

/// A segment or a prerequisite flag that was evaluated for a condition.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum NestedTrace {
    /// A segment.
    Segment {
        /// The name of the segment.
        name: String,
        /// Its conditions, up to the first that does not hold.
        conditions: Vec<ConditionTrace>,
        /// The result: whether the user is in the segment; `None` if an error came between.
        outcome: Option<OutcomeTrace>,
    },
    /// A prerequisite flag.
    Prerequisite {
        /// The key of the flag.
        key: String,
        /// The evaluation of the flag. Empty for a flag more than 16 levels deep; then the trace
        /// [is cut](Trace::is_cut).
        // In an `Arc`, so that cloning a trace does not copy the tree, which is recursive.
        evaluation: Arc<SettingTrace>,
        /// Its value; `None` if an error came between.
        value: Option<Value>,
    },
}

/// Leaves out the evaluation of a prerequisite flag.
// Formatting it is recursive, and would take a stack that grows with the trace.
impl fmt::Debug for NestedTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment { name, conditions, outcome } => f
                .debug_struct("Segment")
                .field("name", name)
                .field("conditions", conditions)
                .field("outcome", outcome)
                .finish(),
            Self::Prerequisite { key, evaluation: _, value } => {
                f.debug_struct("Prerequisite").field("key", key).field("value", value).finish_non_exhaustive()
            }
        }
    }
}

/// The evaluation of percentage options.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OptionsTrace {
    /// They were skipped.
    Skipped(ObstacleTrace),
    /// One option was selected by hash.
    Hashed {
        /// The attribute that was hashed.
        attribute: String,
        /// The hash, 0 to 99.
        bucket: u32,
        /// The option; `None` if an error came between.
        selected: Option<SelectedOption>,
    },
}

/// The percentage option that a hash selects.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SelectedOption {
    /// Its index in the list of options, from 0.
    pub index: usize,
    /// Its share of the users in percent, 0 or more.
    pub percentage: i64,
    /// Its value as text.
    pub value: String,
}
