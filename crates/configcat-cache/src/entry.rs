//! Cache entry: the text of a fetched config, the same in every ConfigCat SDK.

use std::{error::Error, fmt};

/// Cached config: the fetch time, the ETag and the config JSON.
///
/// [`parse`](Self::parse) reads and `Display` writes this text:
///
/// ```text
/// {fetch time, Unix milliseconds}\n{ETag}\n{config JSON}
/// ```
///
/// The config JSON is the rest of the text and may hold line breaks. An entry borrows from the text
/// it was read from, so parsing copies nothing. Each entry that can be made can be read back.
///
/// | part | read as part of an entry | refused |
/// |---|---|---|
/// | fetch time | decimal digits, up to 18446744073709551615; zeros before it are dropped | a sign, a space, a fraction, a byte order mark, `\r`: [`InvalidTime`](EntryError::InvalidTime); a larger number: [`TimeTooLarge`](EntryError::TimeTooLarge) |
/// | ETag | anything up to the line break, as it is: nothing, a weak one, control characters, `\r` | a line break: [`InvalidEtag`](EntryError::InvalidEtag), when one is made |
/// | config JSON | anything, as it is: a byte order mark before it stays, and its reader skips that | nothing: [`EmptyConfig`](EntryError::EmptyConfig) |
///
/// So lines end in `\n` only: an editor that writes `\r\n`, or a byte order mark at the start of
/// the file, makes an entry unreadable. No ConfigCat SDK writes either. Some SDKs write an entry
/// without a config if they have no config, after a 404 for example; such a text is an error here.
///
/// # Examples
///
/// ```
/// use configcat_cache::Entry;
///
/// let entry = Entry::parse("1686756435844\n\"a-tag\"\n{\"f\":{}}")?;
/// assert_eq!(entry.fetch_time_ms(), 1_686_756_435_844);
/// assert_eq!(entry.etag(), Some("\"a-tag\""));
/// assert_eq!(entry.config_json(), "{\"f\":{}}");
///
/// // After a "304 Not Modified" the same config is stored again with a later time.
/// let later = Entry::new(1_686_756_495_844, "\"a-tag\"", entry.config_json())?;
/// assert_eq!(later.to_string(), "1686756495844\n\"a-tag\"\n{\"f\":{}}");
/// # Ok::<(), configcat_cache::EntryError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    fetch_time_ms: u64,
    /// Empty if the response had no ETag.
    etag: &'a str,
    config_json: &'a str,
}

impl<'a> Entry<'a> {
    /// Makes an entry of a fetch time in Unix milliseconds, an ETag (empty if the response had no
    /// ETag) and a config JSON.
    ///
    /// An entry without an ETag is valid here, though some SDKs refuse to read it.
    ///
    /// # Errors
    ///
    /// [`EntryError::InvalidEtag`] or [`EntryError::EmptyConfig`], if the entry could not be read
    /// back.
    pub fn new(fetch_time_ms: u64, etag: &'a str, config_json: &'a str) -> Result<Self, EntryError> {
        // Such an ETag would move its second line into the config JSON.
        if etag.contains('\n') {
            return Err(EntryError::InvalidEtag);
        }
        if config_json.is_empty() {
            return Err(EntryError::EmptyConfig);
        }
        Ok(Self { fetch_time_ms, etag, config_json })
    }

    /// Reads an entry that this or another SDK has written.
    ///
    /// The config JSON itself is not checked.
    ///
    /// # Errors
    ///
    /// An [`EntryError`] with the fault and its line.
    ///
    /// # Examples
    ///
    /// ```
    /// use configcat_cache::{Entry, EntryError};
    ///
    /// assert_eq!(Entry::parse("yesterday\n\n{}"), Err(EntryError::InvalidTime));
    /// assert_eq!(Entry::parse(r#"{"f":{}}"#), Err(EntryError::Truncated { line: 1 }));
    /// ```
    pub fn parse(text: &'a str) -> Result<Self, EntryError> {
        let (time, rest) = text.split_once('\n').ok_or(EntryError::Truncated { line: 1 })?;
        let (etag, config_json) = rest.split_once('\n').ok_or(EntryError::Truncated { line: 2 })?;
        Self::new(parse_time(time)?, etag, config_json)
    }

