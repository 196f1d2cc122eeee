//! A handle to one setting of a config.

use alloc::{string::String, vec::Vec};
use core::{fmt, iter};

use crate::{
    config::Config,
    constant,
    describe::{self, SettingDescription},
    error::EvaluationError,
    evaluation::Evaluation,
    faults,
    served_value::{self, ServedPlace, ServedValue},
    slot_iter::SlotIter,
    slots::Slot,
    user::User,
    value::{SettingType, Value},
};

/// A setting of a [`Config`]: the result of looking up its key, for many evaluations.
///
/// Returned by [`Config::setting`] and [`Config::setting_at`]. Cheap to copy.
///
/// ```
/// use configcat_eval::{Config, SettingType, User};
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}], "s": {"v": {"b": true}}}]}}}"#,
/// )?;
/// let setting = config.setting("isNew").ok_or("not found")?;
/// assert_eq!((setting.key(), setting.setting_type()), ("isNew", Some(SettingType::Bool)));
/// for email in ["jane@example.com", "john@example.com"] {
///     assert_eq!(setting.evaluate(&User::new("42").email(email))?.value().as_bool(), Some(true));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Setting<'c> {
    config: &'c Config,
    slot: &'c Slot,
}

/// The settings of a [`Config`], in the order of the config JSON. Returned by [`Config::settings`].
#[derive(Clone)]
pub struct Settings<'c> {
    config: &'c Config,
    slots: SlotIter<'c>,
}

impl Config {
    /// Looks up a setting; `None` if there is no setting of that key.
    // Inlined with the look-up, see `Config::find`.
    #[inline(always)]
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<Setting<'_>> {
        Some(Setting { config: self, slot: self.slot(key)? })
    }

    /// Returns the setting of that [index](Setting::index); `None` if there are fewer settings.
    // Inlined: it is one bounds check.
    #[inline(always)]
    #[must_use]
    pub fn setting_at(&self, index: usize) -> Option<Setting<'_>> {
        Some(Setting { config: self, slot: self.slot_at(index)? })
    }

    /// Returns all settings in the order of the config JSON, also those with faults.
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse(r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}, "bad": 5}}"#)?;
    /// assert!(config.settings().map(|setting| setting.key()).eq(["isNew", "bad"]));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn settings(&self) -> Settings<'_> {
        Settings { config: self, slots: self.slots() }
    }
}

