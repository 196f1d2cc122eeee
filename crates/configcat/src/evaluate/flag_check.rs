//! Typed flags as a check sees them.

use configcat_eval::{SettingType, Value};

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
