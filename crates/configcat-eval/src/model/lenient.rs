//! Reading JSON without giving up: a member of another type than expected is kept as a fault of that member.
//!
//! Only what is no JSON fails. Absent and `null` are the same; of a member that is given twice, the last
//! counts; a number without a fraction is an integer however it is written.

use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};
use core::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Checked, ErrorKind, Fault};

/// A member of an object, or an item of a list.
#[derive(Debug, Default)]
pub(crate) enum Field<T> {
    #[default]
    Absent,
    Valid(T),
    Malformed(Mismatch),
}

/// What was expected, and what was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mismatch {
    expected: Expected,
    found: Found,
}

/// What was expected: not as text, so that fields of the model are small.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    Bool,
    Integer,
    Number,
    Text,
    Scalar,
    List,
    Texts,
    Object,
    Anything,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    Bool,
    Number,
    Text,
    LoneSurrogate,
    List,
    Object,
}

impl<T> Field<T> {
    /// The value, `None` if absent, or the fault.
    pub(crate) fn checked(self) -> Checked<Option<T>> {
        match self {
            Self::Absent => Ok(None),
            Self::Valid(value) => Ok(Some(value)),
            Self::Malformed(mismatch) => Err(mismatch.fault()),
        }
    }

    /// The value, or the fault that it is malformed or that `what` is missing.
    pub(crate) fn required(self, what: &'static str) -> Checked<T> {
        self.checked()?.ok_or_else(|| Fault::missing(what))
    }

    /// The value of member `name`, or the fault that it is malformed or missing; `what` says what it is.
    pub(crate) fn member(self, name: &str, what: &'static str) -> Checked<T> {
        self.checked().map_err(|fault| fault.within(name))?.ok_or_else(|| Fault::missing(what))
    }

    /// The value, if there is one without fault.
    pub(crate) fn valid(self) -> Option<T> {
        match self {
            Self::Valid(value) => Some(value),
            Self::Absent | Self::Malformed(_) => None,
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(crate) fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Absent => Field::Absent,
            Self::Valid(value) => Field::Valid(value),
            Self::Malformed(mismatch) => Field::Malformed(*mismatch),
        }
    }

    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Valid(value) => Field::Valid(convert(value)),
            Self::Malformed(mismatch) => Field::Malformed(mismatch),
        }
    }

    /// Whether a bool, a number or a text stands where something else was expected.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self, Self::Malformed(Mismatch { found: Found::Bool | Found::Number | Found::Text, .. }))
    }
}

impl Mismatch {
    fn fault(self) -> Box<Fault> {
        let expected = match self.expected {
            Expected::Bool => "a bool",
            Expected::Integer => "an integer",
            Expected::Number => "a number",
            Expected::Text => "a text",
            Expected::Scalar => "a bool, a number or a text",
            Expected::List => "a list",
            Expected::Texts => "a list of texts",
            Expected::Object => "an object",
            Expected::Anything => "any JSON",
        };
        let found = match self.found {
            Found::Bool => "a bool",
            Found::Number => "a number",
            Found::Text => "a text",
            Found::LoneSurrogate => "a text with a lone surrogate",
            Found::List => "a list",
            Found::Object => "an object",
        };
        Fault::new(ErrorKind::Malformed { expected, found })
    }
}

/// What can be read from some of the types of JSON, and is malformed if it is of the others.
pub(crate) trait Shape<'de>: Sized {
    const EXPECTED: Expected;

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        deserializer.deserialize_any(FieldVisitor(PhantomData))
    }

    fn from_list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de, T: Shape<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer)
    }
}

pub(super) fn field<'de, T: Shape<'de>>(value: Option<T>, found: Found) -> Field<T> {
    value.map_or(Field::Malformed(Mismatch { expected: T::EXPECTED, found }), Field::Valid)
}

/// Reads lists and objects.
struct FieldVisitor<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Visitor<'de> for FieldVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(field(None, Found::Bool))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(field(None, Found::Number))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(field(None, Found::Number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(field(None, Found::Number))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(field(None, Found::Text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Ok(field(T::from_list(items)?, Found::List))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        Ok(field(T::from_object(members)?, Found::Object))
    }
}

