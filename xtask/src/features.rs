//! `cargo xtask features`: each published crate builds with each of its features, alone.
//!
//! A build of the whole workspace cannot show that: cargo unites the features that its members ask
//! for, so a crate that forgets to turn on a feature of a dependency finds it turned on by another
//! member.

use std::{
    error::Error,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value as Json;

use crate::{
    missing,
    package::is_published,
    workspace::{cargo, packages},
};

/// Checks every row and prints how each went. Returns `true` if all are without error and warning.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let mut rows = Vec::new();
    for package in packages()?.iter().filter(|package| is_published(package)) {
        rows.extend(rows_of(package)?);
    }

    let no_openssl = missing::openssl();
    let mut is_ok = true;
    for row in &rows {
        match no_openssl.filter(|_| row.contains("native-tls") || row.contains("--all-features")) {
            Some(reason) => println!("not run          {row} ({reason})"),
            None => is_ok &= check(row)?,
        }
    }
    Ok(is_ok)
}

/// Runs one command, and prints its time and, if something is wrong, what it says.
fn check(row: &str) -> Result<bool, Box<dyn Error>> {
    let start = Instant::now();
    let output = cargo(row).arg("--quiet").stdin(Stdio::null()).output()?;
    let took: Duration = start.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    // `RUSTFLAGS=-Dwarnings` would do the same, and compile every dependency once more.
    let is_ok = output.status.success() && !said.lines().any(|line| line.starts_with("warning"));
    println!("{:7} {:6.1} s  cargo {row}", if is_ok { "ok" } else { "FAILED" }, took.as_secs_f64());
    if !is_ok {
        print!("{said}");
    }
    Ok(is_ok)
}

/// The commands for one package. `check` leaves out the dependencies of tests, whose features could
/// hide a missing one.
fn rows_of(package: &Json) -> Result<Vec<String>, Box<dyn Error>> {
    let name = package["name"].as_str().ok_or("a package has no name")?;
    let features = package["features"].as_object().ok_or("a package has no features")?;
    let mut rows = vec![format!("check -p {name}")];
    if features.is_empty() {
        return Ok(rows);
    }
    if features.contains_key("default") {
        rows.push(format!("check -p {name} --no-default-features"));
    }
    for feature in features.keys().filter(|feature| *feature != "default") {
        rows.push(format!("check -p {name} --no-default-features --features {feature}"));
    }
    // A link to an item of a feature is broken in the documentation without that feature.
    rows.push(format!("doc -p {name} --no-deps"));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_feature_is_checked_alone() {
        let package = json!({"name": "a", "features": {"default": ["x"], "x": [], "y": ["x"]}});
        assert_eq!(
            rows_of(&package).unwrap(),
            [
                "check -p a",
                "check -p a --no-default-features",
                "check -p a --no-default-features --features x",
                "check -p a --no-default-features --features y",
                "doc -p a --no-deps",
            ]
        );
    }

    #[test]
    fn a_package_without_features_is_checked_once() {
        assert_eq!(rows_of(&json!({"name": "a", "features": {}})).unwrap(), ["check -p a"]);
        assert!(rows_of(&json!({"name": "a"})).is_err());
    }
}
