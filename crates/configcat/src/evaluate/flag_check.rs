//! Typed flags as a check sees them.

use configcat_eval::{Config, ServedValue, Setting, SettingType, Value};

use super::parsed_texts::ParsedTexts;

/// A flag as a check sees it, without the flag.
#[derive(Clone, Copy)]
// Public in name only: a hidden method of `AnyFlag` returns it.
pub struct FlagCheck {
    pub(crate) key: &'static str,
    pub(crate) setting_type: SettingType,
    /// Name of the [`FlagType`](crate::flag::FlagType), not of its output: `Json<T>` and
    /// `Parsed<T>` have the same output name, and parse texts differently.
    pub(crate) type_name: &'static str,
    /// See [`FlagType::fault_of`](crate::flag::FlagType).
    pub(crate) fault_of: fn(&Value, &ParsedTexts) -> Option<String>,
}

impl FlagCheck {
    /// Returns the texts of a setting of the right type that cannot be read, and the causes.
    pub(crate) fn invalid_texts<'c>(
        self,
        setting: Setting<'c>,
        texts: &'c ParsedTexts,
    ) -> impl Iterator<Item = (ServedValue<'c>, String)> {
        setting.served_values().filter_map(move |served| {
            let cause = (self.fault_of)(served.value(), texts)?;
            Some((served, cause))
        })
    }

    /// Returns whether the config has the flag with texts that can all be read; `None` if it does
    /// not have the flag, or has it with another type.
    pub(crate) fn is_valid_in(self, config: &Config, texts: &ParsedTexts) -> Option<bool> {
        let setting = config.setting(self.key).filter(|setting| setting.is_readable_as(self.setting_type))?;
        Some(self.invalid_texts(setting, texts).next().is_none())
    }
}
