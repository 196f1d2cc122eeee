//! Why there is no code, or why it is not that of the config.

use std::{error::Error, fmt, io, path::PathBuf};

use configcat_eval::ParseError;

use crate::Drift;

/// Why no module can be generated.
#[derive(Debug)]
#[non_exhaustive]
pub enum CodegenError {
    /// The document is no config JSON.
    NotAConfig(ParseError),
    /// The config has no settings, or only those to skip, so it is likely to be another document
    /// than was meant.
    NoSettings,
    /// A setting is malformed, so that its type is not known.
    NoType {
        /// The key of the setting.
        key: String,
    },
    /// The default value of a setting is malformed, and wanted.
    NoDefault {
        /// The key of the setting.
        key: String,
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
                "the config JSON has no settings (with data governance for the EU only, those are at \
                 https://cdn-eu.configcat.com)",
            ),
            Self::NoType { key } => write!(f, "the type of {key:?} is not known"),
            Self::NoDefault { key } => write!(f, "the default value of {key:?} is malformed"),
            Self::SameName { name, keys: [first, second] } => {
                write!(f, "{first:?} and {second:?} would both be named {name}")
            }
        }
    }
}

impl Error for CodegenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotAConfig(cause) => cause.source(),
            _ => None,
        }
    }
}

/// Why code is not that of a config.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckError {
    /// Nothing can be generated from the config, so there is nothing to compare with.
    Codegen(CodegenError),
    /// They differ in these flags, which are sorted by key.
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

/// Why no module was written.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A file cannot be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// `OUT_DIR` is not set, as cargo does for build scripts.
    NoBuildScript,
    /// There is no module to write.
    Codegen(CodegenError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, cause } => write!(f, "{}: {cause}", path.display()),
            Self::NoBuildScript => f.write_str("OUT_DIR is not set: this is no build script"),
            Self::Codegen(cause) => cause.fmt(f),
        }
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