    /// Returns the time at which the config was fetched or last found unchanged, in Unix
    /// milliseconds, by the clock of the writer.
    ///
    /// The number may be anything: use checked arithmetic to make a time of it.
    #[must_use]
    pub fn fetch_time_ms(&self) -> u64 {
        self.fetch_time_ms
    }

    /// Returns the ETag of the config with its quotes, or `None` if the response had no ETag.
    ///
    /// An ETag from a cache may hold characters that no header may, such as control characters:
    /// check it before it is sent.
    #[must_use]
    pub fn etag(&self) -> Option<&'a str> {
        Some(self.etag).filter(|etag| !etag.is_empty())
    }

    /// Returns the config JSON as it was fetched, never empty.
    #[must_use]
    pub fn config_json(&self) -> &'a str {
        self.config_json
    }
}

/// Parses like [`Entry::parse`]. (`FromStr` cannot borrow from the text.)
///
/// ```
/// use configcat_cache::Entry;
///
/// let text = String::from("1686756435844\n\"a-tag\"\n{}");
/// let entry: Entry<'_> = text.as_str().try_into()?;
/// assert_eq!(entry.config_json(), "{}");
/// # Ok::<(), configcat_cache::EntryError>(())
/// ```
impl<'a> TryFrom<&'a str> for Entry<'a> {
    type Error = EntryError;

    fn try_from(text: &'a str) -> Result<Self, EntryError> {
        Self::parse(text)
    }
}

fn parse_time(text: &str) -> Result<u64, EntryError> {
    // `u64::from_str` takes a leading `+`, which no SDK writes.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EntryError::InvalidTime);
    }
    text.parse().map_err(|_| EntryError::TimeTooLarge)
}

/// Writes the text of the entry; `to_string` copies the config JSON once.
impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}", self.fetch_time_ms, self.etag, self.config_json)
    }
}

/// Shows the length of the config JSON, which may be megabytes of text.
impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("fetch_time_ms", &self.fetch_time_ms)
            .field("etag", &self.etag)
            .field("config_json", &format_args!("<{} bytes>", self.config_json.len()))
            .finish()
    }
}

/// Error of a text that is not an [`Entry`], or of parts that make no entry.
///
/// The error never quotes the text, which may be anything.
///
/// # Examples
///
/// ```
/// let error = configcat_cache::Entry::parse("-5\n\n{}").unwrap_err();
/// assert_eq!(error.to_string(), "line 1 of the cache entry is not a time in Unix milliseconds");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryError {
    /// The text ends in this line, 1 or 2, before the config JSON begins.
    Truncated {
        /// The line in which the text ends, counted from 1.
        line: u8,
    },
    /// The fetch time, line 1, is empty or is not written in decimal digits alone.
    InvalidTime,
    /// The fetch time, line 1, does not fit in 64 bits.
    TimeTooLarge,
    /// The ETag, line 2, holds a line break.
    InvalidEtag,
    /// The config JSON, from line 3 on, is empty.
    EmptyConfig,
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Each message names the line: entries are also written by other SDKs and edited by hand.
        match self {
            Self::Truncated { line } => {
                write!(f, "the cache entry ends in line {line}, before the config JSON in line 3")
            }
            Self::InvalidTime => f.write_str("line 1 of the cache entry is not a time in Unix milliseconds"),
            Self::TimeTooLarge => {
                f.write_str("line 1 of the cache entry is a time that does not fit in 64 bits")
            }
            Self::InvalidEtag => {
                f.write_str("line 2 of the cache entry is not an ETag: it holds a line break")
            }
            Self::EmptyConfig => f.write_str("line 3 of the cache entry is empty instead of a config JSON"),
        }
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for EntryError {}

#[cfg(test)]
mod tests {
    use super::{Entry, EntryError};

