//! Names of members.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// The name of a member.
// As bytes, since a name with a lone surrogate is not a Rust string.
pub(crate) type Name<'de> = Cow<'de, [u8]>;

/// Returns the bytes of a string with escapes, which may be a lone surrogate.
pub(super) fn unescaped(quoted: &str) -> Vec<u8> {
    serde_json::Deserializer::from_str(quoted).deserialize_bytes(Unescaped).unwrap_or_default()
}

/// Returns a name as a string; a lone surrogate in it is replaced.
pub(super) fn name_as_str(name: Name<'_>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => String::from_utf8_lossy(name),
        Cow::Owned(name) => Cow::Owned(String::from_utf8_lossy(&name).into_owned()),
    }
}

struct Unescaped;

impl Visitor<'_> for Unescaped {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(name.into())
    }
}
