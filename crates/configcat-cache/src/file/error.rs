//! Errors of the file cache.

use std::{error::Error, fmt, io, path::PathBuf, str::Utf8Error};

use crate::{causes::write_causes, limits::MAX_BYTES};

/// Error of a [`FileCache`](crate::FileCache); the error of the system is its
/// [`source`](Error::source). `{}` prints the message, `{:#}` and `{:?}` add the source.
///
/// [`FileCache`](crate::FileCache#when-something-is-wrong) lists when each occurs. An error shows
/// the key only as a part of a path.
///
/// # Examples
///
/// ```
/// use configcat_cache::{ConfigCache, FileCache, FileCacheError};
///
/// let error = FileCache::new("cache").write("../escape", "value").unwrap_err();
/// match error.downcast_ref() {
///     Some(FileCacheError::Write { path, source }) => println!("{}: {source}", path.display()),
///     _ => println!("{error}"),
/// }
/// ```
#[non_exhaustive]
pub enum FileCacheError {
    /// The key is not 1 to 64 of the characters `a` to `z`, `0` to `9`, `-` and `_`.
    InvalidKey,
    /// The folder is missing and cannot be made.
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The new value cannot be written to a temporary file.
    Write {
        /// The temporary file, which is gone again.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The temporary file cannot be renamed over the file.
    Replace {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file cannot be opened or read.
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The path of the file leads to a folder, a pipe or a device.
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// The file's content is not UTF-8.
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The place of the first invalid byte.
        source: Utf8Error,
    },
    /// The file, or the value for it, is longer than
    /// [`FileCache::MAX_BYTES`](crate::FileCache::MAX_BYTES).
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

impl fmt::Display for FileCacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The key is not shown: it may be a path that leads out of the folder.
            Self::InvalidKey => {
                f.write_str("a key for a file cache is 1 to 64 of the characters a-z, 0-9, - and _")
            }
            Self::CreateFolder { path, .. } => write!(f, "cannot create the cache folder {}", path.display()),
            Self::Write { path, .. } => write!(f, "cannot write the cache file {}", path.display()),
            Self::Replace { path, .. } => write!(f, "cannot replace the cache file {}", path.display()),
            Self::Read { path, .. } => write!(f, "cannot read the cache file {}", path.display()),
            Self::NotAFile { path } => write!(f, "{} is not a file", path.display()),
            Self::NotUtf8 { path, .. } => write!(f, "the cache file {} is not UTF-8", path.display()),
            Self::TooLarge { path } => {
                write!(f, "the cache file {} is over {MAX_BYTES} bytes", path.display())
            }
        }?;
        write_causes(self, f)
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for FileCacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for FileCacheError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::CreateFolder { source, .. }
            | Self::Write { source, .. }
            | Self::Replace { source, .. }
            | Self::Read { source, .. } => Some(source),
            Self::NotUtf8 { source, .. } => Some(source),
            Self::InvalidKey | Self::NotAFile { .. } | Self::TooLarge { .. } => None,
        }
    }
}
