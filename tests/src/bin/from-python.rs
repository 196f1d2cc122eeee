//! Runs the programs of the page `docs::from_python` in Python and in Rust, and compares their
//! outputs with those of the page.
//!
//! Usage: `from-python PYTHON`, with a Python that has the SDK

use std::{env, error::Error, process::ExitCode};

use configcat_tests::from_python;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let python = env::args_os().nth(1).ok_or("Usage: from-python PYTHON")?;
    let differences = from_python::run(&python)?;
    println!("{differences} differences");
    Ok(if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
