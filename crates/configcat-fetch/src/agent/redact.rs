//! Redaction of the SDK key, which `ureq` would write to the log at trace level.
//!
//! `ureq` gets the masked key in place of the key, so every log record and every error of `ureq`
//! shows the mask. Below `ureq`, where bytes go to the socket, the key replaces the mask; both have
//! the same length, so nothing else changes. If the head of a response holds the key, as the
//! `Location` of a redirect may, the key is masked before `ureq` sees it. That includes keys with
//! percent-encoded slashes, and the parts of the key.

use std::fmt;
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::sdk_key::{PART_LENGTH, SdkKey, VERSION_PREFIX, mask};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Replacements between the key, in each form that it has on the wire, and its mask.
pub(super) struct KeyRedactor {
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
    pub(super) fn new(key: &SdkKey) -> Self {
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

    /// Returns the mask, which takes the place of the key in every URL that `ureq` sees.
    pub(super) fn masked_key(&self) -> &str {
        &self.mask
    }

    /// Puts the key back in the bytes of a request.
    fn unmask(&self, bytes: &mut [u8]) {
        for form in &self.forms {
            replace(bytes, &form.mask, &form.key);
        }
    }

    /// Masks the key in the bytes of a response. Returns whether the key was there.
    fn mask(&self, bytes: &mut [u8]) -> bool {
        let mut was_there = false;
        for form in self.forms.iter().chain(&self.parts) {
            was_there |= replace(bytes, &form.key, &form.mask);
        }
        was_there
    }
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

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

/// Connection on which `ureq` sees the mask only.
pub(super) struct RedactingTransport {
    transport: Box<dyn Transport>,
    redactor: Arc<KeyRedactor>,
    /// `true` while the next bytes belong to the head of a response.
    // Bodies pass unchanged: to replace bytes there could damage a config.
    is_in_head: bool,
}

impl RedactingTransport {
    pub(super) fn new(transport: Box<dyn Transport>, redactor: Arc<KeyRedactor>) -> Self {
        Self { transport, redactor, is_in_head: false }
    }

    /// Masks the key in the part of the head that has arrived.
    fn mask_head(&mut self) {
        // Masks the whole input again each time: the key may be cut by the end of a packet. `ureq`
        // leaves the head in the buffer until it is complete, so nothing passes by unmasked.
        let mut input = self.transport.buffers().input().to_vec();
        let mut head = 0;
        while let Some(rest) = input.get(head..) {
            let Some(end) = find(rest, END_OF_HEAD) else {
                head = input.len();
                break;
            };
            // 103 Early Hints and other interim heads come before the real one.
            let is_interim = rest.starts_with(b"HTTP/1.1 1");
            head += end + END_OF_HEAD.len();
            if !is_interim {
                self.is_in_head = false;
                break;
            }
        }
        let Some(head) = input.get_mut(..head) else { return };
        if !self.redactor.mask(head) {
            return;
        }
        // The buffers give no mutable view of their input, so it is taken out and put back.
        let buffers = self.transport.buffers();
        buffers.input_consume(input.len());
        if let Some(place) = buffers.input_append_buf().get_mut(..input.len()) {
            place.copy_from_slice(&input);
            buffers.input_appended(input.len());
        }
    }
}

impl Transport for RedactingTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.is_in_head = true;
        if let Some(output) = self.transport.buffers().output().get_mut(..amount) {
            self.redactor.unmask(output);
        }
        self.transport.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        let has_progressed = self.transport.await_input(timeout)?;
        if self.is_in_head {
            self.mask_head();
        }
        Ok(has_progressed)
    }

    fn is_open(&mut self) -> bool {
        self.transport.is_open()
    }

    fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }
}

impl fmt::Debug for RedactingTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactingTransport").finish_non_exhaustive()
    }
}
