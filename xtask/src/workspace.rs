//! The folder of the workspace, and commands in it.

use std::{
    env,
    error::Error,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value as Json;

/// Returns a path under the root of the workspace, wherever the command was called.
pub(crate) fn in_workspace(path: &str) -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).join(path)
}

/// Returns the cargo that runs this program, at the root of the workspace, with these arguments.
pub(crate) fn cargo(args: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args.split_whitespace()).current_dir(in_workspace(""));
    // What `cargo run` says about xtask would make the build scripts that look at it run again, and
    // all above them.
    let is_of_xtask = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    };
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_xtask(name)) {
        cargo.env_remove(name);
    }
    cargo
}

/// Returns the packages of the workspace, as cargo describes them.
pub(crate) fn packages() -> Result<Vec<Json>, Box<dyn Error>> {
    let metadata: Json = serde_json::from_str(&output(cargo("metadata --format-version 1 --no-deps"))?)?;
    Ok(metadata.get("packages").and_then(Json::as_array).ok_or("cargo metadata has no packages")?.clone())
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

/// Returns what a command prints.
pub(crate) fn output(mut command: Command) -> Result<String, Box<dyn Error>> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
