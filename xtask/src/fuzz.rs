//! `cargo xtask fuzz`: runs the fuzz targets one after the other, and prints how far each came.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::workspace::in_workspace;

const TARGETS: [&str; 9] = [
    "config_json",
    "cache_entry",
    "sdk_key_and_url",
    "user_values",
    "differential",
    "cost",
    "changes",
    "analysis",
    "json_flags",
];

/// The counters that libFuzzer prints at the end of a run.
#[derive(Debug, Default, PartialEq)]
struct Counters {
    executions: String,
    coverage: String,
    features: String,
}

/// Runs these targets, or all of them. Returns `true` if they found nothing.
pub(crate) fn run(seconds: &str, targets: &[&str]) -> Result<bool, Box<dyn Error>> {
    seconds.parse::<u32>().map_err(|_| format!("{seconds:?} is no number of seconds"))?;
    let targets = if targets.is_empty() { &TARGETS } else { targets };
    if let Some(unknown) = targets.iter().find(|target| !TARGETS.contains(target)) {
        return Err(format!("{unknown} is none of {}", TARGETS.join(", ")).into());
    }
    let mut rows = Vec::new();
    for target in targets {
        rows.push((target, fuzz(target, seconds)?));
    }
    println!("\n| target | seconds | executions | cov | ft | result |\n|---|---|---|---|---|---|");
    for (target, (counters, is_ok)) in &rows {
        let Counters { executions, coverage, features } = counters;
        let result = if *is_ok { "nothing found" } else { "FOUND, see `fuzz/artifacts`" };
        println!("| `{target}` | {seconds} | {executions} | {coverage} | {features} | {result} |");
    }
    Ok(rows.iter().all(|(_, (_, is_ok))| *is_ok))
}

/// Runs a target over what it has found before and the seeds; passes on what it says.
fn fuzz(target: &str, seconds: &str) -> Result<(Counters, bool), Box<dyn Error>> {
    let folder = in_workspace("fuzz");
    let corpus = format!("corpus/{target}");
    fs::create_dir_all(folder.join(&corpus))?;
    let mut command = Command::new("rustup");
    // No code of this workspace is `unsafe`, so the address sanitizer has little to find.
    command.args(["run", "nightly", "cargo", "fuzz", "run", "--sanitizer", "none", target, &corpus]);
    command.args([&format!("seeds/{target}"), "--", "-dict=words.dict", "-max_len=4096", "-timeout=10"]);
    command.args(["-rss_limit_mb=2048", "-print_final_stats=1", &format!("-max_total_time={seconds}")]);
    // Else this cargo, which is no nightly, would be taken.
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    let mut child = command.current_dir(&folder).stderr(Stdio::piped()).spawn()?;
    let mut counters = Counters::default();
    for line in BufReader::new(child.stderr.take().ok_or("no standard error")?).lines() {
        let line = line?;
        eprintln!("{line}");
        counters.read(&line);
    }
    Ok((counters, child.wait()?.success()))
}

impl Counters {
    /// Takes what a line such as `#99 DONE cov: 6 ft: 7 corp: …` says.
    fn read(&mut self, line: &str) {
        let after = |name| line.split_once(name)?.1.split_whitespace().next().map(str::to_owned);
        if let (Some(coverage), Some(features)) = (after(" cov: "), after(" ft: ")) {
            (self.coverage, self.features) = (coverage, features);
        }
        if let Some(executions) = after("stat::number_of_executed_units:") {
            self.executions = executions;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counters;

    #[test]
    fn counters_are_read_from_what_libfuzzer_prints() {
        let mut counters = Counters::default();
        for line in [
            "#2\tINITED cov: 12 ft: 34 corp: 1/1b exec/s: 0 rss: 26Mb",
            "INFO: Loaded 1 modules",
            "#2048\tDONE   cov: 56 ft: 789 corp: 7/12b lim: 4 exec/s: 11 rss: 27Mb",
            "stat::number_of_executed_units: 2048",
        ] {
            counters.read(line);
        }
        let [executions, coverage, features] = ["2048", "56", "789"].map(str::to_owned);
        assert_eq!(counters, Counters { executions, coverage, features });
    }
}
