//! `configcat lint`: faults of a config, for people and for CI.

mod finding;
mod github;
mod sarif;

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
};

use clap::{
    ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use configcat_analysis::{Diagnostic, Lint, Severity, lint};
use serde_json::{Value as Json, json};

use self::finding::Finding;
use crate::{
    Outcome,
    failure::Failure,
    flags::Flags,
    locate::Locator,
    screen::{GREEN, Screen, plural, shown, styled},
    snippet::{Problem, render},
};

/// Prints the faults of a config: rules that nobody reaches, conditions that never hold,
/// percentages that do not add up, and more.
///
/// Exits with 1 if there is a warning or an error.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Config: a file, `-`, or the folder of a file cache
    flags: PathBuf,
    /// Leave out a lint, by its name; can be repeated
    #[arg(long, value_name = "LINT", value_parser = lints())]
    allow: Vec<Lint>,
    /// Form of the output; `github` is for annotations of a workflow, `sarif` for code scanning
    #[arg(long, value_enum, default_value_t)]
    format: LintFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    #[default]
    Text,
    Json,
    Github,
    Sarif,
}

/// Returns the parser of the name of a lint, which knows all of them for its messages.
fn lints() -> impl TypedValueParser<Value = Lint> {
    let lints = Lint::ALL.iter().map(|lint| PossibleValue::new(lint.id()).help(lint.description()));
    PossibleValuesParser::new(lints).try_map(|id| id.parse::<Lint>())
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let flags = Flags::read(&args.flags)?;
    let text = flags.source.text.as_str();
    // One for all findings: it remembers what it has read.
    let mut locator = Locator::new(text);
    let mut find = |diagnostic: Diagnostic| {
        let range = locator.in_config(diagnostic.key.as_deref(), &diagnostic.place).mark(text);
        Finding { diagnostic, range }
    };
    let diagnostics = lint(&flags.config).into_iter();
    let diagnostics = diagnostics.filter(|diagnostic| !args.allow.contains(&diagnostic.lint));
    let findings: Vec<Finding> = diagnostics.map(&mut find).collect();
    match args.format {
        LintFormat::Text => print(&flags, &findings, screen)?,
        LintFormat::Json => screen.json(&json_of(&flags, &findings))?,
        LintFormat::Github => github::print(&flags.source, &findings, screen)?,
        LintFormat::Sarif => screen.json(&sarif::log(&flags.source, &findings))?,
    }
    // Notes are matters of taste, which should not stop a pipeline.
    let is_bad = |finding: &Finding| finding.diagnostic.severity >= Severity::Warning;
    Ok(Outcome::found(findings.iter().any(is_bad)))
}

fn print(flags: &Flags, findings: &[Finding], screen: &mut Screen) -> io::Result<()> {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for Finding { diagnostic, range } in findings {
        *counts.entry(diagnostic.severity).or_default() += 1;
        let problem = Problem {
            severity: diagnostic.severity,
            id: Some(diagnostic.lint.id()),
            message: shown(&diagnostic.message),
            // Without a label, which would repeat the message.
            excerpt: Some(flags.source.excerpt(range.clone(), "")),
            note: Some(shown(&diagnostic.reason)),
            help: diagnostic.help.as_deref().map(shown),
        };
        writeln!(screen, "{}\n", render(&problem, screen.width()))?;
    }
    let name = shown(&flags.source.name);
    let settings = plural(flags.config.keys().count(), "setting");
    if findings.is_empty() {
        return writeln!(screen, "{name}: {settings}, {}", styled(GREEN, "nothing found"));
    }
    // Errors first, which is the order of their weight.
    let counts = counts.iter().rev().map(|(severity, count)| plural(*count, &severity.to_string()));
    writeln!(screen, "{name}: {settings}, {}", counts.collect::<Vec<_>>().join(", "))
}

fn json_of(flags: &Flags, findings: &[Finding]) -> Json {
    let findings = findings.iter().map(|Finding { diagnostic, range }| {
        let position = flags.source.position(range.start);
        json!({
            "lint": diagnostic.lint.id(),
            "severity": diagnostic.severity.to_string(),
            "key": diagnostic.key,
            "place": diagnostic.place,
            "line": position.line,
            "column": position.column,
            "message": diagnostic.message,
            "reason": diagnostic.reason,
            "help": diagnostic.help,
        })
    });
    json!({ "file": flags.source.name, "findings": findings.collect::<Vec<_>>() })
}
