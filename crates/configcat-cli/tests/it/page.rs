//! The page `docs/command.md` and its pictures, made from real output.
//!
//! `CONFIGCAT_PAGE=write cargo test -p configcat-cli --test it page` writes them.

use std::{env, fs, path::Path};

use anstyle_svg::Term;

use crate::support::{ROOT, Ran, command, ran};

const WIDTH: &str = "90";

/// Returns the words of a command line. A part in single quotes is one word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut is_quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// Runs a line `configcat …` in the folder `examples`.
fn run(line: &str, is_colored: bool) -> Ran {
    let words = words(line);
    assert_eq!(words[0], "configcat");
    let mut command = command(&Path::new(ROOT).join("examples"));
    command.args(&words[1..]).env("COLUMNS", WIDTH);
    if is_colored {
        command.env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1");
    }
    ran(&mut command)
}

/// Compares a file of the folder `docs`, or writes it.
fn compare(name: &str, text: &str) {
    let path = format!("{ROOT}/docs/{name}");
    if env::var_os("CONFIGCAT_PAGE").is_some_and(|value| value == "write") {
        fs::write(&path, text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{path} differs; write it with CONFIGCAT_PAGE=write. Expected:\n{text}");
}

/// Returns the page with the outputs below the commands in its blocks `console`.
fn with_outputs(page: &str) -> String {
    let (mut text, mut is_console) = (String::new(), false);
    for line in page.lines() {
        if let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) {
            let Ran { out, err, .. } = run(command, false);
            text += &format!("{line}\n{out}{err}");
        } else if !is_console || line.starts_with("```") {
            is_console = line == "```console";
            text += &format!("{line}\n");
        }
    }
    text
}

#[test]
fn the_page_has_the_real_output_of_each_command() {
    let page = fs::read_to_string(format!("{ROOT}/docs/command.md")).unwrap();
    for command in ["eval", "explain", "lint", "diff", "test", "distribution"] {
        assert!(page.contains(&format!("$ configcat {command} ")), "{command}");
    }
    compare("command.md", &with_outputs(&page));
}

#[test]
fn the_pictures_have_the_real_output() {
    for (picture, line) in [
        ("command-lint.svg", "configcat lint command/faulty.json"),
        ("command-diff.svg", "configcat diff command/today.json command/tomorrow.json"),
    ] {
        let Ran { out, err, .. } = run(line, true);
        assert!(out.contains('\u{1b}'), "{out}");
        compare(picture, &Term::new().render_svg(&format!("$ {line}\n{out}{err}")));
    }
}
