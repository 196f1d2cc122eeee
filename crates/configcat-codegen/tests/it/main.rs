//! Tests with generated flags, used as in an application.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]
#![allow(unreachable_pub, reason = "generated code is for any module")]

mod compiled;
mod compiler;
mod drifting;
mod errors;
mod options;
mod refused;
mod written;

/// Written by `cargo run -p configcat-cli -- codegen ../../../../examples/flags.json flags.rs`, in
/// this folder.
mod flags;
/// Written by `cargo run -p configcat-cli -- codegen --defaults-of-config hostile.json hostile.rs`,
/// in this folder.
mod hostile;

/// Written by `cargo run -p configcat-cli -- codegen choices.json choices.rs --deprecate-constant
/// --private --enums 12 --json 'limits=Vec<u64>'`, in this folder.
#[expect(dead_code, reason = "most flags are not used")]
mod choices;

use std::{fs, path::PathBuf};

/// Returns the path of a file of the package.
fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), name].iter().collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

const SAMPLE: &str = "../../examples/flags.json";

/// Returns a config with these members of `f`.
fn config(settings: &str) -> String {
    format!("{{\"f\": {{{settings}}}}}")
}
