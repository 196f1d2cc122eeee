//! Keeps the SDK key from `ureq`, which writes URLs and raw bytes to the log at trace level.
//!
//! `ureq` is given the masked key in place of the key, so that whatever it logs, or puts into an error, holds
//! the mask. Below it, where bytes go to the socket, the mask is replaced by the key; it has the same length,
//! so nothing else changes. A key that comes back in the head of a response, as in the `Location` of a
//! redirect, is masked before `ureq` sees it, also where its slashes are percent-encoded, and so are its parts.

use std::fmt;
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::sdk_key::{PART_LENGTH, SdkKey, VERSION_PREFIX, mask};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The key in the forms that it takes on the wire, and what stands for each.
pub(super) struct KeyRedactor {
    /// For the key in every URL.
    mask: String,
    /// The whole key and its random parts together, also with percent-encoded slashes: masked in what comes, put
    /// back in what goes.
    forms: Vec<Form>,
    /// Each random part by itself, as it stands in forms beyond these. It stays masked: the mask of the first is
    /// nothing but asterisks, and who is redirected to could get the part by sending them.
    parts: Vec<Form>,
}

struct Form {
    key: Vec<u8>,
    /// As long.
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
        // The name of a ConfigCat Proxy's SDK is no secret by itself, and may be part of a host's. Percent-encoded parts
        // are longer.
        let is_secret = |part: &str| part.len() >= PART_LENGTH && !is_proxy;
        let masked = mask(&key);
        let parts = key.split('/').zip(masked.split('/')).filter(|(part, _)| is_secret(part));
        let parts = parts.map(|(part, mask)| Form::new(part, mask)).collect();
        Self { mask: masked, forms: ["/", "%2F", "%2f"].into_iter().flat_map(with_slash).collect(), parts }
    }

    /// What stands for the key in every URL that `ureq` sees.
    pub(super) fn masked_key(&self) -> &str {
        &self.mask
    }

    fn unmask(&self, bytes: &mut [u8]) {
        for form in &self.forms {
            replace(bytes, &form.mask, &form.key);
        }
    }

    /// Whether there was anything to cover.
    fn mask(&self, bytes: &mut [u8]) -> bool {
        let mut was_there = false;
        for form in self.forms.iter().chain(&self.parts) {
            was_there |= replace(bytes, &form.key, &form.mask);
        }
        was_there
    }
}

/// Replaces `from` by `to`, which is as long, wherever it stands in `bytes`. Whether it does.
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

/// A connection that `ureq` uses without learning the key.
pub(super) struct RedactingTransport {
    transport: Box<dyn Transport>,
    redactor: Arc<KeyRedactor>,
    /// Whether what comes next belongs to the head of a response. Bodies are passed on as they are.
    is_in_head: bool,
}

impl RedactingTransport {
    pub(super) fn new(transport: Box<dyn Transport>, redactor: Arc<KeyRedactor>) -> Self {
        Self { transport, redactor, is_in_head: false }
    }

    /// Masks the key in what has come of the head, which `ureq` takes only when it is complete.
    fn mask_head(&mut self) {
        let mut input = self.transport.buffers().input().to_vec();
        let mut head = 0;
        while let Some(rest) = input.get(head..) {
            let Some(end) = find(rest, END_OF_HEAD) else {
                head = input.len();
                break;
            };
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
