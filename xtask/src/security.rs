//! Checks that the tests exist that `SECURITY.md` names.

use std::fs;

use crate::workspace::in_workspace;

/// The names in code spans that look like `crate::module::function`.
fn names(text: &str) -> impl Iterator<Item = [&str; 3]> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter_map(|span| span.split("::").collect::<Vec<_>>().try_into().ok())
}

/// Returns whether a module of that crate, or one of its integration tests, has such a test.
fn is_there([name, module, function]: [&str; 3]) -> bool {
    if name == "wasm" {
        return is_in_javascript(module, function);
    }
    let name = if name == "sdk" { "configcat".to_owned() } else { format!("configcat-{name}") };
    let folders = ["tests/it", "src", "src/agent", "src/commands/serve", "src/polling"];
    let files = folders.map(|folder| format!("crates/{name}/{folder}/{module}.rs"));
    let texts = files.into_iter().filter_map(|file| fs::read_to_string(in_workspace(&file)).ok());
    let is_test = |text: String| {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        lines.windows(2).any(|pair| pair == ["#[test]", &format!("fn {function}() {{")])
    };
    texts.into_iter().any(is_test)
}

/// Returns whether a file of tests has a test with these words.
fn is_in_javascript(module: &str, words: &str) -> bool {
    let file = fs::read_to_string(in_workspace(&format!("bindings/wasm/tests/{module}.test.mjs")));
    let in_words = |title: &str| {
        let words: Vec<_> =
            title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.join("_")
    };
    let titles = |line: &str| Some(in_words(line.strip_prefix("test(\"")?.split_once('"')?.0));
    file.is_ok_and(|text| text.lines().filter_map(titles).any(|title| title == words))
}

#[test]
fn every_promise_has_its_test() {
    let text = fs::read_to_string(in_workspace("SECURITY.md")).unwrap();
    let missing: Vec<_> = names(&text).filter(|name| !is_there(*name)).collect();
    assert_eq!(missing, [[""; 3]; 0]);
    assert!(names(&text).count() > 30);
    assert!(!is_there(["fetch", "tls", "a_promise_without_a_test"]));
    assert!(!is_there(["wasm", "limits", "a_promise_without_a_test"]));
}
