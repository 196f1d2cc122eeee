//! The comparison of a user condition, as data to reason about.

use std::cmp::Ordering;

use configcat_eval::{AttributeValue, ComparisonDescription, DateTime};
use semver::Version;

/// A comparison, with its values read as the comparator reads them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// A comparison of the attribute as text. EQUALS is IS ONE OF with one item.
    Text {
        relation: TextRelation,
        negated: bool,
        items: Vec<String>,
    },
    /// ARRAY CONTAINS ANY OF and its negation.
    List {
        negated: bool,
        items: Vec<String>,
    },
    /// IS ONE OF over versions; `None` if an item is no version, so that the condition is false.
    VersionOneOf {
        negated: bool,
        versions: Option<Vec<Version>>,
    },
    /// `None` if the comparison value is no version, so that the condition is false.
    Version(Relation, Option<Version>),
    Number(Relation, f64),
    /// BEFORE and AFTER, in Unix seconds.
    Time(Relation, f64),
    /// A comparison with hashes of texts, or of list items.
    Hashed {
        negated: bool,
        of_list: bool,
    },
    /// A comparison value of version 4 or 5 that is no number: the rule does not match.
    Unparsable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextRelation {
    Is,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The form in which a test reads the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Text,
    Version,
    Number,
    Time,
    List,
}

impl Test {
    /// Returns the test of a described condition; `None` for a comparator that is not known here.
    pub(crate) fn new(code: u8, comparison: &ComparisonDescription, is_legacy: bool) -> Option<Self> {
        use {ComparisonDescription as C, Relation as R, TextRelation as T};
        // Specification, 3.1: the odd code of a pair is the negation of the even one.
        let negated = code % 2 == 1;
        let text = |relation, items: &[String]| Self::Text { relation, negated, items: items.to_vec() };
        Some(match (code, comparison) {
            (0 | 1, C::List(items)) => text(T::Is, items),
            (2 | 3, C::List(items)) => text(T::Contains, items),
            (28 | 29, C::Text(item)) => text(T::Is, std::slice::from_ref(item)),
            (30 | 31, C::List(items)) => text(T::StartsWith, items),
            (32 | 33, C::List(items)) => text(T::EndsWith, items),
            (34 | 35, C::List(items)) => Self::List { negated, items: items.clone() },
            (4 | 5, C::List(items)) => {
                let items = items.iter().map(|item| trim(item)).filter(|item| !item.is_empty());
                let versions: Option<Vec<Version>> = items.map(|item| Version::parse(item).ok()).collect();
                match versions {
                    // Specification, 2.2: the rule does not match, negated or not.
                    None if is_legacy => Self::Unparsable,
                    versions => Self::VersionOneOf { negated, versions },
                }
            }
            (6..=9, C::Text(text)) => {
                let relation = [R::Less, R::LessOrEqual, R::Greater, R::GreaterOrEqual];
                let relation = *relation.get(usize::from(code) - 6)?;
                Self::Version(relation, Version::parse(trim(text)).ok())
            }
            (10..=15, C::Number(number)) => {
                let relation =
                    [R::Equal, R::NotEqual, R::Less, R::LessOrEqual, R::Greater, R::GreaterOrEqual];
                Self::Number(*relation.get(usize::from(code) - 10)?, *number)
            }
            (18 | 19, C::Number(_) | C::Time(_)) => {
                let relation = if code == 18 { R::Less } else { R::Greater };
                let seconds = match comparison {
                    C::Time(time) => unix_seconds(*time),
                    C::Number(seconds) => *seconds,
                    _ => return None,
                };
                Self::Time(relation, seconds)
            }
            (16 | 17 | 20..=25, C::Hashed(_)) => Self::Hashed { negated, of_list: false },
            (26 | 27, C::Hashed(_)) => Self::Hashed { negated, of_list: true },
            // Documents of versions 4 and 5 have numbers as text.
            (10..=15, C::Text(_)) => Self::Unparsable,
            _ => return None,
        })
    }

