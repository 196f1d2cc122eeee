//! Errors of the verifier.

use std::{error::Error, fmt};

/// Error of a request that is not accepted as a webhook of ConfigCat. It holds no part of keys,
/// signatures and body.
///
/// Answer all kinds with 401; the kind is for your log.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request does not have this header.
    MissingHeader(&'static str),
    /// The timestamp is not a number, or no signature has the right form.
    Malformed(&'static str),
    /// No signature is made of this id, timestamp and body with a key of the verifier.
    WrongSignature,
    /// The signature is right, but the time is outside of the [window](crate::Verifier::window): a
    /// request that is sent again, or a wrong clock.
    Stale,
    /// The request was accepted before, and is sent again.
    Repeated,
    /// As many requests as are [remembered](crate#signatures) were accepted within the
    /// window.
    TooMany,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The headers are named, not quoted: an attacker could forge log records with their values.
        match self {
            Self::MissingHeader(name) => write!(f, "the request has no header {name}"),
            Self::Malformed(name) => write!(f, "the header {name} of the request is malformed"),
            Self::WrongSignature => f.write_str("the request is not signed with a known key"),
            Self::Stale => f.write_str("the request is too old, or from the future"),
            Self::Repeated => f.write_str("the request was accepted before"),
            Self::TooMany => f.write_str("too many requests were accepted lately"),
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for VerifyError {}

/// Error of a verifier without a signing key, or with an empty one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyError;

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signing key of the webhook is empty")
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for KeyError {}
