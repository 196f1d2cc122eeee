//! `cargo xtask wasm`: builds the npm package of `bindings/wasm`, and tests it in Node.js and in
//! Chromium.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    conformance,
    debian_rust::{DebianRust, Target},
    missing, node,
    workspace::{cargo, in_workspace, run as run_command},
};

const SOURCE: &str = "bindings/wasm";
/// Beside what cargo builds: the package, as `npm pack` takes it.
const PACKAGE: &str = "target/wasm/configcat-wasm";

/// Builds the package. Returns its folder.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    let package = module("configcat-wasm", PACKAGE, "core")?;
    for entry in fs::read_dir(in_workspace(SOURCE).join("npm"))? {
        let entry = entry?;
        fs::copy(entry.path(), package.join(entry.file_name()))?;
    }
    for license in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(in_workspace(license), package.join(license))?;
    }
    Ok(package)
}

/// Builds a crate of the workspace `bindings/wasm`. Writes `NAME.js` and `NAME_bg.wasm` to this
/// folder, and nothing else. Returns the folder.
pub(crate) fn module(package: &str, folder: &str, name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let manifest = format!("--quiet --locked --manifest-path {SOURCE}/Cargo.toml --target-dir target/wasm");
    let rust = DebianRust::install(Target::Wasm32)?;
    // Built at the same time, since the last step of the module is one thread's work.
    let mut bindgen = cargo(&format!("build {manifest} -p bindgen")).spawn()?;
    let target = "--release --target wasm32-unknown-unknown -p";
    let mut build = rust.cargo(&format!("build {manifest} {target} {package}"));
    build.env("CARGO_ENCODED_RUSTFLAGS", compiler_flags().join("\x1f"));
    let built = run_command(build);
    let status = bindgen.wait()?;
    built?;
    if !status.success() {
        return Err(format!("bindgen is not built: {status}").into());
    }
    let folder = in_workspace(folder);
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let file = package.replace('-', "_");
    let mut bindgen = Command::new(in_workspace("target/wasm/debug/bindgen"));
    bindgen.arg(in_workspace(&format!("target/wasm/wasm32-unknown-unknown/release/{file}.wasm")));
    bindgen.arg(&folder).arg(name);
    run_command(bindgen)?;
    optimize(&rust, &folder.join(format!("{name}_bg.wasm")))?;
    Ok(folder)
}

/// The instructions that all browsers have had since 2021, and Rust uses by itself from 1.87 on.
const FEATURES: [&str; 3] = ["bulk-memory", "nontrapping-fptoint", "sign-ext"];

/// Returns the flags of the compiler for wasm32.
fn compiler_flags() -> Vec<String> {
    let features: Vec<String> = FEATURES.iter().map(|feature| format!("+{feature}")).collect();
    // Panics name files: without the folders of this machine they take less, and every machine
    // builds the same module.
    let home =
        env::var("CARGO_HOME").ok().or_else(|| Some(env::home_dir()?.join(".cargo").display().to_string()));
    let folders = [(in_workspace("").display().to_string(), ""), (home.unwrap_or_default(), "cargo")];
    let remapped =
        folders.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.trim_end_matches('/')));
    [format!("-Ctarget-feature={}", features.join(","))].into_iter().chain(remapped).collect()
}

/// Makes the module smaller and faster.
fn optimize(rust: &DebianRust, module: &Path) -> Result<(), Box<dyn Error>> {
    let mut optimizer = rust.program("wasm-opt");
    // By its own names for these features, and those that the compiler and wasm-bindgen use anyway.
    optimizer.args(["--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-sign-ext"]);
    optimizer.args(["--enable-multivalue", "--enable-mutable-globals", "--enable-reference-types", "-O3"]);
    optimizer.arg("--output").arg(module).arg(module);
    run_command(optimizer)
}

/// Returns why the package cannot be built or tested here.
pub(crate) fn missing() -> Option<&'static str> {
    missing::node().or_else(|| DebianRust::install(Target::Wasm32).err())
}

/// Builds the package and tests it. Returns `true` if all tests pass.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let package = build()?;
    println!("{}: `npm pack` takes it as it is", package.display());
    let mut node = node();
    node.args(["--test", "--test-reporter", "spec"]);
    let mut tests: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(in_workspace(SOURCE).join("tests"))? {
        tests.push(entry?.path());
    }
    tests.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    tests.sort();
    Ok(node.args(tests).status()?.success())
}

/// Builds the package and measures it beside the official SDK. Returns `true` if no budget is
/// missed.
pub(crate) fn bench() -> Result<bool, Box<dyn Error>> {
    build()?;
    node::install()?;
    Ok(node().arg(in_workspace(SOURCE).join("tests/bench.mjs")).status()?.success())
}

/// Node.js, with the places of what its tests need. A test that misses one is left out, and says
/// so.
fn node() -> Command {
    let mut command = Command::new("node");
    if let Some(bundle) = conformance::bundle() {
        command.env("CONFIGCAT_CONFORMANCE", bundle);
    }
    if missing::chromium().is_none() {
        command.env("CHROMIUM", "chromium");
    }
    if node::install().is_ok() {
        command.env("NODE_SDK", node::modules());
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of the variants of an enum.
    fn variants(file: &syn::File, name: &str) -> Vec<String> {
        let enums = file.items.iter().filter_map(|item| match item {
            syn::Item::Enum(item) if item.ident == name => Some(item),
            _ => None,
        });
        enums.flat_map(|item| &item.variants).map(|variant| variant.ident.to_string()).collect()
    }

    #[test]
    fn every_kind_of_error_has_its_name_in_javascript() {
        let read = |path: &str| fs::read_to_string(in_workspace(path)).unwrap();
        let errors = syn::parse_file(&read("crates/configcat-eval/src/error.rs")).unwrap();
        let kinds = [variants(&errors, "ParseError"), variants(&errors, "ErrorKind")].concat();
        assert!(kinds.len() > 20);
        for file in ["src/error.rs", "npm/index.d.ts"] {
            let text = read(&format!("{SOURCE}/{file}"));
            let missing: Vec<_> =
                kinds.iter().filter(|kind| !text.contains(&format!("\"{kind}\""))).collect();
            assert_eq!(missing, [""; 0], "{file}");
        }
    }
}
