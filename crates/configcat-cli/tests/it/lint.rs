//! Tests of `configcat lint`.

use serde_json::json;

use crate::support::{Folder, run, run_with};

#[test]
fn the_sample_is_clean() {
    let ran = run(&["lint", "flags.json"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "flags.json: 9 settings, nothing found\n"));
}

/// A config with an unreachable rule in line 3, and its column.
const UNREACHABLE: &str = r#"{"f": {"é": {"t": 0, "v": {"b": false}, "r": [
  {"c": [{"u": {"a": "Country", "c": 0, "l": ["AT", "HU"]}}], "s": {"v": {"b": true}}},
  {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU"]}}], "s": {"v": {"b": false}}}]}}}"#;

#[test]
fn a_finding_is_shown_in_its_line_with_reason_and_fix() {
    let ran = run_with(UNREACHABLE.as_bytes(), &["lint", "-"]);
    assert_eq!(ran.code, 1);
    for part in [
        "warning[rule-unreachable]: ",
        " --> <stdin>:3:3\n",
        "3 |   {\"c\": [{\"u\": {\"a\": \"Country\"",
        "  ^^^^^",
        "= note: ",
    ] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
    let clean = run_with(UNREACHABLE.as_bytes(), &["lint", "-", "--allow", "rule-unreachable"]);
    assert_eq!(clean.out, "<stdin>: 1 setting, nothing found\n");
}

#[test]
fn the_place_is_that_of_the_last_of_equal_keys_after_a_byte_order_mark() {
    let setting =
        "\"a\\u0062\": {\"t\": 0, \"v\": {\"b\": false}, \"p\": [{\"p\": 50, \"v\": {\"b\": true}}]}";
    let text = format!("\u{feff}{{\"f\": {{\n{setting},\n  {setting}}}}}");
    let json = run_with(text.as_bytes(), &["lint", "-", "--format", "json"]).json();
    let finding = json[0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["lint"] == "percentages-not-100");
    let finding = finding.unwrap_or_else(|| panic!("{json:?}"));
    assert_eq!((&finding["line"], &finding["key"]), (&json!(3), &json!("ab")));
}

#[test]
fn keys_with_dots_and_brackets_are_found_in_their_setting() {
    let half =
        |at: &str| format!(r#"{{"t": 0, "v": {{"b": false}}, {at} "p": [{{"p": 50, "v": {{"b": true}}}}]}}"#);
    let rule = r#"{"t": 0, "v": {"b": false}, "r": [{"c": [], "p": [{"p": 50, "v": {"b": true}}]}]}"#;
    let lines = [
        format!(r#""a.b": {},"#, half("")),
        format!(r#""a": {},"#, half(r#""b": {"p": 1},"#)),
        format!(r#""x.r[0]": {},"#, half("")),
        format!(r#""x": {rule},"#),
        format!(r#""": {}"#, half("")),
    ];
    let text = format!("{{\"f\": {{\n{}}}}}", lines.join("\n"));
    let json = run_with(text.as_bytes(), &["lint", "-", "--format", "json"]).json();
    let findings = json[0]["findings"].as_array().unwrap().iter();
    let found: Vec<_> = findings.filter(|found| found["lint"] == "percentages-not-100").collect();
    assert_eq!(found.len(), lines.len(), "{json:?}");
    for finding in found {
        let index = usize::try_from(finding["line"].as_u64().unwrap()).unwrap() - 2;
        let key = finding["key"].as_str().unwrap();
        assert!(lines[index].starts_with(&format!("\"{key}\":")), "{finding}");
        let column = usize::try_from(finding["column"].as_u64().unwrap()).unwrap() - 1;
        assert!(lines[index][column..].starts_with("[{\"p\": 50"), "{finding}");
    }
}

#[test]
fn github_gets_annotations() {
    let folder = Folder::new(&[("my,flags.json", UNREACHABLE)]);
    let ran = folder.run(&["lint", "my,flags.json", "--format", "github"]);
    assert_eq!(ran.code, 1);
    let start = "::warning file=my%2Cflags.json,line=3,endLine=3,col=3,endColumn=";
    let line = ran.out.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{}", ran.out));
    assert!(line.contains(",title=rule-unreachable::") && line.contains("%0A"), "{line}");
    assert!(ran.out.lines().all(|line| line.starts_with("::")), "{}", ran.out);
}

#[test]
fn code_scanning_gets_sarif() {
    let log = &run_with(UNREACHABLE.as_bytes(), &["lint", "-", "--format", "sarif"]).json()[0];
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "rule-unreachable").unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&json!(3), &json!(3)));
    assert_eq!((&result["level"], &run["columnKind"]), (&json!("warning"), &json!("unicodeCodePoints")));
}

#[test]
fn ten_thousand_settings_are_shown_in_their_places() {
    let settings: Vec<String> = (0..10_000)
        .map(|n| {
            format!(r#""flag{n}": {{"t": 0, "v": {{"b": false}}, "p": [{{"p": 99, "v": {{"b": true}}}}]}}"#)
        })
        .collect();
    // In one line, as the CDN serves it.
    let text = format!(r#"{{"f": {{{}}}}}"#, settings.join(", "));
    let json = run_with(text.as_bytes(), &["lint", "-", "--format", "json"]).json();
    let findings = json[0]["findings"].as_array().unwrap();
    assert!(findings.len() >= 10_000, "{}", findings.len());
    let last = findings.iter().rfind(|finding| finding["lint"] == "percentages-not-100").unwrap();
    let column = usize::try_from(last["column"].as_u64().unwrap()).unwrap();
    assert!(text[..column].rfind("flag9999").is_some(), "{last}");
}
