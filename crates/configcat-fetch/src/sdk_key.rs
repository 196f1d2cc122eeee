//! The SDK key: checked, and never shown by accident.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What a key for the ConfigCat Proxy starts with.
const PROXY_PREFIX: &str = "configcat-proxy/";
/// What a key of the newer form starts with.
pub(crate) const VERSION_PREFIX: &str = "configcat-sdk-1/";
/// How many characters each random part of a key has.
pub(crate) const PART_LENGTH: usize = 22;
/// How many bytes a key may have: a request has room for it, percent-encoded.
const MAX_LENGTH: usize = 1024;
/// How many characters at the end of a key are shown, at most.
const MAX_SHOWN: usize = 6;

/// An SDK key.
///
/// `Display` and `Debug` mask it: every character but `/` and the last six becomes `*` (fewer than six show
/// where they would be more than half of the last part). The text itself is given by
/// [`expose`](SdkKey::expose) alone. A clone shares the text.
///
/// ```
/// use configcat_fetch::SdkKey;
///
/// let key = SdkKey::parse("configcat-sdk-1/PKDVCLf-Hq-h-kCzMp-L7Q/HhOWfwVtZ0mb30i9wi17GQ")?;
/// assert_eq!(key.to_string(), "***************/**********************/****************wi17GQ");
/// assert!(!key.is_proxy());
/// # Ok::<(), configcat_fetch::SdkKeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SdkKey(Arc<str>);

impl SdkKey {
    /// A key that can be fetched with: two parts of 22 characters with a `/` between, the same after
    /// `configcat-sdk-1/`, or `configcat-proxy/` and anything.
    ///
    /// Which characters these are is left to the server, as in the official SDKs.
    ///
    /// # Errors
    ///
    /// The text is empty, has white space around it, has more than 1024 bytes, or is of none of the three forms.
    ///
    /// ```
    /// use configcat_fetch::{SdkKey, SdkKeyError};
    ///
    /// assert!(SdkKey::parse("configcat-proxy/my-service")?.is_proxy());
    /// assert_eq!(SdkKey::parse("").unwrap_err(), SdkKeyError::Empty);
    /// assert_eq!(SdkKey::parse("my-service").unwrap_err(), SdkKeyError::UnknownForm);
    /// # Ok::<(), SdkKeyError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, SdkKeyError> {
        let key = Self::for_local_use(text)?;
        if text.trim() != text {
            return Err(SdkKeyError::WhiteSpace);
        }
        if text.len() > MAX_LENGTH {
            return Err(SdkKeyError::TooLong);
        }
        if key.is_proxy() || is_pair(text) || is_versioned(text) {
            return Ok(key);
        }
        Err(SdkKeyError::UnknownForm)
    }

    /// A key that only names a client which never fetches: any text that is not empty.
    ///
    /// # Errors
    ///
    /// The text is empty.
    ///
    /// ```
    /// use configcat_fetch::SdkKey;
    ///
    /// assert_eq!(SdkKey::for_local_use("localhost")?.expose(), "localhost");
    /// # Ok::<(), configcat_fetch::SdkKeyError>(())
    /// ```
    pub fn for_local_use(text: &str) -> Result<Self, SdkKeyError> {
        if text.is_empty() { Err(SdkKeyError::Empty) } else { Ok(Self(text.into())) }
    }

    /// Whether this is a key for the ConfigCat Proxy, which needs a base URL and never redirects.
    ///
    /// ```
    /// use configcat_fetch::SdkKey;
    ///
    /// assert!(SdkKey::parse("configcat-proxy/my-service")?.is_proxy());
    /// # Ok::<(), configcat_fetch::SdkKeyError>(())
    /// ```
    #[must_use]
    pub fn is_proxy(&self) -> bool {
        self.0.strip_prefix(PROXY_PREFIX).is_some_and(|id| !id.is_empty())
    }

    /// The key itself. It is a secret: it belongs in a request or a hash, not in a message.
    ///
    /// ```
    /// use configcat_fetch::SdkKey;
    ///
    /// let key = SdkKey::parse("configcat-proxy/my-service")?;
    /// assert_eq!(key.expose(), "configcat-proxy/my-service");
    /// # Ok::<(), configcat_fetch::SdkKeyError>(())
    /// ```
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The key as it stands in the path of a URL: percent-encoded, all but `/`. As secret as the key.
    pub(crate) fn expose_in_path(&self) -> String {
        let mut path = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                    path.push(char::from(byte));
                }
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
        path
    }

    /// Whether a text holds the key, or one of its random parts, however percent-encoded and in whichever case.
    pub(crate) fn is_quoted_in(&self, text: &str) -> bool {
        let text = fully_decoded(text);
        let quotes = |secret: &str| {
            let secret = fully_decoded(secret);
            text.windows(secret.len()).any(|window| window == secret)
        };
        quotes(&self.0) || self.random_parts().any(quotes)
    }

    /// The parts that are secret each by itself. What follows `configcat-proxy/` is a name, and may be any word.
    fn random_parts(&self) -> impl Iterator<Item = &str> {
        let is_random = |part: &&str| part.chars().count() == PART_LENGTH && !self.is_proxy();
        self.0.split('/').filter(is_random)
    }
}

