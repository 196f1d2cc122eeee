//! Values and objects, read from where a cursor is.

use super::{cursor::Cursor, field::Field};

/// A type that is read from some types of JSON, and is malformed for the others.
pub(crate) trait FromJson<'de>: Sized {
    fn read(cursor: &mut Cursor<'de>) -> Field<Self>;
}

/// Reads any value as a cursor at its place, to be read later.
impl<'de> FromJson<'de> for Cursor<'de> {
    fn read(cursor: &mut Cursor<'de>) -> Field<Self> {
        let found = cursor.found();
        let value = *cursor;
        cursor.skip();
        found.map_or(Field::Absent, |_| Field::Valid(value))
    }
}

impl<'de> Field<Cursor<'de>> {
    /// Reads a list.
    pub(crate) fn list<T>(self, read: impl FnOnce(&mut Cursor<'de>) -> T) -> Field<T> {
        match self {
            Self::Absent => Field::Absent,
            Self::Valid(mut list) => list.list(read),
            Self::Malformed(mismatch) => Field::Malformed(mismatch),
        }
    }
}

/// Declares a struct that is read from the members of an object; members that it does not name are
/// ignored. After a semicolon there may be a field of its own, which is not read.
macro_rules! object {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty = $member:literal,)* $(; $own:ident: $own_type:ty)? }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(crate) struct $name<'de> {
            $(pub(crate) $field: $crate::model::Field<$type>,)*
            $(pub(crate) $own: $own_type,)?
            /// Uses the lifetime also where no member borrows.
            pub(super) document: core::marker::PhantomData<&'de str>,
        }

        impl<'de> $crate::model::FromJson<'de> for $name<'de> {
            fn read(cursor: &mut $crate::model::Cursor<'de>) -> $crate::model::Field<Self> {
                cursor.object(|cursor| {
                    let mut this = Self::default();
                    cursor.members(|name, value| match &*name {
                        $($member => this.$field = $crate::model::FromJson::read(value),)*
                        // Unknown members are ignored: the service may add some at any time.
                        _ => value.skip(),
                    });
                    this
                })
            }
        }
    };
}
pub(super) use object;
