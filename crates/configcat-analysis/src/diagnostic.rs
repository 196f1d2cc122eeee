//! The findings of a lint.

use std::{fmt, str::FromStr};

/// A finding of [`lint`](crate::lint()).
///
/// ```
/// use configcat_analysis::{Lint, Severity, lint};
/// use configcat_eval::Config;
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Email", "c": 0, "l": []}}], "s": {"v": {"b": true}}}]}}}"#,
/// )?;
/// let found = lint(&config);
/// let never = found.iter().find(|diagnostic| diagnostic.lint == Lint::ConditionNeverTrue).unwrap();
/// assert_eq!((never.lint.id(), never.severity), ("condition-never-true", Severity::Warning));
/// assert_eq!(never.place, "f.isNew.r[0].c[0].u");
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The lint that found it.
    pub lint: Lint,
    /// The severity, which is that of the lint or lower.
    pub severity: Severity,
    /// The key of the setting; `None` if the place is not in a setting, as that of a segment.
    // A key may contain dots and brackets, so the place alone does not tell it.
    pub key: Option<String>,
    /// The place in the config JSON, as a path of member names and list indices from 0, in the form
    /// of [`EvaluationError::place`](configcat_eval::EvaluationError::place), such as
    /// `f.isNew.r[2].c[0].u` or `s[0].r[1]`.
    ///
    /// The path uses the member names of version 6, also for documents of older versions.
    pub place: String,
    /// The fault, in one line.
    pub message: String,
    /// The reason why the message is true, in one line.
    pub reason: String,
    /// The remedy, if there is a general one.
    pub help: Option<String>,
}

/// The severity of a [`Diagnostic`], in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A matter of taste, or of attention.
    // The order of the variants is that of `Ord`, which tools compare with a threshold.
    Note,
    /// A part of the config has no effect, or probably another one than intended.
    Warning,
    /// Evaluation fails for some user or for each one, and the caller's default is returned.
    Error,
}

// One table, so that a new lint cannot be without id, severity or description.
macro_rules! lints {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal, $severity:ident;)+) => {
        /// The lints. A claim of a lint holds for every user whose evaluation stays within the
        /// [limits](configcat_eval#limits), also with attributes that are absent, malformed or of
        /// any type.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Lint {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Lint {
            /// All lints.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the id, in kebab case.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// Returns the severity of the worst finding of the lint.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// Returns the description.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

lints! {
    /// A part of the config is malformed. Evaluation fails when it reaches the part.
    Malformed = "malformed", Error;
    /// A condition refers to a flag that is not in the config.
    PrerequisiteMissing = "prerequisite-missing", Error;
    /// A condition compares a prerequisite flag with a value of another type.
    PrerequisiteType = "prerequisite-type", Error;
    /// Flags are prerequisites of each other.
    PrerequisiteCycle = "prerequisite-cycle", Error;
    /// Percentage options do not add up to 100.
    PercentagesNot100 = "percentages-not-100", Error;
    /// A comparison value is no version, number or date.
    InvalidComparisonValue = "invalid-comparison-value", Warning;
    /// A condition holds for no user.
    ConditionNeverTrue = "condition-never-true", Warning;
    /// A condition holds for every user that has a value which its comparator can read.
    ConditionAlwaysTrue = "condition-always-true", Warning;
    /// The conditions of a rule or segment hold for no user together.
    ConditionsContradict = "conditions-contradict", Warning;
    /// No user reaches the rule, because an earlier rule takes all users that match it.
    RuleUnreachable = "rule-unreachable", Warning;
    /// A setting with rules or percentage options has the same value for every user.
    SameForEverybody = "same-for-everybody", Warning;
    /// No rule refers to the segment.
    SegmentUnused = "segment-unused", Note;
    /// A list of comparison values has the same item twice.
    DuplicateItem = "duplicate-item", Note;
    /// Two items of a list of comparison values differ in upper and lower case only.
    ItemsDifferInCase = "items-differ-in-case", Note;
    /// Two attribute names of the config differ in upper and lower case only.
    AttributesDifferInCase = "attributes-differ-in-case", Warning;
    /// A setting compares an attribute with hashed and with plain values.
    HashedAndPlain = "hashed-and-plain", Note;
    /// Two consecutive rules serve the same value.
    SameValueInARow = "same-value-in-a-row", Note;
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Reads the [id](Lint::id).
// Command lines and files of settings name lints by their ids.
impl FromStr for Lint {
    type Err = UnknownLint;

    fn from_str(id: &str) -> Result<Self, UnknownLint> {
        Self::ALL.iter().copied().find(|lint| lint.id() == id).ok_or_else(|| UnknownLint(id.to_owned()))
    }
}

/// The error of reading a [`Lint`]: there is no lint of that id.
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownLint(String);

/// Writes the text of `Display`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for UnknownLint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for UnknownLint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no lint {:?}", self.0)
    }
}

impl std::error::Error for UnknownLint {}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Prints the severity, id, place and message in one line.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}] {}: {}", self.severity, self.lint, self.place, self.message)
    }
}
