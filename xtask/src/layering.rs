//! `cargo xtask layering`: which crate depends on what, and how many crates that costs a user.
//!
//! Evaluation, cache and fetch never see each other, and only `configcat` and the command see all
//! three. These four need the test kit only in their tests, and never the provider for OpenFeature
//! and the command.
//! `configcat-eval` does without `std`, and so do the crates below it.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt, fs,
};

use serde_json::Value as Json;

use crate::{
    package,
    workspace::{cargo, in_workspace, output},
};

const LAYERS: [&str; 3] = ["configcat-cache", EVAL, "configcat-fetch"];
const EVAL: &str = "configcat-eval";
const TOP: &str = "configcat";
const COMMAND: &str = "configcat-cli";
/// The crates that neither `configcat` nor a layer may need.
const ABOVE: [&str; 3] = ["configcat-testkit", "configcat-openfeature", COMMAND];

/// The most lines of `cargo tree -p CRATE -e normal --prefix none | sort -u`.
const BUDGETS: [(&str, usize); 2] = [(EVAL, 30), (TOP, 62)];

/// Prints what breaks the layering; whether nothing does.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let metadata = serde_json::from_str(&output(cargo("metadata --format-version 1 --no-deps"))?)?;
    let mut violations = broken_layers(&dependencies(&metadata)?);

    let lib = fs::read_to_string(in_workspace("crates/configcat-eval/src/lib.rs"))?;
    if !lib.lines().any(|line| line == "#![no_std]") {
        violations.push(Violation::NoStdMissing);
    }
    let tree = output(cargo(&format!("tree -p {EVAL} -e normal --prefix none -f {{p}}|{{f}}")))?;
    violations.extend(with_std(&tree).map(|package| Violation::Std(package.to_owned())));

    for (package, most) in BUDGETS {
        let tree = output(cargo(&format!("tree -p {package} -e normal --prefix none")))?;
        let lines = tree.lines().collect::<BTreeSet<_>>().len();
        println!("{package}: {lines} lines of cargo tree, at most {most}");
        if lines > most {
            violations.push(Violation::Budget { package, lines, most });
        }
    }

    for violation in &violations {
        println!("VIOLATION {violation}");
    }
    println!("{} violations", violations.len());
    Ok(violations.is_empty())
}

/// A rule that the workspace breaks.
#[derive(Debug, PartialEq)]
enum Violation {
    /// A layer depends on another, itself or through other members.
    Sideways { layer: &'static str, other: &'static str },
    /// Other packages than `configcat` and the command depend on all layers.
    Meeting(Vec<String>),
    /// `configcat-eval` does not say `#![no_std]`.
    NoStdMissing,
    /// A crate that `configcat-eval` is made of has its feature `std` on.
    Std(String),
    /// A package brings more crates than it may.
    Budget { package: &'static str, lines: usize, most: usize },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sideways { layer, other } => write!(f, "{layer} depends on {other}"),
            Self::Meeting(packages) => {
                write!(
                    f,
                    "only {TOP} must, and {COMMAND} may, depend on all layers; it is [{}]",
                    packages.join(", ")
                )
            }
            Self::NoStdMissing => write!(f, "{EVAL} does not start with #![no_std]"),
            Self::Std(package) => write!(f, "{EVAL} turns on the feature std of {package}"),
            Self::Budget { package, lines, most } => {
                write!(f, "{package} has {lines} lines of cargo tree, more than {most}")
            }
        }
    }
}

/// The dependencies of each package of the workspace in a user's build, optional or not.
type Dependencies = BTreeMap<String, BTreeSet<String>>;

fn dependencies(metadata: &Json) -> Result<Dependencies, Box<dyn Error>> {
    let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
    let mut all = Dependencies::new();
    // Packages that are not published, such as tools and fuzz targets, are in no user's build.
    for package in packages.iter().filter(|package| package::is_published(package)) {
        let dependencies = package["dependencies"].as_array().ok_or("a package has no dependencies")?;
        let names = dependencies.iter().filter(|dependency| dependency["kind"] != "dev").map(name);
        all.insert(name(package)?, names.collect::<Result<_, _>>()?);
    }
    match LAYERS.iter().find(|layer| !all.contains_key(**layer)) {
        Some(layer) => Err(format!("{layer} is not in the workspace").into()),
        None => Ok(all),
    }
}

fn name(package: &Json) -> Result<String, Box<dyn Error>> {
    Ok(package["name"].as_str().ok_or("a package has no name")?.to_owned())
}

fn broken_layers(dependencies: &Dependencies) -> Vec<Violation> {
    let mut violations = Vec::new();
    for layer in LAYERS {
        let below = reachable(dependencies, layer);
        let others = LAYERS.into_iter().filter(|other| *other != layer && below.contains(other));
        violations.extend(others.map(|other| Violation::Sideways { layer, other }));
    }
    let users = LAYERS.into_iter().chain([TOP]);
    for layer in users {
        let below = reachable(dependencies, layer);
        let above = ABOVE.into_iter().filter(|above| below.contains(above));
        violations.extend(above.map(|other| Violation::Sideways { layer, other }));
    }
    let has_all = |names: &BTreeSet<String>| LAYERS.iter().all(|layer| names.contains(*layer));
    let meeting = dependencies.iter().filter(|(package, names)| *package != COMMAND && has_all(names));
    let meeting: Vec<String> = meeting.map(|(package, _)| package.clone()).collect();
    if meeting != [TOP] {
        violations.push(Violation::Meeting(meeting));
    }
    violations
}