/// `text` in lower case and percent-decoded, until nothing is left to decode.
fn fully_decoded(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut plain = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        plain.push(byte.to_ascii_lowercase());
        while let [rest @ .., b'%', high, low] = plain.as_slice() {
            let (Some(high), Some(low), length) = (digit(*high), digit(*low), rest.len()) else { break };
            plain.truncate(length);
            plain.push((high * 16 + low).to_ascii_lowercase());
        }
    }
    plain
}

fn is_pair(text: &str) -> bool {
    let is_part = |part: &str| part.chars().count() == PART_LENGTH && !part.contains('/');
    text.split_once('/').is_some_and(|(first, second)| is_part(first) && is_part(second))
}

fn is_versioned(text: &str) -> bool {
    text.strip_prefix(VERSION_PREFIX).is_some_and(is_pair)
}

/// `text` with every character masked but `/` and the last few.
pub(crate) fn mask(text: &str) -> String {
    let length = text.chars().count();
    let last_part = text.rsplit('/').next().map_or(0, |part| part.chars().count());
    let masked = length - MAX_SHOWN.min(last_part / 2);
    text.chars().enumerate().map(|(at, c)| if c == '/' || at >= masked { c } else { '*' }).collect()
}

/// Parses like [`SdkKey::parse`].
///
/// ```
/// use configcat_fetch::{SdkKey, SdkKeyError};
///
/// let key: SdkKey = "configcat-proxy/my-service".parse()?;
/// assert!(key.is_proxy());
/// assert_eq!("my-service".parse::<SdkKey>(), Err(SdkKeyError::UnknownForm));
/// # Ok::<(), SdkKeyError>(())
/// ```
impl FromStr for SdkKey {
    type Err = SdkKeyError;

    fn from_str(text: &str) -> Result<Self, SdkKeyError> {
        Self::parse(text)
    }
}

impl fmt::Display for SdkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&mask(&self.0))
    }
}

impl fmt::Debug for SdkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SdkKey").field(&format_args!("{self}")).finish()
    }
}

/// A text that is no SDK key. It does not hold the text.
///
/// ```
/// use configcat_fetch::{SdkKey, SdkKeyError};
///
/// assert_eq!(SdkKey::parse("key\n").unwrap_err(), SdkKeyError::WhiteSpace);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkKeyError {
    /// There is no text.
    Empty,
    /// There is white space before or after the key, perhaps a line end from a file.
    WhiteSpace,
    /// The text has none of the forms of a key.
    UnknownForm,
    /// The text has more than 1024 bytes.
    TooLong,
}

impl fmt::Display for SdkKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the SDK key is empty; copy it from https://app.configcat.com/sdkkey",
            Self::WhiteSpace => "the SDK key has white space around it; remove it, for example with `trim()`",
            Self::TooLong => "the SDK key is longer than 1024 bytes",
            Self::UnknownForm => {
                "the SDK key is none: write `configcat-sdk-1/` and two parts of 22 characters with a `/` \
                 between, as on https://app.configcat.com/sdkkey, or `configcat-proxy/` and the name of an \
                 SDK of your ConfigCat Proxy"
            }
        })
    }
}

impl std::error::Error for SdkKeyError {}

#[cfg(test)]
mod tests {
    use super::{SdkKey, SdkKeyError, mask};

    const PART: &str = "0123456789-_ABCDEFabcd";

