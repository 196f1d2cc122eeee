//! `cargo xtask python`: runs the programs of the page `docs::from_python` in Python and in Rust.

use std::{error::Error, fs, path::PathBuf, process::Command};

use crate::workspace::{cargo, in_workspace};

/// An environment of Python with the SDK of some version.
pub(crate) struct Environment {
    folder: &'static str,
    /// The lists of packages, and the options of pip for each.
    lists: [(&'static str, &'static [&'static str]); 2],
}

const WHEELS: (&str, &[&str]) = (".ci/python/wheels.txt", &["--only-binary", ":all:"]);

/// The oldest SDK on PyPI, which `docs::from_python` is about. Its list has source packages, which
/// need the setuptools of the wheels.
pub(crate) const OLDEST: Environment = Environment {
    folder: "target/tools/python-sdk",
    lists: [WHEELS, (".ci/python/sdk.txt", &["--no-binary", ":all:", "--no-build-isolation"])],
};

/// The latest SDK.
pub(crate) const LATEST: Environment = Environment {
    folder: "target/tools/python-sdk-latest",
    lists: [WHEELS, (".ci/python/latest.txt", &["--only-binary", ":all:"])],
};

/// Runs all programs, and compares their outputs with those of the page.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    OLDEST.install()?;
    let mut command = cargo("run --quiet --package configcat-tests --bin from-python --");
    Ok(command.arg(OLDEST.interpreter()).status()?.success())
}

impl Environment {
    /// Returns the path of the Python that [`install`](Self::install) makes.
    pub(crate) fn interpreter(&self) -> PathBuf {
        in_workspace(self.folder).join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
    }

    /// Installs the SDK, unless these packages are there. Returns the reason if it cannot.
    pub(crate) fn install(&self) -> Result<(), &'static str> {
        let read = |(list, _): &(&str, _)| fs::read_to_string(in_workspace(list));
        let lists: Result<Vec<String>, _> = self.lists.iter().map(read).collect();
        let lists = lists.map_err(|_| "the lists in .ci/python cannot be read")?.concat();
        // Written last, so it is missing after an installation that stopped.
        let installed = in_workspace(self.folder).join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|old| old == lists) {
            return Ok(());
        }

        let mut venv = Command::new(if cfg!(windows) { "python" } else { "python3" });
        venv.args(["-m", "venv", "--clear"]).arg(in_workspace(self.folder));
        if !succeeds(venv) {
            return Err("no python3 with venv and pip; install python3 and python3-venv");
        }
        for (list, options) in self.lists {
            let mut pip = Command::new(self.interpreter());
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
        fs::write(installed, lists).map_err(|_| "target/tools cannot be written")
    }
}

/// Runs a command, which prints what is wrong.
fn succeeds(mut command: Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
