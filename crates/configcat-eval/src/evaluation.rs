//! The evaluation of one setting.

use alloc::string::String;
use core::fmt;

use crate::{
    compile::Then,
    config::Config,
    display::RuleDisplay,
    error::{ErrorKind, EvaluationError, Fault},
    evaluate::{Budget, Evaluator, Outcome},
    observe::Silent,
    served_value::ServedPlace,
    slots::Slot,
    trace::limits::MAX_STRING,
    truncate::truncated,
    user::User,
    value::Value,
};

/// The value of a setting for a user, and where it comes from.
///
/// Made by [`Config::evaluate`], and borrowed from the [`Config`], so it is cheap to make and to
/// copy.
///
/// ```
/// use configcat_eval::{Config, User};
///
/// let config = Config::parse(
///     r#"{"f": {"banner": {"t": 1, "v": {"s": "none"}, "i": "n0", "r": [
///         {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU"]}}], "p": [
///             {"p": 0, "v": {"s": "news"}, "i": "n1"}, {"p": 100, "v": {"s": "sale"}, "i": "s2"}]}]}}}"#,
/// )?;
/// let user = User::new("42").country("HU");
/// let evaluation = config.evaluate("banner", &user)?;
/// assert_eq!(evaluation.key(), "banner");
/// assert_eq!(evaluation.value().as_text(), Some("sale"));
/// assert_eq!(evaluation.variation_id(), Some("s2"));
/// assert_eq!((evaluation.matched_rule(), evaluation.matched_option()), (Some(0), Some(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Evaluation<'c> {
    pub(crate) slot: &'c Slot,
    pub(crate) outcome: Outcome<'c>,
}

impl Slot {
    /// Returns the evaluation of a setting without rules and options.
    #[inline]
    pub(crate) fn constant<'c>(&'c self, value: &'c Value) -> Evaluation<'c> {
        let outcome = Outcome {
            value,
            variation_id: self.setting.variation_id,
            rule: None,
            option: None,
            warnings_id: 0,
        };
        Evaluation { slot: self, outcome }
    }

    /// Returns a targeting rule as text.
    pub(crate) fn rule_text(&self, rule: usize) -> Option<String> {
        let rule = self.setting.rules().get(rule)?.as_ref().ok()?;
        Some(truncated(RuleDisplay { rule, document: &self.document }, MAX_STRING).0)
    }
}

impl fmt::Debug for Evaluation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation")
            .field("key", &self.key())
            .field("value", self.value())
            .field("variation_id", &self.variation_id())
            .field("matched_rule", &self.matched_rule())
            .field("matched_option", &self.matched_option())
            .finish_non_exhaustive()
    }
}

impl<'c> Evaluation<'c> {
    /// Returns the key of the setting.
    #[inline]
    #[must_use]
    pub fn key(&self) -> &'c str {
        &self.slot.setting.key
    }

    /// Returns whether the setting has targeting rules or percentage options. Without them the
    /// value is the same for every user.
    #[inline]
    #[must_use]
    pub fn has_targeting(&self) -> bool {
        self.slot.setting.targeting.is_some()
    }

    /// Returns the value.
    #[inline]
    #[must_use]
    pub fn value(&self) -> &'c Value {
        self.outcome.value
    }

    /// Returns the value as a double, also for an integer where the config does not declare number
    /// types (see [`Config::from_values`]). `None` for other types.
    #[inline]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the integer was written to be read as a double")]
    pub fn as_double(&self) -> Option<f64> {
        match self.outcome.value {
            Value::Double(value) => Some(*value),
            Value::Int(value) if self.slot.setting.kind.is_some_and(|kind| kind.inferred) => {
                Some(*value as f64)
            }
            _ => None,
        }
    }

    /// Returns the id of the variation that the value belongs to, for example to send it to
    /// analytics; `None` if the config JSON has no id for it.
    #[inline]
    #[must_use]
    pub fn variation_id(&self) -> Option<&'c str> {
        self.outcome.variation_id.map(|id| self.slot.document.strings.get(id))
    }

    /// Returns the index of the targeting rule that matched, counted from 0, if the value comes
    /// from a rule.
    #[inline]
    #[must_use]
    pub fn matched_rule(&self) -> Option<usize> {
        self.outcome.rule()
    }

    /// Returns the targeting rule that matched as text, for example `IF User.Country IS ONE OF
    /// ['HU'] THEN 'sale'`. A text of more than 256 KiB is cut, and ends with `…`.
    #[must_use]
    pub fn matched_rule_text(&self) -> Option<String> {
        self.slot.rule_text(self.outcome.rule()?)
    }

    /// Returns the index of the setting in its config, for [`Config::setting_at`].
    #[inline]
    #[must_use]
    pub fn setting_index(&self) -> usize {
        self.slot.index as usize
    }

    /// Returns the index of the percentage option that was selected, counted from 0, if the value
    /// comes from an option: of the [matched rule](Self::matched_rule), or else of the setting.
    #[inline]
    #[must_use]
    pub fn matched_option(&self) -> Option<usize> {
        self.outcome.option()
    }

    /// Returns the place of the value, for [`Setting::value_at`](crate::Setting::value_at).
    #[inline]
    #[must_use]
    pub fn place(&self) -> ServedPlace {
        ServedPlace::new(self.outcome.rule, self.outcome.option)
    }

    /// Returns the share of the percentage option that was selected, in percent.
    #[inline]
    #[must_use]
    pub fn matched_percentage(&self) -> Option<i64> {
        // An option without a rule is one of the setting.
        let options = match self.outcome.rule() {
            None => self.slot.setting.options(),
            Some(rule) => match &self.slot.setting.rules().get(rule)?.as_ref().ok()?.then {
                Then::Options(options) => options,
                Then::Served(_) | Then::Invalid(_) => return None,
            },
        };
        Some(options.get(self.outcome.option()?)?.as_ref().ok()?.percentage.into())
    }

    /// Returns whether [`Config::explain`] has warnings about the user and its attributes.
    #[inline]
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        self.outcome.warnings_id != 0
    }

    /// Returns a number for the warnings that [`Config::explain`] has; 0 without warnings.
    ///
    /// Evaluations of the same [`Config`] with the same warnings at the same places have the same
    /// number, whatever the values of the attributes are; other evaluations nearly always have
    /// another one. So a caller can report warnings once without building a [`Trace`](crate::Trace)
    /// to compare them. The number has no meaning for another config or another process.
    ///
    /// ```
    /// use configcat_eval::{Config, User};
    ///
    /// let config = Config::parse(
    ///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
    ///         {"c": [{"u": {"a": "Email", "c": 2, "l": ["@"]}}], "s": {"v": {"b": true}}}]}}}"#,
    /// )?;
    /// let id = |user: User| config.evaluate("isNew", &user).map(|evaluation| evaluation.warnings_id());
    /// assert_eq!(id(User::new("1").email("jane@example.com"))?, 0);
    /// assert_ne!(id(User::new("2"))?, 0);
    /// assert_eq!(id(User::new("2"))?, id(User::new("3"))?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn warnings_id(&self) -> u32 {
        self.outcome.warnings_id
    }
}

