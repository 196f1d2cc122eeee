//! Runs the command.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value as Json;
use tempfile::TempDir;

/// The path of the repository.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The exit code and the outputs of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Returns the lines of the output as JSON.
    pub(crate) fn json(&self) -> Vec<Json> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Checks that the command was refused with exactly this text, and has written nothing.
    #[track_caller]
    pub(crate) fn is_refused(&self, text: &str) {
        assert_eq!((self.code, self.out.as_str(), self.err.trim_end()), (2, "", text.trim_end()));
    }
}

/// Returns the command in a folder, without colours and 80 columns wide.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_configcat"));
    command.current_dir(folder).env("NO_COLOR", "1").env("COLUMNS", "80");
    command.env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

/// Runs the command in the folder `examples`.
pub(crate) fn run(args: &[&str]) -> Ran {
    ran(command(&Path::new(ROOT).join("examples")).args(args))
}

/// Runs the command in the folder `examples`, in a terminal of that width.
pub(crate) fn run_wide(columns: &str, args: &[&str]) -> Ran {
    ran(command(&Path::new(ROOT).join("examples")).env("COLUMNS", columns).args(args))
}

/// Runs the command in the folder `examples`, with this text on standard input.
pub(crate) fn run_with(stdin: &[u8], args: &[&str]) -> Ran {
    let mut command = command(&Path::new(ROOT).join("examples"));
    let pipes = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    // A command that ends before it has read all closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    of(&child.wait_with_output().unwrap())
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    of(&command.output().unwrap())
}

fn of(output: &std::process::Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// A folder with files, which vanishes after the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(folder.path(name), text).unwrap();
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        ran(command(self.0.path()).args(args))
    }

    /// Runs the command with colours, as in a terminal.
    pub(crate) fn run_colored(&self, args: &[&str]) -> Ran {
        ran(command(self.0.path()).env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1").args(args))
    }
}
