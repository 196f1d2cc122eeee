//! Conversion between structures of OpenFeature and JSON.

use open_feature::{StructValue, Value};
use serde_json::{Map, Number, Value as Json};

/// Reads a JSON object. OpenFeature has no null, so null members and items are left out.
pub(crate) fn parse_object(text: &str) -> Result<StructValue, String> {
    match serde_json::from_str(text).map_err(|error| error.to_string())? {
        Json::Object(members) => Ok(to_struct(members)),
        Json::Array(_) => Err("it is an array".to_owned()),
        _ => Err("it is a single value".to_owned()),
    }
}

fn to_struct(members: Map<String, Json>) -> StructValue {
    let members = members.into_iter().filter_map(|(name, value)| Some((name, to_value(value)?)));
    StructValue { fields: members.collect() }
}

fn to_value(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(value) => Value::Bool(value),
        // An integer beyond `i64` becomes a float, since OpenFeature has no wider type.
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Int(integer),
            None => Value::Float(number.as_f64()?),
        },
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().filter_map(to_value).collect()),
        Json::Object(members) => Value::Struct(to_struct(members)),
    })
}

/// Converts a value. NaN and infinity, which JSON does not have, become null.
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::Number((*value).into()),
        Value::Float(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
        Value::String(text) => Json::String(text.clone()),
        Value::Array(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Struct(object) => object_to_json(object),
    }
}

pub(crate) fn object_to_json(object: &StructValue) -> Json {
    let members = object.fields.iter().map(|(name, value)| (name.clone(), to_json(value)));
    Json::Object(members.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_and_written() {
        let text = r#"{"a":[1,-2,0.5,"x",true,{}],"b":{"c":"d"}}"#;
        let object = parse_object(text).unwrap();
        let items: Vec<Value> =
            vec![1.into(), (-2).into(), 0.5.into(), "x".into(), true.into(), StructValue::default().into()];
        let expected = StructValue::default()
            .with_field("a", items)
            .with_field("b", StructValue::default().with_field("c", "d"));
        assert_eq!(object, expected);
        // Not compared as text: the order of members depends on features of `serde_json` that other
        // crates may turn on.
        assert_eq!(object_to_json(&object), serde_json::from_str::<Json>(text).unwrap());
    }

    #[test]
    fn what_open_feature_does_not_have_does_no_harm() {
        let object = parse_object(r#"{"a":null,"b":[null,1],"c":18446744073709551615}"#).unwrap();
        let expected =
            StructValue::default().with_field("b", vec![1]).with_field("c", 18446744073709551615.0);
        assert_eq!(object, expected);
        assert_eq!(to_json(&Value::Float(f64::NAN)), Json::Null);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for (text, cause) in
            [("[]", "an array"), ("1", "a single value"), ("hi", "expected value"), ("", "EOF")]
        {
            let error = parse_object(text).unwrap_err();
            assert!(error.contains(cause), "{text}: {error}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        assert!(parse_object(&deep).unwrap_err().contains("recursion limit"));
    }
}
