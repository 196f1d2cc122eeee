//! `cargo xtask instructions`: counts the instructions of evaluations and of loading, by callgrind,
//! and compares them with `benches/instructions.txt`.
//!
//! Other work on the machine cannot move these counts, so a small loss of speed shows in CI.
//! Callgrind emulates a processor without SHA instructions, and glibc is kept from choosing its
//! functions by processor. What is left are the compiler, the C library and `memchr`, which the
//! first line of the file names: the counts of other ones cannot be compared.

use std::{
    collections::HashMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    bench::{Figures, thousands},
    workspace::{cargo, in_workspace, output, run},
};

/// The largest difference that is no news. A call of few instructions differs by up to 1 % with the
/// layout of the program.
const TOLERANCE: f64 = 0.02;

/// The function whose instructions count, and after each call of which callgrind writes a file.
const COUNTED: &str = "configcat_benches::meter::counted";

fn file() -> PathBuf {
    in_workspace("benches/instructions.txt")
}

/// Counts, and writes the file.
pub(crate) fn write() -> Result<bool, Box<dyn Error>> {
    fs::write(file(), format!("# {}\n{}", environment()?, count()?))?;
    println!("written: benches/instructions.txt");
    Ok(true)
}

/// Counts, and prints what differs from the file. Returns `true` if nothing does.
pub(crate) fn check() -> Result<bool, Box<dyn Error>> {
    let known = fs::read_to_string(file())?;
    let known = known.split_once('\n').map_or("", |(_, counts)| counts);
    let differences = differences(&Figures::parse(known)?, &count()?);
    differences.iter().for_each(|difference| println!("{difference}"));
    match differences.len() {
        0 => println!("all counts are within 2 %"),
        count => println!(
            "{count} counts differ by more than 2 % from benches/instructions.txt. More: find the change, or say in the commit \
             what it buys. Less: well done. To commit the new counts: cargo xtask instructions --write"
        ),
    }
    Ok(differences.is_empty())
}

/// Returns why nothing can be counted or compared here.
pub(crate) fn not_run() -> Option<&'static str> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Some("the counts are of Linux on x86-64");
    }
    let Ok(environment) = environment() else { return Some("no valgrind; install valgrind") };
    let known = fs::read_to_string(file()).unwrap_or_default();
    let is_same = known.lines().next() == Some(&format!("# {environment}"));
    (!is_same).then_some(
        "benches/instructions.txt is missing, or of another compiler, C library, valgrind or processor; \
         `cargo xtask instructions --write` counts again",
    )
}

/// Returns the versions that counts depend on beside the code.
fn environment() -> Result<String, Box<dyn Error>> {
    let version = |program: &str, argument: &str| -> Result<String, Box<dyn Error>> {
        let mut command = Command::new(program);
        command.arg(argument);
        Ok(output(command)?.trim().to_owned())
    };
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let has_avx2 = processor.split_whitespace().any(|flag| flag == "avx2");
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    Ok(format!(
        "{}, {}, {}, {} {} AVX2",
        version("rustc", "--version")?,
        version("getconf", "GNU_LIBC_VERSION")?,
        version("valgrind", "--version")?,
        model.map_or("unknown processor", |(_, model)| model.trim()),
        if has_avx2 { "with" } else { "without" },
    ))
}

/// Builds the program that is counted.
fn build() -> Result<(), Box<dyn Error>> {
    let args = "build --release --package configcat-benches --no-default-features --bin instructions";
    let mut build = cargo(args);
    // LTO takes longer than all the rest.
    build.args(["--config", "profile.release.lto='off'", "--config", "profile.release.codegen-units=16"]);
    // A change of any function may move others to another codegen unit, and so decide what is
    // inlined: with 16 units, a change of CONTAINS made a SemVer rule cost 20 % more.
    for package in ["configcat", "configcat-eval", "configcat-benches"] {
        build.args(["--config", &format!("profile.release.package.{package}.codegen-units=1")]);
    }
    run(build)
}

