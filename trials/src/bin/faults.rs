//! Lets each fault strike in each polling mode and state, prints what comes of it and writes it to a file.
//!
//! Usage: `faults FILE`

use std::{env, error::Error, fs, process::ExitCode, time::Instant};

use configcat_trials::faults;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let file = env::args_os().nth(1).ok_or("Usage: faults FILE")?;
    let start = Instant::now();
    let cells = faults::run();
    let document = faults::document(&cells);
    println!("{document}\n{}in {:.1} s", faults::summary(&cells), start.elapsed().as_secs_f64());
    fs::write(file, document)?;
    let violations: Vec<_> = cells.iter().flat_map(faults::Cell::violations).collect();
    violations.iter().for_each(|violation| println!("VIOLATION {violation}"));
    println!("{} violations", violations.len());
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
