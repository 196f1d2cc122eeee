//! Values of user attributes, and how comparators read them: as text, number, semantic version,
//! time or list.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt::{self, Write};

use crate::{
    error::Checked,
    json::{JsonList, JsonString},
    model::Cursor,
    number::{self, JsNumber},
    small_string::SmallString,
    time::DateTime,
    version::UserVersion,
};

/// The value of a user attribute.
///
/// Made by `From` from Rust's own types, so that it rarely needs to be named. The crate page lists
/// [from what, and what comparators make of it](crate#users-and-their-attributes).
///
/// ```
/// use configcat_eval::{DateTime, User};
///
/// let user = User::new("#UNIQUE-USER-ID#")
///     .custom("Rating", 4.5)
///     .custom("Visits", 12_u64)
///     .custom("RegisteredAt", DateTime::from_unix_millis(1_686_756_435_844))
///     .custom("Roles", ["admin", "tester"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// Text: read by every comparator, if it has the form that the comparator needs. Empty text
    /// counts as missing in conditions.
    Text(String),
    /// A signed integer, for the number comparators, and for BEFORE and AFTER in Unix seconds.
    Int(i64),
    /// An unsigned integer, with the same uses.
    UInt(u64),
    /// A decimal number, with the same uses.
    Float(f64),
    /// A decimal number of single precision, with the same uses. As text it has the digits of an
    /// `f32`: `0.1_f32` is `0.1`, although its value as an `f64` is `0.10000000149011612`, which
    /// number comparators compare.
    Float32(f32),
    /// A moment in time, for BEFORE and AFTER.
    DateTime(DateTime),
    /// A list of texts, for the ARRAY comparators.
    List(Vec<String>),
}

impl AttributeValue {
    /// Returns whether the value is an empty string, which conditions treat as missing.
    // Specification, 3.2: an empty attribute counts as missing in conditions, in every SDK.
    pub(crate) fn is_empty_str(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// Returns the attribute as a string. Other values are converted into `scratch`, which
    /// allocates only for long lists.
    #[inline]
    pub(crate) fn to_str<'v>(&'v self, scratch: &'v mut Option<SmallString>) -> &'v str {
        match self {
            Self::Text(text) => text,
            other => scratch.insert(other.to_small_string()).as_str(),
        }
    }

    // Out of line, since nearly all attributes are strings already.
    #[cold]
    fn to_small_string(&self) -> SmallString {
        let mut text = SmallString::new();
        // Writing to memory cannot fail.
        let _ = write!(text, "{self}");
        text
    }

    /// Returns the number that number comparators read: an integer, a decimal number, or text that
    /// is a number ([what text is one](crate#users-and-their-attributes)); `None` for other values.
    ///
    /// ```
    /// use configcat_eval::AttributeValue;
    ///
    /// assert_eq!(AttributeValue::from(" 1,5 ").as_number(), Some(1.5));
    /// assert_eq!(AttributeValue::from("0x10").as_number(), None);
    /// ```
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Text(text) => number::parse(text),
            #[expect(
                clippy::cast_precision_loss,
                reason = "comparison values are doubles: both sides lose alike"
            )]
            Self::Int(int) => Some(*int as f64),
            #[expect(
                clippy::cast_precision_loss,
                reason = "comparison values are doubles: both sides lose alike"
            )]
            Self::UInt(int) => Some(*int as f64),
            Self::Float(float) => Some(*float),
            Self::Float32(float) => Some((*float).into()),
            Self::DateTime(_) | Self::List(_) => None,
        }
    }

    pub(crate) fn as_version(&self) -> Option<UserVersion<'_>> {
        match self {
            Self::Text(text) => UserVersion::parse(number::trim(text)),
            _ => None,
        }
    }

    /// Returns the length of a string in bytes, and 0 for other values.
    // Only a string is parsed, so only its length counts as work.
    pub(crate) fn str_len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            _ => 0,
        }
    }

    /// Returns whether any item of the list satisfies `test`; `None` if the attribute is not a list
    /// of strings. A fault of `test` ends the search.
    ///
    /// A JSON array is tested while it is read, so that no list is built.
    pub(crate) fn any_item(&self, mut test: impl FnMut(&str) -> Checked<bool>) -> Checked<Option<bool>> {
        match self {
            Self::List(items) => {
                for item in items {
                    if test(item)? {
                        return Ok(Some(true));
                    }
                }
                Ok(Some(false))
            }
            Self::Text(json) => {
                let mut found = Ok(false);
                let is_list = Cursor::new(json).strings(|item| {
                    found = test(item);
                    // After a match or a fault the remaining items are only checked to be strings:
                    // an array with another item is invalid, wherever the item stands.
                    matches!(found, Ok(false))
                });
                found.map(|found| is_list.then_some(found))
            }
            _ => Ok(None),
        }
    }
}

