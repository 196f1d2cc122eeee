//! `configcat pull`: the config JSON of an SDK key, as a file.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use configcat_analysis::{Comparison, compare};
use configcat_eval::Config;
use configcat_fetch::{BaseUrl, DataGovernance, FetchOptions, Fetcher, ModeTag, Outcome as Fetched, SdkKey};
use serde_json::json;

use crate::{
    Outcome, changes,
    failure::Failure,
    format::Format,
    screen::{Screen, plural, shown},
};

/// Downloads the config JSON of an SDK key, and prints which flags have changed.
///
/// The SDK key comes from an environment variable, and is never printed. The file is replaced at
/// once, or left alone if it is up to date. Exits with 1 if the config cannot be downloaded.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the environment variable that has the SDK key
    #[arg(long, value_name = "NAME", default_value = "CONFIGCAT_SDK_KEY")]
    sdk_key_env: String,
    /// File to write; `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Base URL of a proxy or of a server of your own, instead of ConfigCat's CDN
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// CDN that the organization has chosen on the dashboard
    #[arg(long, value_enum, default_value_t)]
    data_governance: Region,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The data centers that serve a config.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Region {
    /// All over the world
    #[default]
    Global,
    /// Only in the European Union
    Eu,
}

pub(crate) fn run(args: &Args, screen: &mut Screen) -> Result<Outcome, Failure> {
    let fetcher = Fetcher::new(options(args)?).map_err(Failure::new)?;
    let fetch = fetcher.fetch(None);
    if fetch.is_data_governance_out_of_sync {
        let other = match args.data_governance {
            Region::Global => "eu",
            Region::Eu => "global",
        };
        warn(&format!("the dashboard has another choice: use `--data-governance {other}`"));
    }
    if let Some(error) = &fetch.redirect_error {
        warn(&format!("{error:#}"));
    }
    let body = match fetch.outcome {
        Ok(Fetched::Fetched(fetched)) => fetched.body,
        // Without an ETag, there is no other success.
        Ok(_) => return Ok(Outcome::Found),
        Err(error) => return Ok(failed(&format!("{error:#}"))),
    };
    let config = match Config::parse(&body) {
        Ok(config) => config,
        Err(error) => return Ok(failed(&format!("the server sent no config: {error}"))),
    };
    if args.output == Path::new("-") {
        screen.exact(body.as_bytes())?;
        return Ok(Outcome::Fine);
    }
    let file = args.output.display();
    let old = fs::read(&args.output).ok();
    let is_written = old.as_deref() != Some(body.as_bytes());
    if is_written {
        replace(&args.output, &body).map_err(|cause| Failure::cannot(format_args!("write {file}"), cause))?;
    }
    let old = old.and_then(|old| Config::parse_overrides(old).ok());
    let comparison = old.map(|old| compare(&old, &config));
    report(args, &config, is_written, comparison.as_ref(), screen)?;
    Ok(Outcome::Fine)
}

fn options(args: &Args) -> Result<FetchOptions, Failure> {
    let name = &args.sdk_key_env;
    let is_name =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && name.len() < 64;
    // Messages name the variable, and the key may be there by mistake.
    if !is_name(name) {
        return Err(Failure::new(
            "--sdk-key-env takes the name of an environment variable, not the SDK key itself",
        ));
    }
    let key = match env::var(name) {
        Ok(key) => SdkKey::parse(&key).map_err(|cause| Failure::new(format_args!("{name}: {cause}")))?,
        Err(env::VarError::NotUnicode(_)) => {
            return Err(Failure::new(format_args!("the environment variable {name} is no SDK key")));
        }
        Err(env::VarError::NotPresent) => {
            return Err(Failure::new(format_args!("the environment variable {name} is not set")).help(
                "it has the SDK key, so that the key is in no shell history and no list of processes",
            ));
        }
    };
    let mut options =
        FetchOptions::new(key).mode(ModeTag::Manual).data_governance(match args.data_governance {
            Region::Global => DataGovernance::Global,
            Region::Eu => DataGovernance::EuOnly,
        });
    if let Some(url) = &args.base_url {
        // The text is not repeated: it may have a password, or the key.
        options = options.base_url(
            BaseUrl::parse(url).map_err(|cause| Failure::new(format_args!("--base-url: {cause}")))?,
        );
    }
    Ok(options)
}

fn warn(text: &str) {
    // Nothing is left to do if standard error is closed.
    let _ = writeln!(anstream::stderr(), "warning: {}", shown(text));
}

fn failed(cause: &str) -> Outcome {
    let _ = writeln!(anstream::stderr(), "error: {}", shown(cause));
    Outcome::Found
}

fn report(
    args: &Args,
    config: &Config,
    is_written: bool,
    comparison: Option<&Comparison>,
    screen: &mut Screen,
) -> io::Result<()> {
    let (file, count) = (shown(&args.output.display().to_string()), config.keys().count());
    if args.format == Format::Json {
        return screen.json(&json!({
            "file": file, "isWritten": is_written, "flags": count, "changes": comparison.map(changes::json)
        }));
    }
    let state = if is_written { "written" } else { "up to date" };
    write!(screen, "{file} is {state}: {}.", plural(count, "flag"))?;
    match comparison.filter(|_| is_written) {
        Some(comparison) => writeln!(screen, " {}", changes::text(comparison)),
        None => writeln!(screen),
    }
}

/// Replaces a file: other programs see the old or the new content, and nothing between.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".configcat-");
    // As any new file, and not only for its owner as other temporary files.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    if let Ok(old) = fs::metadata(&path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}
