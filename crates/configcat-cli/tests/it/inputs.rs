//! Tests of the argument FLAGS, and of wrong use.

use std::fs;

use crate::support::{Folder, run, run_wide, run_with};

const CONFIG: &str = r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}}}"#;

#[test]
fn all_versions_and_override_files_are_read() {
    for text in [
        CONFIG,
        r#"{"f": {"isNew": {"t": 0, "v": true}}}"#,
        r#"{"isNew": {"t": 0, "v": true, "p": [], "r": []}}"#,
        r#"{"flags": {"isNew": true}}"#,
        "\u{feff}{\"flags\": {\"isNew\": true}}",
    ] {
        let ran = run_with(text.as_bytes(), &["eval", "-", "isNew"]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "true\n"), "{text}: {}", ran.err);
    }
}

#[test]
fn the_only_entry_of_a_cache_is_read() {
    let entry = format!("1686756435844\n\"etag\"\n{CONFIG}");
    let folder = Folder::new(&[("other.txt", "x")]);
    let none = folder.run(&["eval", "."]);
    none.is_refused(
        "error: the folder . has no cache entries
  |
  = help: the folder of a file cache has a file configcat-… for each SDK key",
    );
    fs::write(folder.path("configcat-f83ba5d4"), &entry).unwrap();
    fs::write(folder.path("configcat-f83ba5d4.0123456789abcdef.tmp"), "half").unwrap();
    assert_eq!(folder.run(&["eval", ".", "isNew"]).out, "true\n");
    fs::write(folder.path("configcat-a83ba5d4"), &entry).unwrap();
    let two = folder.run(&["eval", ".", "isNew"]);
    assert!(two.code == 2 && two.err.contains("has 2 cache entries"), "{}", two.err);
    assert!(two.err.contains("name one of the files, for example ./configcat-a83ba5d4"), "{}", two.err);
    assert_eq!(folder.run(&["eval", "configcat-a83ba5d4", "isNew"]).out, "true\n");
    // The line is that of the file.
    fs::write(folder.path("configcat-a83ba5d4"), "1686756435844\n\"etag\"\n{\n,}").unwrap();
    let broken = folder.run(&["eval", "configcat-a83ba5d4"]);
    assert!(broken.err.contains("configcat-a83ba5d4:4:1"), "{}", broken.err);
}

#[test]
fn an_unknown_key_names_the_similar_one() {
    for command in ["eval", "explain", "distribution"] {
        run(&[command, "flags.json", "isNewChekoutEnabled"]).is_refused(
            "error: flags.json has no setting 'isNewChekoutEnabled'
  |
  = help: did you mean 'isNewCheckoutEnabled'?",
        );
    }
}

#[test]
fn text_that_is_not_json_is_shown_with_its_place() {
    let text = "{\n  \"f\": {\"a\": {\"t\": 0,, \"v\": {\"b\": true}}}\n}";
    for command in
        [&["eval", "-"][..], &["lint", "-"], &["diff", "flags.json", "-"], &["distribution", "-", "a"]]
    {
        run_with(text.as_bytes(), command).is_refused(
            "error: <stdin> is not JSON
 --> <stdin>:2:22
  |
2 |   \"f\": {\"a\": {\"t\": 0,, \"v\": {\"b\": true}}}
  |                      ^ key must be a string",
        );
    }
}

#[test]
fn the_place_in_a_long_line_is_shown_with_its_column() {
    let text = format!("{{\"f\": {{{}\"a\": oops}}}}", "\"é\": {\"t\": 0}, ".repeat(2000));
    let ran = run_with(text.as_bytes(), &["eval", "-"]);
    assert!(ran.code == 2 && ran.err.contains("<stdin>:1:30013") && ran.err.len() < 600, "{}", ran.err);
}

#[test]
fn documents_that_are_no_configs_are_refused() {
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (text, reason) in [
        (&b""[..], "<stdin> is empty"),
        (b"[]", "<stdin>: config JSON is not a JSON object"),
        (b"{\"error\": 1}", "<stdin> is JSON, but no config"),
        (b"{\"isNew\": true}", "settings belong into \"flags\""),
        (b"{\n\xff}", "<stdin> is not UTF-8, at line 2 column 1"),
        (utf16.as_slice(), "<stdin> is UTF-16"),
    ] {
        let ran = run_with(text, &["lint", "-"]);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(reason), "{reason}: {ran:?}");
    }
    let missing = run(&["eval", "missing.json"]);
    assert!(
        missing.code == 2 && missing.err.starts_with("error: cannot read missing.json: "),
        "{}",
        missing.err
    );
}

