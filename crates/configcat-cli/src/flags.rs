//! The argument FLAGS: a file, standard input, or the folder of a file cache.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use configcat_cache::Entry;
use configcat_eval::{Config, ParseError};

use crate::{failure::Failure, snippet::Problem, source::Source};

/// Start of the names of the files of a `FileCache`.
const CACHE_PREFIX: &str = "configcat-";

/// A config with its text.
#[derive(Debug)]
pub(crate) struct Flags {
    pub(crate) source: Source,
    pub(crate) config: Config,
}

impl Flags {
    /// Reads the argument FLAGS.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let path = if path.is_dir() { only_entry(path)? } else { path.to_owned() };
        Self::parse(config_json(Source::read(&path)?))
    }

    /// Reads the config in a text.
    pub(crate) fn parse(source: Source) -> Result<Self, Failure> {
        // Reads config JSON too: the members of the document tell what it is.
        match Config::parse_overrides(&source.text) {
            Ok(config) => Ok(Self { source, config }),
            Err(error) => Err(unreadable(&source, &error)),
        }
    }

    /// Returns the failure that the config has no setting of that key.
    pub(crate) fn unknown_key(&self, key: &str) -> Failure {
        let failure = Failure::new(format_args!("{} has no setting '{key}'", self.source.name));
        match self.config.similar_key(key) {
            Some(similar) => failure.help(format_args!("did you mean '{similar}'?")),
            None => failure.help("`configcat eval FLAGS` lists the keys"),
        }
    }

    /// Fails if the config has no setting of that key.
    pub(crate) fn check_key(&self, key: &str) -> Result<(), Failure> {
        if self.config.setting(key).is_some() { Ok(()) } else { Err(self.unknown_key(key)) }
    }
}

/// Returns the config JSON of a cache entry, and any other text as it is.
fn config_json(source: Source) -> Source {
    // An entry starts with a time, and a config JSON with a brace.
    let Ok(entry) = Entry::parse(&source.text) else { return source };
    let json = entry.config_json().to_owned();
    Source::new(source.name, json, 3)
}

/// Returns the file of the only entry of a cache.
fn only_entry(folder: &Path) -> Result<PathBuf, Failure> {
    let failed = |cause: io::Error| Failure::cannot(format_args!("read {}", folder.display()), cause);
    let mut entries = Vec::new();
    for file in fs::read_dir(folder).map_err(failed)? {
        let file = file.map_err(failed)?;
        // Files that are being written have a dot.
        let is_entry = |name: &str| name.starts_with(CACHE_PREFIX) && !name.contains('.');
        if file.file_name().to_str().is_some_and(is_entry) && file.path().is_file() {
            entries.push(file.path());
        }
    }
    // Folders have no order, and a message should always be the same.
    entries.sort();
    match entries.as_slice() {
        [entry] => Ok(entry.clone()),
        [] => Err(Failure::new(format_args!("the folder {} has no cache entries", folder.display()))
            .help("the folder of a file cache has a file configcat-… for each SDK key")),
        [first, ..] => {
            let count = entries.len();
            Err(Failure::new(format_args!("the folder {} has {count} cache entries", folder.display()))
                .help(format_args!("name one of the files, for example {}", first.display())))
        }
    }
}

/// Returns the failure of a text that is no config, with the place of a syntax error.
fn unreadable(source: &Source, error: &ParseError) -> Failure {
    let name = &source.name;
    let problem = match error {
        // The usual cause is a redirection of a command that failed, so it has a text of its own.
        _ if source.text.trim().is_empty() => Problem::error(format_args!("{name} is empty")),
        ParseError::NotJson(cause) => return not_json(source, cause),
        ParseError::NoFlags { hint } => {
            Problem::error(format_args!("{name} is JSON, but no config")).help(hint)
        }
        other => Problem::error(format_args!("{name}: {other}")),
    };
    problem.into()
}

/// Returns the failure of a text that is not JSON, with its place.
pub(crate) fn not_json(source: &Source, cause: &serde_json::Error) -> Failure {
    let (text, position) =
        (cause.to_string(), format!(" at line {} column {}", cause.line(), cause.column()));
    // The snippet has the position, in characters and in the file.
    let reason = text.strip_suffix(&position).unwrap_or(&text);
    let offset = source.offset(cause.line(), cause.column());
    let excerpt = source.excerpt(offset..offset + 1, reason);
    Problem::error(format_args!("{} is not JSON", source.name)).at(excerpt).into()
}
