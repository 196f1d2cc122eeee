//! Tests of `configcat eval` and `configcat explain`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

use serde_json::json;

use crate::support::{Folder, ROOT, command, run, run_with};

#[test]
fn one_value_is_printed_bare() {
    let greeting = |args: &[&str]| run(&[&["eval", "flags.json", "greeting"], args].concat());
    let hungarian = greeting(&["--set", "Identifier=42", "--set", "Country=HU"]);
    assert_eq!((hungarian.code, hungarian.out.as_str()), (0, "Jó napot!\n"));
    assert_eq!(greeting(&[]).out, "Hello!\n");
}

#[test]
fn a_value_reaches_a_script_as_it_is() {
    let text = "\u{1b}[31mred\u{1b}[0m\nline";
    let flags = json!({ "flags": { "a": text } }).to_string();
    let value = run_with(flags.as_bytes(), &["eval", "-", "a"]);
    assert_eq!(value.out, format!("{text}\n"));
    let table = run_with(flags.as_bytes(), &["eval", "-"]);
    assert!(table.out.contains(r"\u{1b}[31mred\u{1b}[0m\nline"), "{}", table.out);
    let json = run_with(flags.as_bytes(), &["eval", "-", "a", "--format", "json"]);
    assert_eq!(json.json()[0]["value"], text);
}

#[test]
fn attributes_are_texts_or_json() {
    let flags = r#"{"f": {"a": {"t": 1, "v": {"s": "none"}, "r": [
        {"c": [{"u": {"a": "Roles", "c": 34, "l": ["admin"]}}], "s": {"v": {"s": "list"}}},
        {"c": [{"u": {"a": "Since", "c": 18, "d": 1700000000}}], "s": {"v": {"s": "date"}}},
        {"c": [{"u": {"a": "Age", "c": 14, "d": 18}}], "s": {"v": {"s": "number"}}}]}}}"#;
    for (set, value) in [
        ("Age=19", "number"),
        ("Age:=19", "number"),
        (r#"Roles:=["admin"]"#, "list"),
        (r#"Roles=["admin"]"#, "list"),
        (r#"Since:={"$datetime":"2020-01-01T00:00:00Z"}"#, "date"),
        ("Age=", "none"),
    ] {
        assert_eq!(run_with(flags.as_bytes(), &["eval", "-", "a", "--set", set]).out.trim(), value, "{set}");
    }
}

#[test]
fn options_add_to_the_user_of_a_file() {
    let folder = Folder::new(&[
        (
            "flags.json",
            r#"{"f": {"a": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"u": {"a": "Identifier", "c": 28, "s": "7"}}, {"u": {"a": "Country", "c": 28, "s": "HU"}}],
             "s": {"v": {"b": true}}}]}}}"#,
        ),
        ("user.json", r#" {"Identifier": "42", "Country": "HU"} "#),
        ("empty.json", "{ }"),
    ]);
    let eval = |args: &[&str]| folder.run(&[&["eval", "flags.json", "a"], args].concat()).out;
    assert_eq!(eval(&["--user", "user.json"]), "false\n");
    assert_eq!(eval(&["--user", "user.json", "--set", "Identifier=7"]), "true\n");
    assert_eq!(eval(&["--user", "empty.json", "--set", "Identifier=7", "--set", "Country=HU"]), "true\n");
}

#[test]
fn many_users_are_a_table_or_lines_of_json() {
    let folder = Folder::new(&[
        (
            "flags.json",
            r#"{"f": {"a": {"t": 2, "v": {"i": 1}, "r": [
            {"c": [{"u": {"a": "Country", "c": 28, "s": "HU"}}], "s": {"v": {"i": 2}, "i": "x"}}]}}}"#,
        ),
        ("users.jsonl", "{\"Identifier\": \"1\", \"Country\": \"HU\"}\n{\"Identifier\": \"2\"}\nnull\n"),
    ]);
    let table = folder.run(&["eval", "flags.json", "a", "--user", "users.jsonl"]);
    let rows: Vec<Vec<&str>> =
        table.out.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows,
        [["1", "2", "rule", "1"].as_slice(), &["2", "1", "default"], &["(no", "user)", "1", "default"]]
    );
    let json = folder.run(&["eval", "flags.json", "--user", "users.jsonl", "--format", "json"]).json();
    assert_eq!(json.len(), 3);
    let first = json!({ "key": "a", "user": { "Identifier": "1", "Country": "HU" }, "value": 2,
        "variationId": "x", "rule": 0, "option": null });
    assert_eq!(json[0], first);
    assert_eq!(json[2]["user"], json!(null));
}

