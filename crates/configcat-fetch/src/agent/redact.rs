//! Connections on which `ureq` sees the mask of the SDK key only.
//!
//! `ureq` gets the masked key in place of the key, so every log record and every error of `ureq`
//! shows the mask: it would write the key to the log at trace level. Below `ureq`, where bytes go
//! to the socket, the key replaces the mask. If the head of a response holds the key, as the
//! `Location` of a redirect may, the key is masked before `ureq` sees it.

use std::fmt;
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use crate::redact::KeyRedactor;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

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
