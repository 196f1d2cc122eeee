//! Conditions, ready to be tested.

use alloc::{boxed::Box, sync::Arc};

use super::{shared_parts::SharedParts, user_condition::UserCondition};
use crate::{
    error::{Checked, ErrorKind, Fault},
    model::{self, Cursor, Field, FromJson},
    value::{SettingType, Value},
};

#[derive(Debug)]
pub(crate) enum Condition {
    User(UserCondition),
    Segment(SegmentCondition),
    Prerequisite(Box<PrerequisiteCondition>),
}

#[derive(Debug)]
pub(crate) struct SegmentCondition {
    /// Which of the document's segments it is.
    pub(crate) index: i64,
    /// `true` for IS NOT IN; the code of an unknown comparator as an error.
    // An error, and not a fault: evaluation reports it only after the segment is evaluated.
    pub(crate) negated: Result<bool, i64>,
}

#[derive(Debug)]
pub(crate) struct PrerequisiteCondition {
    pub(crate) key: Arc<str>,
    /// Which of the prerequisite flags of its setting it is, from 0.
    pub(crate) link: u32,
    /// `true` for NOT EQUALS; the code of an unknown comparator as an error.
    pub(crate) negated: Result<bool, i64>,
    pub(crate) value: TypedValues,
}

/// A comparison value as it is written: a member for each type, of which normally just one is
/// there.
#[derive(Debug, PartialEq)]
pub(crate) struct TypedValues {
    bool: Option<bool>,
    text: Option<Arc<str>>,
    int: Option<i64>,
    double: Option<f64>,
}

impl TypedValues {
    fn new(value: model::RawValue<'_>) -> Self {
        Self {
            bool: value.bool.valid(),
            text: value.text.valid().map(Arc::from),
            int: value.int.valid(),
            double: value.double.valid(),
        }
    }

    /// Returns whether there is a value for a setting of that type.
    #[inline]
    pub(crate) fn has(&self, kind: SettingType) -> bool {
        match kind {
            SettingType::Bool => self.bool.is_some(),
            SettingType::Text => self.text.is_some(),
            SettingType::Int => self.int.is_some(),
            SettingType::Double => self.double.is_some(),
        }
    }

    /// Returns whether the value of that type is equal. An integer without a declared type may be
    /// compared to a double.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "every other SDK compares doubles here")]
    pub(crate) fn equals(&self, kind: SettingType, value: &Value) -> bool {
        match (kind, value) {
            (SettingType::Bool, Value::Bool(value)) => self.bool == Some(*value),
            (SettingType::Text, Value::Text(value)) => self.text.as_ref() == Some(value),
            (SettingType::Int, Value::Int(value)) => self.int == Some(*value),
            (SettingType::Double, Value::Double(value)) => self.double == Some(*value),
            // Only an integer without a declared type comes here, see `Kind::inferred`.
            (SettingType::Double, Value::Int(value)) => self.double == Some(*value as f64),
            _ => false,
        }
    }

    /// Returns the value, if it is written for exactly one type.
    pub(crate) fn only(&self) -> Option<Value> {
        match (self.bool, &self.text, self.int, self.double) {
            (Some(value), None, None, None) => Some(Value::Bool(value)),
            (None, Some(value), None, None) => Some(Value::Text(value.clone())),
            (None, None, Some(value), None) => Some(Value::Int(value)),
            (None, None, None, Some(value)) => Some(Value::Double(value)),
            _ => None,
        }
    }
}

impl Condition {
    /// Reads and compiles a condition.
    pub(super) fn read(cursor: &mut Cursor<'_>, shared: &mut SharedParts) -> Checked<Self> {
        let condition = cursor.object(|cursor| {
            let (mut user, mut segment, mut prerequisite) = (Field::Absent, Field::Absent, Field::Absent);
            cursor.members(|name, value| match &*name {
                b"u" => user = UserCondition::read(value, shared),
                b"s" => segment = FromJson::read(value),
                b"p" => prerequisite = FromJson::read(value),
                _ => value.skip(),
            });
            Self::new(user, segment, prerequisite)
        });
        shared.keep(condition.required("condition").and_then(|condition| condition))
    }

    fn new(
        user: Field<Checked<UserCondition>>,
        segment: Field<model::RawSegmentCondition<'_>>,
        prerequisite: Field<model::RawPrerequisiteCondition<'_>>,
    ) -> Checked<Self> {
        let user = user.checked().map_err(|fault| fault.within("u"))?;
        let segment = segment.checked().map_err(|fault| fault.within("s"))?;
        let prerequisite = prerequisite.checked().map_err(|fault| fault.within("p"))?;
        match (user, segment, prerequisite) {
            (Some(user), None, None) => user.map(Self::User).map_err(|fault| fault.within("u")),
            (None, Some(segment), None) => {
                SegmentCondition::new(segment).map(Self::Segment).map_err(|fault| fault.within("s"))
            }
            (None, None, Some(prerequisite)) => PrerequisiteCondition::new(prerequisite)
                .map(|condition| Self::Prerequisite(Box::new(condition)))
                .map_err(|fault| fault.within("p")),
            // With two of the members it is unknown which condition was meant.
            _ => Err(Fault::new(ErrorKind::InvalidCondition)),
        }
    }
}

impl PrerequisiteCondition {
    fn new(condition: model::RawPrerequisiteCondition<'_>) -> Checked<Self> {
        // Members are checked in a fixed order, so a condition with several faults always reports
        // the same one.
        let key = condition.key.member("f", "prerequisite flag")?;
        let comparator = condition.comparator.member("c", "comparator")?;
        let value = condition.value.member("v", "comparison value")?;
        // Its number is known only when all rules of its setting are read.
        Ok(Self { key: key.into(), link: 0, negated: negated(comparator), value: TypedValues::new(value) })
    }
}

impl SegmentCondition {
    fn new(condition: model::RawSegmentCondition<'_>) -> Checked<Self> {
        let index = condition.index.member("s", "segment index")?;
        let comparator = condition.comparator.member("c", "comparator")?;
        Ok(Self { index, negated: negated(comparator) })
    }
}

/// Reads a comparator of segment or prerequisite conditions: `true` if it negates, and the code as
/// an error if it is unknown.
// Codes 0 and 1: the config JSON schema gives these conditions no other comparators.
fn negated(comparator: i64) -> Result<bool, i64> {
    match comparator {
        0 => Ok(false),
        1 => Ok(true),
        unknown => Err(unknown),
    }
}
