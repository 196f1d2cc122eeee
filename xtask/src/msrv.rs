//! `cargo xtask msrv`: the published libraries build with the Rust version that `Cargo.toml` names.

use std::error::Error;

use serde_json::Value as Json;

use crate::{
    debian_rust::{DebianRust, Target},
    package::is_published,
    workspace::{packages, run as run_command},
};

/// OpenSSL takes long to build, and this feature adds some lines of ours.
const LEFT_OUT: &str = "native-tls";

/// Checks all published libraries. Returns `true`, since all that goes wrong is an error.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
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
    let args = check(&packages)?;
    println!("Rust {version}: cargo {args}");
    let mut cargo = rust.cargo(&args);
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
    run_command(cargo)?;
    Ok(true)
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

/// The arguments of cargo. Code for a feature that is off is some lines, which clippy checks for
/// newer items.
fn check(packages: &[Json]) -> Result<String, Box<dyn Error>> {
    let (mut names, mut features) = (String::new(), Vec::new());
    for package in packages {
        let name = package["name"].as_str().ok_or("a package has no name")?;
        names += &format!(" -p {name}");
        let own = package["features"].as_object().ok_or("a package has no features")?;
        let own = own.keys().filter(|feature| *feature != LEFT_OUT);
        features.extend(own.map(|feature| format!("{name}/{feature}")));
    }
    Ok(format!("check --quiet --locked{names} --features {}", features.join(",")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check, is_of};

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
        assert_eq!(check(&packages).unwrap(), "check --quiet --locked -p a -p b --features a/default,a/x");
    }
}
