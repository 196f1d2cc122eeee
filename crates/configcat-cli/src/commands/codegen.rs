//! `configcat codegen`: typed flags as a Rust module.

use std::{
    fs,
    path::{Path, PathBuf},
};

use configcat_codegen::{CheckError, Defaults, Generator};
use serde_json::json;

use crate::{
    Outcome,
    failure::Failure,
    flags::Flags,
    format::Format,
    screen::{Screen, shown},
};

/// Writes the settings as a Rust module of typed flags, or checks that it is up to date.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Config: a file, `-`, or the folder of a file cache
    flags: PathBuf,
    /// File of the Rust module; `-` for standard output
    out: PathBuf,
    /// Write nothing; exit with 1 if the file differs in a key, name, type or default
    #[arg(long)]
    check: bool,
    /// Use the default values of the config instead of false, 0 and ""
    #[arg(long)]
    defaults_of_config: bool,
    /// Leave out the setting with this key; can be repeated
    #[arg(long, value_name = "KEY")]
    skip: Vec<String>,
    /// Mark flags that are the same for everybody as deprecated, so that the compiler reports their
    /// uses
    #[arg(long)]
    deprecate_constant: bool,
    /// Make all items `pub(crate)`, so that the compiler lists unused flags
    #[arg(long)]
    private: bool,
    /// Make an enum of each text setting with at most N values
    #[arg(long, value_name = "N", default_value_t, hide_default_value = true)]
    enums: usize,
    /// Read the text setting with this key as JSON of this type; can be repeated
    #[arg(long, value_name = "KEY=TYPE", value_parser = key_and_type)]
    json: Vec<(String, String)>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Args {
    fn generator(&self) -> Generator {
        let defaults = if self.defaults_of_config { Defaults::OfConfig } else { Defaults::Neutral };
        let mut generator =
            Generator::new().defaults(defaults).skip(self.skip.iter().cloned()).enums(self.enums);
        if self.deprecate_constant {
            generator = generator.deprecate_constant();
        }
        if self.private {
            generator = generator.private();
        }
        self.json.iter().fold(generator, |generator, (key, rust_type)| generator.json(key, rust_type))
    }
}

/// Reads `KEY=TYPE`. The last `=` counts, since a key may have one and a type never has.
fn key_and_type(text: &str) -> Result<(String, String), &'static str> {
    let (key, rust_type) = text.rsplit_once('=').ok_or("write the key, `=` and a type of Rust")?;
    Ok((key.to_owned(), rust_type.to_owned()))
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let flags = Flags::read(&args.flags)?;
    let generator = args.generator();
    let out = args.out.display();
    let wrong = |cause: &dyn std::error::Error| Failure::new(format_args!("{}: {cause}", flags.source.name));
    let text = |path: &PathBuf| fs::read_to_string(path);
    // The generator reads the text again: it knows the settings by their JSON.
    let drifts = if args.check {
        // Unlike a module to be written, one to be checked must be there.
        let code = text(&args.out).map_err(|cause| Failure::cannot(format_args!("read {out}"), cause))?;
        match generator.check(&flags.source.text, &code) {
            Ok(()) => Vec::new(),
            Err(CheckError::Drifted(drifts)) => drifts,
            Err(cause) => return Err(wrong(&cause)),
        }
    } else {
        let code = generator.generate(&flags.source.text).map_err(|cause| wrong(&cause))?;
        if args.out == Path::new("-") {
            screen.exact(code.as_bytes())?;
            return Ok(Outcome::Fine);
        }
        // A file that is up to date keeps its time, so that nothing is built again.
        if !text(&args.out).is_ok_and(|old| old == code) {
            fs::write(&args.out, code)
                .map_err(|cause| Failure::cannot(format_args!("write {out}"), cause))?;
        }
        Vec::new()
    };
    report(args, &drifts.iter().map(ToString::to_string).collect::<Vec<_>>(), screen)?;
    Ok(Outcome::found(!drifts.is_empty()))
}

fn report(args: &Args, drifts: &[String], screen: &mut Screen) -> std::io::Result<()> {
    use std::io::Write;
    if args.format == Format::Json {
        return screen.json(&json!({ "isUpToDate": drifts.is_empty(), "drifts": drifts }));
    }
    if !drifts.is_empty() {
        writeln!(screen, "{} and the config have drifted apart:", shown(&args.out.display().to_string()))?;
    }
    drifts.iter().try_for_each(|drift| writeln!(screen, "  {}", shown(drift)))
}
