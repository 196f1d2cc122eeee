//! What an evaluation came to, and why.

use std::{fmt, time::SystemTime};

use configcat_eval::User;

/// What an evaluation came to, and why. See
/// [`Client::get_value_details`](crate::Client::get_value_details).
///
/// ```
/// use configcat::{Client, MapOverrides, OverrideBehavior, details::EvaluationFailureKind};
///
/// let overrides = MapOverrides::new([("limit", 10.into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// let details = client.get_value_details("limit", false, None);
/// assert!(details.is_default_value());
/// let failure = details.error.ok_or("there is none")?;
/// assert_eq!(failure.kind, EvaluationFailureKind::TypeMismatch);
/// assert!(failure.message.contains("Setting 'limit' is of type int, but the default value's type is bool."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EvaluationDetails<T> {
    /// The key of the flag.
    pub key: String,
    /// The value: of the config, or else the default.
    pub value: T,
    /// The id of the variation that the value belongs to; `None` with a default.
    pub variation_id: Option<String>,
    /// A copy of the user that the flag was evaluated for, given or by default.
    pub user: Option<User>,
    /// Why the value is the default of the caller; `None` if the value comes from the config.
    pub error: Option<EvaluationFailure>,
    /// When the config was fetched, or last found unchanged; `None` if it never was, or if it is
    /// local only.
    pub fetch_time: Option<SystemTime>,
    /// The targeting rule that the value comes from.
    pub matched_targeting_rule: Option<MatchedRule>,
    /// The percentage option that the value comes from: of the matched rule, or else of the flag.
    pub matched_percentage_option: Option<MatchedOption>,
    /// Whether the flag has no targeting rules and no percentage options.
    pub(crate) is_static: bool,
}

/// How a value came about, in the terms of [OpenFeature](https://openfeature.dev/specification/types#resolution-reason)
/// and OpenTelemetry.
///
/// ```
/// use configcat::{Client, MapOverrides, OverrideBehavior, details::EvaluationReason};
///
/// let overrides = MapOverrides::new([("limit", 10.into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// assert_eq!(client.get_value_details("limit", 0, None).reason(), EvaluationReason::Static);
/// assert_eq!(client.get_value_details("limit", false, None).reason(), EvaluationReason::Error);
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EvaluationReason {
    /// The flag has no targeting rules and no percentage options: everybody gets this value.
    Static,
    /// The flag has some, but no rule matched and no option was selected, for example because there
    /// is no user: the value for all others.
    Default,
    /// A targeting rule matched.
    TargetingMatch,
    /// A percentage option was selected, of a rule that matched or of the flag.
    Split,
    /// There was an error, so it is the default that the caller gave.
    Error,
}

/// The targeting rule that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchedRule {
    /// Its index among the rules of the flag, counted from 0.
    pub index: usize,
    /// The rule as text, for example `IF User.Country IS ONE OF ['HU'] THEN 'sale'`.
    pub text: String,
}

/// The percentage option that was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchedOption {
    /// Its index among the options, counted from 0.
    pub index: usize,
    /// Its share in percent.
    pub percentage: i64,
}

/// Why the default was returned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EvaluationFailure {
    /// What kind of failure it is.
    pub kind: EvaluationFailureKind,
    /// What happened, in words: the text that is logged. The SDK key is not in it.
    pub message: String,
}

/// Kinds of reasons why a default is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluationFailureKind {
    /// There is no config (event 1000).
    ConfigMissing,
    /// The config does not have the flag (event 1001).
    KeyMissing,
    /// The flag is broken in the config (event 1002).
    InvalidConfig,
    /// The flag is of another type than the default (event 2002).
    TypeMismatch,
}

impl fmt::Display for EvaluationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EvaluationFailure {}

impl<T> EvaluationDetails<T> {
    /// Returns whether the value is the default of the caller.
    #[must_use]
    pub fn is_default_value(&self) -> bool {
        self.error.is_some()
    }

    /// Returns how the value came about.
    #[must_use]
    pub fn reason(&self) -> EvaluationReason {
        match (&self.error, &self.matched_percentage_option, &self.matched_targeting_rule) {
            (Some(_), _, _) => EvaluationReason::Error,
            (None, Some(_), _) => EvaluationReason::Split,
            (None, None, Some(_)) => EvaluationReason::TargetingMatch,
            (None, None, None) if self.is_static => EvaluationReason::Static,
            (None, None, None) => EvaluationReason::Default,
        }
    }

    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> EvaluationDetails<U> {
        EvaluationDetails {
            key: self.key,
            value: convert(self.value),
            variation_id: self.variation_id,
            user: self.user,
            error: self.error,
            fetch_time: self.fetch_time,
            matched_targeting_rule: self.matched_targeting_rule,
            matched_percentage_option: self.matched_percentage_option,
            is_static: self.is_static,
        }
    }
}
