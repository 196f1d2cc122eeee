//! `cargo xtask msrv`: the published libraries build with the Rust version that `Cargo.toml` names.

use std::{error::Error, time::Instant};

use serde_json::Value as Json;

use crate::{
    debian_rust::{DebianRust, Target},
    instructions,
    package::is_published,
    workspace::packages,
};

/// OpenSSL takes long to build, and this feature adds some lines of ours.
const LEFT_OUT: &str = "native-tls";

/// Checks all published libraries, and runs the tests of the evaluator. Returns `true` if all is
/// well. With `builds_only` no test is run.
pub(crate) fn run(builds_only: bool) -> Result<bool, Box<dyn Error>> {
    let rust = DebianRust::install(Target::Host)?;
    let packages: Vec<Json> = packages()?.into_iter().filter(is_published).filter(is_library).collect();
    let version = rust.version()?;
    for package in &packages {
        let minimum = package["rust_version"].as_str().unwrap_or("none");
        if !is_of(&version, minimum) {
            return Err(format!(
                "{} names Rust {minimum}, and Debian 13 has {version}: this minimum cannot be checked here",
                package["name"]
            )
            .into());
        }
    }
    let mut is_ok = true;
    for row in rows(&packages, builds_only)? {
        let start = Instant::now();
        let mut cargo = rust.cargo(&row);
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "none").envs(instructions::PROFILE);
        let succeeded = cargo.status()?.success();
        let result = if succeeded { "ok" } else { "FAILED" };
        println!("{result:7} {:6.1} s  Rust {version}: cargo {row}", start.elapsed().as_secs_f64());
        is_ok &= succeeded;
    }
    Ok(is_ok)
}

/// Returns whether others can depend on a package. People build the command by itself, with a
/// current compiler, and it needs 50 crates that no library needs.
fn is_library(package: &Json) -> bool {
    let mut targets = package["targets"].as_array().into_iter().flatten();
    targets.any(|target| target.pointer("/kind/0").is_some_and(|kind| kind == "lib"))
}

/// Returns whether this version is the minimum or a patch of it.
fn is_of(version: &str, minimum: &str) -> bool {
    version == minimum || version.strip_prefix(minimum).is_some_and(|rest| rest.starts_with('.'))
}

/// The commands. Code for a feature that is off is some lines, which clippy checks for newer items.
/// The tests are optimized, so that those of costs have their real limits in time.
fn rows(packages: &[Json], builds_only: bool) -> Result<[String; 2], Box<dyn Error>> {
    let (mut names, mut features) = (String::new(), Vec::new());
    for package in packages {
        let name = package["name"].as_str().ok_or("a package has no name")?;
        names += &format!(" -p {name}");
        let own = package["features"].as_object().ok_or("a package has no features")?;
        let own = own.keys().filter(|feature| *feature != LEFT_OUT);
        features.extend(own.map(|feature| format!("{name}/{feature}")));
    }
    Ok([
        format!("check --quiet --locked{names} --features {}", features.join(",")),
        format!(
            "test --quiet --locked -p configcat-eval --release{}",
            if builds_only { " --no-run" } else { "" }
        ),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_of, rows};

    #[test]
    fn patches_are_of_their_minor_version() {
        for (version, minimum, expected) in [
            ("1.85.1", "1.85", true),
            ("1.85.1", "1.85.1", true),
            ("1.85.1", "1.8", false),
            ("1.85.1", "1.86", false),
            ("1.85.1", "none", false),
        ] {
            assert_eq!(is_of(version, minimum), expected, "{version} {minimum}");
        }
    }

    #[test]
    fn all_features_are_checked_at_once() {
        let packages = [
            json!({"name": "a", "features": {"default": ["x"], "native-tls": [], "x": []}}),
            json!({"name": "b", "features": {}}),
        ];
        let [all, tests] = rows(&packages, false).unwrap();
        assert_eq!(all, "check --quiet --locked -p a -p b --features a/default,a/x");
        let built = [all, format!("{tests} --no-run")];
        assert_eq!(rows(&packages, true).unwrap(), built, "the same, so that it is built once");
    }
}