#[test]
fn a_failed_evaluation_is_a_finding() {
    let flags = br#"{"f": {"good": {"t": 0, "v": {"b": true}}, "bad": {"t": 9, "v": {"b": true}}}}"#;
    let one = run_with(flags, &["eval", "-", "bad"]);
    assert_eq!(
        (one.code, one.out.as_str(), one.err.trim()),
        (1, "", "error: f.bad.t: unknown setting type 9")
    );
    let all = run_with(flags, &["eval", "-"]);
    assert!(
        all.code == 1 && all.out.contains("true") && all.out.contains("unknown setting type 9"),
        "{all:?}"
    );
    let json = run_with(flags, &["eval", "-", "bad", "--format", "json"]);
    assert_eq!((json.code, &json.json()[0]["place"]), (1, &json!("f.bad.t")));
    assert_eq!(run_with(flags, &["explain", "-", "bad"]).code, 1);
}

#[test]
fn the_first_rule_that_matches_is_marked() {
    let explained = run(&["explain", "flags.json", "greeting", "--set", "Country=HU"]);
    let expected = "greeting for {\"Identifier\":\"\",\"Country\":\"HU\"}
  ✓ rule 1 matches: 'Jó napot!'
    ✓ User.Country EQUALS 'HU'
";
    assert!(explained.code == 0 && explained.out.starts_with(expected), "{}", explained.out);
    assert!(
        explained.out.lines().any(|line| line.starts_with("= Jó napot! (variation ")),
        "{}",
        explained.out
    );
    let json = run(&["explain", "flags.json", "greeting", "--set", "Country=HU", "--format", "json"]).json();
    assert_eq!(json[0]["evaluation"]["rules"][0]["outcome"], true);
    assert!(json[0]["log"].as_str().unwrap().contains("THEN 'Jó napot!' => MATCH, applying rule"));
}

#[test]
fn segments_prerequisites_and_options_are_steps() {
    let user = ["--set", "Identifier=42", "--set", "AppVersion=3.0.0"];
    let checkout = run(&[&["explain", "flags.json", "isNewCheckoutEnabled"], &user[..]].concat()).out;
    for step in [
        "  ? rule 1 is skipped: cannot evaluate, the User.Email attribute is missing",
        "    ? User IS IN SEGMENT 'Beta testers'",
        "      ? User.Email IS ONE OF [<2 hashed values>]",
        "  ✗ rule 2 does not match",
        "  ✓ option 2 of 70 %: false, since User.Identifier hashes to 91 of 0 to 99",
        "= false (variation d25e8b47)",
    ] {
        assert!(checkout.lines().any(|line| line.starts_with(step)), "{step}\n{checkout}");
    }
    let discount = run(&["explain", "flags.json", "discount"]).out;
    assert!(
        discount.contains("    ✗ Flag 'isSaleRunning' EQUALS 'true'\n      = isSaleRunning is false"),
        "{discount}"
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_command_quietly() {
    let flags = Folder::new(&[("flags.json", r#"{"f": {"a": {"t": 0, "v": {"b": true}}}}"#)]);
    // More than a pipe holds.
    std::fs::write(flags.path("users.jsonl"), "{\"Identifier\": \"1\"}\n".repeat(20_000)).unwrap();
    for format in ["text", "json"] {
        let mut command = command(Path::new(ROOT));
        command.args(["eval", flags.path("flags.json").to_str().unwrap(), "a", "--format", format]);
        command.args(["--user", flags.path("users.jsonl").to_str().unwrap()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{format}");
    }
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let explain = |name: &str, value: &str| {
        let mut command = command(&Path::new(ROOT).join("examples"));
        command.env_remove("NO_COLOR").env(name, value).args(["explain", "flags.json", "greeting"]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(explain("CLICOLOR_FORCE", "1").contains('\u{1b}'));
    assert!(!explain("TERM", "xterm-256color").contains('\u{1b}'), "a pipe is no terminal");
}
