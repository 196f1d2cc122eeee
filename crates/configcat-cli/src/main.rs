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
mod excerpt;
mod failure;
mod flags;
mod format;
mod locate;
mod outcome;
mod screen;
mod snippet;
mod source;
mod table;
mod users;

use std::{io::Write, process::ExitCode};

use clap::Parser;

pub(crate) use self::outcome::Outcome;
use crate::{cli::Cli, failure::Failure, screen::Screen};

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
            // Nothing is left to do if standard error is closed.
            let _ = writeln!(anstream::stderr(), "{}", snippet::render(&problem, screen.width()));
            ExitCode::from(2)
        }
    }
}
