//! The project's own commands, run as `cargo xtask COMMAND`.

use std::{env, path::Path, process::ExitCode};

mod ci;
mod conformance;
mod layering;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  ci               runs every check, and ends with a summary
  conformance DIR  runs a bundle of evaluation cases
  layering         checks which crate may depend on what
  help             prints this text
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["ci"] => ci::run(),
        ["conformance", dir] => conformance::run(Path::new(dir)),
        ["layering"] => layering::run(),
        ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(true)
        }
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A path in the workspace, wherever the command was called.
fn in_workspace(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A cargo of the same toolchain, at the root of the workspace.
fn cargo(args: &str) -> std::process::Command {
    let mut cargo = std::process::Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args.split_whitespace()).current_dir(in_workspace(""));
    cargo
}
