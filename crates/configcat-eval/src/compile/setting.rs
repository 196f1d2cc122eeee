//! Settings from the model.

use alloc::sync::Arc;

use super::{Kind, Options, Rules, Setting, Targeting, lists, served::served, shared_parts::SharedParts};
use crate::{
    error::{Checked, ErrorKind, Fault},
    model::{self, Cursor, Field, FromJson, Scalar, SettingsForm},
    user::AttributeName,
    value::{SettingType, Value},
};

/// The rules and options of a setting, compiled where they stand.
///
/// The values that they serve depend on the type. If that comes after them, the first value tells
/// it in advance, and a list is read once more where it tells another one.
// Members in alphabetical order have the type last. To skip the lists and read them afterwards takes
// a third more instructions (1 MB of flags).
struct Lists<'de> {
    /// The type of the values so far; `None` if there are no values.
    kind: Option<SettingType>,
    rules: Checked<Rules>,
    options: Checked<Options>,
    /// The places of both.
    rules_at: Option<Cursor<'de>>,
    options_at: Option<Cursor<'de>>,
}

impl Lists<'_> {
    fn new() -> Self {
        let (rules, options) = (Ok(Rules::default()), Ok(Options::default()));
        Self { kind: None, rules, options, rules_at: None, options_at: None }
    }

    /// Returns the rules and options of a setting of that type.
    fn of_type(self, kind: SettingType, shared: &mut SharedParts) -> (Checked<Rules>, Checked<Options>) {
        if self.kind.is_none_or(|known| known == kind) {
            return (self.rules, self.options);
        }
        // Dropped first, so that no list is in memory twice.
        let mut lists =
            Self { kind: Some(kind), rules_at: self.rules_at, options_at: self.options_at, ..Self::new() };
        drop((self.rules, self.options));
        if let Some(mut list) = lists.rules_at {
            lists.rules = lists::rules(&mut list, &mut lists.kind, shared);
        }
        if let Some(mut list) = lists.options_at {
            lists.options = lists::options(&mut list, &mut lists.kind, shared);
        }
        (lists.rules, lists.options)
    }
}

