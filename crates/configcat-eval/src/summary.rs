//! What settings a config has, without evaluating them.

use crate::{Config, SettingType, Value, compile::Setting};

/// What a setting is made of: its type, its default value, and how much targeting it has. See [`Config::settings`].
///
/// What the rules look at and what they serve is not in it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SettingSummary<'c> {
    /// The key.
    pub key: &'c str,
    /// The type; `None` if the config JSON does not tell.
    pub setting_type: Option<SettingType>,
    /// What is served where neither a targeting rule nor a percentage option is; `None` if that is faulty.
    pub default: Option<&'c Value>,
    /// How many targeting rules there are.
    pub targeting_rules: usize,
    /// How many percentage options there are, but for those of targeting rules.
    pub percentage_options: usize,
}

impl Config {
    /// All settings, in the order of the config JSON; also those with faults.
    ///
    /// ```
    /// use configcat_eval::{Config, SettingType, Value};
    ///
    /// let config = Config::parse(
    ///     r#"{"f": {"limit": {"t": 2, "v": {"i": 10}, "r": [
    ///         {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"i": 100}}}]}}}"#,
    /// )?;
    /// for setting in config.settings() {
    ///     assert_eq!(setting.key, "limit");
    ///     assert_eq!(setting.setting_type, Some(SettingType::Int));
    ///     assert_eq!(setting.default, Some(&Value::Int(10)));
    ///     assert_eq!((setting.targeting_rules, setting.percentage_options), (1, 0));
    /// }
    /// # Ok::<(), configcat_eval::ParseError>(())
    /// ```
    pub fn settings(&self) -> impl ExactSizeIterator<Item = SettingSummary<'_>> {
        self.slots.iter().map(|slot| SettingSummary::of(&slot.setting))
    }
}

impl<'c> SettingSummary<'c> {
    fn of(setting: &'c Setting) -> Self {
        Self {
            key: &setting.key,
            setting_type: setting.kind.map(|kind| kind.setting_type),
            default: setting.default.as_ref().ok(),
            targeting_rules: setting.rules().len(),
            percentage_options: setting.options().len(),
        }
    }
}
