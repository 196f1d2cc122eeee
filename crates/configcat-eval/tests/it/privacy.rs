//! Private attributes: evaluated as all others, and shown nowhere.

use std::collections::BTreeSet;

use configcat_eval::{AttributeValue, Config, DateTime, PrivateAttributes, User};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value as Json, json};

use crate::support::{SALT, cases, facts, hashed, hashed_slice, parse};

/// Attributes of a user, predefined and custom.
const NAMES: [&str; 4] = ["Identifier", "Email", "Country", "Token"];

/// The number of characters in a row by which a secret is recognized, so that a part of it is too.
const WINDOW: usize = 10;

fn secret_text() -> impl Strategy<Value = String> {
    // No other text of this test has these letters in a row, and the rest needs escapes.
    let letters = "[S-Z]{12}([S-Zé𝄞\"\\\\\n\r\t\u{1}\u{7f}/ ]{0,20}[S-Z]{12}){0,2}";
    let digits = || (1_000_000_000_000..i64::MAX).prop_map(|number| number.to_string());
    prop_oneof![
        3 => letters,
        1 => digits(),
        1 => digits().prop_map(|digits| format!(" {digits},25 ")),
        1 => digits().prop_map(|digits| format!("1.2.{digits}-rc.{digits}")),
        1 => digits().prop_map(|digits| format!("v{digits}")),
        1 => vec(letters, 1..3).prop_map(|items| json!(items).to_string()),
        1 => letters.prop_map(|text| format!("[\"{text}")),
    ]
}

fn secret() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![
        4 => secret_text().prop_map(AttributeValue::from),
        1 => (1_000_000_000_000..i64::MAX).prop_map(AttributeValue::from),
        1 => (i64::MIN..-1_000_000_000_000).prop_map(AttributeValue::from),
        1 => (1_000_000_000_000..u64::MAX).prop_map(AttributeValue::from),
        1 => (1e-9..1e-6).prop_map(AttributeValue::from),
        1 => (1e12..1e30).prop_map(AttributeValue::from),
        1 => (1e30_f32..2e30).prop_map(AttributeValue::from),
        1 => (1_000_000_000_000..2_000_000_000_000_i64)
            .prop_map(|millis| DateTime::from_unix_millis(millis).into()),
        1 => vec(secret_text(), 1..15).prop_map(AttributeValue::from),
    ]
}

