//! The query of an address: the attributes of the user, and the settings of the page.
//!
//! A setting of the page has a name that begins with a dot, so it is never taken for an attribute.

use std::fmt::Display;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The most attributes of a query, and the most bytes of their decoded names and values. The sample
/// users have nine attributes in 150 bytes. Each link of a page repeats the query, so its size
/// multiplies.
const MAX_ATTRIBUTES: usize = 128;
const MAX_ATTRIBUTE_BYTES: usize = 8 * 1024;

/// The name of [`Filter::find`] in a query.
pub const FIND: &str = ".find";
/// The name of [`Filter::differs`] in a query.
pub const DIFFERS: &str = ".differs";
/// The start of the names of the second user's attributes on the page that compares two users.
pub const OTHER: &str = ".other.";

/// Names with their values, in their order.
pub type Pairs = Vec<(String, String)>;

/// The parts of a query.
#[derive(Debug, Default, PartialEq)]
pub struct PageQuery {
    /// The attributes of the user.
    pub user: Pairs,
    /// The attributes of the second user.
    pub other: Pairs,
    /// The filter of the list.
    pub filter: Filter,
}

/// The flags that the list shows.
#[derive(Debug, Default, PartialEq)]
pub struct Filter {
    /// The text that a key contains, in upper or lower case.
    pub find: String,
    /// Only the flags whose value is another than their default.
    pub differs: bool,
}

impl PageQuery {
    /// Takes a query apart.
    #[must_use]
    pub fn new(query: Pairs) -> Self {
        let mut parts = Self::default();
        for (name, value) in query {
            match name.as_str() {
                FIND => value.trim().clone_into(&mut parts.filter.find),
                DIFFERS => parts.filter.differs = true,
                _ => match name.strip_prefix(OTHER) {
                    Some(name) => put(&mut parts.other, name.to_owned(), value),
                    None => put(&mut parts.user, name, value),
                },
            }
        }
        parts
    }
}

/// Adds a pair with another name than those before, or replaces the value of that name: otherwise
/// the form would show one value, and the evaluation have another. An attribute without a name
/// would be an input without a name.
fn put(pairs: &mut Pairs, name: String, value: String) {
    match pairs.iter_mut().find(|(known, _)| *known == name) {
        Some((_, known)) => *known = value,
        None if name.is_empty() => {}
        None => pairs.push((name, value)),
    }
}

impl Filter {
    /// Returns whether the list shows a flag of this key.
    #[must_use]
    pub fn is_key(&self, key: &str) -> bool {
        self.find.is_empty() || key.to_lowercase().contains(&self.find.to_lowercase())
    }

    /// Returns the filter as a part of a query.
    #[must_use]
    pub fn pairs(&self) -> Pairs {
        let find = (!self.find.is_empty()).then(|| (FIND.to_owned(), self.find.clone()));
        let differs = self.differs.then(|| (DIFFERS.to_owned(), "on".to_owned()));
        find.into_iter().chain(differs).collect()
    }
}

/// Reads the query of an address, as forms write it too. Bytes that are no text become `U+FFFD`.
#[must_use]
pub fn read(query: &str) -> Pairs {
    let text = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// Returns the error for a query beyond the limits.
///
/// # Errors
///
/// More than 128 attributes, or more than 8 KiB of names and values.
pub fn check(attributes: &Pairs) -> Result<(), String> {
    let bytes: usize = attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
    if attributes.len() <= MAX_ATTRIBUTES && bytes <= MAX_ATTRIBUTE_BYTES {
        return Ok(());
    }
    Err(format!(
        "The address has {} attributes with {bytes} bytes in all. The limits are \
         {MAX_ATTRIBUTES} attributes and {MAX_ATTRIBUTE_BYTES} bytes.",
        attributes.len()
    ))
}

/// Writes pairs as the query of an address.
pub fn written<'a>(pairs: impl IntoIterator<Item = &'a (String, String)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The links to the pages of flags: the text before the key, and the text after it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Links<'a> {
    /// The start of each link.
    pub before: &'a str,
    /// The end of each link, with the user and the filter.
    pub after: &'a str,
}

impl Links<'_> {
    /// Returns the link to the page of this flag.
    #[must_use]
    pub fn flag(&self, key: &str) -> String {
        format!("{}{}{}", self.before, encoded(key), self.after)
    }
}

/// Encodes a text as a part of an address.
pub fn encoded(text: &str) -> impl Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::{Filter, PageQuery, read, written};

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_with_a_dot_are_settings_of_the_page() {
        let query =
            [("Email", "a@b"), (".find", " Up "), (".differs", "on"), (".other.Email", ""), (".x", "1")];
        let expected = PageQuery {
            user: pairs(&[("Email", "a@b"), (".x", "1")]),
            other: pairs(&[("Email", "")]),
            filter: Filter { find: "Up".to_owned(), differs: true },
        };
        let parts = PageQuery::new(pairs(&query));
        assert_eq!(parts, expected);
        assert_eq!(written(&parts.filter.pairs()), "%2Efind=Up&%2Ediffers=on");
        assert_eq!(written(&Filter::default().pairs()), "");
    }

    #[test]
    fn queries_are_read_as_forms_and_links_write_them() {
        let query = "Email=a%40b&Full+name=J+D&Plan&=x&a=1=2&%FF=%2B&&";
        let expected = [
            ("Email", "a@b"),
            ("Full name", "J D"),
            ("Plan", ""),
            ("", "x"),
            ("a", "1=2"),
            ("\u{fffd}", "+"),
        ];
        assert_eq!(read(query), pairs(&expected));
        assert_eq!(read(&written(&pairs(&expected))), pairs(&expected));
        assert_eq!(read(""), []);
    }

    #[test]
    fn each_attribute_has_a_name_and_one_value() {
        let query = [("Email", "a"), ("", "x"), ("Email", "b"), (".other.Email", "c"), (".other.", "x")];
        let parts = PageQuery::new(pairs(&query));
        assert_eq!(parts.user, pairs(&[("Email", "b")]));
        assert_eq!(parts.other, pairs(&[("Email", "c")]));
    }

    #[test]
    fn keys_are_found_in_upper_and_lower_case() {
        for (find, expected) in
            [("", true), ("upload", true), ("MAXU", true), ("mb", true), ("max mb", false)]
        {
            let filter = Filter { find: find.to_owned(), differs: false };
            assert_eq!(filter.is_key("maxUploadMb"), expected, "{find}");
        }
    }
}