impl Config {
    /// Evaluates a setting for a user, or for no user in particular (`None`).
    ///
    /// Without a user no condition holds but those on prerequisite flags, and percentage options
    /// are skipped.
    ///
    /// # Errors
    ///
    /// - There is no setting of that key ([`ErrorKind::SettingNotFound`]).
    /// - Evaluation came upon a fault of the config JSON; the other [kinds](ErrorKind) tell which.
    /// - Prerequisite flags depend on each other in a circle ([`ErrorKind::CircularDependency`]),
    ///   or more than 200 levels deep ([`ErrorKind::TooDeep`]).
    /// - It takes more work than any real config does ([`ErrorKind::TooComplex`]).
    ///
    /// ```
    /// use configcat_eval::{Config, ErrorKind, User};
    ///
    /// let config = Config::parse(
    ///     r#"{"f": {"limit": {"t": 2, "v": {"i": 10}, "r": [
    ///         {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"i": 100}}}]}}}"#,
    /// )?;
    /// let user = User::new("42").custom("Plan", "pro");
    /// assert_eq!(config.evaluate("limit", &user)?.value().as_int(), Some(100));
    /// assert_eq!(config.evaluate("limit", None)?.value().as_int(), Some(10));
    ///
    /// let error = config.evaluate("limits", &user).unwrap_err();
    /// assert_eq!(error.kind(), &ErrorKind::SettingNotFound { key: "limits".into() });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    // Inlined with the look-up, see `Config::find`: a constant setting is evaluated without a call.
    #[inline(always)]
    pub fn evaluate<'u>(
        &self,
        key: &str,
        user: impl Into<Option<&'u User>>,
    ) -> Result<Evaluation<'_>, EvaluationError> {
        let slot = self.slot(key).ok_or_else(|| not_found(key))?;
        match &slot.setting.default {
            // A constant setting needs no evaluator.
            Ok(value) if slot.setting.targeting.is_none() => Ok(slot.constant(value)),
            _ => self.evaluate_rules(slot, user.into()),
        }
    }

    // Not inlined, so that only settings with rules or options pay for the size of the evaluator.
    #[inline(never)]
    pub(crate) fn evaluate_rules<'c>(
        &'c self,
        slot: &'c Slot,
        user: Option<&User>,
    ) -> Result<Evaluation<'c>, EvaluationError> {
        let mut evaluator = Evaluator::new(self, user, Silent::default(), Budget::default());
        let outcome = evaluator.evaluate(slot)?;
        Ok(Evaluation { slot, outcome: Outcome { warnings_id: evaluator.observer.warnings_id(), ..outcome } })
    }
}

#[cold]
pub(crate) fn not_found(key: &str) -> EvaluationError {
    Fault::new(ErrorKind::SettingNotFound { key: key.into() }).into()
}
