//! `cargo xtask webassembly`: the evaluator builds for `wasm32-unknown-unknown`, and runs there.

use std::{error::Error, fs, process::Command};

use crate::{
    bench::thousands,
    debian_rust::{DebianRust, Target},
    missing,
    workspace::{in_workspace, run as run_command},
};

const TARGET: &str = "--quiet --locked --target wasm32-unknown-unknown";

/// The most bytes of the module that evaluates one flag: what docs/webassembly.md states, and a
/// twentieth more.
const MAX_BYTES: u64 = 320_000;

/// Returns why nothing can be built and run here.
pub(crate) fn not_run() -> Option<&'static str> {
    DebianRust::install(Target::Wasm32).err().or_else(missing::node)
}

/// Checks the library with all features, and builds and runs a module. Returns `true` if that is
/// small enough.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let rust = DebianRust::install(Target::Wasm32)?;
    run_command(rust.cargo(&format!("check {TARGET} -p configcat-eval --lib --all-features")))?;

    let mut build = rust.cargo(&format!("build {TARGET} -p webassembly --release"));
    // As one builds for the web. Without names of functions, which are half of the size.
    for line in ["profile.release.opt-level='s'", "profile.release.lto=true", "profile.release.strip=true"] {
        build.args(["--config", line]);
    }
    run_command(build)?;
    let module = in_workspace("target/msrv/wasm32-unknown-unknown/release/webassembly.wasm");
    let bytes = fs::metadata(&module)?.len();
    println!(
        "a module that evaluates one flag: {} bytes, at most {}",
        thousands(bytes as f64),
        thousands(MAX_BYTES as f64)
    );

    let mut node = Command::new("node");
    node.args(["--eval", include_str!("webassembly.js")]).arg(module);
    run_command(node)?;
    Ok(bytes <= MAX_BYTES)
}
