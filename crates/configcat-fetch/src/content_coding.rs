//! Content codings of a body, and the limits on reading it.
//!
//! Names of codings are read as RFC 9110 (8.4.1) defines them: `gzip`, `GZIP`, `x-gzip`, `identity,
//! gzip` and other spellings. `ureq` decompresses a body whose `Content-Encoding` is exactly `gzip`
//! itself, and removes the header.

use std::error::Error;
use std::fmt;
use std::io::{self, Read};
use std::time::Instant;

use flate2::read::MultiGzDecoder;

use crate::error::ContentError;

/// Limit of gzip layers around a body.
// Two: the server's own, and that of a proxy on the way that compresses what is compressed already.
// Each further layer could multiply the work by a thousand.
const MAX_LAYERS: usize = 2;

/// Limit in characters for the name of an unknown coding in an error.
// The longest name in the registry of IANA has 13 characters, and the server decides the length.
const MAX_NAME: usize = 64;

/// Returns the number of gzip layers around a body, from the values of all `Content-Encoding`
/// headers.
///
/// # Errors
///
/// A coding other than gzip, or more than two layers.
pub(crate) fn gzip_layers<'a>(headers: impl Iterator<Item = &'a [u8]>) -> Result<usize, ContentError> {
    let mut layers = 0;
    for header in headers {
        for coding in header.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            match coding.to_ascii_lowercase().as_slice() {
                // Lists may have empty elements (RFC 9110, 5.6.1).
                b"" | b"identity" => {}
                b"gzip" | b"x-gzip" if layers < MAX_LAYERS => layers += 1,
                _ => return Err(ContentError::UnknownCoding(printable(coding))),
            }
        }
    }
    Ok(layers)
}

fn printable(name: &[u8]) -> String {
    name.iter().copied().filter(u8::is_ascii_graphic).take(MAX_NAME).map(char::from).collect()
}

/// Error of a body that was not read to its end.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// The body is larger than its limit, before or after decompression.
    TooLarge,
    /// The deadline has passed.
    TimedOut,
    /// The reader of the body failed, or ended within a compressed body.
    // The end of a connection within a compressed body is not a fault of the content.
    Lost(io::Error),
    /// The body is not gzip, or damaged.
    Damaged(io::Error),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("the body is too large"),
            Self::TimedOut => f.write_str("the body is late"),
            Self::Lost(error) | Self::Damaged(error) => error.fmt(f),
        }
    }
}

impl Error for BodyError {}

impl From<BodyError> for io::Error {
    // For the way up through the decoders, which pass errors on as they are.
    fn from(error: BodyError) -> Self {
        Self::other(error)
    }
}

/// Reads a body to its end and removes `layers` gzip layers. `limit` is the largest number of bytes
/// that it may have, compressed or not.
///
/// # Errors
///
/// The body is too large, damaged, or not complete before the deadline.
pub(crate) fn read(
    body: impl Read + 'static,
    layers: usize,
    limit: u64,
    deadline: Instant,
) -> Result<Vec<u8>, BodyError> {
    let mut reader: Box<dyn Read> = Box::new(Bounded { reader: body, limit, read: 0, deadline });
    for _ in 0..layers {
        // Each layer has the limit, since a small result may come from a large layer below: gzip
        // files may hold members with long names and no content.
        let reader_above = Gunzip(MultiGzDecoder::new(reader));
        reader = Box::new(Bounded { reader: reader_above, limit, read: 0, deadline });
    }
    let mut bytes = Vec::new();
    match reader.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(error.downcast().unwrap_or_else(BodyError::Lost)),
    }
}

/// Reader that fails beyond a number of bytes, or after the deadline. Its errors are
/// [`BodyError`]s.
// Readers check the time only when they wait for the network, if at all. Decompressing bytes that
// have arrived already may take long, and would not be interrupted.
struct Bounded<R> {
    reader: R,
    limit: u64,
    read: u64,
    deadline: Instant,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer);
        if !matches!(read, Ok(0)) && Instant::now() >= self.deadline {
            return Err(BodyError::TimedOut.into());
        }
        match read {
            Ok(length) => {
                self.read += length as u64;
                if self.read > self.limit { Err(BodyError::TooLarge.into()) } else { Ok(length) }
            }
            // Unchanged: callers read again. The deadline limits how often.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(error.downcast().unwrap_or_else(BodyError::Lost).into()),
        }
    }
}

/// gzip decoder whose own errors are [`BodyError`]s.
struct Gunzip<R>(MultiGzDecoder<R>);

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.downcast::<BodyError>() {
            Ok(from_below) => from_below.into(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => error,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => BodyError::Lost(error).into(),
            Err(error) => BodyError::Damaged(error).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};
    use std::time::{Duration, Instant};

    use flate2::write::GzEncoder;
    use flate2::{Compression, GzBuilder};

    use super::{BodyError, gzip_layers, read};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn limits_apply_to_each_layer_of_compression() {
        // Members that are empty and have long names: 2 MiB that become nothing.
        let named = GzBuilder::new().filename([b'n'; 60_000]).write(Vec::new(), Compression::best());
        let members = gzip(&named.finish().unwrap().repeat(35));
        let text = gzip(&gzip(&[b' '; 1000]));
        let soon = Instant::now() + Duration::from_secs(60);
        let unpack = |body: &[u8], limit, deadline| read(Cursor::new(body.to_vec()), 2, limit, deadline);
        assert_eq!(unpack(&members, 3_000_000, soon).unwrap(), b"");
        assert_eq!(unpack(&text, 1000, soon).unwrap(), [b' '; 1000]);
        for (body, limit) in [(&members, 1_000_000), (&text, 999)] {
            let error = unpack(body, limit, soon).unwrap_err();
            assert!(matches!(error, BodyError::TooLarge), "{error:?}");
        }
        for body in [&members, &text] {
            let error = unpack(body, 3_000_000, Instant::now()).unwrap_err();
            assert!(matches!(error, BodyError::TimedOut), "{error:?}");
        }
    }

    #[test]
    fn codings_are_counted_and_unknown_ones_are_named() {
        let long = "x".repeat(1000);
        let unknown =
            |name: &str| Err(format!("the body has the content coding `{name}`, which is unknown here"));
        for (headers, layers) in [
            (&[][..], Ok(0)),
            (&[""], Ok(0)),
            (&["identity"], Ok(0)),
            (&["Identity, IDENTITY"], Ok(0)),
            (&["gzip"], Ok(1)),
            (&["GZip"], Ok(1)),
            (&["x-gzip"], Ok(1)),
            (&["X-GZIP"], Ok(1)),
            (&[" ,\tgzip , ,identity"], Ok(1)),
            (&["gzip, x-gzip"], Ok(2)),
            (&["gzip", "gzip"], Ok(2)),
            (&["gzip, gzip, gzip"], unknown("gzip")),
            (&["br"], unknown("br")),
            (&["gzip, Deflate"], unknown("Deflate")),
            (&["gzip", "zstd"], unknown("zstd")),
            (&["gzip;q=1"], unknown("gzip;q=1")),
            (&["a\u{1b}[31mb\u{e9} c"], unknown("a[31mbc")),
            (&[&long], unknown(&long[..64])),
        ] {
            let found = gzip_layers(headers.iter().map(|header| header.as_bytes()));
            assert_eq!(found.map_err(|error| error.to_string()), layers, "{headers:?}");
        }
    }
}
