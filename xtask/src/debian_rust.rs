//! Rust of the minimum version, as Debian 13 has it, unpacked by `.ci/debian-rust`.

use std::{
    error::Error,
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
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
    // Once in a run of this program: a mirror that is out of reach is waited for each time.
    pub(crate) fn install(target: Target) -> Result<Self, &'static str> {
        static FOLDERS: [OnceLock<Result<PathBuf, &str>>; 2] = [const { OnceLock::new() }; 2];
        let [host, wasm32] = &FOLDERS;
        let folder = match target {
            Target::Host => host,
            Target::Wasm32 => wasm32,
        };
        Ok(Self { folder: folder.get_or_init(|| unpack(target)).clone()? })
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

fn unpack(target: Target) -> Result<PathBuf, &'static str> {
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
    Ok(folder.trim_end().into())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{env, fs, os::unix::fs::PermissionsExt, path::Path};

    use super::*;

    /// Programs that stand in for those of Debian. They download two packages, and unpack them.
    const STUBS: [(&str, &str); 3] = [
        (
            "apt-get",
            r#"cd "$ROOT/target/tools/debian-rust/archives" && touch rustc.deb lld.deb
            case "$*" in *" install "*) echo installed >>"$ROOT/log" ;; esac"#,
        ),
        ("dpkg", "echo amd64"),
        (
            "dpkg-deb",
            r#"case "$2" in */lld.deb) [ ! -e "$ROOT/is-full" ]; exit ;; esac
            mkdir -p "$3/usr/bin" "$3/usr/lib/x86_64-linux-gnu"
            echo program >"$3/usr/bin/rustc"
            printf '#!/bin/sh\necho "$@"\n' >"$3/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
            chmod +x "$3/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2""#,
        ),
    ];

    /// Returns a folder that has the script and the programs that it calls.
    fn root() -> tempfile::TempDir {
        let root = tempfile::Builder::new().prefix("debian rust ").tempdir().unwrap();
        let write = |name: &str, text: String| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        };
        write(".ci/debian-rust", fs::read_to_string(in_workspace(".ci/debian-rust")).unwrap());
        for (name, text) in STUBS {
            write(&format!("stubs/{name}"), format!("#!/bin/sh\n{text}\n"));
        }
        root
    }

    fn script(root: &Path) -> Command {
        let mut script = Command::new(root.join(".ci/debian-rust"));
        let path = env::var("PATH").unwrap();
        script.env("ROOT", root).env("PATH", format!("{}:{path}", root.join("stubs").display()));
        script.stdout(Stdio::piped()).stderr(Stdio::null());
        script
    }

    /// Returns whether the compiler that the script has unpacked runs.
    fn runs(root: &Path) -> bool {
        let rustc = Command::new(root.join("target/tools/debian-rust/root/usr/bin/rustc")).output();
        rustc.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("rustc.bin"))
    }

    #[test]
    fn a_package_that_cannot_be_unpacked_is_an_error() {
        let root = root();
        let root = root.path();
        fs::write(root.join("is-full"), "").unwrap();
        assert!(!script(root).status().unwrap().success());
        fs::remove_file(root.join("is-full")).unwrap();
        assert!(script(root).status().unwrap().success());
        assert!(runs(root));
    }

    #[test]
    fn what_a_run_that_stopped_has_left_does_no_harm() {
        let root = root();
        let root = root.path();
        assert!(script(root).status().unwrap().success());
        let folder = root.join("target/tools/debian-rust");
        // The program has moved, and what starts it is not written.
        fs::remove_file(folder.join("root/usr/bin/rustc")).unwrap();
        fs::remove_file(folder.join("installed-host")).unwrap();
        assert!(script(root).status().unwrap().success());
        assert!(runs(root));
    }

    #[test]
    fn runs_at_once_install_once() {
        let root = root();
        let root = root.path();
        let runs_at_once: Vec<_> = (0..4).map(|_| script(root).spawn().unwrap()).collect();
        for run in runs_at_once {
            assert!(run.wait_with_output().unwrap().status.success());
        }
        assert!(runs(root));
        assert_eq!(fs::read_to_string(root.join("log")).unwrap(), "installed\n");
    }
}
