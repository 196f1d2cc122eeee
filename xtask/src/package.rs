//! `cargo xtask package`: what is published of each crate is complete.
//!
//! Which crates that are, `cargo metadata` tells: a new member of the workspace is one, unless it
//! says `publish = false`.

use std::error::Error;

use serde_json::Value as Json;

use crate::workspace::{cargo, output, packages};

/// The files of a package besides its code.
const FILES: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// The fields that crates.io and docs.rs show or use.
const FIELDS: [&str; 8] =
    ["description", "license", "homepage", "readme", "rust_version", "keywords", "categories", "metadata"];

/// The most keywords that crates.io takes, and the most categories.
const MOST: usize = 5;

/// Packs all crates that are published, and prints what is missing. Returns `true` if nothing is.
/// `verify` builds what was packed, each crate from the packages of the others.
pub(crate) fn run(verify: bool) -> Result<bool, Box<dyn Error>> {
    let (mut names, mut flaws) = (Vec::new(), Vec::new());
    let packages = packages()?;
    for package in packages.iter().filter(|package| is_published(package)) {
        let name = package["name"].as_str().ok_or("a package has no name")?;
        let files = output(cargo(&format!("package --list --allow-dirty -p {name}")))?;
        flaws.extend(flaws_of(package, &files).map(|flaw| format!("{name}: {flaw}")));
        names.push(name);
    }
    println!("{} crates: {}", names.len(), names.join(", "));
    flaws.iter().for_each(|flaw| println!("MISSING {flaw}"));

    let mut pack = cargo("package --allow-dirty");
    names.iter().for_each(|name| _ = pack.args(["-p", name]));
    if !verify {
        pack.arg("--no-verify");
    }
    Ok(pack.status()?.success() && flaws.is_empty())
}

/// Returns whether a package may go to any registry.
pub(crate) fn is_published(package: &Json) -> bool {
    package["publish"].as_array().is_none_or(|registries| !registries.is_empty())
}

/// Returns the names of the packages that are published.
pub(crate) fn published_names() -> Result<Vec<String>, Box<dyn Error>> {
    let packages = packages()?;
    let published = packages.iter().filter(|package| is_published(package));
    Ok(published.filter_map(|package| Some(package["name"].as_str()?.to_owned())).collect())
}

/// Returns the missing parts of a package, by its manifest and by the list of its files.
fn flaws_of<'a>(package: &'a Json, files: &'a str) -> impl Iterator<Item = String> + 'a {
    let is_missing = |field: &&str| match &package[*field] {
        Json::Array(values) => values.is_empty() || values.len() > MOST,
        Json::Object(values) => !values.contains_key("docs"),
        value => value.as_str().is_none_or(str::is_empty),
    };
    let fields = FIELDS.into_iter().filter(is_missing).map(|field| match field {
        "metadata" => "[package.metadata.docs.rs]".to_owned(),
        "keywords" | "categories" => format!("1 to {MOST} {field}"),
        field => field.to_owned(),
    });
    let files = FILES.into_iter().filter(move |file| !files.lines().any(|line| line == *file));
    fields.chain(files.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complete() -> Json {
        json!({
            "description": "d", "license": "MIT", "homepage": "h", "readme": "README.md",
            "rust_version": "1.85", "keywords": ["k"], "categories": ["c"],
            "metadata": {"docs": {"rs": {"all-features": true}}}, "publish": null,
        })
    }

    fn flaws(package: &Json, files: &str) -> Vec<String> {
        flaws_of(package, files).collect()
    }

    const ALL: &str = "Cargo.toml\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs\n";

    #[test]
    fn what_is_complete_lacks_nothing() {
        assert_eq!(flaws(&complete(), ALL), [""; 0]);
    }

    #[test]
    fn each_thing_that_is_missing_is_told() {
        for field in FIELDS {
            let mut package = complete();
            package[field] = Json::Null;
            assert_eq!(flaws(&package, ALL).len(), 1, "{field}");
        }
        let mut package = complete();
        package["keywords"] = json!(["1", "2", "3", "4", "5", "6"]);
        package["categories"] = json!([]);
        package["metadata"] = json!({"other": {}});
        let expected = ["1 to 5 keywords", "1 to 5 categories", "[package.metadata.docs.rs]"];
        assert_eq!(flaws(&package, ALL), expected);
        assert_eq!(flaws(&complete(), "src/README.md\nLICENSE-MIT"), ["LICENSE-APACHE", "README.md"]);
    }

    #[test]
    fn crates_are_published_unless_they_say_not() {
        let is_published = |publish| is_published(&json!({"publish": publish}));
        assert!(is_published(json!(null)) && is_published(json!(["crates-io"])));
        assert!(!is_published(json!([])));
    }
}
