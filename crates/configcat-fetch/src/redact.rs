//! Redaction of the SDK key: its mask in its place, and back.
//!
//! The fetcher works with the masked key. The key takes the place of the mask where a request is
//! sent, and a response that repeats the key is masked before anything else reads it. That includes
//! keys with percent-encoded slashes, and the parts of the key.

use crate::sdk_key::{PART_LENGTH, SdkKey, VERSION_PREFIX, mask};

/// Replacements between the key, in each form that it has on the wire, and its mask.
pub(crate) struct KeyRedactor {
    /// The mask for the key in every URL.
    mask: String,
    /// The whole key, and its random parts together, also with percent-encoded slashes: masked in
    /// responses, and put back in requests.
    forms: Vec<Form>,
    /// Each random part by itself: masked in responses.
    // Not put back in requests. The mask of the first part consists of asterisks only, so a host
    // could redirect to a URL of asterisks and read the part from the next request.
    parts: Vec<Form>,
}

struct Form {
    key: Vec<u8>,
    /// As long as the key.
    mask: Vec<u8>,
}

impl Form {
    fn new(key: impl Into<Vec<u8>>, mask: impl Into<Vec<u8>>) -> Self {
        Self { key: key.into(), mask: mask.into() }
    }
}

impl KeyRedactor {
    pub(crate) fn new(key: &SdkKey) -> Self {
        let is_proxy = key.is_proxy();
        let key = key.expose_in_path();
        let random = key.strip_prefix(VERSION_PREFIX).unwrap_or(&key);
        let with_slash = |slash: &'static str| {
            [&key, random].map(|key| Form::new(key.replace('/', slash), mask(key).replace('/', slash)))
        };
        // The name of an SDK of a ConfigCat Proxy is not a secret, and may be a part of a host
        // name. Percent-encoded parts are longer than the length that a part has.
        let is_secret = |part: &str| part.len() >= PART_LENGTH && !is_proxy;
        let masked = mask(&key);
        let parts = key.split('/').zip(masked.split('/')).filter(|(part, _)| is_secret(part));
        let parts = parts.map(|(part, mask)| Form::new(part, mask)).collect();
        Self { mask: masked, forms: ["/", "%2F", "%2f"].into_iter().flat_map(with_slash).collect(), parts }
    }

    /// Returns the mask, which takes the place of the key in every URL.
    pub(crate) fn masked_key(&self) -> &str {
        &self.mask
    }

    /// Puts the key back in the bytes of a request.
    pub(crate) fn unmask(&self, bytes: &mut [u8]) {
        for form in &self.forms {
            replace(bytes, &form.mask, &form.key);
        }
    }

    /// Masks the key in the bytes of a response. Returns whether the key was there.
    pub(crate) fn mask(&self, bytes: &mut [u8]) -> bool {
        let mut was_there = false;
        for form in self.forms.iter().chain(&self.parts) {
            was_there |= replace(bytes, &form.key, &form.mask);
        }
        was_there
    }

    /// Returns a text with the key in place of its mask.
    pub(crate) fn unmask_text(&self, text: &str) -> String {
        changed(text, |bytes| self.unmask(bytes))
    }

    /// Returns a text with the mask in place of the key.
    pub(crate) fn mask_text(&self, text: &str) -> String {
        changed(text, |bytes| _ = self.mask(bytes))
    }
}

fn changed(text: &str, change: impl FnOnce(&mut [u8])) -> String {
    let mut bytes = text.as_bytes().to_vec();
    change(&mut bytes);
    // Never lossy: key and mask are ASCII and have the same length.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Replaces each occurrence of `from` by `to`, which has the same length. Returns whether there was
/// one.
// At each byte, without a search by a library: a head has a few KiB, and a fetch takes
// milliseconds.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) -> bool {
    let mut was_there = false;
    for start in 0..bytes.len() {
        if let Some(place) = bytes.get_mut(start..start + from.len()).filter(|place| **place == *from) {
            place.copy_from_slice(to);
            was_there = true;
        }
    }
    was_there
}
