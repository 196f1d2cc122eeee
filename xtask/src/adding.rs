//! Checks that `docs/adding.md` names files that exist, and names that are in them.

use std::fs;

use crate::workspace::in_workspace;

/// Returns the file of a row of a table, and the words of code in the rest of the row.
fn row(line: &str) -> Option<(&str, Vec<&str>)> {
    let mut spans = line.strip_prefix("| `")?.split('`');
    let file = spans.next()?;
    let is_word = |span: &&str| span.chars().all(|c| c.is_alphanumeric() || c == '_');
    Some((file, spans.skip(1).step_by(2).filter(is_word).collect()))
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

#[test]
fn the_places_to_touch_exist() {
    let page = fs::read_to_string(in_workspace("docs/adding.md")).unwrap();
    let (mut missing, mut count) = (Vec::new(), 0);
    for (file, words) in page.lines().filter_map(row) {
        let text = fs::read_to_string(in_workspace(file)).unwrap_or_default();
        count += words.len();
        missing.extend(
            words.iter().filter(|word| !has_word(&text, word)).map(|word| format!("{word} in {file}")),
        );
        missing.extend(text.is_empty().then(|| file.to_owned()));
    }
    assert_eq!(missing, [""; 0]);
    assert!(count > 30, "{count} words");
}

#[test]
fn rows_have_a_file_and_words_of_code() {
    assert_eq!(row("| `a/b.rs` | a `Type`, `on_…` and `f` | hand |"), Some(("a/b.rs", vec!["Type", "f"])));
    assert_eq!(row("| file | `change` |"), None);
    assert!(has_word("fn f(x: Type)", "f") && !has_word("fn fetch()", "f"));
}
