//! The inputs of the form for a user.

use maud::{Markup, html};

use crate::{
    fields::{Field, Fields, Kind},
    query::encoded,
    time,
    visitor::Visitor,
};

/// Shows an input for each attribute. The prefix is the start of the names in the query.
#[must_use]
pub fn inputs(fields: &Fields, visitor: &Visitor, prefix: &str) -> Markup {
    html! { @for field in fields.iter() { (input(field, visitor.get(&field.name), prefix)) } }
}

/// Shows the suggested values of all fields, for the inputs of one or two users.
#[must_use]
pub fn datalists(fields: &Fields) -> Markup {
    html! {
        @for Field { name, suggestions, .. } in fields.iter() {
            @if !suggestions.is_empty() {
                datalist #{ "values-" (encoded(name)) } { @for text in suggestions { option value=(text) {} } }
            }
        }
    }
}

fn input(field: &Field, value: &str, prefix: &str) -> Markup {
    let id = format!("field-{}{}", encoded(prefix), encoded(&field.name));
    let list = (!field.suggestions.is_empty()).then(|| format!("values-{}", encoded(&field.name)));
    let (kind, value) = kind_and_value(field.kind, value);
    let hint = match field.kind {
        Kind::List => Some("separated by commas"),
        Kind::Time => Some("in UTC"),
        _ => None,
    };
    let hint_id = hint.map(|_| format!("{id}-hint"));
    html! {
        div.field {
            label for=(id) { (field.name) }
            input #(id) name={ (prefix) (field.name) } value=(value) type=(kind) list=[list]
                step=[(kind == "number").then_some("any")] autocomplete="off" spellcheck="false"
                aria-describedby=[hint_id.as_deref()];
            @if let (Some(hint), Some(hint_id)) = (hint, hint_id.as_deref()) { p.hint #(hint_id) { (hint) } }
        }
    }
}

/// Returns the type of an input, and its value.
///
/// An input of another type than text drops a value that it cannot show. A value that does not fit
/// is kept as text, since it may be the one that explains a flag.
fn kind_and_value(kind: Kind, value: &str) -> (&'static str, String) {
    let as_typed = value.to_owned();
    match kind {
        Kind::Number if value.is_empty() || is_number(value) => ("number", as_typed),
        Kind::Time if value.is_empty() => ("datetime-local", as_typed),
        Kind::Time => match time::parsed(value).map(time::typed) {
            Some(typed) if !typed.ends_with('Z') => ("datetime-local", typed),
            _ => ("text", as_typed),
        },
        _ => ("text", as_typed),
    }
}

/// Returns whether an input of type `number` can show this text.
fn is_number(text: &str) -> bool {
    let has_form =
        !text.starts_with('+') && !text.ends_with('.') && text.contains(|c: char| c.is_ascii_digit());
    has_form && text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind_and_value};

    #[test]
    fn no_input_drops_the_value_of_its_user() {
        for (kind, value, expected) in [
            (Kind::Text, "42", ("text", "42")),
            (Kind::List, "a, b", ("text", "a, b")),
            (Kind::Number, "", ("number", "")),
            (Kind::Number, "-4.5e1", ("number", "-4.5e1")),
            (Kind::Number, "many", ("text", "many")),
            (Kind::Number, "+4", ("text", "+4")),
            (Kind::Number, "4.", ("text", "4.")),
            (Kind::Number, "infinity", ("text", "infinity")),
            (Kind::Time, "", ("datetime-local", "")),
            (Kind::Time, "2021-05-04", ("datetime-local", "2021-05-04T00:00")),
            (Kind::Time, "1620086400", ("text", "1620086400")),
        ] {
            assert_eq!(kind_and_value(kind, value), (expected.0, expected.1.to_owned()), "{value}");
        }
    }
}
