//! The errors of reading a document and of evaluating a setting.

use alloc::{boxed::Box, format, string::String, sync::Arc};
use core::fmt;

use crate::{placeholder::INVALID_VALUE, value::Value};

/// The error of reading a document that is not a config JSON.
///
/// A fault inside of a setting does not reject the document: the [`EvaluationError`] comes when
/// that setting is evaluated.
///
/// ```
/// use configcat_eval::Config;
///
/// let error = Config::parse("{\n  \"f\": oops}").unwrap_err();
/// assert_eq!(error.to_string(), "config JSON is not valid JSON: expected value at line 2 column 8");
///
/// let error = Config::parse(r#"{"error": "rate limited"}"#).unwrap_err();
/// assert_eq!(error.to_string(), "the document is JSON, but no config: it has no settings (an object \"f\")");
/// ```
// Messages name the likely mistake and its remedy: override files are written by hand.
#[non_exhaustive]
pub enum ParseError {
    /// The document is not UTF-8.
    NotUtf8 {
        /// The line of the first byte that is not UTF-8, counted from 1.
        line: usize,
        /// The byte of that line, counted from 1.
        column: usize,
        /// The error, which has the offset in bytes.
        cause: core::str::Utf8Error,
    },
    /// The document is UTF-16, as some editors and shells on Windows write it.
    Utf16,
    /// The document is not JSON; the error has line and column.
    NotJson(serde_json::Error),
    /// The document is JSON, but not an object.
    NotAnObject,
    /// The document is a JSON object, but no config: neither a map of settings, nor preferences
    /// with a URL.
    NotAConfig {
        /// `true` if it is the simple form of override files, which has its settings in `flags`
        /// ([`Config::parse_overrides`](crate::Config::parse_overrides) reads it).
        has_flags: bool,
    },
    /// A document of overrides has neither `flags` nor a config.
    NoFlags {
        /// The likely mistake and its remedy.
        hint: String,
    },
    /// The member `flags` of a document of overrides is not an object.
    FlagsNotAnObject {
        /// The type that was found, such as `a list`.
        found: &'static str,
    },
    /// A document of overrides has both `flags` and the settings of a config (`f`), of which only
    /// one can count.
    FlagsAndConfig,
    /// The document has 4 GiB or more, or more than 2 GiB and parts that contradict others and so
    /// are read twice.
    TooLarge,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { line, column, cause } => {
                write!(f, "config JSON is not UTF-8: {cause}, at line {line} column {column}")
            }
            Self::Utf16 => f.write_str("the document is UTF-16; save it as UTF-8"),
            Self::NotJson(cause) => write!(f, "config JSON is not valid JSON: {cause}"),
            Self::NotAnObject => f.write_str("config JSON is not a JSON object"),
            Self::NotAConfig { has_flags: false } => {
                f.write_str("the document is JSON, but no config: it has no settings (an object \"f\")")
            }
            Self::NotAConfig { has_flags: true } => f.write_str(
                "the document is JSON, but no config: it has \"flags\", which is the simple form of overrides",
            ),
            Self::NoFlags { hint } => write!(f, "neither \"flags\" nor a config JSON: {hint}"),
            Self::FlagsNotAnObject { found } => write!(f, "flags: expected an object, found {found}"),
            Self::FlagsAndConfig => f.write_str(
                "both \"flags\" and \"f\" (a config JSON), of which only one can count: remove the other",
            ),
            Self::TooLarge => f.write_str("config JSON is larger than 4 GiB"),
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl core::error::Error for ParseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::NotUtf8 { cause, .. } => Some(cause),
            Self::NotJson(cause) => Some(cause),
            Self::Utf16
            | Self::NotAnObject
            | Self::NotAConfig { .. }
            | Self::NoFlags { .. }
            | Self::FlagsNotAnObject { .. }
            | Self::FlagsAndConfig
            | Self::TooLarge => None,
        }
    }
}

/// The error of evaluating a setting: its kind, and its place in the config JSON.
///
/// ```
/// use configcat_eval::{Config, ErrorKind, User};
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Email", "c": 99, "s": "x"}}], "s": {"v": {"b": true}}}]}}}"#,
/// )?;
/// let user = User::new("42").email("jane@example.com");
/// let error = config.evaluate("isNew", &user).unwrap_err();
/// assert_eq!(error.kind(), &ErrorKind::UnknownComparator(99));
/// assert_eq!(error.place(), "f.isNew.r[0].c[0].u");
/// assert_eq!(error.to_string(), "f.isNew.r[0].c[0].u: unknown comparator 99");
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
// A pointer, so that a result takes no more space on the stack than its value.
#[derive(Clone, PartialEq)]
pub struct EvaluationError(Arc<Fault>);

