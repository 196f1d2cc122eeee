//! The query of an address: the attributes of the user, and the settings of the page.
//!
//! A setting of the page has a name that begins with a dot, so it is never taken for an attribute,
//! and so is `flags`, which people type.

use std::fmt::Display;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Overrides of the flags for this page. Links do not have it, so no other page has them.
const FLAGS: &str = "flags";
pub(crate) const FIND: &str = ".find";
pub(crate) const DIFFERS: &str = ".differs";
/// The start of the names of the second user's attributes on the page that compares two users.
pub(crate) const OTHER: &str = ".other.";

/// Names with their values, in their order.
pub(crate) type Pairs = Vec<(String, String)>;

/// The parts of a query.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct PageQuery {
    pub(crate) user: Pairs,
    pub(crate) other: Pairs,
    pub(crate) filter: Filter,
    /// The overrides of the flags, if there are any, as in `isNew=true;limit=10`.
    pub(crate) flags: Option<String>,
}

/// The flags that the list shows.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Filter {
    /// The text that a key contains, in upper or lower case.
    pub(crate) find: String,
    /// Only the flags whose value is another than their default.
    pub(crate) differs: bool,
}

impl PageQuery {
    pub(crate) fn new(query: Pairs) -> Self {
        let mut parts = Self::default();
        for (name, value) in query {
            match name.as_str() {
                FIND => value.trim().clone_into(&mut parts.filter.find),
                DIFFERS => parts.filter.differs = true,
                FLAGS => parts.flags = Some(value),
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
    pub(crate) fn is_key(&self, key: &str) -> bool {
        self.find.is_empty() || key.to_lowercase().contains(&self.find.to_lowercase())
    }

    pub(crate) fn pairs(&self) -> Pairs {
        let find = (!self.find.is_empty()).then(|| (FIND.to_owned(), self.find.clone()));
        let differs = self.differs.then(|| (DIFFERS.to_owned(), "on".to_owned()));
        find.into_iter().chain(differs).collect()
    }
}

/// Writes pairs as the query of an address.
pub(crate) fn written<'a>(pairs: impl IntoIterator<Item = &'a (String, String)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Returns the link to the page of a flag, with this query.
pub(crate) fn flag_link(key: &str, query: &str) -> String {
    format!("/flag/{}?{query}", encoded(key))
}

/// Encodes a text as a part of an address.
pub(crate) fn encoded(text: &str) -> impl Display {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

#[cfg(test)]
mod tests {
    use super::{Filter, PageQuery, written};

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn names_with_a_dot_are_settings_of_the_page() {
        let query = [
            ("Email", "a@b"),
            (".find", " Up "),
            (".differs", "on"),
            (".other.Email", ""),
            (".x", "1"),
            ("flags", "a=1"),
        ];
        let expected = PageQuery {
            user: pairs(&[("Email", "a@b"), (".x", "1")]),
            other: pairs(&[("Email", "")]),
            filter: Filter { find: "Up".to_owned(), differs: true },
            flags: Some("a=1".to_owned()),
        };
        let parts = PageQuery::new(pairs(&query));
        assert_eq!(parts, expected);
        assert_eq!(written(&parts.filter.pairs()), "%2Efind=Up&%2Ediffers=on");
        assert_eq!(written(&Filter::default().pairs()), "");
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
