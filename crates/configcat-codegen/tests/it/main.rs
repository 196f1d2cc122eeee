//! Generated flags, as an application has them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]
#![allow(unreachable_pub, reason = "generated code is for any module")]

mod command;
mod compiled;
mod drifting;
mod refused;

/// Written by
/// `cargo run -p configcat-codegen -- examples/flags.json crates/configcat-codegen/tests/it/flags.rs`.
mod flags;
/// Written by `cargo run -p configcat-codegen -- --defaults-of-config hostile.json hostile.rs`, in
/// this folder.
mod hostile;

use std::{fs, path::PathBuf};

/// A file, by its path from the package.
fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), name].iter().collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

const SAMPLE: &str = "../../examples/flags.json";

/// A config with these members of `f`.
fn config(settings: &str) -> String {
    format!("{{\"f\": {{{settings}}}}}")
}
