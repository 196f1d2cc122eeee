//! Verification of requests.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac, digest::CtOutput};
use sha2::Sha256;

use crate::{
    accepted::AcceptedRequests,
    error::{KeyError, VerifyError},
};

const ID: &str = "X-ConfigCat-Webhook-ID";
const TIMESTAMP: &str = "X-ConfigCat-Webhook-Timestamp";
const SIGNATURES: &str = "X-ConfigCat-Webhook-Signature-V1";

/// Length in bytes of a signature: that of SHA-256.
const SIGNATURE_LEN: usize = 32;

/// Headers of a webhook, unchanged.
///
/// ```
/// use configcat_webhook::Headers;
///
/// let mut names = Vec::new();
/// let headers = Headers::read(|name| {
///     names.push(name.to_owned());
///     Some("value")
/// });
/// assert_eq!(
///     names,
///     ["X-ConfigCat-Webhook-ID", "X-ConfigCat-Webhook-Timestamp", "X-ConfigCat-Webhook-Signature-V1"],
/// );
/// assert_eq!(headers.id, Some("value"));
/// ```
// Not `#[non_exhaustive]`: callers build it by a literal, and version 1 of the signature has these
// three headers only. Another version would get a type of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `X-ConfigCat-Webhook-ID`: a different one for each request.
    pub id: Option<&'a str>,
    /// `X-ConfigCat-Webhook-Timestamp`: the time of the request, in Unix seconds.
    pub timestamp: Option<&'a str>,
    /// `X-ConfigCat-Webhook-Signature-V1`: signatures in base64, separated by commas.
    pub signatures: Option<&'a str>,
}

impl<'a> Headers<'a> {
    /// Reads the headers by name. `header` must ignore the case of names, as HTTP does.
    pub fn read(mut header: impl FnMut(&str) -> Option<&'a str>) -> Self {
        Self { id: header(ID), timestamp: header(TIMESTAMP), signatures: header(SIGNATURES) }
    }
}

/// Verifier with the signing keys of a webhook. Clones share the memory of accepted requests.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use configcat_webhook::{Headers, Verifier, VerifyError};
///
/// let verifier = Verifier::new(["configcat_whsk_VN3juirnVh5pNvCKd81RYRYchxUX4j3NykbZG2fAy88="])?;
/// let headers = Headers {
///     id: Some("b616ca659d154a5fb907dd8475792eeb"),
///     timestamp: Some("1669629035"),
///     signatures: Some("Ks3cYsu9Lslfo+hVxNC3oQWnsF9e5d73TI5t94D9DRA="),
/// };
/// let now = UNIX_EPOCH + Duration::from_secs(1_669_629_040);
/// assert_eq!(verifier.verify_at(&headers, b"examplebody", now), Ok(()));
/// assert_eq!(verifier.verify_at(&headers, b"examplebody", now), Err(VerifyError::Repeated));
/// assert_eq!(verifier.verify_at(&headers, b"other body", now), Err(VerifyError::WrongSignature));
/// assert_eq!(verifier.verify(&headers, b"examplebody"), Err(VerifyError::Stale), "it is of 2022");
/// # Ok::<(), configcat_webhook::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Verifier {
    /// One for each key, which is set already.
    macs: Vec<Hmac<Sha256>>,
    window: Duration,
    accepted: Arc<AcceptedRequests>,
}

