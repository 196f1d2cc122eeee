//! Conditions as text, as the dashboard and the evaluation log show them.

use core::fmt;

use crate::{
    comparator::Comparator,
    compile::{
        Comparison, Condition, Document, PrerequisiteCondition, Rule, SegmentCondition, Then, UserCondition,
    },
    error::ErrorKind,
    number::JsNumber,
    placeholder::{INVALID_NAME, INVALID_OPERATOR, INVALID_REFERENCE, INVALID_VALUE},
    time::DateTime,
};

/// The number of list items that are displayed.
// Specification, 3.3: all ConfigCat SDKs cut lists after ten items.
const MAX_ITEMS: usize = 10;

/// A condition of that document; `found` is `false` if the flag that the condition refers to does
/// not exist.
pub(crate) struct ConditionDisplay<'c> {
    pub(crate) condition: &'c Condition,
    pub(crate) document: &'c Document,
    pub(crate) found: bool,
}

impl fmt::Display for ConditionDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.condition {
            Condition::User(condition) => UserConditionDisplay { condition, document: self.document }.fmt(f),
            Condition::Segment(condition) => condition.fmt(f, self.document),
            Condition::Prerequisite(condition) => condition.fmt(f, self.found),
        }
    }
}

/// A user condition of that document.
#[derive(Clone, Copy)]
pub(crate) struct UserConditionDisplay<'c> {
    pub(crate) condition: &'c UserCondition,
    pub(crate) document: &'c Document,
}

impl fmt::Display for UserConditionDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { condition, document } = self;
        let name = condition.comparator.map_or(INVALID_OPERATOR, Comparator::name);
        write!(f, "User.{} {name} ", document.attribute(condition.attribute))?;
        match condition.test.comparison() {
            Comparison::Missing => write!(f, "'{INVALID_VALUE}'"),
            Comparison::String(text) => write!(f, "'{}'", document.strings.get(text)),
            Comparison::Number(number) => write!(f, "'{}'", JsNumber(number)),
            Comparison::Time(seconds) => {
                write!(f, "'{}'", JsNumber(seconds))?;
                match DateTime::from_unix_seconds(seconds) {
                    Some(time) => write!(f, " ({time} UTC)"),
                    None => Ok(()),
                }
            }
            Comparison::List(list) => write_list(f, document.strings.list(list)),
            // Hashes are not displayed: they say nothing to people, and the log is the same in all
            // SDKs.
            Comparison::Hashed => f.write_str("'<hashed value>'"),
            Comparison::HashedList(count) => write!(f, "[<{count} hashed {}>]", values(count)),
        }
    }
}

fn write_list<'c>(
    f: &mut fmt::Formatter<'_>,
    items: impl ExactSizeIterator<Item = &'c str> + Clone,
) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.clone().take(MAX_ITEMS).enumerate() {
        write!(f, "{}'{item}'", if index > 0 { ", " } else { "" })?;
    }
    match items.len().saturating_sub(MAX_ITEMS) {
        0 => f.write_str("]"),
        more => write!(f, ", ... <{more} more {}>]", values(more)),
    }
}

fn values(count: usize) -> &'static str {
    if count == 1 { "value" } else { "values" }
}

impl SegmentCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>, document: &Document) -> fmt::Result {
        let comparator = match self.negated {
            Ok(negated) => segment_comparator(!negated),
            Err(_) => INVALID_OPERATOR,
        };
        let name = match document.segment(self.index) {
            Ok(segment) if segment.name.is_empty() => INVALID_NAME,
            Ok(segment) => &segment.name,
            // A name that is too long is invalid; every other fault means that there is no such
            // segment.
            Err(fault) if matches!(fault.kind, ErrorKind::TooLong { .. }) => INVALID_NAME,
            Err(_) => INVALID_REFERENCE,
        };
        write!(f, "User {comparator} '{name}'")
    }
}

pub(crate) fn segment_comparator(inside: bool) -> &'static str {
    if inside { "IS IN SEGMENT" } else { "IS NOT IN SEGMENT" }
}

impl PrerequisiteCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>, found: bool) -> fmt::Result {
        let key = if found { &*self.key } else { INVALID_REFERENCE };
        let comparator = match self.negated {
            Ok(false) => "EQUALS",
            Ok(true) => "NOT EQUALS",
            Err(_) => INVALID_OPERATOR,
        };
        write!(f, "Flag '{key}' {comparator} '")?;
        match self.value.only() {
            Some(value) => write!(f, "{value}'"),
            None => write!(f, "{INVALID_VALUE}'"),
        }
    }
}

/// A rule of that document whose conditions all hold, on one line.
pub(crate) struct RuleDisplay<'c> {
    pub(crate) rule: &'c Rule,
    pub(crate) document: &'c Document,
}

impl fmt::Display for RuleDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, document } = self;
        // Conditions with a fault are left out: a rule that has matched has no such condition.
        let conditions = rule.conditions.iter().flat_map(|conditions| conditions.iter());
        for (index, condition) in conditions.flatten().enumerate() {
            f.write_str(if index == 0 { "IF " } else { "AND " })?;
            write!(f, "{} ", ConditionDisplay { condition, document, found: true })?;
        }
        write!(f, "THEN {}", rule.then)
    }
}

/// The THEN part of a rule.
impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self {
            Self::Options(_) => return f.write_str("% options"),
            Self::Served(served) => served.value.as_ref().ok(),
            Self::Invalid(invalid) => invalid.shown.as_ref(),
        };
        match value {
            Some(value) => write!(f, "'{value}'"),
            None => write!(f, "'{INVALID_VALUE}'"),
        }
    }
}
