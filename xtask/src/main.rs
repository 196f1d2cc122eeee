//! The project's own commands, run as `cargo xtask COMMAND`.

use std::{
    env,
    error::Error,
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

mod bench;
mod ci;
mod conformance;
mod fleet;
mod fuzz;
mod layering;
mod package;
mod plot;
#[cfg(test)]
mod security;
mod silent;
mod trials;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  bench            measure, print tables, write benches/RESULTS.md and benches/growth.svg
  bench --peers    the same with other SDKs in the same run
  bench --again    write what was measured last
  ci               run every check, then say how each went
  conformance DIR  run a bundle of evaluation cases
  fleet            simulate 100,000 clients, write docs/fleet.md and docs/fleet.svg
  fleet --check    check that these are what would be written
  fleet --redis    run 20 processes, without a shared cache and with a Redis (needs redis-server)
  faults           let every fault strike in every polling mode, write docs/faults.md
  fuzz [--seconds N] [TARGET…]
                   run the fuzz targets, 600 s each, and print a table (needs cargo-fuzz and a nightly)
  layering         check which crate depends on what
  package          pack what is published, and check that nothing is missing in it
  package --verify the same, and build what was packed
  silent           check that evaluating alone has no code that explains
  soak [--minutes N]
                   a client under load and with faults, for 10 minutes if nothing is said
  help             print this text
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["bench"] => bench::run(false),
        ["bench", "--peers"] => bench::run(true),
        ["bench", "--again"] => bench::again(),
        ["ci"] => Ok(ci::run()),
        ["conformance", dir] => conformance::run(Path::new(dir)),
        ["fleet"] => fleet::write(),
        ["fleet", "--check"] => fleet::check(),
        ["fleet", "--redis"] => trials::redis_fleet(),
        ["faults"] => trials::faults(),
        ["fuzz", "--seconds", seconds, targets @ ..] => fuzz::run(seconds, targets),
        ["fuzz", targets @ ..] => fuzz::run("600", targets),
        ["layering"] => layering::run(),
        ["package"] => package::run(false),
        ["package", "--verify"] => package::run(true),
        ["silent"] => silent::run(),
        ["soak"] => trials::soak("10"),
        ["soak", "--minutes", minutes] => trials::soak(minutes),
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

/// A path under the root of the workspace, wherever the command was called.
fn in_workspace(path: &str) -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).join(path)
}

/// The cargo that runs this program, at the root of the workspace, with these arguments.
fn cargo(args: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(args.split_whitespace()).current_dir(in_workspace(""));
    // What `cargo run` says about xtask would make the build scripts that look at it run again, and all above them.
    let is_of_xtask = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    };
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_xtask(name)) {
        cargo.env_remove(name);
    }
    cargo
}

/// What a cargo command prints.
fn output(args: &str) -> Result<String, Box<dyn Error>> {
    let output = cargo(args).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("cargo {args}: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
