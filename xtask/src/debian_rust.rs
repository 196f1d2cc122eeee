//! Rust of the minimum version, as Debian 13 has it, unpacked by `.ci/debian-rust`.

use std::{
    error::Error,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::workspace::{in_workspace, output};

/// The programs `cargo`, `rustc` and `rustdoc` of Debian 13.
pub(crate) struct DebianRust {
    folder: PathBuf,
}

/// The target of the standard library that is unpacked beside the programs.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    Host,
    /// `wasm32-unknown-unknown` too.
    Wasm32,
}

impl DebianRust {
    /// Unpacks the packages, unless they are there. Returns the reason if it cannot.
    pub(crate) fn install(target: Target) -> Result<Self, &'static str> {
        let has_apt = Command::new("apt-get").arg("--version").stdout(Stdio::null()).status();
        if !has_apt.is_ok_and(|status| status.success()) {
            return Err("no apt-get; Rust of the minimum version is that of Debian 13");
        }
        let mut script = Command::new(in_workspace(".ci/debian-rust"));
        if matches!(target, Target::Wasm32) {
            script.arg("wasm32");
        }
        let folder = output(script).map_err(
            |_| "apt cannot get the Rust of Debian 13: its mirror is out of reach, or this system is no Debian",
        )?;
        Ok(Self { folder: folder.trim_end().into() })
    }

    /// Returns this cargo, at the root of the workspace, with these arguments, in a target folder
    /// of its own. What this program was built with does not reach it.
    pub(crate) fn cargo(&self, args: &str) -> Command {
        let mut cargo = Command::new(self.folder.join("cargo"));
        cargo.args(args.split_whitespace()).current_dir(in_workspace(""));
        for name in ["RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "LD_LIBRARY_PATH"] {
            cargo.env_remove(name);
        }
        cargo.env("CARGO_TARGET_DIR", in_workspace("target/msrv"));
        cargo
    }

    /// Returns another program of the packages.
    pub(crate) fn program(&self, name: &str) -> Command {
        Command::new(self.folder.join(name))
    }

    /// Returns the version of the compiler, such as `1.85.1`.
    pub(crate) fn version(&self) -> Result<String, Box<dyn Error>> {
        let mut rustc = Command::new(self.folder.join("rustc"));
        rustc.arg("--version");
        let text = output(rustc)?;
        Ok(text.split_whitespace().nth(1).ok_or("rustc has no version")?.to_owned())
    }
}
