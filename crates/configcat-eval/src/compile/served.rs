//! Values that are served, from the model.

use super::{Served, shared_parts::SharedParts};
use crate::{
    error::Checked,
    model::{CowStr, Field, RawValue},
    value::{SettingType, Value},
};

/// Compiles a value of a setting of that type, with its variation id. If the type is not known yet,
/// the value tells it.
pub(super) fn served(
    value: Field<RawValue<'_>>,
    variation_id: Field<CowStr<'_>>,
    kind: &mut Option<SettingType>,
    shared: &mut SharedParts,
) -> Served {
    let typed = |value: RawValue<'_>| {
        let kind = *kind.get_or_insert_with(|| value.kind());
        value.of_type(kind).map_err(|fault| fault.within("v"))
    };
    Served {
        value: shared.keep(value.member("v", "setting value").and_then(typed)),
        // A variation id that is not a string is ignored, since it does not change the value.
        variation_id: variation_id.valid().map(|id| shared.strings.add(&id)),
    }
}

impl RawValue<'_> {
    /// Returns the type that the value most likely has.
    fn kind(&self) -> SettingType {
        match self {
            Self { text: Field::Valid(_), .. } => SettingType::Text,
            Self { int: Field::Valid(_), .. } => SettingType::Int,
            Self { double: Field::Valid(_), .. } => SettingType::Double,
            _ => SettingType::Bool,
        }
    }

    /// Returns the value that a setting of type `kind` has.
    pub(super) fn of_type(self, kind: SettingType) -> Checked<Value> {
        match kind {
            // The declared type selects the member: values of other types beside it are ignored, as
            // in the other SDKs.
            SettingType::Bool => self.bool.member("b", "bool value (b)").map(Value::Bool),
            SettingType::Text => self.text.member("s", "text value (s)").map(|text| Value::Text(text.into())),
            SettingType::Int => self.int.member("i", "int value (i)").map(Value::Int),
            SettingType::Double => self.double.member("d", "double value (d)").map(Value::Double),
        }
    }
}
