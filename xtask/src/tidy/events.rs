//! The tables of log events in the documentation, which must list the ids in the code.

use std::{collections::BTreeSet, error::Error, fs};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ImplItem, Item, Type};

use super::measure::Finding;
use crate::{source::Crate, workspace::in_workspace};

/// Where the ids are: the crate, the type, and its function, or all of them.
const IN_CODE: [(&str, &str, Option<&str>); 3] = [
    ("configcat", "Event", Some("id")),
    ("configcat-fetch", "FetchErrorKind", Some("event_id")),
    ("configcat-eval", "Warning", None),
];

/// Each table, and the crates whose ids it lists.
const TABLES: [(&str, &[&str]); 2] = [
    ("crates/configcat/src/docs/observing.rs", &["configcat", "configcat-fetch", "configcat-eval"]),
    ("crates/configcat-eval/src/lib.rs", &["configcat-eval"]),
];

/// Compares each table with the code.
pub(super) fn check(crates: &[Crate]) -> Result<Vec<Finding>, Box<dyn Error>> {
    let mut findings = Vec::new();
    for (file, packages) in TABLES {
        let mut ids = BTreeSet::new();
        for (package, name, function) in IN_CODE.iter().filter(|(package, ..)| packages.contains(package)) {
            let library = crates.iter().find(|found| found.is_library && found.package == *package);
            let found = library.map(|library| ids_of(library, name, *function)).unwrap_or_default();
            if found.is_empty() {
                return Err(format!(
                    "{package} has no event ids in `impl {name}`: say in tidy/events.rs where they are"
                )
                .into());
            }
            ids.extend(found);
        }
        findings.extend(differences(file, &fs::read_to_string(in_workspace(file))?, &ids));
    }
    Ok(findings)
}

/// The ids in the `impl` blocks of a type, in this function or in all.
fn ids_of(found: &Crate, name: &str, function: Option<&str>) -> BTreeSet<u16> {
    let mut ids = BTreeSet::new();
    for item in found.modules.iter().flat_map(|module| &module.items) {
        let Item::Impl(block) = item else { continue };
        let is_it = matches!(&*block.self_ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name));
        if !is_it || block.trait_.is_some() {
            continue;
        }
        for item in &block.items {
            if let ImplItem::Fn(item) = item {
                if function.is_none_or(|function| item.sig.ident == function) {
                    numbers(item.block.to_token_stream(), &mut ids);
                }
            }
        }
    }
    ids
}

/// The whole numbers of four digits.
fn numbers(tokens: TokenStream, ids: &mut BTreeSet<u16>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => numbers(group.stream(), ids),
            TokenTree::Literal(literal) => ids.extend(id(&literal.to_string())),
            _ => {}
        }
    }
}

fn id(text: &str) -> Option<u16> {
    (text.len() == 4).then(|| text.parse().ok()).flatten()
}

fn differences(file: &str, source: &str, ids: &BTreeSet<u16>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line, fix| findings.push(Finding { file: file.to_owned(), line, fix });
    let mut listed = BTreeSet::new();
    let mut last = 0;
    for (index, line) in source.lines().enumerate() {
        let cells = line.trim_start_matches("//!").split('|').map(str::trim);
        let Some(id) = cells.skip(1).find(|cell| !cell.is_empty()).and_then(id) else { continue };
        last = index + 1;
        if !listed.insert(id) {
            find(last, format!("{id} is listed twice: remove this row"));
        } else if !ids.contains(&id) {
            find(last, format!("{id} is not in the code: remove this row"));
        }
        let level = if id < 3000 {
            "error"
        } else if id < 5000 {
            "warn"
        } else if id < 6000 {
            "info"
        } else {
            "debug"
        };
        if let Some(other) = ["error", "warn", "info", "debug"]
            .into_iter()
            .find(|other| line.contains(&format!("| {other} |")))
        {
            if other != level {
                find(last, format!("{id} has the level {level}, not {other}"));
            }
        }
    }
    for id in ids.difference(&listed) {
        find(last, format!("{id} is in the code: add a row"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::load;

    fn fixes(table: &str, ids: &[u16]) -> Vec<String> {
        differences("a.rs", table, &ids.iter().copied().collect())
            .into_iter()
            .map(|finding| finding.fix)
            .collect()
    }

    const TABLE: &str =
        "//! | id | level | when |\n//! |---|---|---|\n//! | 1000 | error | a |\n//! | 3001 | warn | b |\n";

    #[test]
    fn a_table_that_lists_the_ids_is_right() {
        assert_eq!(fixes(TABLE, &[1000, 3001]), [""; 0]);
    }

    #[test]
    fn each_difference_is_reported() {
        assert_eq!(fixes(TABLE, &[1000]), ["3001 is not in the code: remove this row"]);
        assert_eq!(fixes(TABLE, &[1000, 3001, 5000]), ["5000 is in the code: add a row"]);
        let twice = TABLE.replace("3001", "1000");
        assert_eq!(fixes(&twice, &[1000])[0], "1000 is listed twice: remove this row");
        assert_eq!(
            fixes(&TABLE.replace("warn", "info"), &[1000, 3001]),
            ["3001 has the level warn, not info"]
        );
        assert_eq!(
            fixes(&TABLE.replace("3001", "6001"), &[1000, 6001]),
            ["6001 has the level debug, not warn"]
        );
    }

    #[test]
    fn ids_are_those_of_the_function() {
        let found = load(&[(
            "lib.rs",
            "impl Event<'_> { fn id(&self) -> u16 { match self { A => 1000, B => if x { 1001 } else { 12 } } } \
             fn level(&self) { 3000 } } impl Other { fn id() { 2000 } } impl T for Event<'_> { fn id() { 2001 } }",
        )]);
        assert_eq!(ids_of(&found, "Event", Some("id")), [1000, 1001].into());
        assert_eq!(ids_of(&found, "Event", None), [1000, 1001, 3000].into());
    }
}
