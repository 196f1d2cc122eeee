//! `cargo xtask bench`: runs the benchmarks, prints tables, and writes `benches/RESULTS.md` and
//! `benches/growth.svg`.
//!
//! Every figure is a line of a name and a number, wherever it comes from. Tables, budgets and plot
//! are made of these alone, so what was not measured shows as a gap.

mod budgets;
mod figures;
mod growth;
mod machine;
mod run;
mod table;
mod weight;

use std::{error::Error, fs};

pub(crate) use self::{figures::Figures, table::thousands};
use crate::workspace::in_workspace;

/// Runs ours, or ours and the peers' in the same groups; whether all budgets that could be checked
/// are kept.
pub(crate) fn run(peers: bool) -> Result<bool, Box<dyn Error>> {
    let figures = run::measure(peers)?;
    report(&figures)
}

/// Prints and writes what was measured before.
pub(crate) fn again() -> Result<bool, Box<dyn Error>> {
    report(&Figures::parse(&fs::read_to_string(run::figures_file())?)?)
}

fn report(figures: &Figures) -> Result<bool, Box<dyn Error>> {
    let verdicts = budgets::check(figures);
    let tables = format!("{}\n{}", table::evaluations(figures), budgets::table(&verdicts));
    print!("{tables}");
    let results = format!("{}{tables}\n{}", machine::heading(figures), table::others(figures));
    fs::write(in_workspace("benches/RESULTS.md"), results)?;
    fs::write(in_workspace("benches/growth.svg"), growth::svg(&growth::curves(figures)))?;
    println!("\nwritten: benches/RESULTS.md, benches/growth.svg");
    Ok(verdicts.iter().all(|verdict| verdict.is_kept() != Some(false)))
}
