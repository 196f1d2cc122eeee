//! Settings of versions 4 and 5 of the config JSON, converted to the model of version 6.
//!
//! Version 5 has the settings in `f`, version 4 is the map of settings itself. In both, values are
//! bare JSON and a comparison value is one string.

use alloc::borrow::Cow;

use super::{
    CowStr, Field, RawPercentageOption, RawServed, RawSetting, RawUserCondition, RawValue, StringList,
    cursor::Cursor,
    from_json::object,
    scalar::{Scalar, integer},
};
use crate::number;

object! {
    LegacySetting {
        value: Scalar<'de> = b"v",
        kind: i64 = b"t",
        variation_id: CowStr<'de> = b"i",
        options: Cursor<'de> = b"p",
        rules: Cursor<'de> = b"r",
    }
}

/// A setting as one of version 6, with rules and options of version 4 or 5.
#[derive(Debug)]
pub(crate) struct LegacyParts<'de> {
    pub(crate) setting: RawSetting<'de>,
    pub(crate) rules: Field<Cursor<'de>>,
    pub(crate) options: Field<Cursor<'de>>,
}

object! {
    LegacyOption {
        order: i64 = b"o",
        value: Scalar<'de> = b"v",
        percentage: i64 = b"p",
        variation_id: CowStr<'de> = b"i",
    }
}

object! {
    LegacyRule {
        order: i64 = b"o",
        attribute: CowStr<'de> = b"a",
        comparator: i64 = b"t",
        comparison: Scalar<'de> = b"c",
        value: Scalar<'de> = b"v",
        variation_id: CowStr<'de> = b"i",
    }
}

impl<'de> LegacySetting<'de> {
    /// Converts a setting; its rules and options stay as they are.
    pub(super) fn convert(self) -> LegacyParts<'de> {
        let kind = match self.kind {
            // Documents of version 4 may leave the type to the value.
            Field::Absent => self.value.as_ref().map(|value| match value {
                Scalar::Bool(_) => 0,
                Scalar::String(_) => 1,
                Scalar::Number(number) => {
                    if integer(number).is_some() {
                        2
                    } else {
                        3
                    }
                }
            }),
            kind => kind,
        };
        let setting = RawSetting {
            kind,
            value: self.value.map(value),
            variation_id: self.variation_id,
            ..RawSetting::default()
        };
        LegacyParts { setting, rules: self.rules, options: self.options }
    }
}

/// Returns the value as each type that it can be read as; the type of the setting selects one.
fn value(scalar: Scalar<'_>) -> RawValue<'_> {
    let mut value = RawValue::default();
    match scalar {
        Scalar::Bool(bool) => value.bool = Field::Valid(bool),
        Scalar::String(text) => value.text = Field::Valid(text),
        Scalar::Number(number) => {
            value.int = integer(number).map_or(Field::Absent, Field::Valid);
            value.double = number.parse().map_or(Field::Absent, Field::Valid);
        }
    }
    value
}

impl<'de> LegacyOption<'de> {
    pub(crate) fn order(&self) -> i64 {
        order(&self.order)
    }

    pub(crate) fn convert(self) -> RawPercentageOption<'de> {
        RawPercentageOption {
            percentage: self.percentage,
            value: self.value.map(value),
            variation_id: self.variation_id,
            ..RawPercentageOption::default()
        }
    }
}

impl<'de> LegacyRule<'de> {
    pub(crate) fn order(&self) -> i64 {
        order(&self.order)
    }

    /// Converts a rule to its only condition and its served value.
    pub(crate) fn convert(self) -> (RawUserCondition<'de>, RawServed<'de>) {
        let served = RawServed {
            value: self.value.map(value),
            variation_id: self.variation_id,
            ..RawServed::default()
        };
        (user_condition(self.attribute, self.comparator, self.comparison.map(text)), served)
    }
}

/// Returns the place in the list that an item states.
// An item without a place counts as 0, as in the SDKs of these versions.
fn order(order: &Field<i64>) -> i64 {
    if let Field::Valid(order) = order { *order } else { 0 }
}

/// Returns a comparison value as a string.
// The official SDKs accept a bare number or bool here too.
fn text(scalar: Scalar<'_>) -> CowStr<'_> {
    match scalar {
        Scalar::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Scalar::Number(number) => Cow::Borrowed(number),
        Scalar::String(text) => text,
    }
}

/// Converts a condition. The comparators have the codes of version 6.
// The comparator decides how its one string is read: as a list, a string or a number
// (specification, 2.2).
fn user_condition<'de>(
    attribute: Field<CowStr<'de>>,
    comparator: Field<i64>,
    comparison: Field<CowStr<'de>>,
) -> RawUserCondition<'de> {
    let mut condition = RawUserCondition { attribute, is_legacy: true, ..RawUserCondition::default() };
    match comparator {
        Field::Valid(0 | 1 | 4 | 5 | 16 | 17) => condition.list = comparison.map(StringList::Separated),
        Field::Valid(2 | 3) => condition.list = comparison.map(StringList::One),
        Field::Valid(10..=15) => {
            condition.number = match &comparison {
                Field::Valid(text) => number::parse(text).map_or(Field::Absent, Field::Valid),
                // Absent or malformed stays so; the number is never used.
                other => other.as_ref().map(|_| 0.0),
            };
            condition.string = comparison;
        }
        _ => condition.string = comparison,
    }
    condition.comparator = comparator;
    condition
}
