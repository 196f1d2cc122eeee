//! `cargo xtask api`: writes the public API of each library to `docs/api`, so that a change of it
//! shows in a diff.
//!
//! The listing is made from the source with `syn`, which needs no nightly toolchain. Its limits:
//! what a macro generates is listed as the call of the macro, and automatic traits such as `Send`
//! are not listed.

mod items;
mod listing;
mod text;

use std::{collections::BTreeSet, error::Error, fs};

use self::listing::listing;
use crate::{
    source::{self, Crate},
    workspace::in_workspace,
};

const FOLDER: &str = "docs/api";

/// Writes the listings.
pub(crate) fn write() -> Result<bool, Box<dyn Error>> {
    fs::create_dir_all(in_workspace(FOLDER))?;
    for (path, text) in files(&source::crates()?) {
        fs::write(in_workspace(&path), text)?;
        println!("written: {path}");
    }
    unexpected()?.iter().for_each(|path| println!("remove {path}: there is no such library"));
    Ok(true)
}

/// Compares the listings with the code and prints the differences. Returns `true` if there is no
/// difference.
pub(crate) fn check() -> Result<bool, Box<dyn Error>> {
    let mut differences = unexpected()?;
    for (path, text) in files(&source::crates()?) {
        let committed = fs::read_to_string(in_workspace(&path)).unwrap_or_default();
        let changes = changes(&committed, &text);
        if !changes.is_empty() {
            differences.push(format!("{path}\n{}", changes.join("\n")));
        }
    }
    differences.iter().for_each(|difference| println!("{difference}"));
    if !differences.is_empty() {
        println!(
            "The public API is not what {FOLDER} lists. If the change is intended, run `cargo xtask api`, commit \
             the files, and write the change into CHANGELOG.md."
        );
    }
    Ok(differences.is_empty())
}

/// The paths and texts of all libraries that are published.
fn files(crates: &[Crate]) -> Vec<(String, String)> {
    let libraries = crates.iter().filter(|found| found.is_published_library());
    libraries.map(|found| (format!("{FOLDER}/{}.txt", found.package), listing(found))).collect()
}

/// Files of libraries that are gone.
fn unexpected() -> Result<Vec<String>, Box<dyn Error>> {
    let crates = source::crates()?;
    let expected: BTreeSet<String> = files(&crates).into_iter().map(|(path, _)| path).collect();
    let mut found = Vec::new();
    for entry in fs::read_dir(in_workspace(FOLDER))? {
        let path = format!("{FOLDER}/{}", entry?.file_name().to_string_lossy());
        if !expected.contains(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The lines that only one of two texts has.
fn changes(before: &str, after: &str) -> Vec<String> {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), after.lines().collect());
    let gone = before.lines().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = after.lines().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    gone.chain(come).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_the_lines_of_one_text_alone() {
        assert_eq!(changes("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
        assert_eq!(changes("a\n", "a\n"), [""; 0]);
        assert_eq!(changes("", "a\n"), ["+ a"]);
    }
}
