//! Bools, numbers and strings, read from the text of the document.
//!
//! So numbers are not limited to the range of `serde_json`, its feature `arbitrary_precision`
//! (which any crate of a build may enable) changes nothing, and a lone surrogate is a fault of its
//! own string only.

use alloc::borrow::Cow;

use super::{
    cursor::Cursor,
    field::{Expected, Field, Found, Mismatch},
    from_json::FromJson,
};

/// A bool, a number or a string.
#[derive(Debug)]
pub(crate) enum Scalar<'de> {
    Bool(bool),
    /// As it is written.
    Number(&'de str),
    String(Cow<'de, str>),
}

impl<'de> Scalar<'de> {
    #[inline]
    fn read<T>(
        cursor: &mut Cursor<'de>,
        expected: Expected,
        convert: impl FnOnce(Self) -> Option<T>,
    ) -> Field<T> {
        let Some(mut found) = cursor.found() else {
            cursor.skip();
            return Field::Absent;
        };
        let value = match found {
            Found::Bool => convert(Self::Bool(cursor.word() == "true")),
            Found::Number => convert(Self::Number(cursor.word())),
            Found::String => match cursor.content() {
                Some(string) => convert(Self::String(string)),
                None => {
                    found = Found::LoneSurrogate;
                    None
                }
            },
            Found::LoneSurrogate | Found::List | Found::Object => {
                cursor.skip();
                None
            }
        };
        value.map_or(Field::Malformed(Mismatch { expected, found }), Field::Valid)
    }
}

/// Returns a number that has no fraction, whether it is written `4`, `4.0` or `4e0`.
// The service writes integers, other tools that pass a config JSON on may not.
pub(crate) fn integer(number: &str) -> Option<i64> {
    number.parse().ok().or_else(|| {
        let double: f64 = number.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "checked to come back as the same number")]
        let int = double as i64;
        #[expect(clippy::cast_precision_loss, reason = "the comparison is what checks it")]
        // The limits of `i64` are left out: larger doubles are converted to them too.
        (int as f64 == double && int != i64::MAX && int != i64::MIN).then_some(int)
    })
}

macro_rules! scalar_from_json {
    ($type:ty, $expected:ident, $($pattern:pat => $value:expr),*) => {
        impl<'de> FromJson<'de> for $type {
            #[inline]
            fn read(cursor: &mut Cursor<'de>) -> Field<Self> {
                Scalar::read(cursor, Expected::$expected, |scalar| match scalar {
                    $($pattern => $value,)*
                    #[allow(unreachable_patterns, reason = "a scalar of any type has no other")]
                    _ => None,
                })
            }
        }
    };
}

scalar_from_json!(bool, Bool, Scalar::Bool(value) => Some(value));
scalar_from_json!(i64, Integer, Scalar::Number(number) => integer(number));
scalar_from_json!(f64, Number, Scalar::Number(number) => number.parse().ok());
scalar_from_json!(Cow<'de, str>, String, Scalar::String(string) => Some(string));
scalar_from_json!(Scalar<'de>, Scalar, scalar => Some(scalar));
