//! Types of flag values, and flags that know their key, type and default.

use std::sync::Arc;

use configcat_eval::{Evaluation, SettingType, Value};

use crate::evaluate::flag_cache::FlagCache;

/// A type that a flag can be read as: `bool`, `i64`, `f64`, and for text `&str`, `String` and
/// `Arc<str>`.
///
/// It is the type of the default value, and must be that of the setting: an int setting is not read
/// as double. For text, `Arc<str>` shares the text with the config, where `&str` and `String` copy
/// it. No other type can be one.
///
/// ```
/// use std::sync::Arc;
/// use configcat::{Client, MapOverrides, OverrideBehavior};
///
/// let overrides = MapOverrides::new([("title", "Hello".into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// let copied: String = client.get_value("title", "", None);
/// let shared: Arc<str> = client.get_value("title", Arc::from(""), None);
/// assert_eq!(*copied, *shared);
/// # Ok::<(), configcat::BuildError>(())
/// ```
///
/// Integers of other sizes and the like are converted by the caller:
///
/// ```compile_fail,E0277
/// # fn example(client: configcat::Client) {
/// client.get_value("limit", 10_u8, None); // write `u8::try_from(client.get_value("limit", 10, None))`
/// # }
/// ```
pub trait FlagValue: sealed::Sealed {
    /// What is returned: the type itself, or `String` for `&str`.
    type Output;

    #[doc(hidden)]
    const TYPE: SettingType;

    #[doc(hidden)]
    fn read(evaluation: &Evaluation<'_>) -> Option<Self::Output>;

    /// The value that a bool stands for, if that is the type.
    #[doc(hidden)]
    fn from_bool(_: bool) -> Option<Self::Output> {
        None
    }

    #[doc(hidden)]
    fn into_output(self) -> Self::Output;

    #[doc(hidden)]
    fn to_value(&self) -> Value;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! flag_value {
    ($($type:ty => $output:ty, $kind:ident, $read:expr $(, $from_bool:expr)?;)*) => {$(
        impl sealed::Sealed for $type {}

        impl FlagValue for $type {
            type Output = $output;
            const TYPE: SettingType = SettingType::$kind;

            #[inline]
            fn read(evaluation: &Evaluation<'_>) -> Option<$output> {
                ($read)(evaluation)
            }

            $(
                #[inline]
                fn from_bool(value: bool) -> Option<$output> {
                    ($from_bool)(value)
                }
            )?

            fn into_output(self) -> $output {
                self.into()
            }

            fn to_value(&self) -> Value {
                self.clone().into()
            }
        }
    )*};
}

flag_value! {
    bool => bool, Bool, |evaluation: &Evaluation<'_>| evaluation.value().as_bool(), Some;
    i64 => i64, Int, |evaluation: &Evaluation<'_>| evaluation.value().as_int();
    f64 => f64, Double, Evaluation::as_double;
    &str => String, Text, |evaluation: &Evaluation<'_>| evaluation.value().as_text().map(str::to_owned);
    String => String, Text, |evaluation: &Evaluation<'_>| evaluation.value().as_text().map(str::to_owned);
    Arc<str> => Arc<str>, Text, |evaluation: &Evaluation<'_>| match evaluation.value() {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
}

/// A flag: key, type and default, said once. See [`Client::get`](crate::Client::get) and
/// [`Client::check`](crate::Client::check).
///
/// ```
/// use configcat::{Client, Flag, MapOverrides, OverrideBehavior, User, Value};
///
/// static NEW_UI: Flag<bool> = Flag::new("isNewUiEnabled", false);
/// static TITLE: Flag<&str> = Flag::new("title", "Hello");
///
/// let overrides = MapOverrides::new([("isNewUiEnabled", Value::from(true))]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// assert!(client.get(&NEW_UI, &User::new("42")));
///
/// // At startup: is each flag there, and of the type that the code takes it for?
/// let problems = client.check(&[&NEW_UI, &TITLE]);
/// assert_eq!(problems[0].to_string(), "flag 'title' is not in the config");
/// # Ok::<(), configcat::BuildError>(())
/// ```
///
/// A flag remembers where it is in the config, so keep it in a `static` rather than make it anew
/// (which a `const` does): then evaluating it takes a look-up only when the config has changed, and
/// next to nothing where it is a bool without targeting rules and percentage options. Used with
/// several clients, it remembers the latest of their configs; with the others it takes as long as a
/// key.
#[derive(Debug)]
pub struct Flag<T> {
    key: &'static str,
    default: T,
    pub(crate) cache: FlagCache,
}

impl<T> Flag<T> {
    /// A flag of that key, with the value that it has where it cannot be evaluated.
    pub const fn new(key: &'static str, default: T) -> Self {
        Self { key, default, cache: FlagCache::new() }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The default value.
    #[must_use]
    pub const fn default_value(&self) -> &T {
        &self.default
    }
}

/// A [`Flag`] of any type, for lists of flags. See [`Client::check`](crate::Client::check).
///
/// ```
/// use configcat::{AnyFlag, Flag};
///
/// static NEW_UI: Flag<bool> = Flag::new("isNewUiEnabled", false);
/// static TITLE: Flag<&str> = Flag::new("title", "Hello");
/// static ALL: [&(dyn AnyFlag + Sync); 2] = [&NEW_UI, &TITLE];
///
/// let keys: Vec<&str> = ALL.iter().map(|flag| flag.key()).collect();
/// assert_eq!(keys, ["isNewUiEnabled", "title"]);
/// ```
pub trait AnyFlag: sealed::Sealed {
    /// The key.
    fn key(&self) -> &str;

    /// The type that the code takes the flag for.
    fn setting_type(&self) -> SettingType;
}

impl<T> sealed::Sealed for Flag<T> {}

impl<T: FlagValue> AnyFlag for Flag<T> {
    fn key(&self) -> &str {
        self.key
    }

    fn setting_type(&self) -> SettingType {
        T::TYPE
    }
}

/// A flag that the code and the config do not agree on. See [`Client::check`](crate::Client::check)
/// and the example of [`Flag`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlagProblem {
    /// There is no config to look into.
    NoConfig {
        /// The key of the flag.
        key: String,
    },
    /// The config does not have the flag, or not in a usable form.
    Missing {
        /// The key of the flag.
        key: String,
    },
    /// The flag is of another type.
    TypeMismatch {
        /// The key of the flag.
        key: String,
        /// The type that the code takes it for.
        expected: SettingType,
        /// The type that it has.
        found: SettingType,
    },
}

impl std::fmt::Display for FlagProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoConfig { key } => write!(f, "flag '{key}' cannot be checked, there is no config"),
            Self::Missing { key } => write!(f, "flag '{key}' is not in the config"),
            Self::TypeMismatch { key, expected, found } => {
                write!(f, "flag '{key}' is of type {found}, but is used as {expected}")
            }
        }
    }
}

impl std::error::Error for FlagProblem {}
