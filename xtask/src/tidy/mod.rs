//! `cargo xtask tidy`: rules about the code and its prose that neither the compiler nor clippy
//! checks.
//!
//! Where the code does not reach a goal yet, `xtask/limits.txt` has today's number as the limit.
//! A number that is worse fails; a better one becomes the limit with `cargo xtask tidy --lower`.

mod circles;
mod comments;
mod events;
mod limits;
mod measure;
mod prose;
mod reasons;
mod root_names;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::Path,
};

use self::{
    limits::Limits,
    measure::{Measure, Rule, Table},
};
use crate::{
    source::{self, Crate},
    workspace::in_workspace,
};

/// The file of the limits.
const LIMITS: &str = "xtask/limits.txt";

/// Measures and prints all numbers, and the places to change where one is worse than its limit.
/// Returns `true` if there is no such number.
pub(crate) fn run(prints_all: bool) -> Result<bool, Box<dyn Error>> {
    let limits = Limits::parse(&fs::read_to_string(in_workspace(LIMITS))?)?;
    let measures = measures(&source::crates()?)?;
    let is_kept = |measure: &&Measure| measure.rule.is_kept(measure.value, limits.of(measure));
    let failed: Vec<&Measure> = measures.iter().filter(|measure| !is_kept(measure)).collect();

    let shown: Vec<&Measure> = if prints_all { measures.iter().collect() } else { failed.clone() };
    shown.iter().flat_map(|measure| &measure.findings).for_each(|finding| println!("{finding}"));
    println!("{}", Table(&measures));
    for measure in &failed {
        let (name, value, bound) = (measure.name(), measure.value, measure.rule.bound());
        println!("FAILED {name}: {value}, {bound} {} by {LIMITS}", limits.of(measure));
    }
    if measures.iter().any(|measure| limits.lowered(measure) != limits.of(measure)) {
        println!(
            "Some numbers are better than their limits: `cargo xtask tidy --lower` makes them the limits."
        );
    }
    if !prints_all {
        println!("`cargo xtask tidy --all` prints every place to change.");
    }
    Ok(failed.is_empty())
}

/// Makes today's numbers the limits where they are better.
pub(crate) fn lower() -> Result<bool, Box<dyn Error>> {
    let path = in_workspace(LIMITS);
    let limits = Limits::parse(&fs::read_to_string(&path)?)?;
    fs::write(path, limits.text_after(&measures(&source::crates()?)?))?;
    println!("written: {LIMITS}");
    Ok(true)
}

fn measures(crates: &[Crate]) -> Result<Vec<Measure>, Box<dyn Error>> {
    let folders: BTreeSet<&str> = crates.iter().map(|found| found.folder.as_str()).collect();
    let mut measures = prose(&folders)?;
    for folder in folders {
        let targets: Vec<&Crate> = crates.iter().filter(|found| found.folder == folder).collect();
        measures.push(circles::measure(folder, &targets));
        if folder.starts_with("crates/") {
            measures.push(reasons::measure(folder, &targets)?);
        }
    }
    let front_door = crates.iter().find(|found| found.is_library && found.package == "configcat");
    let front_door = front_door.ok_or("there is no library `configcat`")?;
    measures.push(root_names::measure(front_door));
    measures.push(Measure::of(Rule::Events, &front_door.folder, events::check(crates)?));
    Ok(measures)
}

/// The rules that are checked in all files, by area.
fn prose(folders: &BTreeSet<&str>) -> Result<Vec<Measure>, Box<dyn Error>> {
    let mut areas: BTreeMap<String, prose::Prose> = BTreeMap::new();
    for file in files("")? {
        let source = fs::read_to_string(in_workspace(&file))?;
        let found = if file.ends_with(".rs") {
            prose::check_rust(&file, &source).map_err(|error| format!("{file}: {error}"))?
        } else {
            prose::check_markdown(&file, &source)
        };
        let area = areas.entry(area(&file, folders)).or_default();
        area.words.extend(found.words);
        area.wide.extend(found.wide);
    }
    let measures = areas.into_iter().flat_map(|(area, prose)| {
        [Measure::of(Rule::Words, &area, prose.words), Measure::of(Rule::Columns, &area, prose.wide)]
    });
    Ok(measures.collect())
}

/// The folder of the crate that a file is in, else the folder at the top, else the documents.
fn area(file: &str, folders: &BTreeSet<&str>) -> String {
    let is_in = |folder: &&&str| file.strip_prefix(**folder).is_some_and(|rest| rest.starts_with('/'));
    match (folders.iter().find(is_in), file.split_once('/')) {
        (Some(folder), _) => (*folder).to_owned(),
        (None, Some((top, _))) if top != "docs" => top.to_owned(),
        (None, _) => "documents".to_owned(),
    }
}

/// All Rust and Markdown files of the workspace, in order.
fn files(folder: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut entries: Vec<_> = fs::read_dir(in_workspace(folder))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let extension = Path::new(&name).extension().unwrap_or_default();
        if entry.file_type()?.is_dir() {
            // What cargo builds, and what editors and git keep.
            if name != "target" && !name.starts_with('.') {
                found.extend(files(&path)?);
            }
        } else if extension == "rs" || extension == "md" {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_crates_folders_and_documents() {
        for (file, expected) in [
            ("crates/configcat/src/lib.rs", "crates/configcat"),
            ("crates/configcat-eval/README.md", "crates/configcat-eval"),
            ("fuzz/README.md", "fuzz"),
            ("docs/fleet.md", "documents"),
            ("README.md", "documents"),
        ] {
            assert_eq!(area(file, &["crates/configcat", "crates/configcat-eval"].into()), expected);
        }
    }

    #[test]
    fn files_are_those_of_the_workspace() {
        let found = files("xtask/src").unwrap();
        assert!(found.contains(&"xtask/src/tidy/mod.rs".to_owned()), "{found:?}");
    }
}
