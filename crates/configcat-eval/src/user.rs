//! The User Object: the user that a setting is evaluated for.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use core::{
    fmt::{self, Write},
    iter,
};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::{
    attribute::{AttributeValue, IntoAttribute},
    hash::table_hash,
    json::JsonString,
    private::{Marks, PRIVATE, PrivateAttributes, Shown, ShownJson},
};

/// The number of custom attributes up to which a name is compared with each of them when it is set.
// Users have about ten attributes and rarely a hundred, so hardly any has an index to pay for.
const FEW_ATTRIBUTES: usize = 32;

/// The User Object: the attributes of the user that a setting is evaluated for.
///
/// Attributes are compared by targeting rules and select percentage options. Only the identifier is
/// required; it should be stable, and unique to the user. Build it once and pass it by reference.
/// Clones share the attributes.
///
/// ```
/// use configcat_eval::User;
///
/// let user = User::new("#UNIQUE-USER-ID#")
///     .email("john@example.com")
///     .country("Hungary")
///     .custom("SubscriptionType", "Pro")
///     .custom("Rating", 4.5);
/// assert_eq!(user.get("Email").unwrap().to_string(), "john@example.com");
/// ```
///
/// See <https://configcat.com/docs/targeting/user-object/>.
// Shared, since the details of each evaluation have the user: copying the attributes took more
// than evaluating.
#[derive(Clone, PartialEq)]
pub struct User {
    attributes: Arc<Attributes>,
    // Beside the attributes: a client marks the user of an evaluation without copying them.
    private: Marks,
}

#[derive(Clone, PartialEq)]
struct Attributes {
    identifier: AttributeValue,
    email: Option<AttributeValue>,
    country: Option<AttributeValue>,
    custom: Vec<(String, AttributeValue)>,
    names: NameIndex,
}

/// An index of the names of custom attributes, for setting them again; empty if there are few.
///
/// Without it, setting n attributes would take n² comparisons. Evaluation searches the attributes
/// one by one, which is faster for few.
#[derive(Clone, Default)]
struct NameIndex(Option<Box<(HashTable<usize>, RandomState)>>);

/// The name of an attribute, known as one of the predefined three or as custom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AttributeName<T> {
    Identifier,
    Email,
    Country,
    Custom(T),
}

impl User {
    /// The name of the attribute that [`new`](Self::new) sets.
    pub const IDENTIFIER: &'static str = "Identifier";
    /// The name of the attribute that [`email`](Self::email) sets.
    pub const EMAIL: &'static str = "Email";
    /// The name of the attribute that [`country`](Self::country) sets.
    pub const COUNTRY: &'static str = "Country";

    /// Returns a user with this identifier.
    ///
    /// An identifier may be a text of any form, for example a database key, a session id or an
    /// e-mail address. Percentage options use it unless the setting names another attribute.
    #[must_use]
    pub fn new(identifier: impl Into<AttributeValue>) -> Self {
        let attributes = Attributes {
            identifier: identifier.into(),
            email: None,
            country: None,
            custom: Vec::new(),
            names: NameIndex::default(),
        };
        Self { attributes: Arc::new(attributes), private: Marks::default() }
    }

    /// Sets the e-mail address. `None` leaves it as it is.
    #[must_use]
    pub fn email(mut self, email: impl IntoAttribute) -> Self {
        if let Some(email) = email.into_attribute() {
            self.attributes_mut().email = Some(email);
        }
        self
    }

    /// Sets the country, as a name or code, in the form that the targeting rules use. `None` leaves
    /// it as it is.
    #[must_use]
    pub fn country(mut self, country: impl IntoAttribute) -> Self {
        if let Some(country) = country.into_attribute() {
            self.attributes_mut().country = Some(country);
        }
        self
    }

    /// Sets a custom attribute; the last value set for a name counts. `None` sets nothing.
    ///
    /// The names `Identifier`, `Email` and `Country` are predefined: a custom attribute of such a
    /// name is ignored, as in every ConfigCat SDK.
    ///
    /// Any number may be set, but a condition looks for its attribute among all of them, so an
    /// evaluation takes longer the more there are. Where names come from outside, limit their
    /// number.
    ///
    /// ```
    /// use configcat_eval::User;
    ///
    /// let company: Option<&str> = None;
    /// let user = User::new("42").custom("IsBetaTester", true).custom("Company", company);
    /// assert_eq!(user.get("IsBetaTester"), Some(&"true".into()));
    /// assert_eq!(user.get("Company"), None);
    /// ```
    #[must_use]
    pub fn custom(mut self, name: impl Into<String>, value: impl IntoAttribute) -> Self {
        let Some(value) = value.into_attribute() else { return self };
        let name = name.into();
        // Specification, 3.2: custom attributes never replace the predefined three.
        if let AttributeName::Custom(_) = AttributeName::of(&name) {
            let Attributes { custom, names, .. } = self.attributes_mut();
            match names.place(&name, custom).and_then(|place| custom.get_mut(place)) {
                Some((_, old)) => *old = value,
                None => custom.push((name, value)),
            }
        }
        self
    }

