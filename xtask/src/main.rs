//! The project's own commands, run as `cargo xtask COMMAND`.

use std::{env, path::Path, process::ExitCode};

use self::ci::Extent;

#[cfg(test)]
mod adding;
mod api;
mod bench;
mod ci;
mod conformance;
mod debian_rust;
#[cfg(test)]
mod errors;
mod features;
mod fleet;
mod front_door;
mod fuzz;
mod instructions;
mod layering;
mod long_tests;
mod missing;
mod msrv;
mod node;
mod package;
mod playground;
mod plot;
mod python;
#[cfg(test)]
mod security;
mod serve;
mod silent;
mod source;
mod specs;
mod tidy;
mod wasm;
mod webassembly;
mod workspace;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  api              write the public API of each library to docs/api
  api --check      check that these are what would be written
  bench            measure, print tables, write benches/RESULTS.md and benches/growth.svg
  bench --peers    the same with other SDKs in the same run
  bench --again    write what was measured last
  ci               run every check, then print how each went
  ci --full        also the steps that take minutes and rarely fail: playground, npm package, fleet
  ci --quick       format, tidy, lint and tests of the published crates with default features
  conformance DIR  run a bundle of evaluation cases
  conformance DIR --command
                   run the same as specs of `configcat test`, after `cargo build -p configcat-cli`
  features         check each published crate with each of its features, alone
  fleet            simulate 100,000 clients, write docs/fleet.md and docs/fleet.svg
  fleet --check    check that these are what would be written
  fleet --redis    run 20 processes, without a shared cache and with a Redis (needs redis-server);
                   exits with 3 if the machine was too busy for a verdict
  front-door       do what README and tutorial say, in an empty folder
  faults           let every fault strike in every polling mode, write docs/faults.md
  fuzz [--seconds N] [TARGET…]
                   run the fuzz targets, 600 s each, and print a table (needs cargo-fuzz and a nightly)
  instructions     count the instructions of evaluations, and compare them with benches/instructions.txt
  instructions --write
                   write the counts to that file
  layering         check which crate depends on what
  msrv             check the published libraries with the minimum Rust version, that of Debian 13
  package          pack what is published, and check that nothing is missing in it
  package --verify the same, and build what was packed
  playground       build the page of examples/playground in target/playground
  python           run the programs of the page `docs::from_python` in Python and in Rust, and compare
  serve SDK        let an official SDK (python, node or browser) get flags from `configcat serve`
  serve SDK --built
                   the same with the command that was built last
  silent           check that evaluating alone has no code that explains
  soak [--minutes N]
                   a client under load and with faults, for 10 minutes if nothing is said
  tidy             count circles of files, root names, wrong events, words, wide comments and reasons,
                   and check that no number is worse than its limit
  tidy --all       the same, and print every place to change
  tidy --lower     make today's numbers the limits where they are better
  wasm             build the npm package of bindings/wasm, and test it in Node.js and Chromium
  wasm --bench     measure it beside the official JavaScript SDK
  webassembly      build the evaluator for wasm32-unknown-unknown, check its size, and run it
  help             print this text
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["api"] => api::write(),
        ["api", "--check"] => api::check(),
        ["bench"] => bench::run(false),
        ["bench", "--peers"] => bench::run(true),
        ["bench", "--again"] => bench::again(),
        ["ci"] => Ok(ci::run(Extent::Usual)),
        ["ci", "--quick"] => Ok(ci::run(Extent::Quick)),
        ["ci", "--full"] => Ok(ci::run(Extent::Full)),
        ["conformance", dir] => conformance::run(Path::new(dir)),
        ["conformance", dir, "--command"] => specs::run(Path::new(dir)),
        ["features"] => features::run(),
        ["fleet"] => fleet::write(),
        ["fleet", "--check"] => fleet::check(),
        ["fleet", "--redis"] => return long_tests::redis_fleet(),
        ["faults"] => long_tests::faults(),
        ["front-door"] => front_door::run(),
        ["fuzz", "--seconds", seconds, targets @ ..] => fuzz::run(seconds, targets),
        ["fuzz", targets @ ..] => fuzz::run("600", targets),
        ["instructions"] => instructions::check(),
        ["instructions", "--write"] => instructions::write(),
        ["layering"] => layering::run(),
        ["msrv"] => msrv::run(),
        ["package"] => package::run(false),
        ["package", "--verify"] => package::run(true),
        ["playground"] => playground::run(),
        ["python"] => python::run(),
        ["serve", sdk] => serve::run(sdk, true),
        ["serve", sdk, "--built"] => serve::run(sdk, false),
        ["silent"] => silent::run(),
        ["tidy"] => tidy::run(false),
        ["tidy", "--all"] => tidy::run(true),
        ["tidy", "--lower"] => tidy::lower(),
        ["wasm"] => wasm::run(),
        ["wasm", "--bench"] => wasm::bench(),
        ["webassembly"] => webassembly::run(),
        ["soak"] => long_tests::soak("10"),
        ["soak", "--minutes", minutes] => long_tests::soak(minutes),
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