/// Returns the pieces of a secret, in each form that a log may give it.
fn pieces(secret: &AttributeValue) -> Vec<String> {
    let shown = User::new(secret.clone()).to_string();
    let json = shown.strip_prefix(r#"{"Identifier":"#).unwrap().strip_suffix('}').unwrap();
    let mut forms = vec![secret.to_string(), json.trim_matches('"').to_owned()];
    match secret {
        AttributeValue::DateTime(time) => forms.push(time.to_string()),
        AttributeValue::List(items) => forms.extend(items.iter().cloned()),
        AttributeValue::Int(_) | AttributeValue::UInt(_) => {
            forms.push(format!("{:e}", secret.as_number().unwrap()))
        }
        AttributeValue::Float(float) => forms.extend([format!("{float:?}"), format!("{float}")]),
        AttributeValue::Float32(float) => forms.extend([format!("{float:?}"), f64::from(*float).to_string()]),
        _ => {}
    }
    let forms = forms.into_iter().flat_map(|form| {
        [form.escape_debug().to_string(), form.escape_default().to_string(), json!(form).to_string(), form]
    });
    let windows = forms.flat_map(|form| {
        let chars: Vec<char> = form.trim_matches('"').chars().collect();
        let size = WINDOW.min(chars.len());
        // Steps of half a window: each leaked part of one and a half has one in it.
        let windows = chars.windows(size).step_by(WINDOW / 2);
        windows.map(|window| window.iter().collect::<String>()).collect::<Vec<_>>()
    });
    // Names of dates and zeros are no part of a secret.
    let windows: BTreeSet<String> = windows.collect();
    let is_telling = |window: &String| window.bytes().filter(|byte| !b"0.-:TZ ".contains(byte)).count() >= 5;
    windows.into_iter().filter(is_telling).collect()
}

/// Returns a document with a setting for each comparator, with a comparison value and without, a
/// segment, prerequisite flags and percentage options, all on this attribute.
fn document(attribute: &str) -> Json {
    let mut settings = serde_json::Map::new();
    let on = |conditions: Json| {
        json!({"t": 0, "v": {"b": false}, "r": [{"c": conditions, "s": {"v": {"b": true}}},
            {"c": [{"u": {"a": attribute, "c": 12, "d": 5}}], "s": {"v": {"b": true}}}]})
    };
    for comparator in 0..37 {
        let condition = |value: Json| {
            let mut condition = json!({"a": attribute, "c": comparator});
            condition.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
            json!([{"u": condition}])
        };
        let lists = json!([["x", "1.0.0"], [hashed("x")], [hashed_slice("x")]]);
        let list = |index: usize| json!({"l": lists[index], "s": "1.0.0", "d": 5});
        for (form, value) in
            [list(0), list(1), list(2), json!({"s": hashed("x")}), json!({}), json!({"l": [7]})]
                .into_iter()
                .enumerate()
        {
            settings.insert(format!("c{comparator}-{form}"), on(condition(value)));
        }
    }
    settings.insert("segment".to_owned(), on(json!([{"s": {"s": 0, "c": 0}}])));
    settings.insert(
        "flag".to_owned(),
        on(json!([{"p": {"f": "c12-0", "c": 0, "v": {"b": true}}}, {"s": {"s": 0, "c": 1}}])),
    );
    let options = json!([{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]);
    settings.insert("share".to_owned(), json!({"t": 0, "v": {"b": false}, "a": attribute, "p": options}));
    settings.insert(
        "short".to_owned(),
        json!({"t": 0, "v": {"b": false}, "a": attribute, "p": [{"p": 0, "v": {"b": true}}]}),
    );
    let segment =
        json!({"n": "Beta", "r": [{"a": attribute, "c": 10, "d": 5}, {"a": attribute, "c": 0, "l": ["x"]}]});
    json!({"p": {"s": SALT}, "s": [segment], "f": settings})
}

fn user(attribute: &str, value: AttributeValue) -> User {
    let user = User::new("42");
    match attribute {
        "Identifier" => User::new(value),
        "Email" => user.email(value),
        "Country" => user.country(value),
        _ => user.custom(attribute, value),
    }
    .custom("Plan", "visible")
}

/// Returns all texts about all evaluations for a user.
fn shown(config: &Config, user: &User) -> String {
    let mut text = format!("{user} {user:?} {user:#?} {:?}", user.redacted());
    NAMES.iter().for_each(|name| text += &format!("{:?}", user.redacted().get(name)));
    for key in config.keys() {
        let (evaluation, trace) = config.evaluate_with_trace(key, user);
        text += &format!("{trace:#} {trace:?} {evaluation:?}");
        trace.warnings().iter().for_each(|warning| text += &format!("{warning} {warning:?}"));
        trace.hints().iter().for_each(|hint| text += &format!("{hint} {hint:?}"));
    }
    text
}

#[test]
fn a_private_value_is_shown_nowhere_and_evaluated_as_any_other() {
    proptest!(cases(32, 64), |(secret in secret(), attribute in select(NAMES.to_vec()), form in 0..3_usize)| {
        let config = parse(&document(attribute));
        let open = user(attribute, secret.clone());
        let private = [
            PrivateAttributes::only([attribute]),
            PrivateAttributes::all_except(["Plan"]),
            PrivateAttributes::all(),
        ];
        let marked = open.clone().private_attributes(private[form].clone());
        let (text, pieces) = (shown(&config, &marked), pieces(&secret));
        prop_assert!(!pieces.is_empty(), "{secret:?}");
        for piece in &pieces {
            prop_assert!(!text.contains(piece.as_str()), "{piece:?} of {secret:?}");
        }
        prop_assert!(text.contains("<private>"));
        // The test finds the secret where it is not private.
        let open_text = shown(&config, &open);
        prop_assert!(pieces.iter().any(|piece| open_text.contains(piece.as_str())), "{secret:?}");
        for key in config.keys() {
            let [open, marked] = [&open, &marked].map(|user| config.evaluate_with_trace(key, user));
            prop_assert_eq!(facts(&open.0), facts(&marked.0));
            prop_assert_eq!(open.1.work(), marked.1.work());
            let ids = |trace: &configcat_eval::Trace| trace.warnings().iter().map(|w| w.id()).collect::<Vec<_>>();
            prop_assert_eq!(ids(&open.1), ids(&marked.1));
        }
    });
}

#[test]
fn marks_add_up_and_hide_nothing_else() {
    let user = User::new("42").email("e").country("HU").custom("Age", 32).custom("Tags", ["a"]);
    let print = |user: &User| user.to_string();
    let marked = user.clone().private_attributes(PrivateAttributes::only(["Age"]));
    assert_eq!(
        print(&marked),
        r#"{"Identifier":"42","Email":"e","Country":"HU","Age":"<private>","Tags":["a"]}"#
    );
    let marked = marked.private_attributes(PrivateAttributes::only(["Email", "age"]));
    assert_eq!(
        print(&marked),
        r#"{"Identifier":"42","Email":"<private>","Country":"HU","Age":"<private>","Tags":["a"]}"#
    );
    assert!(marked.is_private("Age") && marked.is_private("age") && !marked.is_private("Country"));
    let all = marked.clone().private_attributes(PrivateAttributes::all_except(["Country"]));
    assert_eq!(
        format!("{all:?}"),
        r#"User {"Identifier": <private>, "Email": <private>, "Country": Text("HU"), "Age": <private>, "Tags": <private>}"#
    );
    assert_eq!(all.get("Email"), Some(&"e".into()), "the application gets its value");
    let redacted = all.redacted();
    assert_eq!(
        (redacted.get("Email"), redacted.get("Country")),
        (Some(&"<private>".into()), Some(&"HU".into()))
    );
    assert_eq!(redacted.get("Age"), Some(&"<private>".into()));
    assert_eq!(redacted.get("Name"), None);
    // An attribute that is set later is private too.
    assert!(all.custom("Name", "Jane").to_string().ends_with(r#""Name":"<private>"}"#));
    assert_eq!(user.redacted(), user);
}