    /// Returns the attributes to change them: of this user alone, if others share them.
    fn attributes_mut(&mut self) -> &mut Attributes {
        Arc::make_mut(&mut self.attributes)
    }

    /// Marks attributes as private, in addition to those that were marked before: they are
    /// evaluated as all others, and shown as `<private>` wherever the user is, in logs, warnings,
    /// traces, `Display` and `Debug`.
    ///
    /// [`get`](Self::get) returns their values all the same.
    ///
    /// ```
    /// use configcat_eval::{PrivateAttributes, User};
    ///
    /// let user = User::new("42").email("jane@example.com").custom("Plan", "pro");
    /// let user = user.private_attributes(PrivateAttributes::all_except(["Plan"]));
    /// assert_eq!(
    ///     user.to_string(),
    ///     r#"{"Identifier":"<private>","Email":"<private>","Plan":"pro"}"#
    /// );
    /// ```
    #[must_use]
    pub fn private_attributes(mut self, private: PrivateAttributes) -> Self {
        self.private.add(private);
        self
    }

    /// Returns whether the attribute of this name is marked as
    /// [private](Self::private_attributes).
    #[must_use]
    pub fn is_private(&self, name: &str) -> bool {
        self.private.contains(name)
    }

    /// Returns the user with the text `<private>` in place of each private value, for code that
    /// reads values and must not get private ones.
    ///
    /// ```
    /// use configcat_eval::{PrivateAttributes, User};
    ///
    /// let user = User::new("42").custom("Age", 32).private_attributes(PrivateAttributes::only(["Age"]));
    /// assert_eq!(user.redacted().get("Age"), Some(&"<private>".into()));
    /// assert_eq!(user.redacted().get("Identifier"), Some(&"42".into()));
    /// ```
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mut user = self.clone();
        // Without marks, the attributes stay shared.
        if !self.private.is_empty() {
            let Attributes { identifier, email, country, custom, names: _ } = user.attributes_mut();
            let predefined = [(Self::IDENTIFIER, Some(identifier)), (Self::EMAIL, email.as_mut())];
            let predefined = predefined.into_iter().chain([(Self::COUNTRY, country.as_mut())]);
            let custom = custom.iter_mut().map(|(name, value)| (name.as_str(), Some(value)));
            for (_, value) in predefined.chain(custom).filter(|(name, _)| self.is_private(name)) {
                value.into_iter().for_each(|value| *value = PRIVATE.into());
            }
        }
        user
    }

    /// Returns the value of an attribute, predefined or custom; `None` if it was not set. A private
    /// value is returned as it is.
    ///
    /// Names are case-sensitive.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.attribute(AttributeName::of(name))
    }

    #[inline]
    pub(crate) fn attribute(&self, name: AttributeName<&str>) -> Option<&AttributeValue> {
        match name {
            AttributeName::Identifier => Some(&self.attributes.identifier),
            AttributeName::Email => self.attributes.email.as_ref(),
            AttributeName::Country => self.attributes.country.as_ref(),
            AttributeName::Custom(name) => self.custom_attribute(name.as_bytes()),
        }
    }

    /// Returns the value of an attribute as it is shown.
    pub(crate) fn shown(&self, name: &str) -> Shown<'_> {
        Shown(self.get(name).filter(|_| !self.is_private(name)))
    }

    /// Returns all attributes as they are shown, in the order of the evaluation log.
    fn all_shown(&self) -> impl Iterator<Item = (&str, Shown<'_>)> {
        let Attributes { identifier, email, country, custom, names: _ } = &*self.attributes;
        let email = email.as_ref().map(|value| (Self::EMAIL, value));
        let country = country.as_ref().map(|value| (Self::COUNTRY, value));
        let custom = custom.iter().map(|(name, value)| (name.as_str(), value));
        let all = iter::once((Self::IDENTIFIER, identifier)).chain(email).chain(country).chain(custom);
        all.map(|(name, value)| (name, Shown(Some(value).filter(|_| !self.is_private(name)))))
    }

    /// Returns the names of the attributes that are set.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all_shown().map(|(name, _)| name)
    }

    /// Returns the work of searching for a custom attribute, in bytes that are compared.
    #[inline]
    pub(crate) fn search_cost(&self, name: &[u8]) -> usize {
        // Names of the same length are compared by sixteen bytes or more at once.
        self.attributes.custom.len() * (4 + name.len() / 16)
    }

    #[inline]
    pub(crate) fn custom_attribute(&self, name: &[u8]) -> Option<&AttributeValue> {
        self.attributes.custom.iter().find_map(|(known, value)| (known.as_bytes() == name).then_some(value))
    }
}

