//! Errors of generating, checking and writing the module.

use std::{error::Error, fmt, io, path::PathBuf};

use configcat_eval::ParseError;

use crate::Drift;

/// A cause for which no module can be generated.
#[non_exhaustive]
pub enum CodegenError {
    /// The document is no config JSON.
    NotAConfig(ParseError),
    /// The config has no settings except skipped ones, so it is probably not the intended document.
    NoSettings,
    /// A setting is malformed: its type is missing or unknown.
    NoType {
        /// The key of the setting.
        key: String,
    },
    /// The default value of a setting is malformed, and
    /// [`Defaults::OfConfig`](crate::Defaults::OfConfig) needs it.
    NoDefault {
        /// The key of the setting.
        key: String,
    },
    /// The config has no text setting of a key that is to be read as
    /// [JSON](crate::Generator::json).
    NoText {
        /// The key.
        key: String,
    },
    /// The type of a [JSON](crate::Generator::json) setting is not written as names, lists and
    /// tuples.
    NoRustType {
        /// The text in its place.
        text: String,
    },
    /// Two settings have the same name in Rust.
    SameName {
        /// The name.
        name: String,
        /// Both keys, in the order of the config.
        keys: [String; 2],
    },
}

impl fmt::Display for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAConfig(cause) => cause.fmt(f),
            Self::NoSettings => f.write_str(
                // The usual cause: the global CDN serves an empty config for such SDK keys.
                "the config JSON has no settings to generate; with data governance for the EU only, \
                 fetch it from https://cdn-eu.configcat.com",
            ),
            // Skipping is the way out that needs no access to the dashboard.
            Self::NoType { key } => write!(f, "the type of {key:?} is not known; repair or skip the setting"),
            Self::NoDefault { key } => {
                write!(f, "the default value of {key:?} is malformed; repair or skip the setting")
            }
            // The cause is a misspelled key in most cases, so the key is quoted.
            Self::NoText { key } => {
                write!(f, "the config has no text setting {key:?}, which is to be read as JSON")
            }
            // `[u8; 4]` is a type, and its `;` is not allowed where a declaration ends with one.
            Self::NoRustType { text } => {
                write!(f, "{text:?} is no name of a type; give the type a name with `type Name = …`")
            }
            Self::SameName { name, keys: [first, second] } => {
                write!(f, "{first:?} and {second:?} would both be named {name}; skip one of them")
            }
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for CodegenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // `Display` shows the cause itself, so the chain goes on with what is below it.
            Self::NotAConfig(cause) => cause.source(),
            _ => None,
        }
    }
}

/// The result of a check that has failed.
#[non_exhaustive]
pub enum CheckError {
    /// Nothing can be generated from the config, so there is nothing to compare the code with.
    Codegen(CodegenError),
    /// Code and config differ in these flags, sorted by key.
    Drifted(Vec<Drift>),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codegen(cause) => cause.fmt(f),
            Self::Drifted(drifts) => {
                f.write_str("code and config have drifted apart:")?;
                drifts.iter().try_for_each(|drift| write!(f, "\n{drift}"))
            }
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for CheckError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Codegen(cause) => cause.source(),
            Self::Drifted(_) => None,
        }
    }
}

impl From<CodegenError> for CheckError {
    fn from(cause: CodegenError) -> Self {
        Self::Codegen(cause)
    }
}

/// A cause for which no module was written.
#[non_exhaustive]
pub enum BuildError {
    /// A file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        cause: io::Error,
    },
    /// `OUT_DIR` is not set. Cargo sets it for build scripts only.
    NoBuildScript,
    /// No module can be generated.
    Codegen(CodegenError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The system's text does not name the file.
            Self::Io { path, cause } => write!(f, "{}: {cause}", path.display()),
            Self::NoBuildScript => {
                f.write_str("OUT_DIR is not set; call build() from a build script, or write() elsewhere")
            }
            Self::Codegen(cause) => cause.fmt(f),
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { cause, .. } => cause.source(),
            Self::NoBuildScript => None,
            Self::Codegen(cause) => cause.source(),
        }
    }
}

impl From<CodegenError> for BuildError {
    fn from(cause: CodegenError) -> Self {
        Self::Codegen(cause)
    }
}
