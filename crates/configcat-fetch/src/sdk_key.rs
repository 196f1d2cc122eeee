//! SDK key, which is checked and never shown by accident.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Start of a key for the ConfigCat Proxy.
const PROXY_PREFIX: &str = "configcat-proxy/";
/// Start of a key of the newer form.
pub(crate) const VERSION_PREFIX: &str = "configcat-sdk-1/";
/// Length in characters of each random part of a key.
// 16 random bytes in base64, without padding.
pub(crate) const PART_LENGTH: usize = 22;
/// Limit in bytes for a key.
// A request has room for such a key even if each byte is percent-encoded. Only keys of a ConfigCat
// Proxy may be long.
const MAX_LENGTH: usize = 1024;
/// Limit of characters at the end of a key that are shown.
// From the specification, 5: enough to tell two keys apart, and too little to guess the rest.
const MAX_SHOWN: usize = 6;

/// SDK key of a config and an environment.
///
/// `Display` and `Debug` mask the key: every character except `/` and the last six becomes `*`. If
/// six characters are more than half of the last part, only that half is shown. Only
/// [`expose`](SdkKey::expose) returns the text itself. A clone shares the text.
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
    /// Parses a key for fetching: two parts of 22 characters with a `/` between, the same after
    /// `configcat-sdk-1/`, or any name after `configcat-proxy/`.
    ///
    /// The characters of the parts are not checked, as in the official SDKs.
    ///
    /// # Errors
    ///
    /// The text is empty, has white space or quotes around it, has more than 1024 bytes, is the
    /// placeholder of an example, or has another form.
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
        // Not removed silently: the key of a cache entry would differ from that of other SDKs.
        if text.trim() != text {
            return Err(SdkKeyError::WhiteSpace);
        }
        if text.len() > MAX_LENGTH {
            return Err(SdkKeyError::TooLong);
        }
        if key.is_proxy() || is_pair(text) || is_versioned(text) {
            return Ok(key);
        }
        Err(likely_mistake(text))
    }

    /// Makes a key for a client that never fetches, of any text that is not empty.
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

    /// Returns whether this is a key for the ConfigCat Proxy, which needs a base URL and never
    /// redirects.
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

    /// Returns the key itself. It is a secret, for requests and hashes, and not for messages.
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

    /// Returns the key for the path of a URL, percent-encoded except for `/`. It is a secret too.
    pub(crate) fn expose_in_path(&self) -> String {
        // The unreserved characters of RFC 3986 (2.3) stay. A `?` or `#` of a proxy key would end
        // the path, and a line break the request line.
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

    /// Returns whether a text holds the key or one of its random parts, in any percent-encoding and
    /// any case.
    pub(crate) fn is_quoted_in(&self, text: &str) -> bool {
        let text = fully_decoded(text);
        let quotes = |secret: &str| {
            let secret = fully_decoded(secret);
            text.windows(secret.len()).any(|window| window == secret)
        };
        quotes(&self.0) || self.random_parts().any(quotes)
    }

    /// Returns the parts that are secrets by themselves. The name after `configcat-proxy/` is not
    /// secret, and may be any word.
    fn random_parts(&self) -> impl Iterator<Item = &str> {
        let is_random = |part: &&str| part.chars().count() == PART_LENGTH && !self.is_proxy();
        self.0.split('/').filter(is_random)
    }
}

/// Converts `text` to lower case and decodes it until nothing is left to decode.
// In one pass: each decoded byte may complete another escape, as in `%252F`. Repeated passes would
// take quadratic time on a text that a config decides.
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

/// Returns the error for a text that has no form of a key.
fn likely_mistake(text: &str) -> SdkKeyError {
    let quotes = ['"', '\'', '`'];
    // `#YOUR-SDK-KEY#` of ConfigCat's documentation, `<SDK KEY>`, `your_sdk_key` and the like. The
    // random parts of a key may have any letters, and then one of the forms above.
    let lower_case = text.to_ascii_lowercase();
    let words = ["your", "sdk-key", "sdk_key", "sdk key", "sdkkey"];
    if text.starts_with(quotes) || text.ends_with(quotes) {
        SdkKeyError::Quoted
    } else if words.iter().any(|word| lower_case.contains(word)) {
        SdkKeyError::Placeholder
    } else {
        SdkKeyError::UnknownForm
    }
}

fn is_versioned(text: &str) -> bool {
    text.strip_prefix(VERSION_PREFIX).is_some_and(is_pair)
}

/// Masks every character of `text` except `/` and the last few.
pub(crate) fn mask(text: &str) -> String {
    // At most half of the last part, so that a short name of a ConfigCat Proxy is not shown whole.
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

/// Error of a text that is not an SDK key. It does not hold the text.
///
/// ```
/// use configcat_fetch::{SdkKey, SdkKeyError};
///
/// assert_eq!(SdkKey::parse("key\n").unwrap_err(), SdkKeyError::WhiteSpace);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkKeyError {
    /// The text is empty.
    Empty,
    /// The text has white space before or after the key, perhaps the line end of a file.
    WhiteSpace,
    /// The text does not have one of the forms of a key.
    UnknownForm,
    /// The text has more than 1024 bytes.
    TooLong,
    /// The text has quotes around it, perhaps of a shell or of a file with variables.
    Quoted,
    /// The text is the placeholder of an example.
    Placeholder,
    /// The text is not Unicode. Only an environment variable can be so.
    NotUnicode,
}

impl fmt::Display for SdkKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the SDK key is empty; copy it from https://app.configcat.com/sdkkey",
            Self::WhiteSpace => "the SDK key has white space around it; remove it, for example with `trim()`",
            Self::TooLong => {
                "the SDK key is longer than 1024 bytes; copy it alone from https://app.configcat.com/sdkkey"
            }
            Self::Quoted => "the SDK key has quotes around it; remove them",
            Self::Placeholder => {
                "the SDK key is the placeholder of an example; replace it by the key from \
                 https://app.configcat.com/sdkkey"
            }
            Self::NotUnicode => "the SDK key is not Unicode; copy it from https://app.configcat.com/sdkkey",
            Self::UnknownForm => {
                "the SDK key has an unknown form: write `configcat-sdk-1/` and two parts of 22 characters with a `/` \
                 between, as on https://app.configcat.com/sdkkey, or `configcat-proxy/` and the name of an \
                 SDK of your ConfigCat Proxy"
            }
        })
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for SdkKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
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
            (format!("\"{PART}/{PART}\""), SdkKeyError::Quoted),
            (format!("'configcat-sdk-1/{PART}/{PART}'"), SdkKeyError::Quoted),
            (format!("configcat-sdk-1/{PART}/{PART}\""), SdkKeyError::Quoted),
            ("\"".to_owned(), SdkKeyError::Quoted),
            ("#YOUR-SDK-KEY#".to_owned(), SdkKeyError::Placeholder),
            ("configcat-sdk-1/YOUR-SDK-KEY".to_owned(), SdkKeyError::Placeholder),
            ("<sdk key>".to_owned(), SdkKeyError::Placeholder),
            // Keys of other products.
            ("sdk-0123abcd-01ab-4cde-89ab-0123456789ab".to_owned(), SdkKeyError::UnknownForm),
            ("default:development.unleash-insecure-api-token".to_owned(), SdkKeyError::UnknownForm),
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