impl Verifier {
    /// Makes a verifier that accepts requests signed with one of these keys, written as on the
    /// dashboard.
    ///
    /// One key is enough, except while keys are being [replaced](crate#signatures).
    ///
    /// # Errors
    ///
    /// There is no key, or a key is empty: everyone could sign with an empty key.
    ///
    /// ```
    /// use configcat_webhook::Verifier;
    ///
    /// let both = Verifier::new(["configcat_whsk_old", "configcat_whsk_new"])?;
    /// assert!(Verifier::new([""]).is_err());
    /// # Ok::<(), configcat_webhook::KeyError>(())
    /// ```
    pub fn new<K: AsRef<str>>(signing_keys: impl IntoIterator<Item = K>) -> Result<Self, KeyError> {
        let keyed = |key: K| match key.as_ref() {
            "" => Err(KeyError),
            key => Hmac::new_from_slice(key.as_bytes()).map_err(|_| KeyError),
        };
        let macs: Vec<_> = signing_keys.into_iter().map(keyed).collect::<Result<_, _>>()?;
        if macs.is_empty() {
            return Err(KeyError);
        }
        Ok(Self { macs, window: Duration::from_secs(300), accepted: Arc::default() })
    }

    /// Sets the largest difference between the time of a request and that of the system, before and
    /// after. Default: five minutes.
    ///
    /// Use a longer window if clocks are wrong. The longer the window, the sooner the
    /// [memory of accepted requests](crate#signatures) is full.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Accepts a request that is a webhook of ConfigCat, of now, and was not accepted before.
    ///
    /// `body` is the unchanged body, and empty if the request has no body.
    ///
    /// # Errors
    ///
    /// The request is not accepted: see [`VerifyError`].
    pub fn verify(&self, headers: &Headers<'_>, body: &[u8]) -> Result<(), VerifyError> {
        self.verify_at(headers, body, SystemTime::now())
    }

    /// Accepts a request like [`verify`](Self::verify), at this time.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_at(&self, headers: &Headers<'_>, body: &[u8], now: SystemTime) -> Result<(), VerifyError> {
        let id = headers.id.ok_or(VerifyError::MissingHeader(ID))?;
        let timestamp = headers.timestamp.ok_or(VerifyError::MissingHeader(TIMESTAMP))?;
        let signatures = headers.signatures.ok_or(VerifyError::MissingHeader(SIGNATURES))?;
        let sent = read_timestamp(timestamp).ok_or(VerifyError::Malformed(TIMESTAMP))?;
        let signatures: Vec<_> = signatures.split(',').filter_map(read_signature).collect();
        if signatures.is_empty() {
            return Err(VerifyError::Malformed(SIGNATURES));
        }

        let digest = |mac: &Hmac<Sha256>| {
            mac.clone().chain_update(id).chain_update(timestamp).chain_update(body).finalize()
        };
        // `CtOutput` compares in constant time: the duration reveals no byte of the right
        // signature. The signature is checked before the time, so that a wrong one is never
        // reported as old.
        if !self.macs.iter().any(|mac| signatures.contains(&digest(mac))) {
            return Err(VerifyError::WrongSignature);
        }
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        if now.abs_diff(sent) > self.window {
            return Err(VerifyError::Stale);
        }
        // The digest is always that of the first key, so that the signature of another key does not
        // make the request a new one.
        let first = self.macs.first().map(digest).ok_or(VerifyError::WrongSignature)?;
        self.accepted.add(first.into_bytes().into(), sent.saturating_add(self.window), now)
    }
}

/// Shows the number of keys instead of the keys.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.macs.len();
        f.debug_struct("Verifier").field("keys", &keys).field("window", &self.window).finish()
    }
}

/// Parses Unix seconds in digits.
fn read_timestamp(text: &str) -> Option<Duration> {
    // Rust would accept a sign, which ConfigCat does not send.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).map(Duration::from_secs)
}

/// Parses a signature; `None` for a text of another form.
// Such a text between signatures is ignored, so ConfigCat may add other kinds of signatures.
fn read_signature(text: &str) -> Option<CtOutput<Hmac<Sha256>>> {
    // Base64 of this length may decode to one byte more than a signature has.
    let mut bytes = [0; SIGNATURE_LEN + 1];
    let len = BASE64_STANDARD.decode_slice(text.trim(), &mut bytes).ok()?;
    let signature: [u8; SIGNATURE_LEN] = bytes.get(..len)?.try_into().ok()?;
    Some(CtOutput::new(signature.into()))
}
