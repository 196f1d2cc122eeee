//! `cargo xtask silent`: a program that only evaluates does not contain the code that explains, nor
//! the code that compares configs.
//!
//! Where that code is not in the program, no evaluation can call it. The linker leaves out what
//! nothing refers to, and the symbols and texts of the rest can be looked for in the file.

use std::{
    env::{self, consts::EXE_SUFFIX},
    error::Error,
    fs,
};

use crate::workspace::cargo;

/// The modules that explain, as symbols spell them, and the wording of an explanation.
const EXPLAINING: [&str; 4] = [
    "configcat_eval5trace5build",
    "configcat_eval5trace7display",
    "Evaluating '",
    "applying the first match",
];
/// The module that compares configs.
const COMPARING: [&str; 1] = ["configcat_eval7changes"];

/// Returns `true` if the program that evaluates has no mark, and the others have all of theirs.
pub(crate) fn run() -> Result<bool, Box<dyn Error>> {
    let [evaluates, explains, compares] = ["evaluate", "explain", "changes"].map(marks_in);
    let (evaluates, explains, compares) = (evaluates?, explains?, compares?);
    println!("evaluates: {evaluates:?}\nexplains:  {explains:?}\ncompares:  {compares:?}");
    Ok(evaluates.is_empty() && explains == EXPLAINING && compares == COMPARING)
}

/// The marks in an example of the evaluator.
fn marks_in(example: &str) -> Result<Vec<&'static str>, Box<dyn Error>> {
    // With symbols, but without debug information, which names all that the compiler has seen.
    let mut build = cargo("rustc -p configcat-eval --example");
    build.args([example, "--", "-C", "strip=debuginfo"]);
    let status = build.status()?;
    if !status.success() {
        return Err(format!("{build:?}: {status}").into());
    }
    // Beside this program, which is of the same profile.
    let program = env::current_exe()?.with_file_name("examples").join(format!("{example}{EXE_SUFFIX}"));
    let program = fs::read(program)?;
    let has = |mark: &&str| program.windows(mark.len()).any(|window| window == mark.as_bytes());
    Ok(EXPLAINING.into_iter().chain(COMPARING).filter(has).collect())
}
