//! Reading JSON without giving up: a member of another type than expected is kept as a fault of that member.
//!
//! Only what is no JSON fails. Absent and `null` are the same; of a member that is given twice, the last
//! counts; a number without a fraction is an integer however it is written.

use alloc::{borrow::Cow, string::String};
use core::{fmt, marker::PhantomData};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

pub(crate) use super::field::Expected;
use super::field::{Field, Found, Mismatch};

/// What can be read from some of the types of JSON, and is malformed if it is of the others.
pub(crate) trait Shape<'de>: Sized {
    const EXPECTED: Expected;

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        Taking(PhantomData).deserialize(deserializer)
    }

    fn from_object<A: MapAccess<'de>>(members: A) -> Result<Option<Self>, A::Error> {
        skip_members(members)
    }
}

impl<'de, T: Shape<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer)
    }
}

/// What takes a list or an object piece by piece, so that no more of it than a piece is ever in memory.
pub(crate) trait Take<'de>: Sized {
    const EXPECTED: Expected;
    type Output;

    /// `None` if it is no list that is expected.
    fn list<A: SeqAccess<'de>>(self, items: A) -> Result<Option<Self::Output>, A::Error> {
        skip_items(items)
    }

    /// `None` if it is no object that is expected.
    fn object<A: MapAccess<'de>>(self, members: A) -> Result<Option<Self::Output>, A::Error> {
        skip_members(members)
    }
}

/// Skips what is left of a list.
pub(crate) fn skip_items<'de, T, A: SeqAccess<'de>>(mut items: A) -> Result<Option<T>, A::Error> {
    while items.next_element::<IgnoredAny>()?.is_some() {}
    Ok(None)
}

fn skip_members<'de, T, A: MapAccess<'de>>(mut members: A) -> Result<Option<T>, A::Error> {
    while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(None)
}

impl<'de, T: Shape<'de>> Take<'de> for PhantomData<T> {
    const EXPECTED: Expected = T::EXPECTED;
    type Output = T;

    fn object<A: MapAccess<'de>>(self, members: A) -> Result<Option<T>, A::Error> {
        T::from_object(members)
    }
}

/// Hands a value over to what takes it.
pub(crate) struct Taking<T>(pub(crate) T);

impl<'de, T: Take<'de>> DeserializeSeed<'de> for Taking<T> {
    type Value = Field<T::Output>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<T> Taking<T> {
    fn found<'de>(value: Option<T::Output>, found: Found) -> Field<T::Output>
    where
        T: Take<'de>,
    {
        value.map_or(Field::Malformed(Mismatch { expected: T::EXPECTED, found }), Field::Valid)
    }
}

impl<'de, T: Take<'de>> Visitor<'de> for Taking<T> {
    type Value = Field<T::Output>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Self::found(None, Found::Bool))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Self::found(None, Found::Number))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Self::found(None, Found::Number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Self::found(None, Found::Number))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Self::found(None, Found::Text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Ok(Self::found(self.0.list(items)?, Found::List))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        Ok(Self::found(self.0.object(members)?, Found::Object))
    }
}

/// Any JSON, as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'de>(pub(crate) &'de str);

impl<'de> Shape<'de> for Raw<'de> {
    const EXPECTED: Expected = Expected::Anything;

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        Ok(Field::Valid(Self(<&RawValue>::deserialize(deserializer)?.get())))
    }
}

impl<'de> Raw<'de> {
    /// Reads it. As it is JSON, only a lone surrogate can keep `serde_json` from that.
    pub(crate) fn read_as<T: Shape<'de>>(self) -> Field<T> {
        serde_json::from_str(self.0)
            .unwrap_or_else(|_| Taking::<PhantomData<T>>::found(None, Found::LoneSurrogate))
    }

    /// Hands a list or an object over; scalars are malformed, except for `null`, which is absent.
    pub(crate) fn take<T: Take<'de>>(self, take: T) -> Field<T::Output> {
        match self.found() {
            None => Field::Absent,
            Some(Found::List | Found::Object) => Taking(take)
                .deserialize(&mut serde_json::Deserializer::from_str(self.0))
                .unwrap_or_else(|_| Taking::<T>::found(None, Found::LoneSurrogate)),
            Some(found) => Taking::<T>::found(None, found),
        }
    }

    /// The value of a member that is read as it is written.
    pub(super) fn of(member: Field<Self>) -> Self {
        member.valid().unwrap_or(Self("null"))
    }

    /// Its type, `None` for `null`.
    pub(super) fn found(self) -> Option<Found> {
        Some(match self.0.as_bytes() {
            [b'n', ..] => return None,
            [b't' | b'f', ..] => Found::Bool,
            [b'"', ..] => Found::Text,
            [b'[', ..] => Found::List,
            [b'{', ..] => Found::Object,
            _ => Found::Number,
        })
    }
}

impl<'de> Field<Raw<'de>> {
    pub(crate) fn take<T: Take<'de>>(self, take: T) -> Field<T::Output> {
        match self {
            Self::Absent => Field::Absent,
            Self::Valid(raw) => raw.take(take),
            Self::Malformed(mismatch) => Field::Malformed(mismatch),
        }
    }
}

/// The name of a member, borrowed from the document unless it has escapes. As bytes, since only so a lone
/// surrogate is no error.
pub(crate) struct Name<'de>(pub(crate) Cow<'de, [u8]>);

impl<'de> Name<'de> {
    pub(crate) fn into_text(self) -> Cow<'de, str> {
        match self.0 {
            Cow::Borrowed(name) => String::from_utf8_lossy(name),
            Cow::Owned(name) => Cow::Owned(String::from_utf8_lossy(&name).into_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read raw first, since `serde_json` takes bare control characters for bytes, which JSON does not.
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes() {
            [b'"', name @ .., b'"'] if !name.contains(&b'\\') => Ok(Name(Cow::Borrowed(name))),
            _ => {
                serde_json::Deserializer::from_str(raw).deserialize_bytes(NameVisitor).map_err(Error::custom)
            }
        }
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(name.into())))
    }
}

/// Declares a struct that is read from the members of an object; members that it does not name are ignored.
/// After a semicolon there may be a field of its own, which is not read.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty = $member:literal,)* $(; $own:ident: $own_type:ty)? }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name<'de> {
            $(pub(crate) $field: $crate::model::Field<$type>,)*
            $(pub(crate) $own: $own_type,)?
            /// Uses the lifetime also where no member borrows.
            document: core::marker::PhantomData<&'de str>,
        }

        impl<'de> $crate::model::lenient::Shape<'de> for $name<'de> {
            const EXPECTED: $crate::model::lenient::Expected = $crate::model::lenient::Expected::Object;

            fn from_object<A: serde::de::MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
                let mut this = Self::default();
                while let Some(name) = members.next_key::<$crate::model::lenient::Name<'de>>()? {
                    match &*name.0 {
                        $($member => this.$field = members.next_value()?,)*
                        _ => { members.next_value::<serde::de::IgnoredAny>()?; }
                    }
                }
                Ok(Some(this))
            }
        }
    };
}
pub(super) use object;
