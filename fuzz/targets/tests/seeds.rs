//! Runs each stored input through the function that libFuzzer runs.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{fs, path::Path};

use configcat_fuzz_targets::{
    analysis, cache_entry, changes, config_json, cost, differential, json_flags, sdk_key_and_url, user_values,
};

/// Runs the target with each input of its folder. After a failure, the last printed name is that of
/// the failing input.
fn run(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seeds").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "{name} has {} inputs", paths.len());
    for path in paths {
        println!("{}", path.display());
        target(&fs::read(path).unwrap());
    }
}

#[test]
fn config_json_holds() {
    run("config_json", config_json);
}

#[test]
fn cache_entry_holds() {
    run("cache_entry", cache_entry);
}

#[test]
fn sdk_key_and_url_holds() {
    run("sdk_key_and_url", sdk_key_and_url);
}

#[test]
fn user_values_holds() {
    run("user_values", user_values);
}

#[test]
fn cost_holds() {
    run("cost", cost);
}

#[test]
fn analysis_holds() {
    run("analysis", analysis);
}

#[test]
fn differential_holds() {
    run("differential", differential);
}

#[test]
fn json_flags_holds() {
    run("json_flags", json_flags);
}

#[test]
fn changes_holds() {
    run("changes", changes);
}
