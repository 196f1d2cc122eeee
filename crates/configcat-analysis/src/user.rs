//! Users from attributes.

use configcat_eval::{AttributeValue, User};

/// Collects attributes, of which the last value of each counts.
#[derive(Debug, Default)]
pub(crate) struct UserBuilder {
    attributes: Vec<(String, Option<AttributeValue>)>,
}

impl UserBuilder {
    /// Sets an attribute; `None` for an absent one.
    pub(crate) fn set(&mut self, name: &str, value: Option<AttributeValue>) {
        match self.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    /// Returns the user. An absent identifier is empty text, which conditions treat as absent. It
    /// is `1` if it was not set at all.
    pub(crate) fn build(self) -> User {
        // A User Object always has an identifier; empty text is the nearest to an absent one.
        let is_identifier = |(name, _): &&(String, Option<AttributeValue>)| name == User::IDENTIFIER;
        let identifier = self.attributes.iter().find(is_identifier);
        let identifier = match identifier {
            Some((_, value)) => value.clone().unwrap_or_else(|| "".into()),
            None => "1".into(),
        };
        let mut user = User::new(identifier);
        for (name, value) in self.attributes {
            user = match name.as_str() {
                User::IDENTIFIER => user,
                User::EMAIL => user.email(value),
                User::COUNTRY => user.country(value),
                _ => user.custom(name, value),
            };
        }
        user
    }
}
