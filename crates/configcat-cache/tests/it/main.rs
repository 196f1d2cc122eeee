//! The backends, seen from outside.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod conformance;
mod errors;
mod file;
mod kills;
mod processes;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod redis_limits;
#[cfg(feature = "redis")]
mod scripted;

use std::{error::Error, fs, path::Path};

const KEY: &str = "f83ba5d45bceb4bb704410f51b704fb6dfa19942";

/// The file of [`KEY`].
const FILE: &str = "configcat-f83ba5d45bceb4bb704410f51b704fb6dfa19942";

/// The sorted names of all that is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The texts of an error and its causes.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    texts
}
