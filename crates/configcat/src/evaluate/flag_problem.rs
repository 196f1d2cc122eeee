//! Problems of typed flags: differences between the code and the config.

use std::fmt::{self, Write as _};

use configcat_eval::SettingType;

use crate::notify::event::OneLine;

/// Difference between a flag in the code and in the config. See
/// [`Client::check`](crate::Client::check) and the example of [`Flag`](crate::Flag).
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
