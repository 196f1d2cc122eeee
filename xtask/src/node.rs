//! The JavaScript SDK, from the npm registry.

use std::{fs, path::PathBuf, process::Command};

use crate::workspace::in_workspace;

const FOLDER: &str = "target/tools/node-sdk";

/// Returns the folder of the packages that [`install`] gets.
pub(crate) fn modules() -> PathBuf {
    in_workspace(FOLDER).join("node_modules")
}

/// Installs the JavaScript SDK, unless it is there. Returns the reason if it cannot.
pub(crate) fn install() -> Result<(), &'static str> {
    let read = |name: &str| fs::read_to_string(in_workspace(".ci/node").join(name));
    let files = ["package.json", "package-lock.json"].map(|name| (name, read(name)));
    let folder = in_workspace(FOLDER);
    let lock = read("package-lock.json").map_err(|_| "the list in .ci/node cannot be read")?;
    // Written last, so it is missing after an installation that stopped.
    let installed = folder.join("installed.json");
    if fs::read_to_string(&installed).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    let copy = || -> std::io::Result<()> {
        fs::create_dir_all(&folder)?;
        files.into_iter().try_for_each(|(name, text)| fs::write(folder.join(name), text?))
    };
    copy().map_err(|_| "target/tools/node-sdk cannot be written")?;
    // Checks the hashes of the lock file. Without a network the step is left out after seconds.
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]);
    npm.args(["--fetch-retries", "1", "--fetch-timeout", "10000"]).current_dir(&folder);
    match npm.status() {
        Err(_) => Err("no npm; install nodejs and npm"),
        Ok(status) if !status.success() => {
            Err("npm cannot get the JavaScript SDK: the registry is out of reach, or a hash differs")
        }
        Ok(_) => fs::write(installed, lock).map_err(|_| "target/tools/node-sdk cannot be written"),
    }
}
