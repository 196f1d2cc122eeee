//! The command `configcat`: evaluates, explains, checks, compares and tests feature flags from a
//! config JSON.
//!
//! `cli` has the arguments. Each subcommand is a module of `commands`, with its own arguments
//! (`Args`) and a function `run`, which writes to a [`Screen`](screen::Screen) and returns an
//! [`Outcome`] or a [`Failure`](failure::Failure). Standard output has results, standard error has
//! failures.

mod changes;
mod cli;
mod commands;
mod failure;
mod flags;
mod screen;
mod snippet;
mod source;
mod table;
mod users;

use std::{io::Write, process::ExitCode};

use clap::Parser;

use crate::{cli::Cli, failure::Failure, screen::Screen};

/// The result of a command that was used correctly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There is nothing to report: exit code 0.
    Fine,
    /// The command has found what it looks for, such as a failed case or a change: exit code 1.
    Found,
}

impl Outcome {
    /// Returns [`Found`](Self::Found) if there are findings.
    pub(crate) fn found(has_findings: bool) -> Self {
        if has_findings { Self::Found } else { Self::Fine }
    }
}

fn main() -> ExitCode {
    // Prints help with exit code 0, and wrong arguments with exit code 2.
    let cli = Cli::parse();
    let mut screen = Screen::new();
    let result = cli.command.run(&mut screen);
    let written = screen.flush().map_err(Failure::from);
    match result.and_then(|outcome| written.map(|()| outcome)) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        // The reader of the output has seen enough, as `head` does.
        Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Err(Failure::Wrong(problem)) => {
            anstream::eprintln!("{}", snippet::render(&problem, screen.width()));
            ExitCode::from(2)
        }
    }
}
