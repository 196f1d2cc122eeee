//! Details of an evaluation: its value, and the reason for it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use configcat_eval::{Config, User};

use crate::{evaluate::missing_keys::MissingKey, fingerprint::Fingerprint};

/// Details of an evaluation: its value, and the reason for it. Returned by
/// [`Client::get_value_details`](crate::Client::get_value_details).
///
/// ```
/// use configcat::{Client, MapOverrides, OverrideBehavior, details::EvaluationFailureKind};
///
/// let overrides = MapOverrides::new([("limit", 10.into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// let details = client.get_value_details("limit", false, None);
/// assert!(details.is_default_value());
/// let failure = details.error.ok_or("no error")?;
/// assert_eq!(failure.kind, EvaluationFailureKind::TypeMismatch);
/// assert!(failure.message().contains("Setting 'limit' is of type int, but the default value's type is bool."));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EvaluationDetails<T> {
    /// Key of the flag.
    pub key: String,
    /// Value of the config, or the default of the caller.
    pub value: T,
    /// Id of the variation that the value belongs to; `None` for a default.
    pub variation_id: Option<String>,
    /// User of the evaluation, given or by default, as a copy.
    pub user: Option<User>,
    /// Reason for returning the default; `None` if the value comes from the config.
    // The only encoding of "the default was returned": `is_default_value` reads it.
    pub error: Option<EvaluationFailure>,
    /// Time when the config was fetched or last found unchanged; `None` if it never was, or if it
    /// is local only.
    pub fetch_time: Option<SystemTime>,
    /// Fingerprint of the config JSON from the CDN or the cache; `None` without one. Overrides do
    /// not count.
    pub fingerprint: Option<Fingerprint>,
    /// Targeting rule that the value comes from.
    pub matched_targeting_rule: Option<MatchedRule>,
    /// Percentage option that the value comes from: of the matched rule, or of the flag.
    pub matched_percentage_option: Option<MatchedOption>,
    /// `true` if the flag has no targeting rules and no percentage options.
    // Not public: [`reason`](Self::reason) says the same for all five reasons.
    pub(crate) is_static: bool,
}

/// Reason for a value, in the terms of
/// [OpenFeature](https://openfeature.dev/specification/types#resolution-reason) and OpenTelemetry.
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
    /// The flag has no targeting rules and no percentage options: every user has this value.
    Static,
    /// The flag has rules or options, and the value is the one for all other users: no rule matched
    /// and no option was selected, for example because there is no user.
    Default,
    /// A targeting rule matched.
    TargetingMatch,
    /// A percentage option of a matched rule or of the flag was selected.
    Split,
    /// An error occurred, so the value is the default of the caller.
    Error,
}

/// The targeting rule that matched. It shares its text with the config, so it keeps that config in
/// memory.
#[derive(Clone)]
#[non_exhaustive]
pub struct MatchedRule {
    /// Index of the rule among the rules of the flag, counted from 0.
    pub index: usize,
    // Not the text itself: making it takes ten times as long as the evaluation, and most hooks do
    // not read it.
    pub(crate) config: Arc<Config>,
    pub(crate) setting: usize,
}

impl MatchedRule {
    /// Returns the text of the rule, for example `IF User.Country IS ONE OF ['HU'] THEN 'sale'`.
    /// Each call makes it.
    #[must_use]
    pub fn text(&self) -> String {
        let setting = self.config.setting_at(self.setting);
        setting.and_then(|setting| setting.rule_text(self.index)).unwrap_or_default()
    }
}

/// Compares index and text.
impl PartialEq for MatchedRule {
    fn eq(&self, other: &Self) -> bool {
        let is_same = Arc::ptr_eq(&self.config, &other.config) && self.setting == other.setting;
        self.index == other.index && (is_same || self.text() == other.text())
    }
}

impl Eq for MatchedRule {}

impl fmt::Debug for MatchedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatchedRule").field("index", &self.index).field("text", &self.text()).finish()
    }
}

/// The percentage option that was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchedOption {
    /// Index of the option among the options of the rule or flag, counted from 0.
    pub index: usize,
    /// Share of the option in percent.
    pub percentage: i64,
}

/// Failure of an evaluation, for which the default was returned.
#[derive(Clone)]
#[non_exhaustive]
pub struct EvaluationFailure {
    /// Kind of the failure.
    pub kind: EvaluationFailureKind,
    message: FailureMessage,
}

/// Text of a failure.
#[derive(Clone)]
pub(crate) enum FailureMessage {
    Text(Arc<str>),
    KeyMissing {
        missing: Arc<MissingKey>,
        /// Text of `missing`, once it was read here.
        text: OnceLock<Arc<String>>,
    },
}

impl From<Arc<MissingKey>> for FailureMessage {
    fn from(missing: Arc<MissingKey>) -> Self {
        Self::KeyMissing { missing, text: OnceLock::new() }
    }
}

impl From<String> for FailureMessage {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl EvaluationFailure {
    pub(crate) fn new(kind: EvaluationFailureKind, message: FailureMessage) -> Self {
        Self { kind, message }
    }

    /// Returns the text of the failure, as it is logged. It does not contain the SDK key.
    ///
    /// The text for a missing key is made by the first call, and kept with the config.
    #[must_use]
    pub fn message(&self) -> &str {
        match &self.message {
            FailureMessage::Text(text) => text,
            FailureMessage::KeyMissing { missing, text } => match text.get() {
                Some(text) => text,
                None => {
                    // Made before: nobody waits for the text in the cell.
                    let made = missing.text();
                    text.get_or_init(|| made)
                }
            },
        }
    }
}

/// Compares kind and text.
impl PartialEq for EvaluationFailure {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.message() == other.message()
    }
}

impl Eq for EvaluationFailure {}

/// Kind of an [`EvaluationFailure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluationFailureKind {
    /// There is no config (event 1000).
    ConfigMissing,
    /// The config does not have the flag (event 1001).
    KeyMissing,
    /// The flag is invalid in the config (event 1002).
    InvalidConfig,
    /// The flag is of another type than the default, or its value does not fit the type (event
    /// 2002).
    TypeMismatch,
}

impl fmt::Display for EvaluationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for EvaluationFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl std::error::Error for EvaluationFailure {}

impl<T> EvaluationDetails<T> {
    /// Returns whether the value is the default of the caller.
    #[must_use]
    pub fn is_default_value(&self) -> bool {
        self.error.is_some()
    }

    /// Returns the reason for the value.
    #[must_use]
    pub fn reason(&self) -> EvaluationReason {
        // The option before the rule: an option of a matched rule is a split, although the rule
        // matched.
        match (&self.error, &self.matched_percentage_option, &self.matched_targeting_rule) {
            (Some(_), _, _) => EvaluationReason::Error,
            (None, Some(_), _) => EvaluationReason::Split,
            (None, None, Some(_)) => EvaluationReason::TargetingMatch,
            (None, None, None) if self.is_static => EvaluationReason::Static,
            (None, None, None) => EvaluationReason::Default,
        }
    }

    /// Converts the value and keeps everything else.
    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> EvaluationDetails<U> {
        EvaluationDetails {
            key: self.key,
            value: convert(self.value),
            variation_id: self.variation_id,
            user: self.user,
            error: self.error,
            fetch_time: self.fetch_time,
            fingerprint: self.fingerprint,
            matched_targeting_rule: self.matched_targeting_rule,
            matched_percentage_option: self.matched_percentage_option,
            is_static: self.is_static,
        }
    }
}
