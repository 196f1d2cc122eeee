//! The machine that the figures were measured on.

use std::{fs, process::Command};

use super::figures::Figures;

/// The head of the results.
pub(super) fn heading(figures: &Figures) -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let peers = if figures.get("W1/official").is_some() { " --peers" } else { "" };
    format!(
        "# Results\n\nWritten by `cargo xtask bench{peers}` on {}, at commit {}, with {}, on {}.\n\nTimes of evaluations are in \
         ns, each the least median of several passes of one run. They drift with the machine; ratios of one run hold to \
         about 10 %.\n\n",
        line("date", &["-u", "+%Y-%m-%d"]),
        line("git", &["rev-parse", "--short", "HEAD"]),
        line("rustc", &["--version"]),
        processor(&cpu),
    )
}

fn line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output.map_or("?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Number, model and SHA instructions of the processors, from the text of `/proc/cpuinfo`.
fn processor(cpu: &str) -> String {
    let values = |name: &'static str| {
        cpu.lines().filter_map(move |line| {
            line.split_once(':').filter(|(known, _)| known.trim() == name).map(|(_, value)| value.trim())
        })
    };
    let has_sha = values("flags")
        .chain(values("Features"))
        .any(|flags| flags.split_whitespace().any(|flag| flag == "sha_ni" || flag == "sha2"));
    let (cores, model) =
        (values("processor").count(), values("model name").next().unwrap_or("an unknown model"));
    format!("{cores} cores ({model}, {} SHA instructions)", if has_sha { "with" } else { "without" })
}

#[cfg(test)]
mod tests {
    use super::processor;

    #[test]
    fn processors_are_told_by_model_and_sha_instructions() {
        let cpu = "processor\t: 0\nmodel name\t: ACME 9\nflags\t\t: fpu sha_ni avx\n\nprocessor\t: 1\nmodel name\t: ACME 9\n";
        assert_eq!(processor(cpu), "2 cores (ACME 9, with SHA instructions)");
        assert_eq!(
            processor("flags : fpu sha_nix\n"),
            "0 cores (an unknown model, without SHA instructions)"
        );
    }
}