/// Prints the attribute as comparators see it as text: integers plain, floats as JavaScript prints
/// them, date-times as Unix seconds, lists as compact JSON.
impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Int(int) => int.fmt(f),
            Self::UInt(int) => int.fmt(f),
            Self::Float(float) => JsNumber(*float).fmt(f),
            Self::Float32(float) => JsNumber(*float).fmt(f),
            Self::DateTime(time) => JsNumber(time.unix_seconds()).fmt(f),
            Self::List(items) => JsonList(items).fmt(f),
        }
    }
}

/// The attribute as it stands in the evaluation log: JSON, where only finite numbers stay numbers.
pub(crate) struct AttributeJson<'u>(pub &'u AttributeValue);

impl fmt::Display for AttributeJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            AttributeValue::Text(text) => JsonString(text).fmt(f),
            // JSON has no NaN and no infinity: `JSON.stringify` writes null.
            AttributeValue::Float(float) if !float.is_finite() => f.write_str("null"),
            AttributeValue::Float32(float) if !float.is_finite() => f.write_str("null"),
            AttributeValue::DateTime(time) => write!(f, "\"{time}\""),
            other => other.fmt(f),
        }
    }
}

macro_rules! attribute_from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for AttributeValue {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

attribute_from! {
    &str => Text, &String => Text, String => Text, alloc::borrow::Cow<'_, str> => Text, char => Text,
    alloc::boxed::Box<str> => Text,
    i8 => Int, i16 => Int, i32 => Int, i64 => Int,
    u8 => UInt, u16 => UInt, u32 => UInt, u64 => UInt,
    f32 => Float32, f64 => Float,
    DateTime => DateTime,
}

/// The text `true` or `false`, as ConfigCat's other SDKs convert a bool to text.
impl From<bool> for AttributeValue {
    fn from(value: bool) -> Self {
        Self::Text(if value { "true" } else { "false" }.to_owned())
    }
}

impl From<isize> for AttributeValue {
    fn from(value: isize) -> Self {
        Self::Int(value as i64) // no platform has more than 64 bits
    }
}

impl From<usize> for AttributeValue {
    fn from(value: usize) -> Self {
        Self::UInt(value as u64) // no platform has more than 64 bits
    }
}

/// Exact within the range of `i64` and `u64`, else the nearest `f64`.
impl From<i128> for AttributeValue {
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    fn from(value: i128) -> Self {
        match (i64::try_from(value), u64::try_from(value)) {
            (Ok(int), _) => Self::Int(int),
            (_, Ok(int)) => Self::UInt(int),
            _ => Self::Float(value as f64),
        }
    }
}

/// Exact within the range of `u64`, else the nearest `f64`.
impl From<u128> for AttributeValue {
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    fn from(value: u128) -> Self {
        u64::try_from(value).map_or(Self::Float(value as f64), Self::UInt)
    }
}

impl<T: Into<String>> From<Vec<T>> for AttributeValue {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for AttributeValue {
    fn from(items: [T; N]) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: AsRef<str>> From<&[T]> for AttributeValue {
    fn from(items: &[T]) -> Self {
        Self::List(items.iter().map(|item| item.as_ref().to_owned()).collect())
    }
}

/// A value that an attribute of a [`User`](crate::User) can be set to: everything that converts
/// into an [`AttributeValue`], or an [`Option`] of that. `None` sets nothing.
///
/// A type of your own becomes an attribute by `From`:
///
/// ```
/// use configcat_eval::{AttributeValue, User};
///
/// enum Plan {
///     Free,
///     Pro,
/// }
///
/// impl From<Plan> for AttributeValue {
///     fn from(plan: Plan) -> Self {
///         match plan {
///             Plan::Free => "free",
///             Plan::Pro => "pro",
///         }
///         .into()
///     }
/// }
///
/// let former: Option<Plan> = Some(Plan::Free);
/// let user = User::new("42").custom("Plan", Plan::Pro).custom("FormerPlan", former);
/// assert_eq!(user.get("Plan"), Some(&"pro".into()));
/// ```
///
/// Other types do not compile:
///
/// ```compile_fail,E0277
/// use configcat_eval::User;
///
/// User::new("42").custom("Address", std::net::Ipv4Addr::LOCALHOST); // write `….to_string()`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an attribute of a user",
    label = "neither a text, `bool`, number, date-time or list of texts, nor an `Option` of one",
    note = "convert it to one of these, for example with `to_string()`",
    note = "date-times of `chrono`, `jiff` and `time` need the cargo feature of that name"
)]
pub trait IntoAttribute {
    /// Returns the value to set; `None` to set nothing.
    fn into_attribute(self) -> Option<AttributeValue>;
}

// Not recommended: the compiler would report the missing `From` instead of the message above.
#[diagnostic::do_not_recommend]
impl<T: Into<AttributeValue>> IntoAttribute for T {
    fn into_attribute(self) -> Option<AttributeValue> {
        Some(self.into())
    }
}

impl<T: Into<AttributeValue>> IntoAttribute for Option<T> {
    fn into_attribute(self) -> Option<AttributeValue> {
        self.map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributeJson, AttributeValue};
    use crate::time::DateTime;
    use alloc::{string::ToString, vec};

    #[test]
    fn attributes_convert_to_strings() {
        let table = [
            (AttributeValue::from(-125), "-125"),
            (u64::MAX.into(), "18446744073709551615"),
            (i128::MAX.into(), "1.7014118346046923e+38"),
            (0.12345.into(), "0.12345"),
            (1e21.into(), "1e+21"),
            (f64::NAN.into(), "NaN"),
            (DateTime::from_unix_millis(1_680_307_199_999).into(), "1680307199.999"),
            (DateTime::from_unix_millis(-1).into(), "-0.001"),
            (vec!["a", "\"b\"\n", "é𝄞"].into(), r#"["a","\"b\"\n","é𝄞"]"#),
            (AttributeValue::List(vec![]), "[]"),
        ];
        for (value, text) in table {
            assert_eq!(value.to_str(&mut None), text);
        }
    }

    #[test]
    fn attributes_print_as_json() {
        let table = [
            (AttributeValue::from("a\"\u{1}"), r#""a\"\u0001""#),
            (f64::INFINITY.into(), "null"),
            (1.5.into(), "1.5"),
            (["x"].into(), r#"["x"]"#),
            (DateTime::from_unix_millis(1_693_497_600_000).into(), "\"2023-08-31T16:00:00.000Z\""),
        ];
        for (value, json) in table {
            assert_eq!(AttributeJson(&value).to_string(), json);
        }
    }

    #[test]
    fn numbers_and_numeric_strings_read_as_numbers() {
        assert_eq!(AttributeValue::from("1,5").as_number(), Some(1.5));
        assert_eq!(AttributeValue::from(-3).as_number(), Some(-3.0));
        assert_eq!(AttributeValue::from(DateTime::from_unix_millis(1)).as_number(), None);
        assert_eq!(AttributeValue::from(["1"]).as_number(), None);
        assert_eq!(AttributeValue::from(" 1693497500 ").as_number(), Some(1_693_497_500.0));
        assert_eq!(AttributeValue::from("yesterday").as_number(), None);
    }

    #[test]
    fn versions_must_be_complete() {
        assert!(AttributeValue::from(" 1.0.0-rc.1+7 ").as_version().is_some());
        for text in ["1.0", "v1.0.0", "01.0.0", ""] {
            assert_eq!(AttributeValue::from(text).as_version(), None, "{text}");
        }
        assert_eq!(AttributeValue::from(1).as_version(), None);
    }

    #[test]
    fn lists_and_json_arrays_read_as_lists() {
        let has_b = |value: AttributeValue| value.any_item(|item| Ok(item == "b")).unwrap();
        assert_eq!(has_b(["a", "b"].into()), Some(true));
        assert_eq!(has_b(r#" ["b", "a"] "#.into()), Some(true));
        assert_eq!(has_b(r#"["\u0062"]"#.into()), Some(true));
        assert_eq!(has_b("[]".into()), Some(false));
        for text in [r#"["b", 1]"#, r#"["b"] x"#, r#"["b""#, "b", "null", r#"{"b": 1}"#, ""] {
            assert_eq!(has_b(text.into()), None, "{text}");
        }
        assert_eq!(has_b(1.into()), None);
    }
}
