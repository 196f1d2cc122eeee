//! The content of the server: one config, ready to be sent.

use std::io::Write;

use configcat_eval::Config;
use flate2::{Compression, write::GzEncoder};
use hyper::body::Bytes;
use sha1::{Digest, Sha1};

use super::convert::{Form, to_version_6};
use crate::flags::Flags;

/// A config that is served.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) config: Config,
    pub(super) form: Form,
    pub(super) forced_url: Option<String>,
    pub(super) version_6: Document,
    /// The document as it was, if it is one of an older version.
    pub(super) older: Option<Document>,
}

/// A document that is sent, plain and packed.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) plain: Bytes,
    pub(super) gzip: Bytes,
    /// Weak, as that of ConfigCat's CDN: both encodings have the same one.
    pub(super) etag: String,
}

impl Content {
    /// Returns the config as it is served, or the reason why it cannot be.
    pub(super) fn new(flags: Flags) -> Result<Self, String> {
        let Flags { source, config } = flags;
        let converted = to_version_6(&source.text, &config)?;
        let is_older = matches!(converted.form, Form::Version(4 | 5));
        Ok(Self {
            config,
            form: converted.form,
            forced_url: converted.forced_url,
            version_6: Document::new(converted.json),
            older: is_older.then(|| Document::new(source.text)),
        })
    }

    /// Returns whether both are the same texts.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let etags = |content: &Self| {
            let older = content.older.as_ref().map(|document| document.etag.clone());
            (content.version_6.etag.clone(), older)
        };
        etags(self) == etags(other)
    }

    /// Returns the document of a version; `None` if it is not served.
    pub(super) fn version(&self, version: u8) -> Option<&Document> {
        match version {
            6 => Some(&self.version_6),
            _ if self.form == Form::Version(version) => self.older.as_ref(),
            _ => None,
        }
    }
}

impl Document {
    fn new(plain: String) -> Self {
        // From the content alone: a client keeps its config when the server is started again.
        let hash = Sha1::digest(&plain);
        let hash: String = hash.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory cannot fail.
        let gzip = gzip.write_all(plain.as_bytes()).and_then(|()| gzip.finish()).unwrap_or_default();
        Self { plain: plain.into(), gzip: gzip.into(), etag: format!("W/\"{hash}\"") }
    }
}
