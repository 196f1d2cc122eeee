//! Versions 4 and 5 of the config JSON, turned into the model of version 6.
//!
//! Version 5 wraps the settings in `f`, version 4 is the bare map of settings; in both, values are bare JSON
//! and a comparison value is one text.

use alloc::vec::Vec;

use super::{
    Condition, Document, Field, List, PercentageOption, Rule, Served, Setting, Text, TextList, UserCondition,
    Value,
    lenient::{Map, Scalar, integer, object},
    raw_members, settings_apart,
};
use crate::number;

object! {
    LegacySetting {
        value: Scalar<'de> = "v",
        kind: i64 = "t",
        variation_id: Text<'de> = "i",
        options: List<LegacyOption<'de>> = "p",
        rules: List<LegacyRule<'de>> = "r",
    }
}

object! {
    LegacyOption {
        order: i64 = "o",
        value: Scalar<'de> = "v",
        percentage: i64 = "p",
        variation_id: Text<'de> = "i",
    }
}

object! {
    LegacyRule {
        order: i64 = "o",
        attribute: Text<'de> = "a",
        comparator: i64 = "t",
        comparison: Text<'de> = "c",
        value: Scalar<'de> = "v",
        variation_id: Text<'de> = "i",
    }
}

/// Reads the document again as version 5 or 4, if its shape says that it is one of these.
///
/// It is version 6 as soon as one of its settings has a value of that version. Without, a bare value among the
/// settings of `f` makes it version 5; and a bare value `f.v`, or no `f` at all, version 4.
pub(super) fn read<'de>(json: &'de str, document: &Document<'de>) -> Option<Document<'de>> {
    let no_settings = Vec::new();
    let settings = document.settings.as_ref().valid().map_or(&no_settings, |Map(settings)| settings);
    let mut values = settings.iter().filter_map(|(_, setting)| Some(&setting.as_ref().valid()?.value));
    if values.clone().any(is_typed) {
        return None;
    }
    let is_setting = settings.iter().any(|(key, setting)| key == "v" && setting.is_bare());
    let members = if is_setting || settings.is_empty() {
        raw_members(json)?.read_as()
    } else if values.any(Field::is_bare) {
        settings_apart(&raw_members(json)?)?
    } else {
        return None;
    };
    let convert =
        |(key, setting): (Text<'de>, Field<LegacySetting<'de>>)| (key, setting.map(LegacySetting::convert));
    has_value(&members).then(|| Document {
        settings: Field::Valid(Map(members.0.into_iter().map(convert).collect())),
        ..Document::default()
    })
}

/// Whether it is a value as version 6 writes it: for at least one type.
fn is_typed(value: &Field<Value<'_>>) -> bool {
    let Field::Valid(Value { bool, text, int, double, .. }) = value else { return false };
    !(bool.is_absent() && text.is_absent() && int.is_absent() && double.is_absent())
}

fn has_value(settings: &Map<'_, LegacySetting<'_>>) -> bool {
    let has_value = |setting: &Field<LegacySetting<'_>>| {
        matches!(setting, Field::Valid(LegacySetting { value: Field::Valid(_), .. }))
    };
    settings.0.iter().any(|(_, setting)| has_value(setting))
}

impl<'de> LegacySetting<'de> {
    fn convert(self) -> Setting<'de> {
        let kind = match self.kind {
            // Documents of version 4 may leave the type to the value.
            Field::Absent => self.value.as_ref().map(|value| match value {
                Scalar::Bool(_) => 0,
                Scalar::Text(_) => 1,
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
        Setting {
            kind,
            value: self.value.map(value),
            variation_id: self.variation_id,
            options: ordered(self.options, |option| &option.order)
                .map(|options| convert(options, LegacyOption::convert)),
            rules: ordered(self.rules, |rule| &rule.order).map(|rules| convert(rules, LegacyRule::convert)),
            ..Setting::default()
        }
    }
}

fn convert<T, U>(list: List<T>, item: fn(T) -> U) -> List<U> {
    list.into_iter().map(|field| field.map(item)).collect()
}

/// The list in the order that its items state, where they do.
fn ordered<T>(list: Field<List<T>>, order: fn(&T) -> &Field<i64>) -> Field<List<T>> {
    list.map(|mut list| {
        list.sort_by_key(|item| match item {
            Field::Valid(item) => {
                if let Field::Valid(order) = order(item) {
                    *order
                } else {
                    0
                }
            }
            Field::Absent | Field::Malformed(_) => 0,
        });
        list
    })
}

/// The value as each type that it can be read as; the setting's type selects one.
fn value(scalar: Scalar<'_>) -> Value<'_> {
    let mut value = Value::default();
    match scalar {
        Scalar::Bool(bool) => value.bool = Field::Valid(bool),
        Scalar::Text(text) => value.text = Field::Valid(text),
        Scalar::Number(number) => {
            value.int = integer(number).map_or(Field::Absent, Field::Valid);
            value.double = number.parse().map_or(Field::Absent, Field::Valid);
        }
    }
    value
}

impl<'de> LegacyOption<'de> {
    fn convert(self) -> PercentageOption<'de> {
        PercentageOption {
            percentage: self.percentage,
            value: self.value.map(value),
            variation_id: self.variation_id,
            ..PercentageOption::default()
        }
    }
}

impl<'de> LegacyRule<'de> {
    fn convert(self) -> Rule<'de> {
        let served =
            Served { value: self.value.map(value), variation_id: self.variation_id, ..Served::default() };
        let condition = user_condition(self.attribute, self.comparator, self.comparison);
        let condition = Condition { user: Field::Valid(condition), ..Condition::default() };
        Rule {
            conditions: Field::Valid(Vec::from([Field::Valid(condition)])),
            served: Field::Valid(served),
            ..Rule::default()
        }
    }
}

/// The comparators are numbered as in version 6; what they compare to is always one text.
fn user_condition<'de>(
    attribute: Field<Text<'de>>,
    comparator: Field<i64>,
    comparison: Field<Text<'de>>,
) -> UserCondition<'de> {
    let mut condition = UserCondition { attribute, legacy: true, ..UserCondition::default() };
    match comparator {
        Field::Valid(0 | 1 | 4 | 5 | 16 | 17) => condition.list = comparison.map(|text| split(&text)),
        Field::Valid(2 | 3) => condition.list = comparison.map(|text| [&*text].into_iter().collect()),
        Field::Valid(10..=15) => {
            condition.number = match comparison {
                Field::Valid(text) => number::parse(&text).map_or(Field::Absent, Field::Valid),
                other => other.map(|_| 0.0),
            }
        }
        _ => condition.text = comparison,
    }
    condition.comparator = comparator;
    condition
}

fn split(list: &str) -> TextList {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}