#[test]
fn a_mistake_in_a_file_of_users_is_shown_with_its_place() {
    let eval = |users: &str| run_with(users.as_bytes(), &["eval", "flags.json", "greeting", "--user", "-"]);
    let wrong = eval("{\"Identifier\": \"1\"}\n{\"Identifier\": \"2\", \"Age\": {\"x\": 1}}\n");
    assert!(wrong.code == 2 && wrong.out.is_empty(), "{wrong:?}");
    assert!(
        wrong.err.contains("<stdin>:2:28\n")
            && wrong.err.contains("2 | {\"Identifier\": \"2\", \"Age\": {\"x\": 1}}"),
        "{}",
        wrong.err
    );
    let list = eval("[{\"Identifier\": \"1\"}]");
    assert!(
        list.code == 2 && list.err.contains("write one object a line, without a list around them"),
        "{}",
        list.err
    );
    let broken = eval("{\"Identifier\": \"1\"}\n{\"Identifier\" \"2\"}");
    assert!(broken.code == 2 && broken.err.contains("<stdin>:2:15\n"), "{}", broken.err);
    let none = eval("\n");
    assert!(none.code == 2 && none.err.contains("<stdin> has no user"), "{}", none.err);
    let two = run_with(b"{} {}", &["explain", "flags.json", "greeting", "--user", "-"]);
    assert!(two.code == 2 && two.err.contains("expected one user, found 2"), "{}", two.err);
}

#[test]
fn wrong_arguments_are_refused() {
    for (args, reason) in [
        (&["evla", "flags.json"][..], "some similar subcommands exist: 'explain', 'eval'"),
        (&["eval"], "required arguments were not provided"),
        (&["eval", "flags.json", "--sett", "a=b"], "a similar argument exists: '--set'"),
        (&["eval", "flags.json", "--set", "Age"], "expected NAME=TEXT or NAME:=JSON"),
        (&["eval", "flags.json", "--set", "Age:=x"], "expected value at line 1 column 1"),
        (&["eval", "flags.json", "--set", "=x"], "the name is missing"),
        (&["lint", "flags.json", "--allow", "nothing"], "[possible values: malformed, "),
        (&["lint", "flags.json", "--allow", "rule-unreachble"], "a similar value exists: 'rule-unreachable'"),
        (&["eval", "flags.json", "--format", "xml"], "[possible values: text, json]"),
        (
            &["distribution", "flags.json", "discount", "--by", ""],
            "a value is required for '--by <ATTRIBUTE>'",
        ),
    ] {
        let ran = run(args);
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains(reason), "{args:?}: {ran:?}");
    }
}

#[test]
fn standard_input_is_read_once_only() {
    for args in [
        &["diff", "-", "-"][..],
        &["eval", "-", "--user", "-"],
        &["explain", "-", "isNew", "--user", "-"],
        &["test", "-", "-"],
        &["distribution", "-", "isNew", "--user", "-"],
    ] {
        run_with(CONFIG.as_bytes(), args).is_refused(
            "error: standard input is named twice
  |
  = help: name a file in place of one of them",
        );
    }
}

#[cfg(unix)]
#[test]
fn the_name_of_a_file_cannot_steer_the_terminal() {
    let name = "a\u{1b}[2J.json";
    let steers = |text: &str| text.contains("\u{1b}[2J");
    for text in ["{", r#"{"f": {"k": {"t": 0, "v": {"b": true}, "p": [{"p": 1, "v": {"b": true}}]}}}"#] {
        let folder = Folder::new(&[(name, text)]);
        let ran = folder.run_colored(&["lint", name]);
        assert!(ran.code > 0 && !steers(&ran.out) && !steers(&ran.err), "{ran:?}");
        assert!((ran.out + &ran.err).contains(r"a\u{1b}[2J.json"));
    }
}

#[test]
fn any_width_of_the_terminal_is_survived() {
    for columns in ["0", "1", "20", "x", "-1", "99999999999", "18446744073709551615"] {
        for args in [
            &["distribution", "flags.json", "recommendationWeight"][..],
            &["eval", "flags.json"],
            &["lint", "command/faulty.json"],
            &["diff", "flags.json", "command/today.json"],
        ] {
            let ran = run_wide(columns, args);
            assert!(ran.code < 2 && ran.err.is_empty(), "{columns} {args:?}: {}", ran.err);
        }
    }
}

#[test]
fn help_and_completions_are_printed() {
    let help = run(&["--help"]);
    assert!(help.code == 0 && help.out.contains("0 fine, 1 found something, 2 wrong use"), "{}", help.out);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]);
        assert!(script.code == 0 && script.out.contains("distribution"), "{shell}");
    }
}
