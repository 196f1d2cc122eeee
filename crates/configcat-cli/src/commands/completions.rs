//! `configcat completions`: the completions of a shell.

use clap_complete::Shell;

use crate::{Outcome, failure::Failure, screen::Screen};

/// Prints the completions for a shell, to be put where it looks for them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    shell: Shell,
}

pub(crate) fn run(args: &Args, cli: &mut clap::Command, screen: &mut Screen) -> Result<Outcome, Failure> {
    // In memory, since the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, cli, "configcat", &mut script);
    screen.exact(&script)?;
    Ok(Outcome::Fine)
}
