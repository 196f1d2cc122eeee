//! The text of the page: pairs of programs, their outputs, and the places that depend on the CDN.

use configcat_testkit::SDK_KEY;

/// The page, part by part.
pub(super) const PAGE: [&str; 2] = [
    include_str!("../../../crates/configcat/src/docs/from_python/clients.md"),
    include_str!("../../../crates/configcat/src/docs/from_python/polling.md"),
];

const PLACEHOLDER: &str = "#YOUR-SDK-KEY#";

/// The same program in both languages.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pair<'a> {
    pub(super) section: &'a str,
    pub(super) python: &'a str,
    pub(super) rust: &'a str,
    outputs: Vec<&'a str>,
}

impl<'a> Pair<'a> {
    pub(super) fn output_of_python(&self) -> &'a str {
        self.outputs.first().copied().unwrap_or_default()
    }

    /// Returns the last output: both languages share it if there is one only.
    pub(super) fn output_of_rust(&self) -> &'a str {
        self.outputs.last().copied().unwrap_or_default()
    }
}

/// Returns the pairs of a part of the page. A pair is a block `python`, a block `rust,no_run`, and
/// one block `text`, or two if the outputs differ.
pub(super) fn pairs(part: &str) -> Result<Vec<Pair<'_>>, String> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    let mut section = "";
    for (index, text) in part.split("```").enumerate() {
        if index % 2 == 0 {
            section = text.lines().filter_map(|line| line.strip_prefix("# ")).next_back().unwrap_or(section);
            continue;
        }
        let (language, code) = text.split_once('\n').unwrap_or_default();
        match (language, pairs.last_mut()) {
            ("python", _) => pairs.push(Pair { section, python: code, ..Pair::default() }),
            ("rust,no_run", Some(pair)) if pair.rust.is_empty() => pair.rust = code,
            ("text", Some(pair)) => pair.outputs.push(code),
            _ => return Err(format!("{section}: a block `{language}` has no place")),
        }
    }
    for pair in &pairs {
        if pair.rust.is_empty() || !matches!(pair.outputs.len(), 1 | 2) {
            return Err(format!("{}: no program in Rust, or not one or two outputs", pair.section));
        }
    }
    Ok(pairs)
}

/// Returns the program with the CDN of the variable `CDN`.
pub(super) fn local_python(program: &str) -> String {
    // `create_client` has no option for the base URL.
    let program = program.replace("create_client('#", "create_client_with_auto_poll('#");
    let key = if program.contains("base_url=") { "'KEY'" } else { "'KEY', base_url=os.environ['CDN']" };
    let program = program
        .replace(&format!("'{PLACEHOLDER}'"), &key.replace("KEY", SDK_KEY))
        .replace("'https://flags.example.com'", "os.environ['CDN']")
        .replace("'http://proxy.example.com:8080'", "os.environ['CDN']");
    format!("import os\n{program}")
}

/// Returns the program as the content of a module, with the CDN of the function `cdn`.
pub(super) fn local_rust(program: &str) -> String {
    let program = program.replace(
        &format!("Client::new(\"{PLACEHOLDER}\")"),
        &format!("Client::builder(\"{PLACEHOLDER}\").build()"),
    );
    let key = if program.contains(".base_url(") { "\"KEY\")" } else { "\"KEY\").base_url(crate::cdn())" };
    program
        .replace(&format!("\"{PLACEHOLDER}\")"), &key.replace("KEY", SDK_KEY))
        .replace("\"https://flags.example.com\"", "crate::cdn()")
        .replace(
            "\"http://user:password@proxy.example.com:8080\"",
            "&crate::cdn().replace(\"//\", \"//user:password@\")",
        )
        .replace("fn main()", "pub fn main()")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_programs_and_outputs() {
        let part = "# A\n\n```python\np\n```\n\n```rust,no_run\nr\n```\n\n```text\no\n```\n\n## Not\n\n# B\n\
            ```python\n1\n```\n```rust,no_run\n2\n```\n```text\n3\n```\nRust:\n```text\n4\n```\n";
        let pairs = pairs(part).unwrap();
        let outputs: Vec<_> =
            pairs.iter().map(|pair| (pair.section, pair.output_of_python(), pair.output_of_rust())).collect();
        assert_eq!(outputs, [("A", "o\n", "o\n"), ("B", "3\n", "4\n")]);
        assert_eq!((pairs[1].python, pairs[1].rust), ("1\n", "2\n"));
    }

    #[test]
    fn incomplete_pairs_are_refused() {
        let [python, rust, text] = ["```python\n```\n", "```rust,no_run\nr\n```\n", "```text\n```\n"];
        for blocks in [
            vec![python],
            vec![python, rust],
            vec![python, text],
            vec![rust],
            vec![python, rust, rust, text],
            vec![python, rust, text, text, text],
            vec!["```sh\n```\n"],
        ] {
            assert!(pairs(&blocks.concat()).is_err(), "{blocks:?}");
        }
    }

    #[test]
    fn each_section_with_programs_is_found() {
        let count: usize = PAGE.iter().map(|part| pairs(part).unwrap().len()).sum();
        let blocks: usize = PAGE.iter().map(|part| part.matches("```python").count()).sum();
        assert_eq!(count, blocks);
        assert!(count >= 14, "{count}");
    }

    #[test]
    fn no_program_of_the_page_leaves_the_machine() {
        for pair in PAGE.iter().flat_map(|part| pairs(part).unwrap()) {
            for program in [local_python(pair.python), local_rust(pair.rust)] {
                assert!(!program.contains(PLACEHOLDER), "{program}");
                assert!(!program.contains("https:") && !program.contains("proxy.example.com"), "{program}");
            }
        }
    }
}
