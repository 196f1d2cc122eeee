//! The costs of the smallest program for a user: crates, cold build, stripped binary.

use std::{collections::BTreeSet, error::Error, fs, path::Path, process::Command, time::Instant};

use super::figures::Figures;
use crate::workspace::{cargo, in_workspace, output, run};

/// `bare` is HTTP and TLS alone, which no client can do without.
const PACKAGES: [&str; 3] = ["bare", "ours", "official"];

/// Measures the packages `weight-…` of a workspace.
pub(super) fn measure(workspace: &Path) -> Result<Figures, Box<dyn Error>> {
    let mut figures = Figures::default();
    let mut fetch = cargo("fetch");
    fetch.current_dir(workspace);
    run(fetch)?;
    for name in PACKAGES {
        let package = format!("weight-{name}");
        let at = |args: &str| -> Command {
            let mut command = cargo(args);
            command.current_dir(workspace).args(["--package", &package]);
            command
        };
        let tree = output(at("tree -e normal --prefix none"))?;
        figures.set(&format!("weight/{name}/crates"), crates(&tree) as f64);

        let target = in_workspace("target/bench").join(&package);
        if target.is_dir() {
            fs::remove_dir_all(&target)?;
        }
        let mut build = at("build --release");
        build.arg("--target-dir").arg(&target);
        let start = Instant::now();
        run(build)?;
        figures.set(&format!("weight/{name}/seconds"), start.elapsed().as_secs_f64());
        let binary = target.join("release").join(format!("{package}{}", std::env::consts::EXE_SUFFIX));
        figures.set(&format!("weight/{name}/bytes"), fs::metadata(binary)?.len() as f64);
        fs::remove_dir_all(&target)?;
    }
    Ok(figures)
}

/// Counts the crates of a tree beside the package itself.
fn crates(tree: &str) -> usize {
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.filter(|line| !line.is_empty()).collect::<BTreeSet<_>>().len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::crates;

    #[test]
    fn crates_count_once_and_the_package_not() {
        assert_eq!(crates("weight v0 (/w)\na v1\nb v1\na v1 (*)\n\na v2\n"), 3);
        assert_eq!(crates(""), 0);
    }
}
