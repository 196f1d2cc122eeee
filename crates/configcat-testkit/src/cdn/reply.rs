//! Answers of the CDN, with and without faults.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};

/// An answer of a [`Cdn`](crate::Cdn): its content, its delay, the part of it that is sent, and the
/// end of the connection.
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
#[must_use = "a reply does nothing until a CDN has it, by `script` or `set_always`"]
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

/// The state of the connection after the answer.
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

    /// Answers with the config; with 304 if the client has its ETag, and 404 if there is no config.
    pub fn content() -> Self {
        Self::new(What::Content)
    }

    /// Answers with this status and an empty body.
    pub fn status(status: u16) -> Self {
        Self::new(What::Response { status, body: Arc::default() })
    }

    /// Answers 200 with this body, without an ETag.
    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::new(What::Response { status: 200, body: body.into().into() })
    }

    /// Answers with a redirect, such as 302, to this location.
    ///
    /// A redirect to the path of the request itself is a loop.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// Answers 200 with a small compressed body that unpacks to this many zero bytes.
    pub fn gzip_bomb(bytes: u64) -> Self {
        // Compressed as a stream, so that a bomb of gigabytes needs no such memory here.
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut encoder);
        // Writing to memory cannot fail.
        let body = zeros.and_then(|_| encoder.finish()).unwrap_or_default();
        Self::body(body).header("Content-Encoding", "gzip")
    }

    /// Answers with these bytes, which need not be HTTP, and closes the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        // The client cannot know where such an answer ends, so the connection has to.
        Self::new(What::Raw(bytes.into().into())).then_close()
    }

    /// Stays silent until [`Cdn::release`](crate::Cdn::release), and then answers with the config.
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

    /// Adds a header. [Raw](Self::raw) answers have no headers.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the `Content-Length` header, which may differ from the length of the body.
    pub fn content_length(self, content_length: usize) -> Self {
        Self { content_length: Some(content_length), ..self }
    }

    /// Sends only the first half of the body, and then closes the connection unless another end was
    /// chosen.
    pub fn half_of_body(self) -> Self {
        let end = if self.end == End::Keep { End::Close } else { self.end };
        Self { is_half: true, end, ..self }
    }

    /// Waits this long before the answer.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Stays silent until [`Cdn::release`](crate::Cdn::release), and then answers.
    pub fn held(self) -> Self {
        Self { is_held: true, ..self }
    }

    /// Waits this long after each byte.
    pub fn drip(self, pause: Duration) -> Self {
        Self { drip: pause, ..self }
    }

    /// Closes the connection after this answer, without a header that announces it.
    pub fn then_close(self) -> Self {
        Self { end: End::Close, ..self }
    }

    /// Resets the connection after this answer. The client can lose the end of the answer.
    pub fn then_reset(self) -> Self {
        Self { end: End::Reset, ..self }
    }

    /// Stays silent after this answer, until the client closes the connection.
    pub fn then_hang(self) -> Self {
        Self { end: End::Hang, ..self }
    }

    /// Returns the status, if there is one, and all bytes to send. `content` is the config and its
    /// ETag, `known_etag` the ETag that the client has.
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
        // A 304 has no body, and with a length a client would wait for one.
        let length = (status != 304).then_some(("Content-Length", length.as_str()));
        for (name, value) in etag.map(|etag| ("ETag", etag)).into_iter().chain(own).chain(length) {
            // Writing to memory cannot fail.
            let _ = write!(bytes, "{name}: {value}\r\n");
        }
        bytes.extend(b"\r\n");
        // Cut after the length was computed: the client must notice that bytes are missing.
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
