//! How a request is answered.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};

/// How a [`Cdn`](crate::Cdn) answers a request: what with, when, how much of it, and what becomes
/// of the connection.
///
/// ```
/// use std::time::Duration;
/// use configcat_testkit::{Cdn, Reply};
///
/// let cdn = Cdn::always(Reply::status(429).header("Retry-After", "120"));
/// cdn.script([
///     Reply::content().delay(Duration::from_millis(5)), // the config, a little late
///     Reply::body("{").then_hang(),                     // 200 with a body of one byte, and then silence
///     Reply::content().content_length(1_000_000),       // promises more than it gives
/// ]);
/// ```
#[derive(Clone)]
#[must_use = "a reply does nothing until a CDN is told to give it"]
pub struct Reply {
    pub(super) what: What,
    pub(super) headers: Vec<(String, String)>,
    pub(super) content_length: Option<usize>,
    pub(super) is_half: bool,
    pub(super) is_held: bool,
    pub(super) delay: Duration,
    pub(super) drip: Duration,
    pub(super) end: End,
}

#[derive(Clone)]
pub(super) enum What {
    Content,
    Response { status: u16, body: Arc<[u8]> },
    Raw(Arc<[u8]>),
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Keep,
    Close,
    Reset,
    Hang,
}

impl Reply {
    fn new(what: What) -> Self {
        let (delay, drip) = (Duration::ZERO, Duration::ZERO);
        let (headers, content_length) = (Vec::new(), None);
        Self { what, headers, content_length, is_half: false, is_held: false, delay, drip, end: End::Keep }
    }

    /// The config, or 304 if the ETag fits, or 404 if there is none.
    pub fn content() -> Self {
        Self::new(What::Content)
    }

    /// This status, and no more.
    pub fn status(status: u16) -> Self {
        Self::new(What::Response { status, body: Arc::default() })
    }

    /// 200 with this body, without an ETag.
    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::new(What::Response { status: 200, body: body.into().into() })
    }

    /// A redirect, such as 302, to this location.
    ///
    /// To the path of the request itself it is a loop.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// 200 with a small compressed body that grows to this many zero bytes.
    pub fn gzip_bomb(bytes: u64) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut encoder);
        // Writing to memory does not fail.
        let body = zeros.and_then(|_| encoder.finish()).unwrap_or_default();
        Self::body(body).header("Content-Encoding", "gzip")
    }

    /// These bytes, whatever they are, and then the end of the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(What::Raw(bytes.into().into())).then_close()
    }

    /// Silence until [`Cdn::release`](crate::Cdn::release), and then the config.
    pub fn hang() -> Self {
        Self::content().held()
    }

    /// Closes the connection without an answer.
    pub fn close() -> Self {
        Self::raw("")
    }

    /// Resets the connection without an answer.
    pub fn reset() -> Self {
        Self::raw("").then_reset()
    }

    /// Adds a header. [Raw](Self::raw) replies have none.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Says that the body has this many bytes, whether it has or not.
    pub fn content_length(self, content_length: usize) -> Self {
        Self { content_length: Some(content_length), ..self }
    }

    /// Gives the first half of the body only; then closes the connection, if nothing else is said.
    pub fn half_of_body(self) -> Self {
        let end = if self.end == End::Keep { End::Close } else { self.end };
        Self { is_half: true, end, ..self }
    }

    /// Waits before it answers.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Is silent until [`Cdn::release`](crate::Cdn::release), and then answers.
    pub fn held(self) -> Self {
        Self { is_held: true, ..self }
    }

    /// Waits that long after each byte.
    pub fn drip(self, pause: Duration) -> Self {
        Self { drip: pause, ..self }
    }

    /// Closes the connection after this answer, though it has not said that it would.
    pub fn then_close(self) -> Self {
        Self { end: End::Close, ..self }
    }

    /// Resets the connection after this answer, which can make the other side lose the end of it.
    pub fn then_reset(self) -> Self {
        Self { end: End::Reset, ..self }
    }

    /// Is silent after this answer, until the other side hangs up.
    pub fn then_hang(self) -> Self {
        Self { end: End::Hang, ..self }
    }

    /// The status, if there is one, and all bytes to send, given the config and its ETag, and the
    /// ETag that the other side has.
    pub(super) fn response(
        &self,
        content: Option<(&str, &str)>,
        known_etag: Option<&str>,
    ) -> (Option<u16>, Vec<u8>) {
        let (status, etag, body) = match (&self.what, content) {
            (What::Raw(bytes), _) => return (None, bytes.to_vec()),
            (What::Response { status, body }, _) => (*status, None, &**body),
            (What::Content, None) => (404, None, &b""[..]),
            (What::Content, Some((_, etag))) if known_etag == Some(etag) => (304, Some(etag), &b""[..]),
            (What::Content, Some((config, etag))) => (200, Some(etag), config.as_bytes()),
        };
        (Some(status), self.bytes(status, etag, body))
    }

    fn bytes(&self, status: u16, etag: Option<&str>, body: &[u8]) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {status} Reason\r\n").into_bytes();
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let length = self.content_length.unwrap_or(body.len()).to_string();
        let length = (status != 304).then_some(("Content-Length", length.as_str()));
        for (name, value) in etag.map(|etag| ("ETag", etag)).into_iter().chain(own).chain(length) {
            // Writing to memory does not fail.
            let _ = write!(bytes, "{name}: {value}\r\n");
        }
        bytes.extend(b"\r\n");
        let given = if self.is_half { body.len() / 2 } else { body.len() };
        bytes.extend(body.iter().take(given));
        bytes
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.what {
            What::Content => "content".to_owned(),
            What::Response { status, body } => format!("{status} with {} bytes", body.len()),
            What::Raw(bytes) => format!("{} raw bytes", bytes.len()),
        };
        f.debug_struct("Reply").field("what", &what).field("end", &self.end).finish_non_exhaustive()
    }
}
