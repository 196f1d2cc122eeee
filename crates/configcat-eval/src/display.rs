//! Conditions as text, as the dashboard and the evaluation log show them.

use core::fmt;

use crate::{
    comparator::{Comparator, Operation},
    compile::{Comparison, Condition, PrerequisiteCondition, Rule, SegmentCondition, Then, UserCondition},
    model::TextList,
    number::JsNumber,
    time::DateTime,
};

/// Stands for a value that is missing or broken in the config JSON.
pub(crate) const INVALID_VALUE: &str = "<invalid value>";
const INVALID_NAME: &str = "<invalid name>";
const INVALID_OPERATOR: &str = "<invalid operator>";
const INVALID_REFERENCE: &str = "<invalid reference>";
/// How many items of a list are shown.
const MAX_ITEMS: usize = 10;

/// A condition; `found` says whether what it refers to exists.
pub(crate) struct ConditionText<'c> {
    pub(crate) condition: &'c Condition,
    pub(crate) found: bool,
}

impl fmt::Display for ConditionText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.condition {
            Condition::User(condition) => condition.fmt(f),
            Condition::Segment(condition) => condition.fmt(f),
            Condition::Prerequisite(condition) => condition.fmt(f, self.found),
        }
    }
}

impl fmt::Display for UserCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.comparator.map_or(INVALID_OPERATOR, Comparator::name);
        write!(f, "User.{} {name} ", self.attribute)?;
        match &self.comparison {
            Comparison::Missing => write!(f, "'{INVALID_VALUE}'"),
            Comparison::Text(text) => write!(f, "'{text}'"),
            Comparison::Number(number) => {
                write!(f, "'{}'", JsNumber(*number))?;
                let is_time =
                    self.comparator.is_ok_and(|known| matches!(known.operation, Operation::Time(_)));
                match DateTime::from_unix_seconds(*number) {
                    Some(time) if is_time => write!(f, " ({time} UTC)"),
                    _ => Ok(()),
                }
            }
            Comparison::List(list) => write_list(f, list),
            Comparison::Hashed => f.write_str("'<hashed value>'"),
            Comparison::HashedList(count) => write!(f, "[<{count} hashed {}>]", values(*count)),
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, list: &TextList) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in list.iter().take(MAX_ITEMS).enumerate() {
        write!(f, "{}'{item}'", if index > 0 { ", " } else { "" })?;
    }
    match list.len().saturating_sub(MAX_ITEMS) {
        0 => f.write_str("]"),
        more => write!(f, ", ... <{more} more {}>]", values(more)),
    }
}

fn values(count: usize) -> &'static str {
    if count == 1 { "value" } else { "values" }
}

impl fmt::Display for SegmentCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comparator = match self.negated {
            Ok(negated) => segment_comparator(!negated),
            Err(_) => INVALID_OPERATOR,
        };
        let name = match &self.segment {
            Ok(segment) if segment.name.is_empty() => INVALID_NAME,
            Ok(segment) => &segment.name,
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

/// A rule whose conditions all hold, on one line.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions.iter().flatten().flatten().enumerate() {
            f.write_str(if index == 0 { "IF " } else { "AND " })?;
            write!(f, "{} ", ConditionText { condition, found: true })?;
        }
        write!(f, "THEN {}", self.then)
    }
}

/// The THEN part of a rule.
impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self {
            Self::Options(_) => return f.write_str("% options"),
            Self::Served(served) => served.value.as_ref().ok(),
            Self::Invalid { shown, .. } => shown.as_ref(),
        };
        match value {
            Some(value) => write!(f, "'{value}'"),
            None => write!(f, "'{INVALID_VALUE}'"),
        }
    }
}
