//! Fingerprints of config JSONs.

use std::fmt;

use sha2::{Digest, Sha256};

/// Fingerprint of a config JSON: the first 8 bytes of its SHA-256, printed as 16 hex digits.
///
/// The same document has the same fingerprint in every process, so a log, a metric or a trace can
/// name the config that decided. `curl -s $URL | sha256sum | cut -c1-16` prints the same for the
/// document of a CDN. 8 bytes tell the configs of a product apart; they are no proof against a
/// document that was made to have the same ones.
///
/// ```
/// use configcat::config::Fingerprint;
///
/// let fingerprint = Fingerprint::of(r#"{"f": {}}"#);
/// assert_eq!(fingerprint.to_string(), "d9142aa85b19656b");
/// assert_eq!(fingerprint, Fingerprint::of(r#"{"f": {}}"#));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// Returns the fingerprint of a config JSON.
    pub fn of(config_json: impl AsRef<[u8]>) -> Self {
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(config_json).into();
        Self([a, b, c, d, e, f, g, h])
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
