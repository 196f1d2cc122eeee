//! `cargo xtask tidy`: rules about the code and its prose that neither the compiler nor clippy
//! checks.
//!
//! Where the code does not reach a target yet, `xtask/limits.txt` has today's number as the limit.
//! A number that is worse fails; a better one becomes the limit with `cargo xtask tidy --lower`.
//! The event tables have no limit: they are right or wrong.

mod circles;
mod comments;
mod events;
mod limits;
mod prose;
mod reasons;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::Path,
};

use syn::{Item, Visibility};

use self::limits::{Bound, Finding, Limits, Measure};
use crate::{
    source::{self, Crate},
    workspace::in_workspace,
};

/// The file of the limits.
const LIMITS: &str = "xtask/limits.txt";

/// Of `ureq` 3, a model of a small front door, with 18 names and three modules, and some more for
/// two sets of values and users.
const ROOT_NAMES: f64 = 30.0;

/// The lower end of `semver`, `ignore`, `jiff` and `arc-swap`, which have 4 to 18.
const REASONS: f64 = 4.0;

/// Compares the code with the rules and prints what breaks them. Returns `true` if no number is
/// worse than its limit.
pub(crate) fn run(prints_all: bool) -> Result<bool, Box<dyn Error>> {
    let crates = source::crates()?;
    let wrong_events = events::check(&crates)?;
    wrong_events.iter().for_each(|finding| println!("{finding}"));
    println!(
        "{:6}  event tables: {} differences, at most 0",
        verdict(wrong_events.is_empty()),
        wrong_events.len()
    );

    let limits = Limits::parse(&fs::read_to_string(in_workspace(LIMITS))?)?;
    let (mut is_ok, mut is_better) = (wrong_events.is_empty(), false);
    let mut totals: BTreeMap<&str, f64> = BTreeMap::new();
    for measure in measures(&crates)? {
        let limit = limits.of(&measure);
        let is_kept = measure.is_within(limit);
        if prints_all || !is_kept {
            measure.findings.iter().for_each(|finding| println!("{finding}"));
        }
        if !measure.is_within(measure.target) {
            println!(
                "{:6}  {measure}, {} {limit}, target {}",
                verdict(is_kept),
                measure.bound,
                measure.target
            );
        }
        is_ok &= is_kept;
        *totals.entry(measure.unit).or_default() += measure.value;
        is_better |= measure.limit_below(limit) != limit;
    }
    // The sum of densities says nothing.
    totals.remove(reasons::UNIT);
    for (unit, total) in totals {
        println!("        in all: {total} {unit}");
    }
    if is_better {
        println!(
            "Some numbers are better than their limits: `cargo xtask tidy --lower` makes them the limits."
        );
    }
    if !prints_all {
        println!("`cargo xtask tidy --all` prints every place to change.");
    }
    Ok(is_ok)
}

/// Makes today's numbers the limits where they are better.
pub(crate) fn lower() -> Result<bool, Box<dyn Error>> {
    let path = in_workspace(LIMITS);
    let limits = Limits::parse(&fs::read_to_string(&path)?)?;
    fs::write(path, limits.lowered(&measures(&source::crates()?)?))?;
    println!("written: {LIMITS}");
    Ok(true)
}

fn verdict(is_kept: bool) -> &'static str {
    if is_kept { "ok" } else { "FAILED" }
}

fn measures(crates: &[Crate]) -> Result<Vec<Measure>, Box<dyn Error>> {
    let mut measures = prose_measures()?;
    let packages: BTreeSet<&str> = crates.iter().map(|found| found.package.as_str()).collect();
    for package in packages {
        let targets: Vec<&Crate> = crates.iter().filter(|found| found.package == package).collect();
        measures.push(circle_measure(package, &targets));
        if targets.iter().any(|found| found.root().starts_with("crates/")) {
            measures.push(Measure {
                name: format!("reasons {package}"),
                unit: reasons::UNIT,
                value: (reasons::count(targets.iter().copied())?.per_hundred() * 10.0).floor() / 10.0,
                bound: Bound::AtLeast,
                target: REASONS,
                findings: Vec::new(),
            });
        }
        measures.extend(
            targets
                .iter()
                .filter(|found| found.is_library && package == "configcat")
                .map(|found| root_measure(found)),
        );
    }
    Ok(measures)
}