impl<'c> Setting<'c> {
    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &'c str {
        &self.slot.setting.key
    }

    /// Returns the place of the setting in the config, counted from 0, for [`Config::setting_at`].
    /// Another config has the setting at another index.
    #[must_use]
    pub fn index(&self) -> usize {
        self.slot.index as usize
    }

    /// Returns the type; `None` if it is unknown.
    #[must_use]
    pub fn setting_type(&self) -> Option<SettingType> {
        Some(self.slot.setting.kind?.setting_type)
    }

    /// Returns whether values of this type can be read from the setting: its own type, and double
    /// for an integer of [`Config::from_values`] or of an override file
    /// ([`Evaluation::as_double`]).
    #[must_use]
    pub fn is_readable_as(&self, requested: SettingType) -> bool {
        self.slot.setting.kind.is_some_and(|kind| {
            // An integer without a declared type may be meant for a double setting.
            let is_number = kind.inferred && kind.setting_type == SettingType::Int;
            kind.setting_type == requested || (is_number && requested == SettingType::Double)
        })
    }

    /// Returns whether the setting has targeting rules or percentage options. Without them the
    /// value is the same for every user.
    #[must_use]
    pub fn has_targeting(&self) -> bool {
        self.slot.setting.targeting.is_some()
    }

    /// Evaluates the setting, as [`Config::evaluate`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Config::evaluate`], except that the setting is missing.
    // Inlined, as `Config::evaluate`, so that a constant setting needs no call.
    #[inline(always)]
    pub fn evaluate<'u>(&self, user: impl Into<Option<&'u User>>) -> Result<Evaluation<'c>, EvaluationError> {
        match &self.slot.setting.default {
            Ok(value) if self.slot.setting.targeting.is_none() => Ok(self.slot.constant(value)),
            _ => self.config.evaluate_rules(self.slot, user.into()),
        }
    }

    /// Returns the targeting rule of that index as text, as
    /// [`Evaluation::matched_rule_text`] does; `None` if there is no such rule, or it is broken.
    #[must_use]
    pub fn rule_text(&self, index: usize) -> Option<String> {
        self.slot.rule_text(index)
    }

    /// Returns the rules, options and default of the setting as data. See [`SettingDescription`]
    /// for an example.
    #[must_use]
    pub fn describe(&self) -> SettingDescription {
        describe::describe(&self.slot.setting, &self.slot.document)
    }

    /// Returns the values that the setting may serve: the default, then those of the targeting
    /// rules, then those of the percentage options. Malformed values are left out.
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse(
    ///     r#"{"f": {"limit": {"t": 2, "v": {"i": 10}, "r": [
    ///         {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"i": 100}}}]}}}"#,
    /// )?;
    /// let setting = config.setting("limit").unwrap();
    /// let values = setting.served_values().map(|served| (served.place(), served.value().clone()));
    /// assert_eq!(
    ///     values.collect::<Vec<_>>(),
    ///     [("f.limit.v".to_owned(), 10.into()), ("f.limit.r[0].s.v".to_owned(), 100.into())]
    /// );
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    pub fn served_values(&self) -> impl Iterator<Item = ServedValue<'c>> + use<'c> {
        served_value::of_setting(self.slot)
    }

    /// Returns the value at a place that an evaluation of this setting has returned. A place of
    /// another setting or of another config may give any value, or `None`.
    ///
    /// For programs that keep the results of many evaluations: a place is smaller than a value, and
    /// copying it copies no text.
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::from_values([("limit", Value::from(10))]);
    /// let place = config.evaluate("limit", None)?.place();
    /// assert_eq!(config.setting("limit").unwrap().value_at(place), Some(&Value::Int(10)));
    /// # Ok::<(), configcat_eval::EvaluationError>(())
    /// ```
    #[must_use]
    pub fn value_at(&self, place: ServedPlace) -> Option<&'c Value> {
        served_value::at(self.slot, place)
    }

    /// Returns the value that the setting has for every user, if that is proven; `None` in doubt.
    ///
    /// It is proven if the setting has neither rules nor options, or if all of them serve the same
    /// value as the default and no evaluation of them can fail: nothing is malformed, percentages
    /// sum to 100, and the prerequisite flags, fifteen at most, are there, have no faults either
    /// and do not depend on each other. The only failure that is left is an evaluation beyond the
    /// [limit of work](Config::MAX_WORK).
    ///
    /// ```
    /// use configcat_eval::{Config, Value};
    ///
    /// let config = Config::parse(
    ///     r#"{"f": {"isNew": {"t": 0, "v": {"b": true}, "r": [
    ///         {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"b": true}}}]}}}"#,
    /// )?;
    /// assert_eq!(config.setting("isNew").unwrap().constant_value(), Some(&Value::Bool(true)));
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn constant_value(&self) -> Option<&'c Value> {
        constant::value(self.config, self.slot)
    }

    /// Returns the faults of the setting, which evaluation reports when it reaches them: malformed
    /// parts, and conditions on flags that are missing or of another type.
    ///
    /// A list ends with its first malformed item, because evaluation does not go past it; so the
    /// items behind it are not checked. Not returned are faults inside of prerequisite flags and
    /// [segments](Config::segments), prerequisite flags in a circle, and percentages that sum to
    /// less than 100.
    ///
    /// ```
    /// use configcat_eval::Config;
    ///
    /// let config = Config::parse(
    ///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
    ///         {"c": [{"p": {"f": "gone", "c": 0, "v": {"b": true}}}], "s": {"v": {"s": "yes"}}}]}}}"#,
    /// )?;
    /// let faults = config.setting("isNew").unwrap().faults();
    /// let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    /// assert_eq!(
    ///     faults,
    ///     [
    ///         "f.isNew.r[0].c[0].p: prerequisite flag 'gone' is not in the config",
    ///         "f.isNew.r[0].s.v: bool value (b) is missing",
    ///     ]
    /// );
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    #[must_use]
    pub fn faults(&self) -> Vec<EvaluationError> {
        faults::of_setting(self.config, self.slot)
    }
}

impl<'c> Iterator for Settings<'c> {
    type Item = Setting<'c>;

    fn next(&mut self) -> Option<Setting<'c>> {
        Some(Setting { config: self.config, slot: self.slots.next()? })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}

impl ExactSizeIterator for Settings<'_> {}

impl iter::FusedIterator for Settings<'_> {}

impl fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("key", &self.key()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("left", &self.len()).finish_non_exhaustive()
    }
}
