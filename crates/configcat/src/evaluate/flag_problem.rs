//! Problems of typed flags: differences between the code and the config.

use std::fmt::{self, Write as _};

use configcat_eval::{SettingType, Value};

use crate::{
    evaluate::{flag::AnyFlag, no_config::NoConfig, parsed_texts::ParsedTexts, view::View},
    notify::event::OneLine,
};

/// Largest number of invalid texts of a flag that are reported: whoever repairs them sees at the
/// first few where to look.
const MAX_INVALID: usize = 10;

/// A flag as a check sees it, without the flag.
#[derive(Clone, Copy)]
// Public in name only: a hidden method of `AnyFlag` returns it.
pub struct FlagCheck {
    pub(crate) key: &'static str,
    pub(crate) setting_type: SettingType,
    pub(crate) type_name: &'static str,
    /// See [`FlagType::fault_of`](crate::flag::FlagType).
    pub(crate) fault_of: fn(&Value, &ParsedTexts) -> Option<String>,
}

/// Difference between a flag in the code and in the config. See
/// [`Client::check`](crate::Client::check) and the example of [`Flag`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlagProblem {
    /// There is no config to check the flag in.
    NoConfig {
        /// Key of the flag.
        key: String,
        /// Reason for which there is no config, as in event 1000.
        reason: String,
    },
    /// The config does not have the flag, or the flag is invalid there.
    Missing {
        /// Key of the flag.
        key: String,
        /// Key of the config that is most like it, if there is one.
        similar: Option<String>,
    },
    /// The flag has another type in the config.
    TypeMismatch {
        /// Key of the flag.
        key: String,
        /// Type that the code reads the flag as.
        expected: SettingType,
        /// Type in the config.
        found: SettingType,
    },
    /// The flag may serve a text that cannot be parsed as the type that the code reads it as. Only
    /// flags of the types `Json` and `Parsed` have this problem.
    InvalidText {
        /// Key of the flag.
        key: String,
        /// Place of the text in the config JSON, such as `f.limits.r[0].s.v`.
        place: String,
        /// Cause, with the path in the text: `sizes[2]: invalid type: string "x", expected u64 …`.
        cause: String,
    },
}

impl fmt::Display for FlagProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line each, for a log at startup: key first, then the difference. A key or a reason
        // with a line feed could forge a line of its own.
        let f = &mut OneLine::new(f);
        match self {
            Self::NoConfig { key, reason } => {
                write!(f, "flag '{key}' cannot be checked, there is no config: {reason}")
            }
            Self::Missing { key, similar } => {
                write!(f, "flag '{key}' is not in the config")?;
                similar.iter().try_for_each(|similar| write!(f, "; did you mean '{similar}'?"))
            }
            Self::TypeMismatch { key, expected, found } => {
                write!(f, "flag '{key}' is of type {found}, but is used as {expected}")
            }
            Self::InvalidText { key, place, cause } => {
                write!(f, "flag '{key}' has an invalid text at {place}: {cause}")
            }
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for FlagProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl std::error::Error for FlagProblem {}

impl View<'_> {
    /// Returns the problems of flags in the config.
    pub(crate) fn check(&self, flags: &[&dyn AnyFlag]) -> Vec<FlagProblem> {
        flags.iter().flat_map(|flag| self.problems_of(flag.flag_check())).collect()
    }

    /// Returns the problems of a flag in the config.
    pub(crate) fn problems_of(&self, flag: FlagCheck) -> Vec<FlagProblem> {
        let (key, expected) = (flag.key.to_owned(), flag.setting_type);
        let Some(config) = &self.state.config else {
            let reason = NoConfig::of(self.shared).to_string();
            return vec![FlagProblem::NoConfig { key, reason }];
        };
        let setting = config.setting(&key);
        let Some((setting, found)) = setting.and_then(|setting| Some((setting, setting.setting_type()?)))
        else {
            let similar = config.similar_key(&key).map(str::to_owned);
            return vec![FlagProblem::Missing { key, similar }];
        };
        // A number of overrides is readable as int and as double, so the types are not compared.
        if !setting.is_readable_as(expected) {
            return vec![FlagProblem::TypeMismatch { key, expected, found }];
        }
        let invalid = setting.served_values().filter_map(|served| {
            let cause = (flag.fault_of)(served.value(), &self.state.texts)?;
            Some(FlagProblem::InvalidText { key: key.clone(), place: served.place(), cause })
        });
        invalid.take(MAX_INVALID).collect()
    }
}
