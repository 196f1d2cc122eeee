//! Versions 4 and 5 of the config JSON, turned into the model of version 6.
//!
//! Version 5 wraps the settings in `f`, version 4 is the bare map of settings; in both, values are bare JSON
//! and a comparison value is one text.

use alloc::{borrow::Cow, boxed::Box, vec::Vec};

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
        comparison: Scalar<'de> = "c",
        value: Scalar<'de> = "v",
        variation_id: Text<'de> = "i",
    }
}

/// Reads the document again as version 5 or 4, if its shape says that it is one of these.
///
/// Version 4 has no `f`, or has a setting of that key. Versions 6 and 5 are told apart by what most of the values
/// look like; where as many look like the one as like the other, by the salt, which only version 6 has.
pub(super) fn read<'de>(json: &'de str, document: &Document<'de>) -> Option<Document<'de>> {
    let has_salt = document.preferences.as_ref().valid().is_some_and(|known| !known.salt.is_absent());
    let members = match document.settings.as_ref().valid() {
        Some(map) if !is_setting(map) => {
            let values = || map.0.iter().filter_map(|(_, setting)| Some(&setting.as_ref().valid()?.value));
            let typed = values().filter(|value| is_typed(value)).count();
            let bare = values().filter(|value| value.is_bare()).count();
            if bare < typed + usize::from(has_salt || bare == 0) {
                return None;
            }
            settings_apart(&raw_members(json)?)?
        }
        _ if has_salt => return None,
        _ => raw_members(json)?.read_as(),
    };
    let convert = |(key, setting): (Text<'de>, Field<Box<LegacySetting<'de>>>)| {
        (key, setting.map(|setting| Box::new(setting.convert())))
    };
    has_value(&members).then(|| Document {
        settings: Field::Valid(Map(members.0.into_iter().map(convert).collect())),
        ..Document::default()
    })
}

/// Whether what should be the map of all settings is one setting, of version 4.
fn is_setting(map: &Map<'_, Box<Setting<'_>>>) -> bool {
    let is_object = |setting: &Field<Box<Setting<'_>>>| {
        setting.as_ref().valid().is_some_and(|setting| !setting.value.is_absent())
    };
    map.0.iter().any(|(key, setting)| key == "v" && setting.is_bare())
        && !map.0.iter().any(|(_, setting)| is_object(setting))
}

/// Whether it is a value as version 6 writes it: for at least one type.
fn is_typed(value: &Field<Value<'_>>) -> bool {
    let Field::Valid(Value { bool, text, int, double, .. }) = value else { return false };
    !(bool.is_absent() && text.is_absent() && int.is_absent() && double.is_absent())
}

fn has_value(settings: &Map<'_, Box<LegacySetting<'_>>>) -> bool {
    settings.0.iter().any(|(_, setting)| {
        setting.as_ref().valid().is_some_and(|setting| matches!(setting.value, Field::Valid(_)))
    })
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
        let condition = user_condition(self.attribute, self.comparator, self.comparison.map(text));
        let condition = Condition { user: Field::Valid(Box::new(condition)), ..Condition::default() };
        Rule {
            conditions: Field::Valid(Vec::from([Field::Valid(condition)])),
            served: Field::Valid(served),
            ..Rule::default()
        }
    }
}

/// A comparison value as text, as which the official SDKs take a bare number too.
fn text(scalar: Scalar<'_>) -> Text<'_> {
    match scalar {
        Scalar::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Scalar::Number(number) => Cow::Borrowed(number),
        Scalar::Text(text) => text,
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
    list.split(',').map(number::trim).filter(|item| !item.is_empty()).collect()
}