    pub(crate) fn reading(&self) -> Reading {
        match self {
            Self::Text { .. } | Self::Hashed { of_list: false, .. } => Reading::Text,
            Self::List { .. } | Self::Hashed { of_list: true, .. } => Reading::List,
            Self::VersionOneOf { .. } | Self::Version(..) => Reading::Version,
            Self::Number(..) | Self::Unparsable => Reading::Number,
            Self::Time(..) => Reading::Time,
        }
    }

    pub(crate) fn is_hashed(&self) -> bool {
        matches!(self, Self::Hashed { .. })
    }

    /// Returns whether the condition holds for a value; `None` if it cannot be evaluated. No value
    /// matches a hash.
    // Used to search for users, whose evaluation then decides. Proofs do not rely on it.
    pub(crate) fn holds(&self, value: &AttributeValue) -> Option<bool> {
        // Specification, 3.2: empty text counts as missing in conditions.
        if matches!(value, AttributeValue::Text(text) if text.is_empty()) {
            return None;
        }
        match self {
            Self::Text { relation, negated, items } => {
                let found = match value {
                    AttributeValue::Text(text) => relation.holds(text, items),
                    other => relation.holds(&other.to_string(), items),
                };
                Some(found != *negated)
            }
            Self::Hashed { negated, of_list: false } => Some(*negated),
            Self::Hashed { negated, of_list: true } => list_of(value).map(|_| *negated),
            Self::List { negated, items } => {
                let found = list_of(value)?.iter().any(|item| items.contains(item));
                Some(found != *negated)
            }
            Self::VersionOneOf { negated, versions } => {
                let version = version_of(value)?;
                let Some(versions) = versions else { return Some(false) };
                let found = versions.iter().any(|other| version.cmp_precedence(other).is_eq());
                Some(found != *negated)
            }
            Self::Version(relation, other) => {
                let version = version_of(value)?;
                Some(other.as_ref().is_some_and(|other| relation.admits(version.cmp_precedence(other))))
            }
            Self::Number(relation, other) => value.as_number().map(|number| relation.holds(number, *other)),
            Self::Time(relation, other) => {
                let seconds = match value {
                    AttributeValue::DateTime(time) => Some(unix_seconds(*time)),
                    other => other.as_number(),
                };
                seconds.map(|seconds| relation.holds(seconds, *other))
            }
            Self::Unparsable => None,
        }
    }
}

impl TextRelation {
    /// Returns whether the text stands in this relation to any of the items.
    pub(crate) fn holds(self, text: &str, items: &[String]) -> bool {
        items.iter().any(|item| self.holds_for(text, item))
    }

    pub(crate) fn holds_for(self, text: &str, item: &str) -> bool {
        match self {
            Self::Is => text == item,
            Self::Contains => text.contains(item),
            Self::StartsWith => text.starts_with(item),
            Self::EndsWith => text.ends_with(item),
        }
    }
}

impl Relation {
    pub(crate) fn holds(self, left: f64, right: f64) -> bool {
        match left.partial_cmp(&right) {
            Some(ordering) => self.admits(ordering),
            // Only NaN has no order, and differs from all numbers.
            None => self == Self::NotEqual,
        }
    }

    pub(crate) fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "as the evaluator converts times")]
pub(crate) fn unix_seconds(time: DateTime) -> f64 {
    time.unix_millis() as f64 / 1000.0
}

/// Trims the white space that comparators trim: that of JavaScript (specification, 3.2).
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}'))
}

fn version_of(value: &AttributeValue) -> Option<Version> {
    let AttributeValue::Text(text) = value else { return None };
    Version::parse(trim(text)).ok()
}

fn list_of(value: &AttributeValue) -> Option<Vec<String>> {
    match value {
        AttributeValue::List(items) => Some(items.clone()),
        AttributeValue::Text(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}
