//! The command: `configcat-codegen [--check] [--defaults-of-config] CONFIG_JSON RUST_FILE`.

use std::{env, error::Error, fs, process::ExitCode};

use configcat_codegen::{BuildError, CheckError, Defaults, Generator};

const USAGE: &str = "\
Writes the settings of a ConfigCat config JSON as a Rust module of typed flags.

Usage: configcat-codegen [OPTIONS] CONFIG_JSON RUST_FILE

Options:
  --check               write nothing; exit 1 if the file is not that of the config
  --defaults-of-config  flags have the default values of the config, not false, 0 and \"\"
  --help                print this text
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let (options, files): (Vec<_>, Vec<_>) =
        args.iter().map(String::as_str).partition(|arg| arg.starts_with("--"));
    if options.contains(&"--help") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let (mut is_check, mut generator) = (false, Generator::new());
    for option in options {
        match option {
            "--check" => is_check = true,
            "--defaults-of-config" => generator = generator.defaults(Defaults::OfConfig),
            _ => return usage(),
        }
    }
    let [config_json, rust_file] = files[..] else { return usage() };
    let outcome = if is_check {
        check(&generator, config_json, rust_file)
    } else {
        generator.write(config_json, rust_file).map_err(Into::into)
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let has_drifted = matches!(error.downcast_ref(), Some(CheckError::Drifted(_)));
            ExitCode::from(if has_drifted { 1 } else { 2 })
        }
    }
}

fn check(generator: &Generator, config_json: &str, rust_file: &str) -> Result<(), Box<dyn Error>> {
    let read =
        |path: &str| fs::read_to_string(path).map_err(|cause| BuildError::Io { path: path.into(), cause });
    Ok(generator.check(read(config_json)?, &read(rust_file)?)?)
}

fn usage() -> ExitCode {
    eprint!("{USAGE}");
    ExitCode::from(2)
}
