//! Tests of `configcat test`.

use crate::support::{Folder, run};

const FLAGS: &str = r#"{"f": {"limit": {"t": 2, "v": {"i": 10}, "i": "l0", "r": [
    {"c": [{"u": {"a": "Country", "c": 28, "s": "HU"}}], "s": {"v": {"i": 20}, "i": "l1"}}]}}}"#;

#[test]
fn cases_that_hold_pass() {
    let ran = run(&["test", "flags.json", "command/spec.json"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "4 cases, all passed\n"));
}

#[test]
fn a_failed_case_is_shown_with_its_evaluation() {
    let spec = r#"[
  {"flag": "limit", "user": {"Identifier": "1", "Country": "HU"}, "value": 20, "variation": "l1", "rule": 0},
  {"flag": "limit", "user": {"Identifier": "2"}, "value": 20}
]"#;
    let folder = Folder::new(&[("flags.json", FLAGS), ("spec.json", spec)]);
    let ran = folder.run(&["test", "flags.json", "spec.json"]);
    assert_eq!(ran.code, 1);
    for part in [
        "error: limit for 2: ",
        " --> spec.json:3:3\n",
        "3 |   {\"flag\": \"limit\"",
        "Returning '10'.",
        "2 cases, 1 failed\n",
    ] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
    let json = folder.run(&["test", "flags.json", "spec.json", "--format", "json"]).json();
    assert_eq!(
        (&json[0]["cases"], &json[0]["failed"][0]["index"], &json[0]["failed"][0]["value"]),
        (&2.into(), &1.into(), &10.into())
    );
}

#[test]
fn each_member_of_a_case_counts() {
    for (member, code) in [
        (r#""value": 20"#, 0),
        (r#""value": 20.0"#, 1),
        (r#""value": "20""#, 1),
        (r#""variation": "l1""#, 0),
        (r#""variation": "l0""#, 1),
        (r#""rule": 0"#, 0),
        (r#""rule": 1"#, 1),
        (r#""rule": null"#, 1),
    ] {
        let spec = format!(r#"[{{"flag": "limit", "user": {{"Country": "HU"}}, {member}}}]"#);
        let folder = Folder::new(&[("flags.json", FLAGS), ("spec.json", &spec)]);
        assert_eq!(folder.run(&["test", "flags.json", "spec.json"]).code, code, "{member}");
    }
}

#[test]
fn a_mistake_in_a_spec_is_shown_with_its_place() {
    for (spec, place) in [
        ("[\n  {\"flag\": \"limit\", \"value\": 1},,\n]", "spec.json:2:33"),
        ("[\n  {\"flag\": \"limit\", \"valeu\": 1}\n]", "spec.json:2:"),
        ("[\n  {\"flag\": \"limit\", \"user\": {\"Age\": {}}, \"value\": 1}\n]", "spec.json:2:37"),
    ] {
        let folder = Folder::new(&[("flags.json", FLAGS), ("spec.json", spec)]);
        let ran = folder.run(&["test", "flags.json", "spec.json"]);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(place), "{spec}: {ran:?}");
    }
    let folder = Folder::new(&[("flags.json", FLAGS), ("spec.json", "[]")]);
    folder.run(&["test", "flags.json", "spec.json"]).is_refused("error: spec.json has no cases");
}