fn circle_measure(package: &str, targets: &[&Crate]) -> Measure {
    let circles: Vec<_> = targets.iter().flat_map(|found| circles::circles(found)).collect();
    let mut findings = Vec::new();
    for circle in &circles {
        let files: Vec<&str> = circle.files.iter().map(String::as_str).collect();
        let mut before = format!("circle of {}", files.join(", "));
        for cut in &circle.cuts {
            let lines: Vec<String> =
                cut.places.iter().map(|(line, path)| format!("{path} (line {line})")).collect();
            let fix = format!("{before}: cut what needs {}: {}", cut.to, lines.join(", "));
            let line = cut.places.first().map_or(1, |(line, _)| *line);
            findings.push(Finding { file: cut.from.clone(), line, fix });
            before = "the same circle".to_owned();
        }
    }
    Measure {
        name: format!("circles {package}"),
        unit: "files",
        value: circles.iter().map(|circle| circle.files.len()).sum::<usize>() as f64,
        bound: Bound::AtMost,
        target: 0.0,
        findings,
    }
}

/// The names that the root of a crate offers.
fn root_measure(found: &Crate) -> Measure {
    let mut findings = Vec::new();
    for module in found.modules.iter().take(1) {
        for item in &module.items {
            if !matches!(source::visibility(item), Some(Visibility::Public(_))) {
                continue;
            }
            let names = match item {
                Item::Use(item) => {
                    source::leaves(&item.tree).into_iter().map(|leaf| (leaf.line, leaf.name)).collect()
                }
                Item::Mod(item) => vec![(item.ident.span().start().line, Some(item.ident.to_string()))],
                item => vec![(0, source::name(item))],
            };
            for (line, name) in names {
                let fix = format!(
                    "`{}` is a name at the root: move it to a module, unless most users need it",
                    name.unwrap_or("*".to_owned())
                );
                findings.push(Finding { file: module.file.clone(), line, fix });
            }
        }
    }
    Measure {
        name: format!("root {}", found.package),
        unit: "names",
        value: findings.len() as f64,
        bound: Bound::AtMost,
        target: ROOT_NAMES,
        findings,
    }
}

fn prose_measures() -> Result<Vec<Measure>, Box<dyn Error>> {
    let mut areas: BTreeMap<String, prose::Prose> = BTreeMap::new();
    for file in files("")? {
        let source = fs::read_to_string(in_workspace(&file))?;
        let found = if file.ends_with(".rs") {
            prose::check_rust(&file, &source)
        } else {
            prose::check_markdown(&file, &source)
        };
        let area = areas.entry(area(&file)).or_default();
        area.words.extend(found.words);
        area.wide.extend(found.wide);
    }
    let measure = |name: String, unit, findings: Vec<Finding>| Measure {
        name,
        unit,
        value: findings.len() as f64,
        bound: Bound::AtMost,
        target: 0.0,
        findings,
    };
    let mut measures = Vec::new();
    for (area, prose) in areas {
        measures.push(measure(format!("prose {area}"), "openings and words", prose.words));
        measures.push(measure(format!("columns {area}"), "comments over column 100", prose.wide));
    }
    Ok(measures)
}

/// One crate, one folder, or the documents at the top.
fn area(file: &str) -> String {
    let mut parts = file.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("crates"), Some(name), Some(_)) => format!("crates/{name}"),
        (Some("docs"), ..) | (_, None, _) => "documents".to_owned(),
        (first, ..) => first.unwrap_or_default().to_owned(),
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
        if entry.file_type()?.is_dir() {
            // What cargo builds, and what editors and git keep.
            if name != "target" && !name.starts_with('.') {
                found.extend(files(&path)?);
            }
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs" || extension == "md")
        {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::load;

    #[test]
    fn areas_are_crates_folders_and_documents() {
        for (file, expected) in [
            ("crates/configcat/src/lib.rs", "crates/configcat"),
            ("docs/fleet.md", "documents"),
            ("README.md", "documents"),
            ("xtask/src/main.rs", "xtask"),
        ] {
            assert_eq!(area(file), expected);
        }
    }

    #[test]
    fn root_names_are_items_modules_and_imports_for_others() {
        let found = load(&[
            (
                "lib.rs",
                "pub mod a; mod b { pub struct X; pub struct Y; } pub use b::{X, Y as Z}; use b::Y; pub fn f() {} fn g() {}",
            ),
            ("a.rs", ""),
        ]);
        assert_eq!(root_measure(&found).value, 4.0);
    }

    #[test]
    fn files_are_those_of_the_workspace() {
        let found = files("xtask/src").unwrap();
        assert!(found.contains(&"xtask/src/tidy/mod.rs".to_owned()), "{found:?}");
    }
}