/// All that a package depends on, through members of the workspace too.
fn reachable<'a>(dependencies: &'a Dependencies, package: &'a str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![package];
    while let Some(package) = open.pop() {
        let names = dependencies.get(package).into_iter().flatten().map(String::as_str);
        open.extend(names.filter(|name| found.insert(*name)));
    }
    found
}

/// The packages with the feature `std`, from lines of a package, `|` and its features.
fn with_std(tree: &str) -> impl Iterator<Item = &str> {
    let packages = tree.lines().filter_map(|line| line.split_once('|'));
    // A package that was listed above has a mark behind its features.
    let is_std = |features: &str| features.trim_end_matches(" (*)").split(',').any(|name| name == "std");
    packages.filter(move |(_, features)| is_std(features)).map(|(package, _)| package)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A package with dependencies of a name and a kind.
    fn package(name: &str, dependencies: &[(&str, Option<&str>)]) -> Json {
        let dependencies: Vec<Json> = dependencies
            .iter()
            .map(|(name, kind)| json!({"name": name, "kind": kind, "optional": true}))
            .collect();
        json!({"name": name, "dependencies": dependencies})
    }

    fn violations(packages: &[Json]) -> Vec<Violation> {
        broken_layers(&dependencies(&json!({"packages": packages})).unwrap())
    }

    fn top() -> Json {
        package(TOP, &LAYERS.map(|layer| (layer, None)))
    }

    #[test]
    fn layers_apart_are_fine() {
        let [cache, eval, fetch] = LAYERS.map(|layer| package(layer, &[("serde", None)]));
        let console = package("console", &[(TOP, None), (EVAL, None)]);
        assert_eq!(violations(&[cache, eval, fetch, top(), console]), []);
    }

    #[test]
    fn tests_of_a_layer_may_use_another() {
        let cache = package("configcat-cache", &[("configcat-fetch", Some("dev"))]);
        assert_eq!(violations(&[cache, package(EVAL, &[]), package("configcat-fetch", &[]), top()]), []);
    }

    #[test]
    fn a_layer_reaches_another_through_a_helper() {
        let cache = package("configcat-cache", &[("helper", None)]);
        let helper = package("helper", &[("configcat-cache", Some("build")), (EVAL, None)]);
        let found = violations(&[cache, helper, package(EVAL, &[]), package("configcat-fetch", &[]), top()]);
        assert_eq!(found, [Violation::Sideways { layer: "configcat-cache", other: EVAL }]);
    }

    #[test]
    fn what_is_on_top_is_needed_in_tests_only() {
        for other in ABOVE {
            let [cache, eval, fetch] = LAYERS.map(|layer| package(layer, &[]));
            let above = package(other, &[(TOP, None)]);
            let top = |kind| {
                let layers = LAYERS.iter().map(|layer| (*layer, None));
                package(TOP, &layers.chain([(other, kind)]).collect::<Vec<_>>())
            };
            let packages = [cache, eval, fetch, above];
            assert_eq!(violations(&[&packages[..], &[top(Some("dev"))]].concat()), []);
            let found = violations(&[&packages[..], &[top(None)]].concat());
            assert_eq!(found, [Violation::Sideways { layer: TOP, other }]);
        }
    }

    #[test]
    fn all_layers_meet_in_configcat_and_in_the_command() {
        let [cache, eval, fetch] = LAYERS.map(|layer| package(layer, &[]));
        let mut packages = vec![cache, eval, fetch];
        assert_eq!(violations(&packages), [Violation::Meeting(vec![])]);
        packages.extend([top(), package("second", &LAYERS.map(|layer| (layer, None)))]);
        assert_eq!(violations(&packages), [Violation::Meeting(vec![TOP.into(), "second".into()])]);
        packages.pop();
        packages.push(package(COMMAND, &LAYERS.map(|layer| (layer, None))));
        assert_eq!(violations(&packages), []);
    }

    #[test]
    fn metadata_of_another_shape_is_an_error() {
        for metadata in [json!({}), json!({"packages": []}), json!({"packages": [{"name": EVAL}]})] {
            assert!(dependencies(&metadata).is_err(), "{metadata}");
        }
    }

    #[test]
    fn std_is_found_among_features() {
        let tree =
            "a v1.0.0|\nb v1.0.0|alloc,std\nc v1.0.0|alloc,std-like\nd v1.0.0|std (*)\n\ne v1.0.0 (/e)|std\n";
        assert_eq!(with_std(tree).collect::<Vec<_>>(), ["b v1.0.0", "d v1.0.0", "e v1.0.0 (/e)"]);
    }
}
