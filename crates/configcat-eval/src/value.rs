//! Values of settings, and their types.

use alloc::{string::String, sync::Arc};
use core::fmt;

use crate::number::JsNumber;

/// The value of a feature flag or setting.
///
/// Made by `From` from `bool`, all integers that fit an `i64`, floats and texts. Text is shared
/// with the config, so a clone copies no text.
///
/// ```
/// use configcat_eval::{SettingType, Value};
///
/// let value = Value::from("dark");
/// assert_eq!(value.as_text(), Some("dark"));
/// assert_eq!(value.setting_type(), SettingType::Text);
/// assert_eq!(Value::from(2.0).to_string(), "2");
/// ```
// Exhaustive, as `SettingType` below: the service has four types, and a caller that matches on them
// should not need a case for a fifth.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// On or off: the value of a feature flag.
    Bool(bool),
    /// A whole number. Not a [`Double`](Self::Double): the types of settings are kept apart.
    Int(i64),
    /// A decimal number.
    Double(f64),
    /// A text.
    // Shared with the config, so that cloning a value copies no text.
    Text(Arc<str>),
}

/// The type of a setting, as chosen on the ConfigCat dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SettingType {
    /// An on/off toggle, that is, a feature flag.
    Bool,
    /// A text setting.
    Text,
    /// A whole number setting.
    Int,
    /// A decimal number setting.
    Double,
}

impl Value {
    /// Returns the type of setting that has such values.
    #[must_use]
    pub fn setting_type(&self) -> SettingType {
        match self {
            Self::Bool(_) => SettingType::Bool,
            Self::Int(_) => SettingType::Int,
            Self::Double(_) => SettingType::Double,
            Self::Text(_) => SettingType::Text,
        }
    }

    /// Returns the value, if it is a [`Value::Bool`].
    #[inline]
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the value, if it is a [`Value::Int`].
    #[inline]
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the value, if it is a [`Value::Double`].
    #[inline]
    #[must_use]
    pub fn as_double(&self) -> Option<f64> {
        match self {
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the value, if it is a [`Value::Text`].
    #[inline]
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }
}

/// Prints the value bare; numbers as JavaScript prints them, like every ConfigCat SDK.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Double(value) => JsNumber(*value).fmt(f),
            Self::Text(value) => value.fmt(f),
        }
    }
}

impl fmt::Display for SettingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Text => "text",
            Self::Int => "int",
            Self::Double => "double",
        })
    }
}

/// The value of a [`Value`] has another type than the requested one.
///
/// ```
/// use configcat_eval::Value;
///
/// assert_eq!(bool::try_from(Value::from(true)), Ok(true));
/// let error = i64::try_from(Value::from(true)).unwrap_err();
/// assert_eq!(error.to_string(), "the value is of type bool, not int");
/// ```
// Private fields, so that a later version can say more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ValueTypeError {
    found: SettingType,
    requested: SettingType,
}

impl fmt::Display for ValueTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value is of type {}, not {}", self.found, self.requested)
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for ValueTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl core::error::Error for ValueTypeError {}

macro_rules! try_from_value {
    ($($to:ty, $variant:ident, $convert:expr;)*) => {$(
        impl TryFrom<Value> for $to {
            type Error = ValueTypeError;

            fn try_from(value: Value) -> Result<Self, ValueTypeError> {
                match value {
                    Value::$variant(value) => Ok(($convert)(value)),
                    other => Err(ValueTypeError {
                        found: other.setting_type(),
                        requested: SettingType::$variant,
                    }),
                }
            }
        }
    )*};
}

try_from_value! {
    bool, Bool, core::convert::identity;
    i64, Int, core::convert::identity;
    f64, Double, core::convert::identity;
    Arc<str>, Text, core::convert::identity;
    String, Text, |text: Arc<str>| String::from(&*text);
}

macro_rules! value_from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

value_from! {
    bool => Bool,
    i8 => Int, i16 => Int, i32 => Int, i64 => Int, u8 => Int, u16 => Int, u32 => Int,
    f32 => Double, f64 => Double,
    &str => Text, String => Text, Arc<str> => Text,
}