/// The kind of an [`EvaluationError`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The config has no setting of that key.
    SettingNotFound {
        /// The key that was asked for.
        key: String,
    },
    /// A member has the wrong JSON type.
    Malformed {
        /// The expected type, such as `a list`.
        expected: &'static str,
        /// The type that was found, such as `a number`.
        found: &'static str,
    },
    /// A salt, the name of a segment or the key of a setting has more than 4 KiB.
    TooLong {
        /// The name of the part, such as `segment name`.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// A required part is missing.
    Missing {
        /// The name of the part, such as `setting value`.
        what: &'static str,
    },
    /// The type of the setting is not 0 to 3.
    UnknownSettingType(i64),
    /// The service has no comparator of that code.
    UnknownComparator(i64),
    /// An item of a hashed STARTS WITH or ENDS WITH is not of the form `<length>_<hash>`.
    InvalidHashedItem,
    /// A condition must have exactly one of the members `u`, `s` and `p`.
    InvalidCondition,
    /// A targeting rule must have either a served value or percentage options.
    InvalidThenPart,
    /// The segment that a condition refers to is not in the config.
    SegmentNotFound(i64),
    /// The flag that a condition refers to is not in the config.
    PrerequisiteNotFound {
        /// The key of the missing flag.
        key: String,
    },
    /// A prerequisite flag is compared to a value of another type.
    PrerequisiteTypeMismatch {
        /// The key of the prerequisite flag.
        key: Arc<str>,
        /// The value that it is compared to, if there is one.
        comparison_value: Option<Value>,
    },
    /// Flags that are prerequisites of each other.
    CircularDependency {
        /// The keys along the way, from the setting that was evaluated to the one met again.
        path: Box<[Arc<str>]>,
    },
    /// Evaluating takes more work than any real config does; see [Limits](crate#limits).
    TooComplex,
    /// Prerequisite flags that depend on each other through more than 200 levels.
    TooDeep,
    /// A percentage option has a negative percentage.
    NegativePercentage(i64),
    /// The percentages sum to less than 100, and the user falls into the gap.
    PercentagesIncomplete,
}

/// The content of an [`EvaluationError`]. Each caller adds its part of the place, from the inside
/// out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    place: String,
    /// `true` if the place is complete, that is, starts at the root of the document.
    rooted: bool,
}

/// A part of the config, or its fault, which is reported only when evaluation reaches it.
///
/// Faults are shared, since a document may have the same one in any number of places.
pub(crate) type Checked<T> = Result<T, Arc<Fault>>;

/// Returns the part, or its fault.
#[inline]
pub(crate) fn checked<T>(part: &Checked<T>) -> Checked<&T> {
    match part {
        Ok(part) => Ok(part),
        Err(fault) => Err(fault.copy()),
    }
}

/// The maximum length of salts, names of segments and keys of settings, in bytes.
// Specification, 1. Each hash of a confidential comparison includes them, so without a limit a
// small document could make each evaluation hash megabytes.
const MAX_NAME: usize = 4096;
/// The length to which the place of an error cuts a longer key, in bytes.
// Enough to recognize the key.
const SHOWN_OF_LONG_NAME: usize = 64;

impl Fault {
    // Cold, as all functions of faults are: an evaluation without a fault never calls them.
    #[cold]
    pub(crate) fn new(kind: ErrorKind) -> Arc<Self> {
        Arc::new(Self { kind, place: String::new(), rooted: false })
    }

    // Not `clone`, so that it is cold at every place.
    #[cold]
    pub(crate) fn copy(self: &Arc<Self>) -> Arc<Self> {
        self.clone()
    }

    #[cold]
    pub(crate) fn missing(what: &'static str) -> Arc<Self> {
        Self::new(ErrorKind::Missing { what })
    }

    /// Returns the fault of a name that is too long.
    pub(crate) fn if_too_long(what: &'static str, name: &str) -> Checked<()> {
        let length = name.len();
        if length > MAX_NAME { Err(Self::new(ErrorKind::TooLong { what, length })) } else { Ok(()) }
    }