    #[test]
    fn entries_are_read_and_written_back_unchanged() {
        let long = format!("1686756435844\n\n{}", "x".repeat(1 << 20));
        for (text, time, etag, config_json) in [
            ("1686756435844\ntest-etag\n{\"f\":{}}", 1_686_756_435_844, Some("test-etag"), "{\"f\":{}}"),
            ("1686756435844\nW/\"12-3\"\n{}", 1_686_756_435_844, Some("W/\"12-3\""), "{}"),
            ("1686756435844\n\n{}", 1_686_756_435_844, None, "{}"),
            ("0\n\n{}", 0, None, "{}"),
            ("1\na\n{\n  \"f\": {}\r\n}\n", 1, Some("a"), "{\n  \"f\": {}\r\n}\n"),
            ("1\na\n\n\n", 1, Some("a"), "\n\n"),
            ("1\né-ő\n{\"k\":\"日本 🎉\"}", 1, Some("é-ő"), "{\"k\":\"日本 🎉\"}"),
            // Some servers send a byte order mark; the reader of the config JSON skips it.
            ("1\na\n\u{feff}{}", 1, Some("a"), "\u{feff}{}"),
            (
                "1\na b\t\0\u{7f}\u{85}\u{2028}\u{feff}\n{}",
                1,
                Some("a b\t\0\u{7f}\u{85}\u{2028}\u{feff}"),
                "{}",
            ),
            ("1\na\r\n{}\r\n", 1, Some("a\r"), "{}\r\n"),
            ("1\n \n ", 1, Some(" "), " "),
            ("1\nW/\"\"\n{}", 1, Some("W/\"\""), "{}"),
            ("1\na\nnot JSON", 1, Some("a"), "not JSON"),
            ("18446744073709551615\na\n{}", u64::MAX, Some("a"), "{}"),
            (&long, 1_686_756_435_844, None, &long[15..]),
        ] {
            let entry = Entry::parse(text).unwrap();
            assert_eq!((entry.fetch_time_ms(), entry.etag()), (time, etag));
            assert!(entry.config_json() == config_json && entry.to_string() == text, "{entry:?}");
        }
    }

    #[test]
    fn malformed_entries_are_refused_with_the_line() {
        use EntryError::{EmptyConfig, InvalidTime, TimeTooLarge, Truncated};
        for (text, error) in [
            ("", Truncated { line: 1 }),
            ("1686756435844", Truncated { line: 1 }),
            ("{\"f\":{}}", Truncated { line: 1 }),
            ("1686756435844\n", Truncated { line: 2 }),
            ("1686756435844\ntest-etag", Truncated { line: 2 }),
            ("{\n  \"f\": {}\n}", InvalidTime),
            ("\na\n{}", InvalidTime),
            ("-1\na\n{}", InvalidTime),
            ("+1\na\n{}", InvalidTime),
            (" 1\na\n{}", InvalidTime),
            ("1\r\na\r\n{}", InvalidTime),
            ("1.5\na\n{}", InvalidTime),
            ("1e12\na\n{}", InvalidTime),
            ("0x10\na\n{}", InvalidTime),
            ("١\na\n{}", InvalidTime),
            ("\u{feff}1\na\n{}", InvalidTime),
            ("18446744073709551616\na\n{}", TimeTooLarge),
            ("1\r\na\n{}", InvalidTime),
            ("1 \na\n{}", InvalidTime),
            ("\u{feff}{\"f\":{}}", Truncated { line: 1 }),
            ("99999999999999999999999999999999999999999999\na\n{}", TimeTooLarge),
            ("1\na\n", EmptyConfig),
            ("1\n\n", EmptyConfig),
        ] {
            assert_eq!(Entry::parse(text), Err(error), "{text:?}");
            assert!(error.to_string().contains("line "), "{error}");
        }
    }

    #[test]
    fn zeros_before_a_time_are_dropped() {
        assert_eq!(Entry::parse("007\na\n{}").unwrap().to_string(), "7\na\n{}");
    }

    #[test]
    fn an_entry_can_always_be_read_back() {
        assert_eq!(Entry::new(1, "a\nb", "{}"), Err(EntryError::InvalidEtag));
        assert_eq!(Entry::new(1, "a", ""), Err(EntryError::EmptyConfig));
        assert_eq!(Entry::new(1, "", "{}").unwrap().to_string(), "1\n\n{}");
    }

    #[test]
    fn debug_hides_the_config() {
        let entry = Entry::parse("1\na\n{\"secret\":1}").unwrap();
        let shown = "Entry { fetch_time_ms: 1, etag: \"a\", config_json: <12 bytes> }";
        assert_eq!(format!("{entry:?}"), shown);
    }
}
