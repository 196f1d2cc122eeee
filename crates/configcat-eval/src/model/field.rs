//! A member of an object or an item of a list, which may be absent or of another type than
//! expected.

use alloc::sync::Arc;

use crate::error::{Checked, ErrorKind, Fault};

/// A member of an object, or an item of a list.
#[derive(Debug, Default)]
pub(crate) enum Field<T> {
    #[default]
    Absent,
    Valid(T),
    Malformed(Mismatch),
}

/// The expected and the found type of a malformed field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mismatch {
    pub(super) expected: Expected,
    pub(super) found: Found,
}

/// The expected type.
// One byte and not a string, so that fields of the model are small.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    Bool,
    Integer,
    Number,
    String,
    Scalar,
    List,
    StringList,
    Object,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Found {
    Bool,
    Number,
    String,
    // JSON allows it in a string, a Rust string does not.
    LoneSurrogate,
    List,
    Object,
}

impl<T> Field<T> {
    /// Returns the value, `None` if absent, or the fault.
    pub(crate) fn checked(self) -> Checked<Option<T>> {
        match self {
            Self::Absent => Ok(None),
            Self::Valid(value) => Ok(Some(value)),
            Self::Malformed(mismatch) => Err(mismatch.fault()),
        }
    }

    /// Returns the value, or the fault that it is malformed or that `what` is missing.
    pub(crate) fn required(self, what: &'static str) -> Checked<T> {
        self.checked()?.ok_or_else(|| Fault::missing(what))
    }

    /// Returns the value of member `name`, or the fault that it is malformed or missing; `what`
    /// describes it.
    pub(crate) fn member(self, name: &str, what: &'static str) -> Checked<T> {
        self.checked().map_err(|fault| fault.within(name))?.ok_or_else(|| Fault::missing(what))
    }

    /// Returns the value, if there is one without a fault.
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

    /// Returns whether a bool, a number or a string stands where another type was expected.
    // So a bare value of version 5 is recognized while the settings are read as version 6.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self, Self::Malformed(Mismatch { found: Found::Bool | Found::Number | Found::String, .. }))
    }
}

impl Mismatch {
    // Made late: most malformed members are never reached by an evaluation.
    #[cold]
    pub(super) fn fault(self) -> Arc<Fault> {
        let expected = match self.expected {
            Expected::Bool => "a bool",
            Expected::Integer => "an integer",
            Expected::Number => "a number",
            Expected::String => "a text",
            Expected::Scalar => "a bool, a number or a text",
            Expected::List => "a list",
            Expected::StringList => "a list of texts",
            Expected::Object => "an object",
        };
        Fault::new(ErrorKind::Malformed { expected, found: self.found.name() })
    }
}

impl Found {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "a bool",
            Self::Number => "a number",
            Self::String => "a text",
            Self::LoneSurrogate => "a text with a lone surrogate",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}
