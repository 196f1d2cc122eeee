//! Runs each fault in each polling mode and state, prints the matrix, and writes it to a file.
//!
//! Usage: `faults FILE`

use std::{env, error::Error, fs, process::ExitCode, time::Instant};

use configcat_tests::faults::Matrix;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let file = env::args_os().nth(1).ok_or("Usage: faults FILE")?;
    let start = Instant::now();
    let matrix = Matrix::run();
    let document = matrix.document();
    println!("{document}\n{}in {:.1} s", matrix.summary(), start.elapsed().as_secs_f64());
    let violations: Vec<_> = matrix.violations().collect();
    violations.iter().for_each(|violation| println!("VIOLATION {violation}"));
    println!("{} violations", violations.len());
    fs::write(file, document)?;
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