    /// Adds the member `outer` to the front of the place.
    #[cold]
    pub(crate) fn within(self: Arc<Self>, outer: &str) -> Arc<Self> {
        let mut fault = self;
        // The place of a segment is not inside the rule that refers to it.
        if fault.rooted {
            return fault;
        }
        // A key may be as long as the document; an error is not.
        let (outer, cut) = shown(outer);
        let place = match fault.place.as_str() {
            "" => format!("{outer}{cut}"),
            inner => format!("{outer}{cut}.{inner}"),
        };
        Arc::make_mut(&mut fault).place = place;
        fault
    }

    /// Adds item `index` of the list `outer` to the front of the place.
    #[cold]
    pub(crate) fn at(self: Arc<Self>, outer: &str, index: usize) -> Arc<Self> {
        self.within(&format!("{outer}[{index}]"))
    }

    /// Marks the place as complete: callers further out do not add to it.
    // A segment is reached through a rule, but its place starts at the root of the document.
    #[cold]
    pub(crate) fn rooted(mut self: Arc<Self>) -> Arc<Self> {
        Arc::make_mut(&mut self).rooted = true;
        self
    }
}

/// Returns the start of a name, and an ellipsis if it is cut.
fn shown(name: &str) -> (&str, &'static str) {
    if name.len() <= MAX_NAME {
        return (name, "");
    }
    let end = (0..=SHOWN_OF_LONG_NAME).rev().find(|&end| name.is_char_boundary(end));
    (end.and_then(|end| name.get(..end)).unwrap_or_default(), "…")
}

impl EvaluationError {
    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the place in the config JSON, as a path of member names and list indices from 0,
    /// such as `f.isNew.r[2].c[0].u`; empty if there is no place.
    ///
    /// The path uses the member names of version 6, also for documents of older versions.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.0.place
    }
}

impl From<Arc<Fault>> for EvaluationError {
    fn from(fault: Arc<Fault>) -> Self {
        Self(fault)
    }
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            "" => self.kind().fmt(f),
            place => write!(f, "{place}: {}", self.kind()),
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl core::error::Error for EvaluationError {}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SettingNotFound { key } => write!(f, "setting '{key}' is not in the config"),
            Self::Malformed { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::TooLong { what, length } => write!(f, "{what} has {length} bytes, more than 4 KiB"),
            Self::Missing { what } => write!(f, "{what} is missing"),
            Self::UnknownSettingType(code) => write!(f, "unknown setting type {code}"),
            Self::UnknownComparator(code) => write!(f, "unknown comparator {code}"),
            Self::InvalidHashedItem => f.write_str("expected <length>_<hash>"),
            Self::InvalidCondition => f.write_str("expected exactly one of the members u, s and p"),
            Self::InvalidThenPart => f.write_str("expected either a served value or percentage options"),
            Self::SegmentNotFound(index) => write!(f, "there is no segment {index}"),
            Self::PrerequisiteNotFound { key } => write!(f, "prerequisite flag '{key}' is not in the config"),
            Self::PrerequisiteTypeMismatch { key, comparison_value } => {
                // This wording and the next are fixed across SDKs.
                f.write_str("Type mismatch between comparison value '")?;
                match comparison_value {
                    Some(value) => value.fmt(f)?,
                    None => f.write_str(INVALID_VALUE)?,
                }
                write!(f, "' and prerequisite flag '{key}'")
            }
            Self::CircularDependency { path } => {
                f.write_str("Circular dependency detected between the following depending flags: ")?;
                for (index, key) in path.iter().enumerate() {
                    write!(f, "{}'{key}'", if index > 0 { " -> " } else { "" })?;
                }
                Ok(())
            }
            Self::TooComplex => f.write_str("evaluating takes more work than any real config does"),
            Self::TooDeep => f.write_str("prerequisite flags go more than 200 levels deep"),
            Self::NegativePercentage(percentage) => write!(f, "negative percentage {percentage}"),
            Self::PercentagesIncomplete => f.write_str("the percentages sum to less than 100"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EvaluationError, Fault};
    use alloc::string::ToString;

    #[test]
    fn the_place_grows_outwards() {
        let fault =
            Fault::missing("setting value").within("v").within("s").at("r", 2).within("k").within("f");
        assert_eq!(EvaluationError::from(fault).to_string(), "f.k.r[2].s.v: setting value is missing");
        let fault = Fault::missing("x").at("s", 3).rooted().within("r").within("f");
        assert_eq!(EvaluationError::from(fault).place(), "s[3]");
    }
}
