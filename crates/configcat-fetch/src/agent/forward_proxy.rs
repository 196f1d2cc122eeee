//! Requests to an HTTP proxy that forwards them.
//!
//! `ureq` uses `CONNECT` for every HTTP proxy, which many proxies refuse for plain `http` (Squid
//! does by default). So plain requests are rewritten on their way to the proxy, into the absolute
//! form of RFC 9112 (3.2.2). No layer below this one logs the bytes, so the credentials appear in
//! no log.

use std::fmt;
use std::mem;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::http::Uri;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

/// Connection to an HTTP proxy that forwards requests.
pub(super) struct ForwardProxyTransport {
    transport: Box<dyn Transport>,
    /// Scheme, host and port of the server behind the proxy.
    origin: String,
    /// A header line with the credentials for the proxy, or nothing. Secret.
    authorization: String,
    /// `true` if the next bytes are the start of a request.
    is_at_start: bool,
}

impl ForwardProxyTransport {
    /// Makes a transport for requests to `uri`, over a connection to `proxy`.
    pub(super) fn new(transport: Box<dyn Transport>, uri: &Uri, proxy: &ureq::Proxy) -> Self {
        let host = uri.authority().map_or("", |authority| authority.as_str());
        let authorization = match (proxy.username(), proxy.password()) {
            (None, None) => String::new(),
            (user, password) => {
                // `ureq` has decoded the percent-encoding of the URL already.
                let pair = format!("{}:{}", user.unwrap_or_default(), password.unwrap_or_default());
                format!("Proxy-Authorization: Basic {}\r\n", BASE64_STANDARD.encode(pair))
            }
        };
        Self { transport, origin: format!("http://{host}"), authorization, is_at_start: true }
    }

    /// Rewrites the start of a request: the path in the first line becomes the whole URL, and the
    /// line with the credentials follows.
    fn rewrite(&self, start: &[u8]) -> Option<Vec<u8>> {
        let method = start.iter().position(|byte| *byte == b' ')? + 1;
        let line = start.windows(2).position(|window| window == b"\r\n")? + 2;
        let (before, after) = start.split_at_checked(line)?;
        let (method, path) = before.split_at_checked(method)?;
        Some([method, self.origin.as_bytes(), path, self.authorization.as_bytes(), after].concat())
    }
}

impl Transport for ForwardProxyTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if !mem::take(&mut self.is_at_start) {
            return self.transport.transmit_output(amount, timeout);
        }
        // The first piece holds the whole request line: `ureq` writes it at once, and the buffer
        // has room for the longest one.
        let start = self.transport.buffers().output().get(..amount).map(<[u8]>::to_vec);
        let start = start.and_then(|start| self.rewrite(&start)).ok_or(ureq::Error::ConnectionFailed)?;
        // The rewritten start may be longer than the buffer, so it is sent in pieces.
        let mut rest = start.as_slice();
        while !rest.is_empty() {
            let output = self.transport.buffers().output();
            let length = rest.len().min(output.len());
            let (Some(place), Some((piece, next))) =
                (output.get_mut(..length), rest.split_at_checked(length))
            else {
                return Err(ureq::Error::ConnectionFailed);
            };
            place.copy_from_slice(piece);
            self.transport.transmit_output(length, timeout)?;
            rest = next;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        // The response follows a whole request, so the next output starts another request.
        self.is_at_start = true;
        self.transport.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.transport.is_open()
    }

    fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }
}

impl fmt::Debug for ForwardProxyTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardProxyTransport").finish_non_exhaustive()
    }
}
