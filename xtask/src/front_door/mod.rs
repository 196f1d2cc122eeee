//! `cargo xtask front-door`: does what README and tutorial tell a new user, in an empty folder.
//!
//! The commands and programs are those in the documents, so that a document that leads nowhere
//! fails here.

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

/// Runs the commands, and then each program. Returns `true`, since all that goes wrong is an error.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let read = |path: &str| fs::read_to_string(in_workspace(path));
    let (readme, tutorial) = (read("README.md")?, read("docs/first-five-minutes.md")?);
    let commands = *blocks(&tutorial, "sh").first().ok_or("the tutorial has no commands")?;
    if !blocks(&readme, "sh").contains(&commands) {
        return Err("README.md does not have the first commands of docs/first-five-minutes.md".into());
    }
    let json = blocks(&tutorial, "json");
    let programs = blocks(&tutorial, "rust,no_run");
    let [quiet_json, rules_json] = json[..] else { return Err("the tutorial has two files of flags".into()) };
    let [first, second, ..] = programs[..] else { return Err("the tutorial has two programs".into()) };
    let with_key = *blocks(&readme, "rust,no_run").first().ok_or("README.md has no program")?;

    let empty = tempfile::tempdir()?;
    let project = Project { folder: follow(commands, empty.path())? };
    // These versions are on this machine, so nothing needs a network.
    fs::copy(in_workspace("Cargo.lock"), project.folder.join("Cargo.lock"))?;

    let mut running = project.start(first, quiet_json)?;
    running.expect("Hello, World.")?;
    project.write("flags.json", &quiet_json.replace("false", "true"))?;
    running.expect("Hello, World!!!")?;
    drop(running);

    let mut running = project.start(second, rules_json)?;
    running.expect("Evaluating 'isLoud' for User")?;
    running.expect("Jane: Hello, World!!!  Bob: Hello, World.")?;
    project.write("flags.json", &rules_json.replace("@example.com", "@example.org"))?;
    running.expect("Jane: Hello, World.    Bob: Hello, World!!!")?;
    drop(running);

    // A placeholder is refused before anything is fetched.
    let refused = Command::new(project.build(with_key)?).output()?;
    let said = String::from_utf8_lossy(&refused.stderr);
    if refused.status.success() || !said.starts_with("Error: SdkKey(") {
        return Err(format!("the program of README.md: {}, {said}", refused.status).into());
    }
    print!("    {said}");
    // Each empty folder makes a new package, of which nothing may stay in the shared target.
    run_command(project.cargo("clean --quiet -p hello-flags"))?;
    println!("README.md and docs/first-five-minutes.md lead to three programs that work");
    Ok(true)
}

/// Runs commands line by line. Returns the folder that the last `cd` leads to.
fn follow(commands: &str, empty: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let repository = in_workspace("");
    let repository = repository.to_str().ok_or("the workspace is in a folder that is not Unicode")?;
    let mut folder = empty.to_owned();
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

/// Returns a cargo command that shares the target folder of the workspace.
fn offline(args: &str, folder: &Path) -> Command {
    let mut command = cargo(args);
    command.current_dir(folder).env("CARGO_NET_OFFLINE", "true");
    command.env("CARGO_TARGET_DIR", in_workspace("target"));
    // The level of `[profile.dev.package."*"]`, so that what the workspace has built is used.
    command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    command
}

struct Project {
    folder: PathBuf,
}

impl Project {
    fn cargo(&self, args: &str) -> Command {
        offline(args, &self.folder)
    }

    fn write(&self, path: &str, text: &str) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(self.folder.join(path), text)?)
    }

    /// Returns the path of the program.
    fn build(&self, program: &str) -> Result<String, Box<dyn Error>> {
        self.write("src/main.rs", program)?;
        let messages = output(self.cargo("build --quiet --message-format json"))?;
        let executable = messages.lines().rev().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            message.get("executable")?.as_str().map(str::to_owned)
        });
        Ok(executable.ok_or("cargo has built no program")?)
    }

    fn start(&self, program: &str, flags: &str) -> Result<Running, Box<dyn Error>> {
        self.write("flags.json", flags)?;
        let mut command = Command::new(self.build(program)?);
        let mut child = command.current_dir(&self.folder).stdout(Stdio::piped()).spawn()?;
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
struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    /// Waits for a line that starts so.
    fn expect(&mut self, start: &str) -> Result<(), Box<dyn Error>> {
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

/// Returns the fenced blocks of a language, without their fences.
fn blocks<'a>(markdown: &'a str, language: &str) -> Vec<&'a str> {
    let fenced = markdown.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_language_and_no_fence() {
        let text = "a `b`\n\n```sh\none\ntwo\n```\n\n```shell\nx\n```\n```json\n{}\n```\n";
        assert_eq!(blocks(text, "sh"), ["one\ntwo\n"]);
        assert_eq!(blocks(text, "json"), ["{}\n"]);
        assert_eq!(blocks(text, "rust"), [""; 0]);
    }

    #[test]
    fn commands_are_those_of_cargo_and_cd() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(follow("cargo --version\ncd a\n", empty.path()).unwrap(), empty.path().join("a"));
        assert!(follow("git clone a\n", empty.path()).is_err());
    }
}
