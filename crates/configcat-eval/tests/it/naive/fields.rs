//! Fields of JSON objects, and the errors of those that are missing or malformed.

use serde_json::{Map, Value as Json};

/// The name of the [`ErrorKind`](configcat_eval::ErrorKind).
pub(super) type Fault = &'static str;
pub(super) type Object = Map<String, Json>;

/// Returns a member that is there and not null.
pub(super) fn optional<'j>(object: &'j Object, name: &str) -> Option<&'j Json> {
    object.get(name).filter(|value| !value.is_null())
}

pub(super) fn required<'j>(object: &'j Object, name: &str) -> Result<&'j Json, Fault> {
    optional(object, name).ok_or("Missing")
}

pub(super) fn object(value: Option<&Json>) -> Result<&Object, Fault> {
    let value = value.filter(|value| !value.is_null()).ok_or("Missing")?;
    value.as_object().ok_or("Malformed")
}

/// Returns a list, which may be absent.
pub(super) fn list<'j>(object: &'j Object, name: &str) -> Result<&'j [Json], Fault> {
    optional(object, name).map_or(Ok(&[]), |list| list.as_array().map(Vec::as_slice).ok_or("Malformed"))
}

pub(super) fn text<'j>(object: &'j Object, name: &str) -> Result<&'j str, Fault> {
    required(object, name)?.as_str().ok_or("Malformed")
}

pub(super) fn number(object: &Object, name: &str) -> Result<f64, Fault> {
    required(object, name)?.as_f64().ok_or("Malformed")
}

pub(super) fn integer(object: &Object, name: &str) -> Result<i64, Fault> {
    as_integer(required(object, name)?).ok_or("Malformed")
}

/// Returns a number without a fraction that fits, also if it is written as a decimal number.
pub(super) fn as_integer(number: &Json) -> Option<i64> {
    number.as_i64().or_else(|| {
        let double = number.as_f64()?;
        (double.fract() == 0.0 && double.abs() < 9_223_372_036_854_775_808.0).then_some(double as i64)
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
