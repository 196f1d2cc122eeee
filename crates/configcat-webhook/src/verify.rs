//! Whether a request is a webhook of ConfigCat.

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

/// How long a signature has, in bytes.
const SIGNATURE_LEN: usize = 32;

/// The three headers of a webhook, as they came.
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
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// `X-ConfigCat-Webhook-ID`: another one for each request.
    pub id: Option<&'a str>,
    /// `X-ConfigCat-Webhook-Timestamp`: when the request was sent, in Unix seconds.
    pub timestamp: Option<&'a str>,
    /// `X-ConfigCat-Webhook-Signature-V1`: signatures in base64, with commas between them.
    pub signatures: Option<&'a str>,
}

impl<'a> Headers<'a> {
    /// Looks the headers up by name, in which upper and lower case must not matter, as in any
    /// request.
    pub fn read(mut header: impl FnMut(&str) -> Option<&'a str>) -> Self {
        Self { id: header(ID), timestamp: header(TIMESTAMP), signatures: header(SIGNATURES) }
    }
}

/// Knows the signing keys of a webhook, and tells its requests from others. Clones share the
/// requests that were accepted.
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
    /// Each with its key already in it.
    macs: Vec<Hmac<Sha256>>,
    window: Duration,
    accepted: Arc<AcceptedRequests>,
}

impl Verifier {
    /// A verifier that accepts what is signed with one of these keys, written as the dashboard
    /// shows them.
    ///
    /// One is enough but while keys are being [replaced](crate#what-a-signature-tells).
    ///
    /// # Errors
    ///
    /// There is no key, or one is empty: anybody could sign with that.
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

    /// How far the time of a request may be from that of the system, before and after. Default:
    /// five minutes.
    ///
    /// Longer where clocks are wrong. The longer it is, the sooner the
    /// [requests to remember](crate#what-a-signature-tells) are too many.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Accepts this if it is a webhook of ConfigCat, of now, that was not accepted before.
    ///
    /// `body` is the body as it came, and empty if there is none.
    ///
    /// # Errors
    ///
    /// It is not, or there is no way to tell: see [`VerifyError`].
    pub fn verify(&self, headers: &Headers<'_>, body: &[u8]) -> Result<(), VerifyError> {
        self.verify_at(headers, body, SystemTime::now())
    }

    /// Like [`verify`](Self::verify), at that time.
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
        // Compares in constant time.
        if !self.macs.iter().any(|mac| signatures.contains(&digest(mac))) {
            return Err(VerifyError::WrongSignature);
        }
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        if now.abs_diff(sent) > self.window {
            return Err(VerifyError::Stale);
        }
        // Always under the first key, so that the signature of another key makes no new request.
        let first = self.macs.first().map(digest).ok_or(VerifyError::WrongSignature)?;
        self.accepted.add(first.into_bytes().into(), sent.saturating_add(self.window), now)
    }
}

/// Does not show the keys.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.macs.len();
        f.debug_struct("Verifier").field("keys", &keys).field("window", &self.window).finish()
    }
}

/// Unix seconds in digits, without the sign that Rust would take.
fn read_timestamp(text: &str) -> Option<Duration> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).map(Duration::from_secs)
}

/// A signature, unless it is none: another kind of signature between ours harms nothing.
fn read_signature(text: &str) -> Option<CtOutput<Hmac<Sha256>>> {
    // A byte more than is needed, which base64 of that length may take.
    let mut bytes = [0; SIGNATURE_LEN + 1];
    let len = BASE64_STANDARD.decode_slice(text.trim(), &mut bytes).ok()?;
    let signature: [u8; SIGNATURE_LEN] = bytes.get(..len)?.try_into().ok()?;
    Some(CtOutput::new(signature.into()))
}
