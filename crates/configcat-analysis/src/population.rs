//! Users that are made from the comparison values of configs.

use configcat_eval::{AttributeValue, Config, User};

use crate::{logic::flag::Flag, random::Random, search::values::Collector, user::UserBuilder};

/// Values for the attributes that configs ask for, from which users are made.
///
/// The values are the comparison values of the configs, their neighbours, and values that match
/// nothing; attributes are sometimes absent.
///
/// ```
/// use configcat_analysis::Population;
/// use configcat_eval::{Config, User};
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "r": [
///         {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU", "AT"]}}], "s": {"v": {"b": true}}}]}}}"#,
/// )?;
/// let population = Population::new([&config]);
/// let users: Vec<User> = population.users(7).take(1000).collect();
/// assert!(users.iter().any(|user| user.get("Country") == Some(&"HU".into())));
/// assert!(users.iter().any(|user| user.get("Country").is_none()));
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Population {
    attributes: Vec<Attribute>,
}

#[derive(Debug, Clone)]
struct Attribute {
    name: String,
    /// The comparison values.
    plain: Vec<AttributeValue>,
    /// These, their neighbours and other values; `None` stands for an absent attribute.
    all: Vec<Option<AttributeValue>>,
}

/// An endless series of users. Returned by [`Population::users`].
#[derive(Debug, Clone)]
pub struct Users<'p> {
    population: &'p Population,
    random: Random,
    count: u64,
}

impl Population {
    /// Collects the attributes and comparison values of all settings of the configs.
    #[must_use]
    pub fn new<'c>(configs: impl IntoIterator<Item = &'c Config>) -> Self {
        let mut collector = Collector::default();
        for config in configs {
            // Settings without rules ask for no attribute.
            for setting in config.settings().filter(|setting| setting.has_targeting()) {
                collector.flag(&Flag::new(&setting));
            }
        }
        let mut plain = collector.plain_values();
        let attributes = collector.values().into_iter().map(|(name, all)| {
            let plain = plain.remove(&name).unwrap_or_default();
            Attribute { name, plain, all }
        });
        Self { attributes: attributes.collect() }
    }

    /// Returns an endless series of users. Equal seeds give equal series.
    #[must_use]
    pub fn users(&self, seed: u64) -> Users<'_> {
        Users { population: self, random: Random::new(seed), count: 0 }
    }
}

impl Iterator for Users<'_> {
    type Item = User;

    fn next(&mut self) -> Option<User> {
        self.count += 1;
        let mut user = UserBuilder::default();
        // Users differ in their identifiers, unless rules ask for some.
        user.set(User::IDENTIFIER, Some(format!("{:016x}", self.random.next()).into()));
        for attribute in &self.population.attributes {
            if let Some(value) = attribute.value(&mut self.random) {
                user.set(&attribute.name, value);
            }
        }
        Some(user.build())
    }
}

impl Attribute {
    /// Returns a value; `None` to leave the attribute as it is.
    // Half of the values are comparison values, since most rules match few values.
    fn value(&self, random: &mut Random) -> Option<Option<AttributeValue>> {
        if self.name == User::IDENTIFIER && (self.plain.is_empty() || random.below(4) > 0) {
            return None;
        }
        // Some users have no value, since rules treat them in their own way.
        match random.below(10) {
            0..=5 if !self.plain.is_empty() => random.pick(&self.plain).cloned().map(Some),
            0..=7 => random.pick(&self.all).cloned(),
            8 => Some(Some(format!("{:x}", random.next()).into())),
            _ => Some(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Population;
    use configcat_eval::{AttributeValue, Config, User};

    #[test]
    fn users_have_comparison_values_others_and_none() {
        let config = Config::parse(
            r#"{"f": {"k": {"t": 0, "v": {"b": false}, "r": [
                {"c": [{"u": {"a": "Age", "c": 15, "d": 18}}], "s": {"v": {"b": true}}}]}}}"#,
        );
        let users: Vec<User> = Population::new([&config.unwrap()]).users(1).take(200).collect();
        let ages: Vec<Option<&AttributeValue>> = users.iter().map(|user| user.get("Age")).collect();
        for wanted in [Some(AttributeValue::from(18)), Some(17.into()), Some("x".into()), None] {
            assert!(ages.contains(&wanted.as_ref()), "{wanted:?}");
        }
    }

    #[test]
    fn another_seed_gives_other_users() {
        let population = Population::new([]);
        let first = |seed| population.users(seed).next();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }
}