/// Returns the instructions of one call, by name.
fn count() -> Result<Figures, Box<dyn Error>> {
    build()?;
    let folder = in_workspace("target/instructions");
    if folder.is_dir() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut valgrind = Command::new("valgrind");
    // No variables of the caller: they move the stack, and with it the seeds of hash tables.
    let path = std::env::var_os("PATH").unwrap_or_default();
    valgrind.env_clear().env("PATH", path).env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX512VL,-ERMS");
    valgrind.args(["--quiet", "--tool=callgrind", "--callgrind-out-file=out"]);
    valgrind.args([format!("--toggle-collect={COUNTED}"), format!("--dump-after={COUNTED}")]);
    valgrind.arg(in_workspace("target/release/instructions")).current_dir(&folder);
    per_call(&output(valgrind)?, &folder)
}

/// Returns the least count of each name: which keys share a place of a hash table differs with its
/// seed, and costs some instructions.
fn per_call(names: &str, folder: &Path) -> Result<Figures, Box<dyn Error>> {
    let mut counts = Figures::default();
    for (index, (name, calls)) in Figures::lines(names)?.into_iter().enumerate() {
        let profile = fs::read_to_string(folder.join(format!("out.{}", index + 1)))?;
        let count = total(&profile).ok_or("a profile without a summary")? / calls;
        counts.set(&name, counts.get(&name).map_or(count, |least| least.min(count)).round());
    }
    Ok(counts)
}

/// Returns the number of instructions in a profile.
fn total(profile: &str) -> Option<f64> {
    profile.lines().find_map(|line| line.strip_prefix("summary: ")?.trim().parse().ok())
}

/// Returns a line for each count that is not as it was.
fn differences(known: &Figures, now: &Figures) -> Vec<String> {
    let old: HashMap<&str, f64> = known.iter().collect();
    let new: HashMap<&str, f64> = now.iter().collect();
    let gone = known.iter().filter(|(name, _)| !new.contains_key(name));
    let gone = gone.map(|(name, _)| format!("{name}: no longer counted"));
    let changed = now.iter().filter_map(|(name, count)| {
        let Some(before) = old.get(name) else { return Some(format!("{name}: {} is new", thousands(count))) };
        if (count - before).abs() <= TOLERANCE * before {
            return None;
        }
        let change = (count / before - 1.0) * 100.0;
        Some(format!("{name}: {} instead of {}, {change:+.1} %", thousands(count), thousands(*before)))
    });
    gone.chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(known: &str, now: &str) -> Vec<String> {
        differences(&Figures::parse(known).unwrap(), &Figures::parse(now).unwrap())
    }

    #[test]
    fn counts_may_differ_by_two_percent() {
        assert!(compared("a 1000\nb 200", "a 1020\nb 196").is_empty());
        assert_eq!(
            compared("a 1000\nb 200", "a 1021\nb 195"),
            ["a: 1,021 instead of 1,000, +2.1 %", "b: 195 instead of 200, -2.5 %"],
        );
    }

    #[test]
    fn counts_that_come_and_go_are_differences() {
        assert_eq!(compared("a 1\nb 2", "b 2\nc 3000"), ["a: no longer counted", "c: 3,000 is new"]);
    }

    #[test]
    fn a_count_is_the_least_of_its_rounds() {
        let folder = tempfile::tempdir().unwrap();
        for (number, count) in [(1, 1260), (2, 500), (3, 1240)] {
            let profile = format!("positions: line\nevents: Ir\nsummary: {count}\n\nfn=(1) a\n");
            fs::write(folder.path().join(format!("out.{number}")), profile).unwrap();
        }
        let counts = per_call("a 10\nb 5\na 10\n", folder.path()).unwrap();
        assert_eq!(counts.to_string(), "a 124\nb 100\n");
        assert!(per_call("a 10\nb 5\na 10\nb 5\n", folder.path()).is_err());
    }
}
