//! The program in Rust that has all programs of the page, each in a module.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use super::page::{self, Pair};

/// Writes the program and builds it. Returns its path. It runs the program of the page whose number
/// is its argument.
pub(super) fn build(pairs: &[Pair<'_>]) -> Result<PathBuf, Box<dyn Error>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    let folder = workspace.join("target/from-python");
    fs::create_dir_all(folder.join("src"))?;
    write(&folder.join("Cargo.toml"), &manifest(workspace)?)?;
    write(&folder.join("src/main.rs"), &source(pairs)?)?;
    // These versions are on this machine, so the build needs no network.
    fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;

    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--offline"]).current_dir(&folder);
    // The variables that `cargo run` sets about this package would make build scripts run again,
    // and all above them.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    // Dependencies that the workspace has built are used again.
    let status = cargo.env("CARGO_TARGET_DIR", workspace.join("target")).status()?;
    if !status.success() {
        return Err("a program of the page does not compile".into());
    }
    Ok(workspace.join(format!("target/debug/from-python-page{}", env::consts::EXE_SUFFIX)))
}

/// The profile is that of the workspace. With another one, all dependencies would be built again,
/// which takes a minute.
fn manifest(workspace: &Path) -> io::Result<String> {
    let of_workspace = fs::read_to_string(workspace.join("Cargo.toml"))?;
    let profile = of_workspace.split("\n[").filter(|section| section.starts_with("profile.dev"));
    let profile: String = profile.map(|section| format!("[{section}\n")).collect();
    Ok(format!(
        "[package]
name = \"from-python-page\"
edition = \"2024\"
publish = false

[dependencies]
configcat = {{ path = '{}' }}
log = \"0.4\"

[workspace]

{profile}",
        workspace.join("crates/configcat").display()
    ))
}

fn source(pairs: &[Pair<'_>]) -> Result<String, Box<dyn Error>> {
    let mut modules = String::new();
    let mut arms = String::new();
    for (number, pair) in pairs.iter().enumerate() {
        let program = page::local_rust(pair.rust);
        writeln!(modules, "/// {}\nmod program_{number} {{\n{program}}}\n", pair.section)?;
        writeln!(
            arms,
            "        Some(\"{number}\") => std::process::Termination::report(program_{number}::main()),"
        )?;
    }
    Ok(format!(
        "{modules}fn cdn() -> String {{
    std::env::var(\"CDN\").expect(\"the address of the CDN\")
}}

fn main() -> std::process::ExitCode {{
    match std::env::args().nth(1).as_deref() {{
{arms}        _ => std::process::ExitCode::from(2),
    }}
}}
"
    ))
}

/// Writes a file that has another text: cargo would build an equal one again.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) { Ok(()) } else { fs::write(path, text) }
}