/// A list whose items are gone through in order, so that those behind a malformed one do not count.
impl<'de, T: Shape<'de>> Shape<'de> for Vec<Field<T>> {
    const EXPECTED: Expected = Expected::List;

    fn from_list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut list = Self::new();
        while let Some(item) = items.next_element()? {
            let is_valid = matches!(item, Field::Valid(_));
            list.push(item);
            if !is_valid {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                break;
            }
        }
        Ok(Some(list))
    }
}

/// All items of a list, also behind one that is malformed.
#[derive(Debug)]
pub(crate) struct All<T>(pub(crate) Vec<Field<T>>);

impl<'de, T: Shape<'de>> Shape<'de> for All<T> {
    const EXPECTED: Expected = Expected::List;

    fn from_list<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Some(Self(list)))
    }
}

/// Keeps what is rarely there, or wide, from taking room in a list.
impl<'de, T: Shape<'de>> Shape<'de> for Box<T> {
    const EXPECTED: Expected = T::EXPECTED;

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        Ok(T::read(deserializer)?.map(Self::new))
    }
}

/// An object whose members are all of one kind, each handed on as soon as it is read.
#[derive(Debug, Default)]
pub(crate) struct Members<C>(pub(crate) C);

/// What takes the members of an object, in the order of the document.
pub(crate) trait Collect<'de>: Default {
    type Item: Shape<'de>;

    fn add(&mut self, name: Cow<'de, str>, item: Field<Self::Item>);
}

impl<'de, C: Collect<'de>> Shape<'de> for Members<C> {
    const EXPECTED: Expected = Expected::Object;

    fn from_object<A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        let mut collected = C::default();
        while let Some((name, item)) = members.next_entry::<Name<'de>, _>()? {
            collected.add(name.into_text(), item);
        }
        Ok(Some(Self(collected)))
    }
}

/// The members of an object as they are written.
pub(crate) type RawMembers<'de> = Vec<(Cow<'de, str>, Raw<'de>)>;

impl<'de> Collect<'de> for RawMembers<'de> {
    type Item = Raw<'de>;

    fn add(&mut self, name: Cow<'de, str>, item: Field<Raw<'de>>) {
        self.extend(item.valid().map(|raw| (name, raw)));
    }
}

/// Any JSON, as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'de>(&'de str);

impl<'de> Shape<'de> for Raw<'de> {
    const EXPECTED: Expected = Expected::Anything;

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        Ok(Field::Valid(Self(<&RawValue>::deserialize(deserializer)?.get())))
    }
}

impl<'de> Raw<'de> {
    /// Reads it. As it is JSON, only a lone surrogate can keep `serde_json` from that.
    pub(crate) fn read_as<T: Shape<'de>>(self) -> Field<T> {
        serde_json::from_str(self.0).unwrap_or_else(|_| field(None, Found::LoneSurrogate))
    }
}

/// Reads a list or an object from its raw text; scalars are malformed, but for `null`, which is absent.
pub(crate) fn read_raw<'de, T: Shape<'de>>(json: &'de str) -> Field<T> {
    match json.as_bytes() {
        [b'n', ..] => Field::Absent,
        [b't' | b'f', ..] => field(None, Found::Bool),
        [b'"', ..] => field(None, Found::Text),
        [b'[' | b'{', ..] => {
            let mut deserializer = serde_json::Deserializer::from_str(json);
            // As it is JSON, only a lone surrogate can keep `serde_json` from reading it.
            let read = deserializer.deserialize_any(FieldVisitor(PhantomData));
            read.unwrap_or_else(|_| field(None, Found::LoneSurrogate))
        }
        _ => field(None, Found::Number),
    }
}

/// The name of a member, borrowed from the document unless it has escapes. As bytes, since only so a lone
/// surrogate is no error.
pub(crate) struct Name<'de>(pub(crate) Cow<'de, [u8]>);

impl<'de> Name<'de> {
    fn into_text(self) -> Cow<'de, str> {
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
            $(pub(crate) $field: $crate::model::lenient::Field<$type>,)*
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
