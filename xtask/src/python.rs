//! `cargo xtask python`: runs the programs of the page `docs::from_python` in Python and in Rust.

use std::{error::Error, fs, path::PathBuf, process::Command};

use crate::workspace::{cargo, in_workspace};

/// The environment of Python that has the SDK.
const FOLDER: &str = "target/tools/python-sdk";

/// The lists of packages, and the options of pip for each. The second one has source packages,
/// which need the setuptools of the first.
const LISTS: [(&str, &[&str]); 2] = [
    (".ci/python/wheels.txt", &["--only-binary", ":all:"]),
    (".ci/python/sdk.txt", &["--no-binary", ":all:", "--no-build-isolation"]),
];

/// Runs all programs, and compares their outputs with those of the page.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    install()?;
    let mut command = cargo("run --quiet --package configcat-tests --bin from-python --");
    Ok(command.arg(interpreter()).status()?.success())
}

/// Returns the path of the Python that [`install`] makes.
pub(crate) fn interpreter() -> PathBuf {
    in_workspace(FOLDER).join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// Installs the Python SDK, unless these packages are there. Returns the reason if it cannot.
pub(crate) fn install() -> Result<(), &'static str> {
    let read = |(list, _): &(&str, _)| fs::read_to_string(in_workspace(list));
    let lists: Result<Vec<String>, _> = LISTS.iter().map(read).collect();
    let lists = lists.map_err(|_| "the lists in .ci/python cannot be read")?.concat();
    // Written last, so it is missing after an installation that stopped.
    let installed = in_workspace(FOLDER).join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|old| old == lists) {
        return Ok(());
    }

    let mut venv = Command::new(if cfg!(windows) { "python" } else { "python3" });
    venv.args(["-m", "venv", "--clear"]).arg(in_workspace(FOLDER));
    if !succeeds(venv) {
        return Err("no python3 with venv and pip; install python3 and python3-venv");
    }
    for (list, options) in LISTS {
        let mut pip = Command::new(interpreter());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        // Without a network the step is left out after seconds, and not after minutes.
        pip.args(["--timeout", "5", "--retries", "1", "--require-hashes"]);
        pip.args(options).arg("--requirement").arg(in_workspace(list));
        // The package msgpack in plain Python needs no C compiler.
        pip.env("MSGPACK_PUREPYTHON", "1");
        if !succeeds(pip) {
            return Err("pip cannot get the Python SDK: PyPI is out of reach, or a hash differs");
        }
    }
    fs::write(installed, lists).map_err(|_| "target/tools/python-sdk cannot be written")
}

/// Runs a command, which prints what is wrong.
fn succeeds(mut command: Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