impl Setting {
    /// Reads and compiles a setting of version 6, and records its form.
    pub(super) fn read<'de>(
        key: &str,
        cursor: &mut Cursor<'de>,
        form: &mut SettingsForm,
        shared: &mut SharedParts,
    ) -> Self {
        let mut lists = Lists::new();
        let setting = cursor.object(|cursor| {
            let mut setting = model::RawSetting::default();
            cursor.members(|name, value| match &*name {
                b"t" => {
                    setting.kind = FromJson::read(value);
                    lists.kind = lists.kind.or_else(|| setting_type(&setting.kind));
                }
                b"a" => setting.attribute = FromJson::read(value),
                b"r" => {
                    lists.rules_at = Some(*value);
                    lists.rules = lists::rules(value, &mut lists.kind, shared);
                }
                b"p" => {
                    lists.options_at = Some(*value);
                    lists.options = lists::options(value, &mut lists.kind, shared);
                }
                b"v" => setting.value = FromJson::read(value),
                b"i" => setting.variation_id = FromJson::read(value),
                _ => value.skip(),
            });
            setting
        });
        form.record(key, &setting);
        match Self::typed(key, setting) {
            Ok((kind, setting)) => {
                let (rules, options) = lists.of_type(kind, shared);
                Self::of_type(key.into(), kind, setting, rules, options, shared)
            }
            Err(fault) => Self::broken(key.into(), shared.share(fault)),
        }
    }

    /// Compiles a setting of version 4 or 5.
    pub(super) fn legacy(
        key: Arc<str>,
        setting: Field<model::LegacyParts<'_>>,
        shared: &mut SharedParts,
    ) -> Self {
        let (mut rules, mut options) = (Field::Absent, Field::Absent);
        let setting = setting.map(|parts| {
            (rules, options) = (parts.rules, parts.options);
            parts.setting
        });
        match Self::typed(&key, setting) {
            Ok((kind, setting)) => {
                let rules = lists::legacy_rules(rules, kind, shared);
                let options = lists::legacy_options(options, kind, shared);
                Self::of_type(key, kind, setting, rules, options, shared)
            }
            Err(fault) => Self::broken(key, shared.share(fault)),
        }
    }

    /// Returns the setting with its type, without which no value of it can be read.
    fn typed<'de>(
        key: &str,
        setting: Field<model::RawSetting<'de>>,
    ) -> Checked<(SettingType, model::RawSetting<'de>)> {
        Fault::if_too_long("setting key", key)?;
        let setting = setting.required("setting")?;
        let code = *setting.kind.as_ref().member("t", "setting type")?;
        let unknown = || Fault::new(ErrorKind::UnknownSettingType(code)).within("t");
        Ok((setting_type(&setting.kind).ok_or_else(unknown)?, setting))
    }

    fn of_type(
        key: Arc<str>,
        kind: SettingType,
        setting: model::RawSetting<'_>,
        rules: Checked<Rules>,
        options: Checked<Options>,
        shared: &mut SharedParts,
    ) -> Self {
        let value = served(setting.value, setting.variation_id, &mut Some(kind), shared);
        let attribute = shared.keep(setting.attribute.checked());
        let targeting = Targeting {
            rules,
            options,
            attribute: attribute
                .map(|name| name.map_or(AttributeName::Identifier, |name| shared.attribute(&name))),
        };
        Self {
            key,
            kind: Some(Kind { setting_type: kind, inferred: false }),
            default: value.value,
            variation_id: value.variation_id,
            targeting: (!targeting.is_empty()).then(|| Arc::new(targeting)),
        }
    }

    /// Compiles a setting of the simple form.
    pub(super) fn simple(key: Arc<str>, value: Field<Scalar<'_>>, shared: &mut SharedParts) -> Self {
        let value = Fault::if_too_long("setting key", &key)
            .and_then(|()| value.required("setting value"))
            .and_then(bare_value);
        match value {
            Ok(value) => Self::bare(key, value),
            Err(fault) => Self::broken(key, shared.share(fault)),
        }
    }

    // The fault takes the place of the default value, where every evaluation of the setting ends.
    #[cold]
    fn broken(key: Arc<str>, fault: Arc<Fault>) -> Self {
        Self { key, kind: None, default: Err(fault), variation_id: None, targeting: None }
    }
}

impl Targeting {
    fn is_empty(&self) -> bool {
        // A list with a fault counts as present, so that evaluation reaches the fault.
        let has_rules = self.rules.as_ref().map_or(true, |rules| !rules.is_empty());
        let has_options = self.options.as_ref().map_or(true, |options| !options.is_empty());
        !has_rules && !has_options
    }
}

/// Returns the type of that code; `None` if it is missing or unknown.
fn setting_type(code: &Field<i64>) -> Option<SettingType> {
    match code {
        Field::Valid(0) => Some(SettingType::Bool),
        Field::Valid(1) => Some(SettingType::Text),
        Field::Valid(2) => Some(SettingType::Int),
        Field::Valid(3) => Some(SettingType::Double),
        _ => None,
    }
}

/// Returns the value of a setting in the simple form.
fn bare_value(value: Scalar<'_>) -> Checked<Value> {
    Ok(match value {
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::String(text) => Value::Text(text.into()),
        Scalar::Number(number) => match (number.parse(), number.parse::<f64>()) {
            // `2.0` is a double, because the form of the number is the only hint at its type.
            (Ok(int), _) => Value::Int(int),
            (Err(_), Ok(double)) if double.is_finite() => Value::Double(double),
            _ => {
                return Err(Fault::new(ErrorKind::Malformed {
                    expected: "a bool, a number or a text",
                    found: "a number that is too large",
                }));
            }
        },
    })
}
