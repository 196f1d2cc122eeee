//! Documents and users that are made to be expensive: each multiplies something that one evaluation
//! goes through.

use std::{fmt::Write, iter};

use configcat_eval::{AttributeValue, Config, User};
use serde_json::{Value as Json, json};

/// The setting to evaluate.
pub(crate) const KEY: &str = "c0";

/// An expensive document, and the user for which it is.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) config: Config,
    pub(crate) user: User,
}

fn user() -> User {
    User::new("u").email("u@example.com")
}

fn served(value: bool) -> Json {
    json!({"v": {"b": value}})
}

/// Returns a user condition; `comparison` has the member that the comparator needs.
fn compares(attribute: &str, comparator: i64, member: &str, comparison: Json) -> Json {
    let mut condition = json!({"a": attribute, "c": comparator});
    condition[member] = comparison;
    condition
}

fn rule(condition: &Json) -> String {
    json!({"c": [condition], "s": served(true)}).to_string()
}

fn user_rule(condition: &Json) -> String {
    rule(&json!({"u": condition}))
}

fn needs(key: &str) -> String {
    rule(&json!({"p": {"f": key, "c": 0, "v": {"b": true}}}))
}

fn setting(rules: impl IntoIterator<Item = String>) -> String {
    let rules = rules.into_iter().collect::<Vec<_>>().join(",");
    format!(r#"{{"t": 0, "v": {{"b": false}}, "r": [{rules}]}}"#)
}

/// Returns a document of these settings, with that salt and segments.
fn document(salt: &str, segments: &Json, settings: impl IntoIterator<Item = (String, String)>) -> Config {
    let mut json = format!(r#"{{"p": {{"s": "{salt}"}}, "s": {segments}, "f": {{"#);
    for (index, (key, setting)) in settings.into_iter().enumerate() {
        write!(json, "{}\"{key}\": {setting}", if index > 0 { ", " } else { "" }).unwrap();
    }
    json.push_str("}}");
    Config::parse(json).unwrap()
}

fn one(rules: impl IntoIterator<Item = String>) -> Config {
    document("salt", &json!([]), [(KEY.to_owned(), setting(rules))])
}

/// Flags that each need the next one twice, so that the last one is evaluated 2^15 times or more.
fn doubling(salt: &str, last: String) -> Config {
    const LINKS: usize = 16;
    let links = (0..LINKS)
        .map(|n| (format!("c{n}"), setting([needs(&format!("c{}", n + 1)), needs(&format!("c{}", n + 1))])));
    document(salt, &json!([]), links.chain([(format!("c{LINKS}"), last)]))
}

/// Returns a setting with that many rules on the same segment.
fn in_segment(salt: &str, name: &str, conditions: &[Json]) -> Config {
    let rules = iter::repeat_n(rule(&json!({"s": {"s": 0, "c": 0}})), 20_000);
    document(salt, &json!([{"n": name, "r": conditions}]), [(KEY.to_owned(), setting(rules))])
}

fn long(length: usize) -> String {
    "0123456789abcdefghijklmnopqrstuv".repeat(length / 32)
}

/// Two attributes in turn, so that nothing is known from the condition before.
fn in_turn(count: usize, condition: impl Fn(&str) -> Json) -> Config {
    let rules = ["A", "B"].map(|name| user_rule(&condition(name)));
    one(rules.into_iter().cycle().take(count))
}

fn two(value: impl Into<AttributeValue>) -> User {
    let value = value.into();
    user().custom("A", value.clone()).custom("B", value)
}

type Make = fn() -> (Config, User);

/// The cases that look expensive and are not: all others use their budget up, though not by much,
/// since a document takes long to be read without optimization.
pub(crate) const WITHIN_BUDGET: [&str; 9] = [
    "long names of missing attributes",
    "long numbers with a comma",
    "long texts in a long text",
    "long texts that are served",
    "long versions",
    "many texts in a long text",
    "segment: a missing attribute beside a long text",
    "segment: long lists",
    "segment: hashes of ten attributes with long salt and name",
];

/// Returns each `step`-th of them from `first` on, made when it is needed.
pub(crate) fn cases(first: usize, step: usize) -> impl Iterator<Item = Case> {
    CASES.iter().skip(first).step_by(step).map(|(name, make)| {
        let (config, user) = make();
        Case { name, config, user }
    })
}

const CASES: &[(&str, Make)] = &[
    ("doubling: a missing attribute beside a long text", || {
        (doubling("salt", setting([user_rule(&compares("A", 28, "s", long(100_000).into()))])), user())
    }),
    ("doubling: a long text", || {
        let text = long(100_000);
        (doubling("salt", setting([user_rule(&compares("A", 29, "s", text.clone().into()))])), two(text))
    }),
    ("doubling: a hash with a long salt", || {
        let rules = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"]
            .map(|name| user_rule(&compares(name, 20, "s", "0".into())));
        let user = ["C", "D", "E", "F", "G", "H", "I", "J"]
            .into_iter()
            .fold(two("x"), |user, name| user.custom(name, "x"));
        (doubling(&long(4000), setting(rules)), user)
    }),
    ("doubling: a broken value", || {
        (doubling("salt", setting([user_rule(&compares("A", 10, "d", 1.into()))])), two(long(100_000)))
    }),
    ("doubling: percentages of a long attribute", || {
        let options = json!({"t": 0, "v": {"b": false}, "a": "A", "p": [{"p": 100, "v": {"b": false}}]});
        (doubling("salt", options.to_string()), two(long(100_000)))
    }),
    ("doubling: no user's percentages", || {
        let options =
            json!({"t": 0, "v": {"b": false}, "a": "Missing", "p": [{"p": 100, "v": {"b": false}}]});
        (doubling("salt", options.to_string()), user())
    }),
    ("segment: a missing attribute beside a long text", || {
        (in_segment("salt", "S", &[compares("A", 28, "s", long(100_000).into())]), user())
    }),
    ("segment: long lists", || {
        let items: Vec<String> = (0..10).map(|n| format!("{n}{}", long(20_000))).collect();
        (in_segment("salt", "S", &[compares("A", 0, "l", json!(items))]), user().custom("A", 1.5))
    }),
    ("segment: hashes of ten attributes with long salt and name", || {
        let names: Vec<String> = (0..10).map(|n| format!("A{n}")).collect();
        let conditions: Vec<Json> = names.iter().map(|name| compares(name, 21, "s", "0".into())).collect();
        let user = names.iter().fold(user(), |user, name| user.custom(name.as_str(), "x"));
        (in_segment(&long(4000), &long(4000), &conditions), user)
    }),
    ("segment: hashes of a number", || {
        (in_segment(&long(4000), &long(4000), &[compares("A", 20, "s", "0".into())]), two(1.5e-7))
    }),
    ("hashed prefixes of 100,000 lengths", || {
        let hash = "0".repeat(64);
        let items: Vec<String> = (1..=100_000).map(|n| format!("{n}_{hash}")).collect();
        (one([user_rule(&compares("A", 22, "l", json!(items)))]), two(long(200_000)))
    }),
    ("prefixes of 5,000 lengths", || {
        let text = long(10_000);
        let items: Vec<String> = (1..=5000).map(|n| format!("{}!", &text[..n])).collect();
        let condition = user_rule(&compares("A", 30, "l", json!(items)));
        (one(iter::repeat_n(condition, 4)), two(text))
    }),
    ("many texts in a long text", || {
        let items: Vec<String> = (0..20_000).map(|n| format!("ababababababab{n:05}")).collect();
        (one([user_rule(&compares("A", 2, "l", json!(items)))]), two("ab".repeat(50_000)))
    }),
    ("long texts in a long text", || {
        let items: Vec<String> = (0..2000).map(|n| format!("{}{n}", "ab".repeat(500))).collect();
        (one([user_rule(&compares("A", 2, "l", json!(items)))]), two("ab".repeat(10_000)))
    }),
    ("short texts in a long text", || {
        let rules = (0..5000)
            .map(|n| user_rule(&compares("A", 2, "l", json!([format!("aaaaaaa{n}"), "aab", "abb"]))));
        (one(rules), two("a".repeat(50_000)))
    }),
    ("an automaton over a long text", || {
        let items: Vec<String> = (0..1000).map(|n| format!("{}{n}", "a".repeat(n % 50))).collect();
        let condition = user_rule(&compares("A", 2, "l", json!(items)));
        (one(iter::repeat_n(condition, 100)), two("a".repeat(100_000)))
    }),
    ("lists", || {
        let items: Vec<String> = (0..10_000).map(|n| format!("item-{n}")).collect();
        (in_turn(2000, |name| compares(name, 34, "l", json!(["a", "b", "c", "d", "e", "f"]))), two(items))
    }),
    ("hashed lists", || {
        let items: Vec<String> = (0..10_000).map(|n| format!("item-{n}")).collect();
        (in_turn(2000, |name| compares(name, 26, "l", json!(["a"]))), two(items))
    }),
    ("lists as text", || {
        let items: Vec<String> = (0..10_000).map(|n| format!("item-{n}")).collect();
        (in_turn(2000, |name| compares(name, 34, "l", json!(["a"]))), two(json!(items).to_string()))
    }),
    ("lists as text with escapes", || {
        let text = format!("[{}\"a\"]", "\"\\u0061\\n\",".repeat(10_000));
        (in_turn(2000, |name| compares(name, 34, "l", json!(["x"]))), two(text))
    }),
    ("broken lists as text", || {
        let text = format!("[{}", "\"\\u0061\\n\",".repeat(10_000));
        (in_turn(2000, |name| compares(name, 34, "l", json!(["x"]))), two(text))
    }),
    ("lists that are compared as text", || {
        let items: Vec<String> = (0..10_000).map(|n| format!("item\"{n}")).collect();
        (in_turn(2000, |name| compares(name, 28, "s", "x".into())), two(items))
    }),
    ("versions", || {
        let pre_release = "a.1.".repeat(500);
        let items: Vec<String> = (0..100).map(|n| format!("1.0.0-{pre_release}{n}")).collect();
        (in_turn(150, |name| compares(name, 4, "l", json!(items))), two(format!("1.0.0-{pre_release}x")))
    }),
    ("long versions", || {
        (
            in_turn(20_000, |name| compares(name, 6, "s", "1.0.0".into())),
            two(format!("1.0.0-{}x", "a1.".repeat(30_000))),
        )
    }),
    ("long numbers", || {
        (in_turn(20_000, |name| compares(name, 10, "d", 1.into())), two("1234567890".repeat(10_000)))
    }),
    ("long numbers with a comma", || {
        (in_turn(20_000, |name| compares(name, 10, "d", 1.into())), two(format!("1,{}", "0".repeat(100_000))))
    }),
    ("numbers as text", || {
        (in_turn(40_000, |name| compares(name, 28, "s", "x".into())), two(-1.234_567_891e-300))
    }),
    ("times as text", || {
        let time = configcat_eval::DateTime::from_unix_millis(1_680_307_199_999);
        (in_turn(40_000, |name| compares(name, 0, "l", json!(["x"]))), two(time))
    }),
    ("long texts in sets", || {
        (
            in_turn(20_000, |name| compares(name, 0, "l", json!(["a", "b", "c", "d", "e", "f"]))),
            two(long(100_000)),
        )
    }),
    ("many rules", || {
        (one(iter::repeat_n(user_rule(&compares("Email", 28, "s", "x".into())), 200_000)), user())
    }),
    ("many conditions", || {
        let condition = json!({"u": compares("Email", 29, "s", "x".into())}).to_string();
        let conditions = iter::repeat_n(condition, 200_000).collect::<Vec<_>>().join(",");
        (one([format!(r#"{{"c": [{conditions}], "s": {}}}"#, served(true))]), user())
    }),
    ("many warnings", || {
        (one(iter::repeat_n(user_rule(&compares("A", 28, "s", "x".into())), 170_000)), user())
    }),
    ("many attributes", || {
        let name = |n: usize| format!("{}{n:05}", long(320));
        let user = (0..2000).fold(user(), |user, n| user.custom(name(n), "x"));
        (one(iter::repeat_n(user_rule(&compares(&name(1999), 28, "s", "y".into())), 20_000)), user)
    }),
    ("many percentage options", || {
        let options = vec![json!({"p": 0, "v": {"b": true}}); 50_000];
        let last = json!({"p": 100, "v": {"b": false}});
        let options: Vec<Json> = options.into_iter().chain([last]).collect();
        let options = json!({"t": 0, "v": {"b": false}, "p": options}).to_string();
        let dependent = setting(iter::repeat_n(needs("o"), 10_000));
        (document("salt", &json!([]), [(KEY.to_owned(), dependent), ("o".to_owned(), options)]), user())
    }),
    ("options that are skipped", || {
        let rule = json!({"p": [{"p": 100, "v": {"b": true}}]}).to_string();
        let rules = iter::repeat_n(rule, 5000).collect::<Vec<_>>().join(",");
        let skipped = format!(r#"{{"t": 0, "v": {{"b": false}}, "a": "none", "r": [{rules}]}}"#);
        let dependent = setting(iter::repeat_n(needs("o"), 5000));
        (document("salt", &json!([]), [(KEY.to_owned(), dependent), ("o".to_owned(), skipped)]), user())
    }),
    ("long values of a prerequisite flag", || {
        let text = long(100_000);
        let condition = rule(&json!({"p": {"f": "text", "c": 1, "v": {"s": text}}}));
        let value = json!({"t": 1, "v": {"s": text}}).to_string();
        let dependent = setting(iter::repeat_n(condition, 300));
        (document("salt", &json!([]), [(KEY.to_owned(), dependent), ("text".to_owned(), value)]), user())
    }),
    ("chains of 200 for each rule", || {
        let links = (1..200).map(|n| (format!("c{n}"), setting([needs(&format!("c{}", n + 1))])));
        let first = (KEY.to_owned(), setting(iter::repeat_n(needs("c1"), 5000)));
        let last = ("c200".to_owned(), setting([user_rule(&compares("A", 28, "s", "x".into()))]));
        (document("salt", &json!([]), iter::once(first).chain(links).chain([last])), user())
    }),
    ("long names of missing attributes", || {
        (in_turn(20_000, |name| compares(&long(4000).replace('0', name), 28, "s", "x".into())), user())
    }),
    ("long texts that are served", || {
        let text = long(100_000);
        let rule =
            json!({"c": [{"u": compares("A", 28, "s", "x".into())}], "s": {"v": {"s": text}}}).to_string();
        let rules = iter::repeat_n(rule, 100).collect::<Vec<_>>().join(",");
        let setting = format!(r#"{{"t": 1, "v": {{"s": "{text}"}}, "r": [{rules}]}}"#);
        (document("salt", &json!([]), [(KEY.to_owned(), setting)]), two("y"))
    }),
    ("a user with long attributes", || {
        let user = (0..10).fold(user(), |user, n| user.custom(format!("A{n}"), long(1_000_000)));
        (one((0..200).map(|n| user_rule(&compares(&format!("A{}", n % 10), 10, "d", 1.into())))), user)
    }),
];