impl NameIndex {
    /// Returns the index of a custom attribute. If it is not set, adds it to the index as the next
    /// one.
    fn place(&mut self, name: &str, custom: &[(String, AttributeValue)]) -> Option<usize> {
        if custom.len() < FEW_ATTRIBUTES {
            return custom.iter().position(|(known, _)| known == name);
        }
        let (table, hasher) = &mut **self.0.get_or_insert_default();
        let at = |place: usize| custom.get(place).map_or(name, |(known, _)| known);
        let hash = |name: &str| table_hash(hasher, name.as_bytes());
        // Attributes that were set before there were many.
        for place in table.len()..custom.len() {
            table.insert_unique(hash(at(place)), place, |known| hash(at(*known)));
        }
        let found = table.find(hash(name), |known| at(*known) == name).copied();
        if found.is_none() {
            table.insert_unique(hash(name), custom.len(), |known| hash(at(*known)));
        }
        found
    }
}

/// Users with the same attributes are equal, however these were found.
impl PartialEq for NameIndex {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Prints the attributes with their types.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User ")?;
        f.debug_map().entries(self.all_shown()).finish()
    }
}

/// Prints the attributes as a JSON object, in the order in which they are listed here:
/// `Identifier`, `Email`, `Country`, then the custom ones as they were set.
impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.all_shown().enumerate() {
            f.write_char(if index == 0 { '{' } else { ',' })?;
            JsonString(name).fmt(f)?;
            f.write_char(':')?;
            ShownJson(value).fmt(f)?;
        }
        f.write_char('}')
    }
}

impl<'a> AttributeName<&'a str> {
    pub(crate) fn of(name: &'a str) -> Self {
        match name {
            User::IDENTIFIER => Self::Identifier,
            User::EMAIL => Self::Email,
            User::COUNTRY => Self::Country,
            _ => Self::Custom(name),
        }
    }

    pub(crate) fn as_str(self) -> &'a str {
        match self {
            Self::Identifier => User::IDENTIFIER,
            Self::Email => User::EMAIL,
            Self::Country => User::COUNTRY,
            Self::Custom(name) => name,
        }
    }
}

impl fmt::Display for AttributeName<&str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::User;
    use alloc::string::ToString;

    #[test]
    fn prints_in_the_order_of_the_evaluation_log() {
        let user = User::new("id").custom("b", 1).custom("a", ["x"]).country("HU").email("e\"");
        assert_eq!(user.to_string(), r#"{"Identifier":"id","Email":"e\"","Country":"HU","b":1,"a":["x"]}"#);
    }

    #[test]
    fn custom_attributes_never_replace_predefined_ones() {
        let user = User::new("id").custom("Identifier", "x").custom("Email", "x").custom("Country", "x");
        assert_eq!(user, User::new("id"));
        assert_eq!(user.get("Email"), None);
    }

    #[test]
    fn nothing_sets_nothing() {
        let user = User::new("id").email(Some("e")).country(Some("c")).custom("a", Some(1));
        assert_eq!(user, User::new("id").email("e").country("c").custom("a", 1));
        let same = user.clone().email(None::<&str>).country(None::<&str>).custom("a", None::<bool>);
        assert_eq!(same, user);
        assert_eq!(User::new("id").email(None::<&str>).custom("a", None::<&str>), User::new("id"));
    }

    #[test]
    fn changing_a_clone_changes_no_other() {
        let user = User::new("id").email("e").custom("a", 1);
        let changed = user.clone().email("f").country("c").custom("a", 2).custom("b", 3);
        assert_eq!(user.to_string(), r#"{"Identifier":"id","Email":"e","a":1}"#);
        assert_eq!(changed.to_string(), r#"{"Identifier":"id","Email":"f","Country":"c","a":2,"b":3}"#);
    }

    #[test]
    fn the_last_custom_value_counts() {
        let user = User::new("id").custom("a", 1).custom("b", 2).custom("a", 3);
        assert_eq!(user.get("a"), Some(&3.into()));
        assert_eq!(user.to_string(), r#"{"Identifier":"id","a":3,"b":2}"#);
    }

    #[test]
    fn many_custom_attributes_are_set_as_few_are() {
        let user = |count: usize| -> User {
            (0..count).fold(User::new("id"), |user, n| user.custom(n.to_string(), "old"))
        };
        for count in [0, 1, 31, 32, 33, 34, 100] {
            for again in 0..count {
                let changed = user(count).custom(again.to_string(), "new").custom("another", 1);
                for n in 0..count {
                    let expected = if n == again { "new" } else { "old" };
                    assert_eq!(changed.get(&n.to_string()), Some(&expected.into()), "{n} of {count}");
                }
                assert_eq!(changed.get("another"), Some(&1.into()));
                assert_eq!(changed.attributes.custom.len(), count + 1);
                let set_back = user(count).custom(again.to_string(), "new").custom(again.to_string(), "old");
                assert_eq!(set_back, user(count));
            }
        }
    }
}
