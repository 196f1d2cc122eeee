//! Runs the benchmarks and gathers their figures.

use std::{error::Error, fs, path::PathBuf, process::Command};

use super::{figures::Figures, weight};
use crate::workspace::{cargo, in_workspace, output, run};

/// A workspace of its own, so that no user and no check builds the peers.
const PEERS: &str = "benches/peers";

/// The number of passes over all evaluations. The least median of the passes counts: a busy
/// machine, or one that has slowed its clock, only ever adds, and for longer than one measurement
/// takes.
const PASSES: usize = 6;

/// Where criterion puts what it measures; emptied before each run.
fn criterion_folder() -> PathBuf {
    in_workspace("target/bench/criterion")
}

/// Where the figures of the last run are.
pub(super) fn figures_file() -> PathBuf {
    in_workspace("target/bench/figures.txt")
}

/// Measures all that there is of ours; with the peers, theirs in the same run and the same groups.
pub(super) fn measure(peers: bool) -> Result<Figures, Box<dyn Error>> {
    let folder = criterion_folder();
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    // All is built before anything is measured.
    run(build(false, "build --profile bench --bins --bench evaluate --bench growth"))?;
    if peers {
        run(build(true, "build --profile bench --bins --bench evaluate"))?;
    }
    let mut passes = Vec::new();
    for _ in 0..PASSES {
        run(build(peers, "bench --bench evaluate"))?;
        run(build(false, "bench --bench growth"))?;
        passes.push(Figures::from_criterion(&folder)?);
    }
    let mut figures = Figures::least(&passes);
    for (program, with_peers) in [("threads", peers), ("load", peers), ("heap", peers), ("startup", false)] {
        let lines = output(build(with_peers, &format!("run --quiet --profile bench --bin {program}")))?;
        print!("{lines}");
        figures.extend(&Figures::parse(&lines)?);
    }
    if peers {
        figures.extend(&weight::measure(&in_workspace(PEERS))?);
    }
    fs::write(figures_file(), figures.to_string())?;
    Ok(figures)
}

/// A cargo command on our benchmarks, or on those with the peers.
fn build(peers: bool, args: &str) -> Command {
    let mut command = cargo(args);
    if peers {
        command.current_dir(in_workspace(PEERS));
    } else {
        command.args(["--package", "configcat-benches"]);
    }
    command.env("CRITERION_HOME", criterion_folder());
    command
}
