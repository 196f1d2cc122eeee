//! Bools, numbers and texts, read from their raw text.
//!
//! So numbers are neither limited to what `serde_json` can hold nor changed by its feature `arbitrary_precision` (which
//! any crate of a build may switch on), and a lone surrogate spoils its own text only.

use alloc::{borrow::Cow, string::String};

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{
    field::{Expected, Field, Found, Mismatch},
    lenient::Shape,
};

/// A bool, a number or a text.
#[derive(Debug)]
pub(crate) enum Scalar<'de> {
    Bool(bool),
    /// As it is written.
    Number(&'de str),
    Text(Cow<'de, str>),
}

impl<'de> Scalar<'de> {
    fn read<D: Deserializer<'de>, T: Shape<'de>>(
        deserializer: D,
        convert: impl FnOnce(Self) -> Option<T>,
    ) -> Result<Field<T>, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let (value, found) = match raw.as_bytes() {
            [b'n', ..] => return Ok(Field::Absent),
            [b't' | b'f', ..] => (convert(Self::Bool(raw == "true")), Found::Bool),
            [b'[', ..] => (None, Found::List),
            [b'{', ..] => (None, Found::Object),
            [b'"', inner @ .., b'"'] => match text(raw, inner) {
                Some(text) => (convert(Self::Text(text)), Found::Text),
                None => (None, Found::LoneSurrogate),
            },
            _ => (convert(Self::Number(raw)), Found::Number),
        };
        Ok(value.map_or(Field::Malformed(Mismatch { expected: T::EXPECTED, found }), Field::Valid))
    }
}

/// The text of a JSON string; `None` if it has a lone surrogate.
fn text<'de>(quoted: &'de str, inner: &'de [u8]) -> Option<Cow<'de, str>> {
    if inner.contains(&b'\\') {
        return serde_json::from_str::<String>(quoted).ok().map(Cow::Owned);
    }
    quoted.get(1..quoted.len() - 1).map(Cow::Borrowed)
}

/// Reads a number that has no fraction, be it written `4`, `4.0` or `4e0`.
pub(crate) fn integer(number: &str) -> Option<i64> {
    number.parse().ok().or_else(|| {
        let double: f64 = number.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "checked to come back as the same number")]
        let int = double as i64;
        #[expect(clippy::cast_precision_loss, reason = "the comparison is what checks it")]
        (int as f64 == double && int != i64::MAX && int != i64::MIN).then_some(int)
    })
}

macro_rules! scalar_shape {
    ($type:ty, $expected:ident, $($pattern:pat => $value:expr),*) => {
        impl<'de> Shape<'de> for $type {
            const EXPECTED: Expected = Expected::$expected;

            fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
                Scalar::read(deserializer, |scalar| match scalar {
                    $($pattern => $value,)*
                    #[allow(unreachable_patterns, reason = "a scalar of any type has no other")]
                    _ => None,
                })
            }
        }
    };
}

scalar_shape!(bool, Bool, Scalar::Bool(value) => Some(value));
scalar_shape!(i64, Integer, Scalar::Number(number) => integer(number));
scalar_shape!(f64, Number, Scalar::Number(number) => number.parse().ok());
scalar_shape!(Cow<'de, str>, Text, Scalar::Text(text) => Some(text));
scalar_shape!(Scalar<'de>, Scalar, scalar => Some(scalar));
