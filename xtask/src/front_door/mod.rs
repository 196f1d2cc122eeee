//! `cargo xtask front-door`: does what README and tutorial tell a new user, in an empty folder, and
//! then makes the mistakes of a first hour.
//!
//! The commands and programs are those in the documents, so that a document that leads nowhere
//! fails here.

mod mistakes;
mod project;
mod server;

use std::{error::Error, fs};

use self::project::Project;
use crate::workspace::{in_workspace, run as run_command};

/// Expressions of types that do not fit, and the messages that say what to write instead.
const COMPILE_ERRORS: [(&str, &str); 4] = [
    ("client.get_value(\"limit\", 10_u8, None)", "`get_value` cannot return a `u8`"),
    ("client.get_value(\"limit\", 10_u8, None)", "`get_parsed` returns any other type that is `FromStr`"),
    ("client.get(&Flag::new(\"timeout\", Duration::ZERO), None)", "`Duration` is not the type of a `Flag`"),
    ("User::new(\"42\").custom(\"Age\", Duration::ZERO)", "`Duration` cannot be an attribute of a user"),
];

/// Runs the commands, and then each program. Returns `true`, since all that goes wrong is an error.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let read = |path: &str| fs::read_to_string(in_workspace(path));
    let (readme, tutorial) = (read("README.md")?, read("docs/first-five-minutes.md")?);
    let commands = *blocks(&tutorial, "sh").first().ok_or("the tutorial has no commands")?;
    if !blocks(&readme, "sh").contains(&commands) {
        return Err("README.md does not have the first commands of docs/first-five-minutes.md".into());
    }
    let json = blocks(&tutorial, "json");
    let programs = blocks(&tutorial, "rust,no_run");
    let [quiet_json, rules_json] = json[..] else { return Err("the tutorial has two files of flags".into()) };
    let [first, second, ..] = programs[..] else { return Err("the tutorial has two programs".into()) };
    let with_key = *blocks(&readme, "rust,no_run").first().ok_or("README.md has no program")?;

    let empty = tempfile::tempdir()?;
    let project = Project::new(commands, empty.path())?;

    let mut running = project.start(first, quiet_json)?;
    running.expect("Hello, World.")?;
    project.write("flags.json", &quiet_json.replace("false", "true"))?;
    running.expect("Hello, World!!!")?;
    drop(running);

    let mut running = project.start(second, rules_json)?;
    running.expect("Evaluating 'isLoud' for User")?;
    running.expect("Jane: Hello, World!!!  Bob: Hello, World.")?;
    project.write("flags.json", &rules_json.replace("@example.com", "@example.org"))?;
    running.expect("Jane: Hello, World.    Bob: Hello, World!!!")?;
    drop(running);

    mistakes::make(&project, with_key)?;
    for (expression, message) in COMPILE_ERRORS {
        project.expect_compile_error(expression, message)?;
    }
    // Each empty folder makes a new package, of which nothing may stay in the shared target.
    run_command(project.cargo("clean --quiet -p hello-flags"))?;
    println!("README.md and docs/first-five-minutes.md lead to three programs that work");
    Ok(true)
}

/// Returns the fenced blocks of a language, without their fences.
fn blocks<'a>(markdown: &'a str, language: &str) -> Vec<&'a str> {
    let fenced = markdown.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_language_and_no_fence() {
        let text = "a `b`\n\n```sh\none\ntwo\n```\n\n```shell\nx\n```\n```json\n{}\n```\n";
        assert_eq!(blocks(text, "sh"), ["one\ntwo\n"]);
        assert_eq!(blocks(text, "json"), ["{}\n"]);
        assert_eq!(blocks(text, "rust"), [""; 0]);
    }

    #[test]
    fn the_program_of_the_readme_is_an_example() {
        let read = |path: &str| fs::read_to_string(in_workspace(path)).unwrap();
        let (readme, example) = (read("README.md"), read("crates/configcat/examples/hello.rs"));
        let (_, program) = example.split_once("\n\n").unwrap();
        assert_eq!(blocks(&readme, "rust,no_run").first(), Some(&program));
    }
}
