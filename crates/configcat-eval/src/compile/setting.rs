//! Settings from the model.

use alloc::sync::Arc;

use super::{Kind, Served, Setting, Targeting, lists, served::served, shared_parts::SharedParts};
use crate::{
    error::{Checked, ErrorKind, Fault},
    model::{self, Field, Scalar},
    user::AttributeName,
    value::{SettingType, Value},
};

impl Setting {
    pub(super) fn new(
        key: Arc<str>,
        setting: Field<model::RawSetting<'_>>,
        shared: &mut SharedParts,
    ) -> Self {
        let setting = Fault::if_too_long("setting key", &key)
            .and_then(|()| setting.required("setting"))
            // The type first: without it no value of the setting can be read.
            .and_then(|setting| Ok((setting_type(&setting.kind)?, setting)));
        match setting {
            Ok((kind, setting)) => Self::of_type(key, kind, setting, shared),
            Err(fault) => Self::broken(key, shared.share(fault)),
        }
    }

    fn of_type(
        key: Arc<str>,
        kind: SettingType,
        setting: model::RawSetting<'_>,
        shared: &mut SharedParts,
    ) -> Self {
        let is_legacy = setting.is_legacy;
        let Served { value, variation_id } = served(setting.value, setting.variation_id, kind, shared);
        let rules = lists::rules(setting.rules, kind, is_legacy, shared);
        let options = lists::options(setting.options, kind, is_legacy, shared);
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
            default: value,
            variation_id,
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

fn setting_type(code: &Field<i64>) -> Checked<SettingType> {
    match code.as_ref().member("t", "setting type")? {
        0 => Ok(SettingType::Bool),
        1 => Ok(SettingType::Text),
        2 => Ok(SettingType::Int),
        3 => Ok(SettingType::Double),
        unknown => Err(Fault::new(ErrorKind::UnknownSettingType(*unknown)).within("t")),
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
