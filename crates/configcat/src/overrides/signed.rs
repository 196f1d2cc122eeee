//! Signed overrides: a token for a header or a cookie, which ends by itself.

use std::{
    error::Error,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::request::{Overrides, OverridesError};

/// Longest token in bytes: that of a cookie (RFC 6265, 6.1). The longest text makes a shorter one.
const MAX_TOKEN: usize = 4096;

/// Shortest key in bytes: a shorter one than the hash decreases the strength (RFC 2104, 3).
const MIN_KEY: usize = 32;

/// Start of the signed bytes. Without it, a signature that another part of the application makes
/// with the same key could be one of a token.
const PURPOSE: &[u8] = b"configcat request overrides\0";

/// Signer of [`Overrides`] for headers and cookies, with HMAC-SHA-256.
///
/// A token has the form `1.<expiry>.<text>.<signature>`: the version, the expiry in Unix seconds,
/// the text, and the signature, both in base64 for URLs without padding. The signature is that of
/// the text `configcat request overrides`, a zero byte, and the token before its last dot. The
/// holder of a token can read it, and use it until it expires.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use configcat::request::{OverrideSigner, TokenError};
///
/// // In production from a secret, for example one made by `openssl rand -hex 32`.
/// let signer = OverrideSigner::new("a key of at least 32 bytes, from a secret")?;
/// let now = SystemTime::now();
/// let token = signer.sign("isNewUi=true;limit=10", now + Duration::from_secs(3600))?;
/// assert_eq!(signer.verify(&token, now), Ok("isNewUi=true;limit=10".parse()?));
/// assert_eq!(signer.verify(&token, now + Duration::from_secs(3601)), Err(TokenError::Expired));
/// assert_eq!(signer.verify("isNewUi=true", now), Err(TokenError::Malformed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct OverrideSigner(Hmac<Sha256>);

/// Error of a key with less than 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignerKeyError;

/// Reason for which a token is refused. Its text has nothing of the token.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The text is no token.
    Malformed,
    /// The signature is not one of this key for this token.
    WrongSignature,
    /// The token has expired.
    Expired,
}

impl OverrideSigner {
    /// Returns a signer with this key. Use another key for each environment.
    ///
    /// # Errors
    ///
    /// The key has less than 32 bytes.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, SignerKeyError> {
        let key = key.as_ref();
        if key.len() < MIN_KEY {
            return Err(SignerKeyError);
        }
        Hmac::new_from_slice(key).map(Self).map_err(|_| SignerKeyError)
    }

    /// Returns a token for this text, which is valid until that time. It has characters only that
    /// headers and cookies may have.
    ///
    /// # Errors
    ///
    /// Those of [`Overrides::parse`]: no token is made that would be refused.
    pub fn sign(&self, text: &str, expires: SystemTime) -> Result<String, OverridesError> {
        Overrides::parse(text)?;
        let expires = expires.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut token = format!("1.{expires}.{}", BASE64.encode(text));
        let signature = self.mac(&token).finalize().into_bytes();
        token.push('.');
        BASE64.encode_string(signature, &mut token);
        Ok(token)
    }

    /// Returns the overrides of a token of this key that has not expired at that time.
    ///
    /// [`Snapshot::with_signed_overrides`](crate::Snapshot::with_signed_overrides) does this with
    /// the clock of the client, and logs a refusal.
    ///
    /// # Errors
    ///
    /// The token is refused.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Overrides, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let signature = BASE64.decode(signature).map_err(|_| TokenError::Malformed)?;
        // In constant time: the duration reveals no byte of the right signature. Nothing of the
        // token is read before, so only the holder of the key decides what is read.
        self.mac(signed).verify_slice(&signature).map_err(|_| TokenError::WrongSignature)?;
        let mut parts = signed.split('.');
        let (Some("1"), Some(expires), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        let expires = expires.parse().map_err(|_| TokenError::Malformed)?;
        // A clock before 1970 is wrong, so a token of any age could be one that has expired.
        let now = now.duration_since(UNIX_EPOCH).map_err(|_| TokenError::Expired)?;
        if now >= Duration::from_secs(expires) {
            return Err(TokenError::Expired);
        }
        let text = BASE64.decode(text).ok().and_then(|text| String::from_utf8(text).ok());
        text.and_then(|text| Overrides::parse(&text).ok()).ok_or(TokenError::Malformed)
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        self.0.clone().chain_update(PURPOSE).chain_update(signed)
    }
}

/// Shows nothing of the key.
impl fmt::Debug for OverrideSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OverrideSigner").finish_non_exhaustive()
    }
}

impl TokenError {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "the text is no token of overrides",
            Self::WrongSignature => "the signature of the token is wrong",
            Self::Expired => "the token has expired",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for TokenError {}

impl fmt::Display for SignerKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key for signed overrides has less than {MIN_KEY} bytes")
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for SignerKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for SignerKeyError {}
