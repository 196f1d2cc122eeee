//! Errors of the verifier.

use std::{error::Error, fmt};

/// Why a request is not taken for a webhook of ConfigCat. It holds nothing of keys, signatures and
/// body.
///
/// Answer all of them alike (401); which one it was is for your log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request does not have this header.
    MissingHeader(&'static str),
    /// The timestamp is no number, or there is no signature that could be one.
    Malformed(&'static str),
    /// No signature is made with a key of the verifier, of this id, timestamp and body.
    WrongSignature,
    /// The signature is right, but the time is outside of the [window](crate::Verifier::window): a request
    /// that somebody sends again, or a clock that is wrong.
    Stale,
    /// The request was accepted before: somebody sends it again.
    Repeated,
    /// As many requests as are [remembered](crate#what-a-signature-tells) were accepted within the
    /// window.
    TooMany,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

impl Error for VerifyError {}

/// No signing key, or an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyError;

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signing key of the webhook is empty")
    }
}

impl Error for KeyError {}