    #[test]
    fn the_three_forms_are_keys() {
        for (text, is_proxy) in [
            (format!("{PART}/{PART}"), false),
            (format!("configcat-sdk-1/{PART}/{PART}"), false),
            (format!("configcat-sdk-1/{}/{}", "é".repeat(22), ".?#%! ~6789-_ABCDEFabc"), false),
            ("configcat-proxy/x".to_owned(), true),
            ("configcat-proxy/a/b/c".to_owned(), true),
            (format!("configcat-proxy/{}", "x".repeat(1008)), true),
        ] {
            let key = SdkKey::parse(&text).unwrap();
            assert_eq!(key.is_proxy(), is_proxy, "{text}");
            assert_eq!(key.expose(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let short = &PART[1..];
        for (text, error) in [
            (String::new(), SdkKeyError::Empty),
            (format!("{PART}/{PART}\n"), SdkKeyError::WhiteSpace),
            (" configcat-proxy/x".to_owned(), SdkKeyError::WhiteSpace),
            ("configcat-proxy/".to_owned(), SdkKeyError::UnknownForm),
            ("configcat-sdk-1".to_owned(), SdkKeyError::UnknownForm),
            (PART.to_owned(), SdkKeyError::UnknownForm),
            (format!("{PART}/{short}"), SdkKeyError::UnknownForm),
            (format!("{short}/{PART}"), SdkKeyError::UnknownForm),
            (format!("{PART}/{PART}/"), SdkKeyError::UnknownForm),
            (format!("{PART}/{PART}/{PART}"), SdkKeyError::UnknownForm),
            (format!("configcat-sdk-2/{PART}/{PART}"), SdkKeyError::UnknownForm),
            (format!("configcat-sdk-1/{PART}/{short}"), SdkKeyError::UnknownForm),
            (format!("configcat-sdk-1/{PART}/{PART}/{PART}"), SdkKeyError::UnknownForm),
            (format!("configcat-proxy/{}", "x".repeat(1009)), SdkKeyError::TooLong),
        ] {
            assert_eq!(SdkKey::parse(&text).unwrap_err(), error, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_masked_wherever_it_is_formatted() {
        let key = SdkKey::parse(&format!("{PART}/{PART}")).unwrap();
        let masked = "**********************/****************EFabcd";
        assert_eq!(format!("{key}"), masked);
        assert_eq!(format!("{key:?}"), format!("SdkKey({masked})"));
        assert_eq!(format!("{key:#?}"), format!("SdkKey(\n    {masked},\n)"));
    }

    #[test]
    fn at_most_half_of_the_last_part_is_shown() {
        for (text, masked) in [
            ("configcat-proxy/my-service-1", "***************/******vice-1"),
            ("configcat-proxy/abc", "***************/**c"),
            ("configcat-proxy/x", "***************/*"),
            ("secret", "***ret"),
            ("x", "*"),
            ("a/", "*/"),
            ("", ""),
            ("ééééééééééééé", "*******éééééé"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn special_characters_are_percent_encoded_in_the_path() {
        for (text, path) in [
            ("configcat-proxy/a-b_c.d~e", "configcat-proxy/a-b_c.d~e"),
            ("configcat-proxy/a?b#c%d e\r\n\\é", "configcat-proxy/a%3Fb%23c%25d%20e%0D%0A%5C%C3%A9"),
        ] {
            assert_eq!(SdkKey::for_local_use(text).unwrap().expose_in_path(), path);
        }
    }

    #[test]
    fn a_quoted_key_is_found_in_any_encoding() {
        let (a, b) = ("TEST_KEY-0123456789012", "a%41c~?ghijklmnopqrstu");
        let key = SdkKey::parse(&format!("configcat-sdk-1/{a}/{b}")).unwrap();
        let path = key.expose_in_path();
        for (text, is_quoted) in [
            (path.clone(), true),
            (path.replace('%', "%25"), true),
            (path.replace('%', "%2525"), true),
            (path.replace('%', "%%325"), true),
            (path.replace('/', "%2f"), true),
            (format!("x{a}y"), true),
            (format!("x{b}y"), true),
            (a.to_ascii_lowercase(), true),
            (a.bytes().map(|byte| format!("%{byte:x}")).collect(), true),
            (a[1..].to_owned(), false),
            ("configcat-sdk-1".to_owned(), false),
            ("https://cdn-eu.configcat.com/%".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(key.is_quoted_in(&text), is_quoted, "{text}");
        }
        let key = SdkKey::parse("configcat-proxy/my-service-0123456789a").unwrap();
        assert!(!key.is_quoted_in("https://my-service-0123456789a.example"), "the name is not secret");
        assert!(key.is_quoted_in("https://a.example/configcat-proxy%2Fmy-service-0123456789a"));
    }
}
