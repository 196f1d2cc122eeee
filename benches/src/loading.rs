//! Loading: time and heap of parsers, each parser in a process of its own.
//!
//! Two programs measure time and heap, since counting allocations would slow down the timed one.

use std::{
    alloc::System,
    any::Any,
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Instant,
};

use cap::Cap;
use configcat::cache::BoxError;
use configcat_eval::Config;

use crate::{documents::Kind, median};

/// The sizes in tenths of a megabyte, and the loads of each: fewer of the larger ones, which take
/// longer and vary less.
const SIZES: [(usize, usize); 3] = [(1, 31), (10, 15), (100, 9)];

/// A way to load a document.
#[derive(Debug, Clone, Copy)]
pub struct Parser {
    /// The name in tables.
    pub name: &'static str,
    /// Parses a text, and returns the data that a client keeps.
    pub load: fn(&str) -> Result<Box<dyn Any>, BoxError>,
}

/// The parsers that are always measured.
pub const PARSERS: [Parser; 3] = [
    Parser {
        name: "serde_json",
        load: |text| Ok(Box::new(serde_json::from_str::<serde_json::Value>(text)?)),
    },
    Parser { name: "eval", load: |text| Ok(Box::new(Config::parse(text)?)) },
    // A client with a cache keeps the text beside the config.
    Parser { name: "client", load: |text| Ok(Box::new((Config::parse(text)?, Arc::<str>::from(text)))) },
];

/// Measures all times, or one if the arguments name a parser and a file.
///
/// # Errors
///
/// A process cannot be started, a file cannot be read or a document cannot be parsed.
pub fn time(parsers: &[Parser]) -> Result<(), BoxError> {
    if let Some((parser, text)) = given(parsers)? {
        let start = Instant::now();
        let kept = black_box((parser.load)(&text)?);
        println!("{}", start.elapsed().as_secs_f64() * 1e3);
        drop(kept);
        return Ok(());
    }
    each_document(|document, repetitions| {
        let mut all = vec![Vec::new(); parsers.len()];
        for _ in 0..repetitions {
            for (parser, times) in parsers.iter().zip(&mut all) {
                times.extend(child(parser, &document.path)?);
            }
        }
        for (parser, times) in parsers.iter().zip(&mut all) {
            println!("load/{}/{}/ms {:.3}", document.name, parser.name, median(times));
        }
        Ok(())
    })
}

/// Measures all heaps, or one if the arguments name a parser and a file.
///
/// # Errors
///
/// As [`time`].
pub fn heap(parsers: &[Parser], allocator: &Cap<System>) -> Result<(), BoxError> {
    if let Some((parser, text)) = given(parsers)? {
        let before = allocator.allocated();
        let kept = black_box((parser.load)(&text)?);
        println!("{} {}", allocator.allocated() - before, allocator.max_allocated() - before);
        drop(kept);
        return Ok(());
    }
    each_document(|document, _| {
        for parser in parsers {
            // The allocations are the same in each run, so one run is enough.
            let [live, peak] = child(parser, &document.path)?.try_into().map_err(|_| "two figures")?;
            let relative = |bytes: f64| bytes / document.bytes as f64;
            println!("load/{}/{}/live {:.3}", document.name, parser.name, relative(live));
            println!("load/{}/{}/peak {:.3}", document.name, parser.name, relative(peak));
        }
        Ok(())
    })
}

struct Document {
    name: String,
    bytes: usize,
    path: PathBuf,
}

fn each_document(mut run: impl FnMut(&Document, usize) -> Result<(), BoxError>) -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("config.json");
    for kind in Kind::ALL {
        for (size, repetitions) in SIZES {
            let text = kind.document(size * 100_000);
            fs::write(&path, &text)?;
            let name = format!("{}/{}MB", kind.name(), size as f64 / 10.0);
            run(&Document { name, bytes: text.len(), path: path.clone() }, repetitions)?;
        }
    }
    Ok(())
}

/// Returns the parser and the file that the arguments name.
fn given(parsers: &[Parser]) -> Result<Option<(Parser, String)>, BoxError> {
    let mut args = env::args().skip(1);
    let (Some(name), Some(path)) = (args.next(), args.next()) else { return Ok(None) };
    let parser = parsers.iter().find(|parser| parser.name == name).ok_or("no such parser")?;
    Ok(Some((*parser, fs::read_to_string(path)?)))
}

/// Runs this program on a parser and a file, and returns the figures that it prints.
fn child(parser: &Parser, path: &Path) -> Result<Vec<f64>, BoxError> {
    let output = Command::new(env::current_exe()?).arg(parser.name).arg(path).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", parser.name, String::from_utf8_lossy(&output.stderr)).into());
    }
    let figures = String::from_utf8(output.stdout)?;
    figures.split_whitespace().map(|figure| Ok(figure.parse()?)).collect()
}
