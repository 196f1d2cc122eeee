//! `configcat test`: the cases that a team has agreed on.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use configcat_analysis::{Failure as FailedCase, Severity, Spec, SpecError};
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};

use crate::{
    Outcome,
    commands::eval::{name, value_json},
    failure::Failure,
    flags::{Flags, not_json},
    format::Format,
    locate::Locator,
    screen::{GREEN, RED, Screen, plural, shown, styled},
    snippet::{Problem, render},
    source::Source,
};

/// Checks that the config does what a spec says: a JSON list of cases.
///
/// A case has the members `flag`, `user` (attributes, or null) and one or more of `value`,
/// `variation` (its id) and `rule` (the index of the rule that matches, from 0, or null): {"flag":
/// "isNew", "user": {"Identifier": "42"}, "value": true}. Exits with 1 if a case fails.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Config: a file, `-`, or the folder of a file cache
    flags: PathBuf,
    /// Files of cases
    #[arg(required = true)]
    spec: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The most failed cases that are printed in full. More of them have the same cause.
const SHOWN_CASES: usize = 20;

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let flags = Flags::read(&args.flags)?;
    // All are read before any is checked, so that wrong use writes nothing.
    let specs: Vec<(Source, Spec)> = args.spec.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let (mut cases, mut failed) = (0, 0);
    let mut json = Vec::new();
    for (source, spec) in &specs {
        let failures = spec.check(&flags.config);
        cases += spec.cases.len();
        if args.format == Format::Json {
            json.extend(failures.iter().map(|case| json_of(source, case)));
        } else {
            // Shared by all files, so that many files print no more than one.
            let left = SHOWN_CASES.saturating_sub(failed);
            print(source, &failures, left, screen)?;
        }
        failed += failures.len();
    }
    match args.format {
        Format::Json => screen.json(&json!({ "cases": cases, "failed": json }))?,
        Format::Text => {
            if failed > SHOWN_CASES {
                writeln!(screen, "… and {} more\n", plural(failed - SHOWN_CASES, "failed case"))?;
            }
            let style = if failed > 0 { RED } else { GREEN };
            let failed = if failed > 0 { format!("{failed} failed") } else { "all passed".to_owned() };
            writeln!(screen, "{}, {}", plural(cases, "case"), styled(style, failed))?;
        }
    }
    Ok(Outcome::found(failed > 0))
}

fn read(path: &Path) -> Result<(Source, Spec), Failure> {
    let source = Source::read(path)?;
    // For the place of a syntax error.
    serde_json::from_str::<IgnoredAny>(&source.text).map_err(|cause| not_json(&source, &cause))?;
    match Spec::parse(&source.text) {
        // An empty list would pass for ever, and is probably a mistake.
        Ok(spec) if spec.cases.is_empty() => Err(Failure::new(format_args!("{} has no cases", source.name))),
        Ok(spec) => Ok((source, spec)),
        Err(error) => Err(wrong_spec(&source, &error).into()),
    }
}

fn wrong_spec(source: &Source, error: &SpecError) -> Problem {
    let range = Locator::new(&source.text).find(error.place()).mark(&source.text);
    Problem::error(format_args!("{} is no spec: {error}", source.name)).at(source.excerpt(range, ""))
}

fn print(source: &Source, failures: &[FailedCase<'_>], most: usize, screen: &mut Screen) -> io::Result<()> {
    let mut locator = Locator::new(&source.text);
    for failure in failures.iter().take(most) {
        let range = locator.find(&format!("[{}]", failure.index)).mark(&source.text);
        let user = name(failure.case.user.as_ref());
        let problem = Problem {
            severity: Severity::Error,
            id: None,
            message: shown(&format!("{} for {user}: {}", failure.case.flag, failure.message)),
            excerpt: Some(source.excerpt(range, "")),
            note: Some(failure.trace.to_string().lines().map(shown).collect::<Vec<_>>().join("\n")),
            help: None,
        };
        writeln!(screen, "{}\n", render(&problem, screen.width()))?;
    }
    Ok(())
}

fn json_of(source: &Source, failure: &FailedCase<'_>) -> Json {
    json!({
        "file": source.name,
        "index": failure.index,
        "flag": failure.case.flag,
        "message": failure.message,
        "value": failure.served.as_ref().ok().map(|served| value_json(&served.value)),
        "log": failure.trace.to_string(),
    })
}
