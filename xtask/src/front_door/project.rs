//! The program of a new user in an empty folder.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::workspace::{cargo, in_workspace, output, run as run_command};

/// The name that the documents give the folder of this repository.
const REPOSITORY: &str = "../configcat-rust";

/// The longest wait for a line. Files are looked at each second; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs commands line by line. Returns the folder that the last `cd` leads to.
pub(super) fn follow(commands: &str, empty: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let repository = in_workspace("");
    let repository = repository.to_str().ok_or("the workspace is in a folder that is not Unicode")?;
    let mut folder = empty.to_owned();
    write_profile(empty)?;
    for line in commands.lines() {
        println!("    {line}");
        match line.split_once(' ') {
            Some(("cd", below)) => folder.push(below),
            Some(("cargo", args)) => {
                let args = args.replace(REPOSITORY, repository.trim_end_matches(['/', '\\']));
                run_command(offline(&args, &folder))?;
            }
            _ => return Err(format!("neither `cd` nor `cargo`: {line}").into()),
        }
    }
    Ok(folder)
}

/// Writes the profile of the workspace as settings of all packages below this folder, so that what
/// the workspace has built is used. Without this, a cold run builds all crates again, which takes a
/// minute.
fn write_profile(folder: &Path) -> Result<(), Box<dyn Error>> {
    let manifest = fs::read_to_string(in_workspace("Cargo.toml"))?;
    let sections = manifest.split("\n[").filter(|section| section.starts_with("profile.dev"));
    let settings: String = sections.map(|section| format!("[{section}\n")).collect();
    fs::create_dir_all(folder.join(".cargo"))?;
    Ok(fs::write(folder.join(".cargo/config.toml"), settings)?)
}

/// Returns a cargo command that shares the target folder of the workspace.
fn offline(args: &str, folder: &Path) -> Command {
    let mut command = cargo(args);
    command.current_dir(folder).env("CARGO_NET_OFFLINE", "true");
    command.env("CARGO_TARGET_DIR", in_workspace("target"));
    command
}

/// The package of a new user.
pub(super) struct Project {
    folder: PathBuf,
}

impl Project {
    /// Makes the package with the commands of a document.
    pub(super) fn new(commands: &str, empty: &Path) -> Result<Self, Box<dyn Error>> {
        let folder = follow(commands, empty)?;
        // These versions are on this machine, so nothing needs a network.
        fs::copy(in_workspace("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder })
    }

    /// Returns a cargo command in the folder of the package.
    pub(super) fn cargo(&self, args: &str) -> Command {
        offline(args, &self.folder)
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(self.folder.join(path), text)?)
    }

    /// Builds a program. Returns a command that runs it.
    pub(super) fn build(&self, program: &str) -> Result<Command, Box<dyn Error>> {
        self.write("src/main.rs", program)?;
        let messages = output(self.cargo("build --quiet --message-format json"))?;
        let executable = messages.lines().rev().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            message.get("executable")?.as_str().map(str::to_owned)
        });
        let mut command = Command::new(executable.ok_or("cargo has built no program")?);
        command.current_dir(&self.folder).env_remove("CONFIGCAT_SDK_KEY").env_remove("RUST_LOG");
        Ok(command)
    }

    /// Compiles a program with this expression, which must fail with this message.
    pub(super) fn expect_compile_error(&self, expression: &str, message: &str) -> Result<(), Box<dyn Error>> {
        let program = format!(
            "#![allow(unused)]\nuse {{configcat::*, std::time::Duration}};\nfn f(client: Client) {{ let _ = {expression}; }}\nfn main() {{}}"
        );
        self.write("src/main.rs", &program)?;
        let compiled = self.cargo("build --quiet").output()?;
        let said = String::from_utf8_lossy(&compiled.stderr);
        if compiled.status.success() || !said.contains(message) {
            return Err(format!("`{expression}` should not compile, with `{message}`: {said}").into());
        }
        println!("    error: {message}");
        Ok(())
    }

    /// Writes the flags, and starts a program that prints lines.
    pub(super) fn start(&self, program: &str, flags: &str) -> Result<Running, Box<dyn Error>> {
        self.write("flags.json", flags)?;
        let mut child = self.build(program)?.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("the program has no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.take_while(|line| sender.send(line.clone()).is_ok()).count()
        });
        Ok(Running { child, lines })
    }
}

/// A program that prints until it is killed.
pub(super) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    /// Waits for a line that starts so.
    pub(super) fn expect(&mut self, start: &str) -> Result<(), Box<dyn Error>> {
        let mut last = String::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                return Err(format!("no line `{start}`; the last is `{last}`").into());
            };
            if line.starts_with(start) {
                println!("    {line}");
                return Ok(());
            }
            last = line;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_of_cargo_and_cd() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(follow("cargo --version\ncd a\n", empty.path()).unwrap(), empty.path().join("a"));
        assert!(follow("git clone a\n", empty.path()).is_err());
    }
}
