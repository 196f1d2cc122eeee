//! Conversion of evaluation contexts to User Objects.

use std::any::Any;

use configcat::{AttributeValue, User};
use open_feature::{EvaluationContext, EvaluationContextFieldValue as FieldValue, StructValue, Value};
use serde_json::Value as Json;

use crate::structure::{object_to_json, to_json};

/// Returns the user of a context; `None` if the context is empty.
pub(crate) fn user_of(context: &EvaluationContext) -> Option<User> {
    if context.targeting_key.is_none() && context.custom_fields.is_empty() {
        return None;
    }
    let field = |name: &str| attribute(context.custom_fields.get(name)?);
    let key = context.targeting_key.as_ref().map(|key| key.as_str().into());
    let identifier = key.or_else(|| field(User::IDENTIFIER)).unwrap_or_else(|| "".into());
    let mut user = User::new(identifier).email(field(User::EMAIL)).country(field(User::COUNTRY));
    // Sorted, so that the order in the evaluation log does not depend on the hash map.
    let mut fields: Vec<_> = context.custom_fields.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    for (name, value) in fields {
        // `User` ignores custom attributes with the names of the attributes above.
        user = user.custom(name, attribute(value));
    }
    Some(user)
}

/// Returns the attribute for a field; `None` if the type of a struct is unknown.
fn attribute(value: &FieldValue) -> Option<AttributeValue> {
    Some(match value {
        FieldValue::Bool(value) => (*value).into(),
        FieldValue::Int(value) => (*value).into(),
        FieldValue::Float(value) => (*value).into(),
        FieldValue::String(value) => value.as_str().into(),
        FieldValue::DateTime(value) => AttributeValue::DateTime((*value).into()),
        FieldValue::Struct(value) => json(&**value)?.to_string().into(),
    })
}

/// Returns the JSON of a struct or list whose type is known.
fn json(value: &(dyn Any + Send + Sync)) -> Option<Json> {
    if let Some(json) = value.downcast_ref::<Json>() {
        return Some(json.clone());
    }
    if let Some(object) = value.downcast_ref::<StructValue>() {
        return Some(object_to_json(object));
    }
    if let Some(value) = value.downcast_ref::<Value>() {
        return Some(to_json(value));
    }
    if let Some(texts) = value.downcast_ref::<Vec<&'static str>>() {
        return Some(texts.clone().into());
    }
    value.downcast_ref::<Vec<String>>().map(|texts| texts.clone().into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;

    fn printed(context: EvaluationContext) -> Option<String> {
        user_of(&context).map(|user| user.to_string())
    }

    #[test]
    fn an_empty_context_is_no_user() {
        assert_eq!(printed(EvaluationContext::default()), None);
    }

    #[test]
    fn the_targeting_key_is_the_identifier() {
        let context = EvaluationContext::default().with_targeting_key("42");
        assert_eq!(printed(context.clone()).unwrap(), r#"{"Identifier":"42"}"#);
        let context = context.with_custom_field("Identifier", "43");
        assert_eq!(printed(context).unwrap(), r#"{"Identifier":"42"}"#);
        let context = EvaluationContext::default().with_custom_field("Identifier", 43);
        assert_eq!(printed(context).unwrap(), r#"{"Identifier":43}"#, "without a targeting key");
        let context = EvaluationContext::default().with_custom_field("a", 1);
        assert_eq!(printed(context).unwrap(), r#"{"Identifier":"","a":1}"#);
    }

    #[test]
    fn predefined_attributes_go_by_name_and_the_others_by_the_alphabet() {
        let context = EvaluationContext::default()
            .with_targeting_key("42")
            .with_custom_field("zip", "1111")
            .with_custom_field("Country", "HU")
            .with_custom_field("email", "other@example.com")
            .with_custom_field("Email", "john@example.com");
        let expected = r#"{"Identifier":"42","Email":"john@example.com","Country":"HU","email":"other@example.com","zip":"1111"}"#;
        assert_eq!(printed(context).unwrap(), expected);
    }

    #[test]
    fn fields_of_each_type_have_a_form() {
        let moment = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        let object = StructValue::default().with_field("a", vec![1, 2]);
        for (value, expected) in [
            (true.into(), r#""true""#),
            (7.into(), "7"),
            (0.5.into(), "0.5"),
            ("text".into(), r#""text""#),
            (moment.into(), r#""2023-11-14T22:13:20.000Z""#),
            (FieldValue::new_struct(vec!["a", "b"]), r#""[\"a\",\"b\"]""#),
            (FieldValue::new_struct(vec!["a".to_owned()]), r#""[\"a\"]""#),
            (FieldValue::new_struct(json!({"a": null})), r#""{\"a\":null}""#),
            (FieldValue::from(Arc::new(object.clone())), r#""{\"a\":[1,2]}""#),
            (FieldValue::new_struct(Value::Struct(object)), r#""{\"a\":[1,2]}""#),
        ] {
            let context = EvaluationContext::default().with_custom_field("x", value);
            let expected = format!(r#"{{"Identifier":"","x":{expected}}}"#);
            assert_eq!(printed(context).unwrap(), expected);
        }
    }

    #[test]
    fn what_nobody_knows_is_left_out_and_does_no_harm() {
        struct Odd;
        let context = EvaluationContext::default()
            .with_custom_field("odd", FieldValue::new_struct(Odd))
            .with_custom_field("Email", FieldValue::new_struct(Odd))
            .with_custom_field("a", 1);
        assert_eq!(printed(context).unwrap(), r#"{"Identifier":"","a":1}"#);
    }
}
