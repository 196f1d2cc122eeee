//! Tests of `configcat diff` and `configcat distribution`.

use serde_json::{Value as Json, json};

use crate::support::{Folder, run};

const TODAY: &str = "command/today.json";
const TOMORROW: &str = "command/tomorrow.json";

#[test]
fn each_change_has_a_user_who_proves_it() {
    let ran = run(&["diff", TODAY, TOMORROW, "--format", "json"]);
    assert_eq!(ran.code, 0);
    let diff = &ran.json()[0];
    let change = |key: &str| -> Json {
        let changes = diff["changes"].as_array().unwrap();
        changes.iter().find(|change| change["key"] == key).unwrap_or_else(|| panic!("{key}: {diff}")).clone()
    };
    // Through its segment.
    let wine = change("isWineShown");
    let age = wine["witness"]["user"]["Age"].to_string();
    let age: f64 = age.trim_matches('"').parse().unwrap();
    assert!((18.0..21.0).contains(&age), "{wine}");
    assert_eq!(
        (&wine["witness"]["old"]["value"], &wine["witness"]["new"]["value"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(change("isNewSearchEnabled")["kind"], "changed");
    // The new rule is not reached by anybody.
    assert_eq!(
        (change("shipping")["witness"].clone(), change("shipping")["affectedUsers"].clone()),
        (json!("equal"), json!(0))
    );
    assert_eq!(
        (change("isChatShown")["kind"].clone(), change("banner")["kind"].clone()),
        (json!("added"), json!("removed"))
    );
}

#[test]
fn the_exit_code_tells_a_difference_on_request() {
    assert_eq!(run(&["diff", TODAY, TOMORROW]).code, 0);
    assert_eq!(run(&["diff", TODAY, TOMORROW, "--exit-code"]).code, 1);
    let same = run(&["diff", TODAY, TODAY, "--exit-code"]);
    assert_eq!(
        (same.code, same.out.as_str()),
        (0, "no flag differs: every user gets the same from both configs\n")
    );
}

#[test]
fn given_users_are_counted() {
    let flags = |value: bool| {
        format!(
            r#"{{"f": {{"a": {{"t": 0, "v": {{"b": false}}, "r": [
            {{"c": [{{"u": {{"a": "Country", "c": 28, "s": "HU"}}}}], "s": {{"v": {{"b": {value}}}}}}}]}}}}}}"#
        )
    };
    let users = "{\"Country\": \"HU\"}\n{\"Country\": \"AT\"}\n{\"Country\": \"DE\"}\n{}\n";
    let folder =
        Folder::new(&[("old.json", &flags(false)), ("new.json", &flags(true)), ("users.jsonl", users)]);
    let ran = folder.run(&["diff", "old.json", "new.json", "--user", "users.jsonl"]);
    assert!(
        ran.out.contains("25.0 % of 4 given users get something else\n      false → true: 25.0 %\n"),
        "{}",
        ran.out
    );
}

#[test]
fn a_given_user_is_the_example_where_the_search_finds_no_user() {
    // SHA-256 of "jane@example.com", the salt and the key.
    let hash = "1534ce73d4ae11f439f08c30bd38013dade2420ef82e8b820bbeef83ca0aafaf";
    let flags = |value: bool| {
        format!(
            r#"{{"p": {{"s": "salt"}}, "f": {{"a": {{"t": 0, "v": {{"b": false}}, "r": [
            {{"c": [{{"u": {{"a": "Email", "c": 16, "l": ["{hash}"]}}}}], "s": {{"v": {{"b": {value}}}}}}}]}}}}}}"#
        )
    };
    let users = "{\"Email\": \"joe@example.com\"}\n{\"Email\": \"jane@example.com\"}\n";
    let folder =
        Folder::new(&[("old.json", &flags(false)), ("new.json", &flags(true)), ("users.jsonl", users)]);
    let ran = folder.run(&["diff", "old.json", "new.json", "--user", "users.jsonl"]);
    assert_eq!(
        ran.out,
        "~ a changed
    for example {\"Identifier\":\"\",\"Email\":\"jane@example.com\"}
      false (rule 1) → true (rule 1)
    50.0 % of 2 given users get something else
      false → true: 50.0 %

1 flag differs
"
    );
}

#[test]
fn the_bars_are_as_long_as_the_shares() {
    let ran = run(&["distribution", "flags.json", "recommendationWeight", "--count", "100"]);
    assert_eq!(ran.code, 0);
    let bars: Vec<(&str, usize)> = ran
        .out
        .lines()
        .skip(1)
        .map(|line| (line.split_whitespace().next().unwrap(), line.matches('█').count()))
        .collect();
    // 80 columns, less the labels and the percentages.
    assert_eq!(bars.iter().map(|(value, _)| *value).collect::<Vec<_>>(), ["0.75", "0.5", "0.25"]);
    assert!(bars[0].1 > bars[1].1 && bars[1].1 > bars[2].1 && bars[2].1 > 5, "{}", ran.out);
    for share in ["50.00 %", "30.00 %", "20.00 %"] {
        assert!(ran.out.contains(share), "{}", ran.out);
    }
}

#[test]
fn users_of_a_distribution_differ_in_one_attribute() {
    let shares = |args: &[&str]| {
        let args =
            [&["distribution", "flags.json", "greeting", "--format", "json", "--count", "50"], args].concat();
        let json = run(&args).json();
        assert_eq!(json[0]["users"], 50);
        json[0]["shares"].as_array().unwrap().iter().map(|share| share["value"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(shares(&[]), ["Hello!"]);
    assert_eq!(shares(&["--set", "Country=HU"]), ["Jó napot!"]);
    // The attribute itself varies.
    assert_eq!(shares(&["--set", "Country=HU", "--by", "Country"]), ["Hello!"]);
}
