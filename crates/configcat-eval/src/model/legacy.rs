//! Versions 4 and 5 of the config JSON, turned into the model of version 6.
//!
//! Version 5 wraps the settings in `f`, version 4 is the bare map of settings; in both, values are bare JSON
//! and a comparison value is one text.

use alloc::{
    borrow::{Cow, ToOwned},
    boxed::Box,
    vec::Vec,
};

use super::{
    Condition, Field, List, PercentageOption, Rule, Served, Setting, Settings, Text, Texts, UserCondition,
    Value,
    lenient::object,
    raw_members,
    scalar::{Scalar, integer},
    settings_apart,
};
use crate::number;

object! {
    LegacySetting {
        value: Scalar<'de> = b"v",
        kind: i64 = b"t",
        variation_id: Text<'de> = b"i",
        options: List<LegacyOption<'de>> = b"p",
        rules: List<LegacyRule<'de>> = b"r",
    }
}

object! {
    LegacyOption {
        order: i64 = b"o",
        value: Scalar<'de> = b"v",
        percentage: i64 = b"p",
        variation_id: Text<'de> = b"i",
    }
}

object! {
    LegacyRule {
        order: i64 = b"o",
        attribute: Text<'de> = b"a",
        comparator: i64 = b"t",
        comparison: Scalar<'de> = b"c",
        value: Scalar<'de> = b"v",
        variation_id: Text<'de> = b"i",
    }
}

/// What the settings look like when they are read as version 6.
#[derive(Debug, Default)]
pub(super) struct ShapeOfSettings {
    /// How many default values are objects with a member for a type, as in version 6, and how many are bare.
    typed: usize,
    bare: usize,
    /// Whether there is a bare member `v`, and whether there is an object with a value.
    has_bare_v: bool,
    has_object: bool,
}

impl ShapeOfSettings {
    pub(super) fn note(&mut self, key: &str, setting: &Field<Box<Setting<'_>>>) {
        self.has_bare_v |= key == "v" && setting.is_bare();
        if let Field::Valid(setting) = setting {
            self.has_object |= !setting.value.is_absent();
            self.typed += usize::from(is_typed(&setting.value));
            self.bare += usize::from(setting.value.is_bare());
        }
    }

    /// Whether what should be the map of all settings is one setting, of version 4.
    fn is_one_setting(&self) -> bool {
        self.has_bare_v && !self.has_object
    }
}

/// Reads the document again as version 5 or 4, if its shape says that it is one of these.
///
/// Version 4 has no `f`, or has a setting of that key. Versions 6 and 5 are told apart by what most of the values
/// look like; where as many look like the one as like the other, by the salt, which only version 6 has.
pub(super) fn read<'de, S: Settings<'de>>(
    json: &'de str,
    shape: Option<&ShapeOfSettings>,
    has_salt: bool,
) -> Option<S> {
    let members = match shape {
        Some(shape) if !shape.is_one_setting() => {
            if shape.bare < shape.typed + usize::from(has_salt || shape.bare == 0) {
                return None;
            }
            settings_apart(&raw_members(json)?)?
        }
        _ if has_salt => return None,
        _ => raw_members(json)?,
    };
    let mut settings = S::default();
    let mut has_value = false;
    for (key, raw) in members {
        let setting: Field<Box<LegacySetting<'de>>> = raw.read_as();
        has_value |= matches!(&setting, Field::Valid(setting) if matches!(setting.value, Field::Valid(_)));
        settings.add(key, setting.map(|setting| Box::new(setting.convert())));
    }
    has_value.then_some(settings)
}

/// Whether it is a value as version 6 writes it: for at least one type.
fn is_typed(value: &Field<Value<'_>>) -> bool {
    let Field::Valid(Value { bool, text, int, double, .. }) = value else { return false };
    !(bool.is_absent() && text.is_absent() && int.is_absent() && double.is_absent())
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
        Field::Valid(0 | 1 | 4 | 5 | 16 | 17) => condition.list = comparison.map(|text| split(text)),
        Field::Valid(2 | 3) => condition.list = comparison.map(|text| Texts(Vec::from([text]))),
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

fn split(list: Text<'_>) -> Texts<'_> {
    let is_item = |item: &&str| !item.is_empty();
    Texts(match list {
        Cow::Borrowed(list) => list.split(',').map(number::trim).filter(is_item).map(Cow::Borrowed).collect(),
        Cow::Owned(list) => {
            list.split(',').map(number::trim).filter(is_item).map(|item| item.to_owned().into()).collect()
        }
    })
}
