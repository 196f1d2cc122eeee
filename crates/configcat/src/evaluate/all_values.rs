//! Values of all settings.

use std::{fmt, iter::FusedIterator, slice, sync::Arc};

use configcat_eval::{Config, ServedPlace, Settings, Value};

/// Values of all settings that can be evaluated, by key. Returned by
/// [`Client::get_all_values`](crate::Client::get_all_values).
///
/// It shares keys and values with the config that was evaluated, so it keeps that config in memory.
///
/// ```
/// use std::collections::HashMap;
/// use configcat::{Client, MapOverrides, OverrideBehavior, Value};
///
/// let overrides = MapOverrides::new([("isNew", Value::from(true)), ("title", "Hello".into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// let values = client.get_all_values(None);
/// assert_eq!(values.get("title"), Some(&Value::from("Hello")));
/// for (key, value) in &values {
///     println!("{key} is {value}");
/// }
/// let map: HashMap<&str, &Value> = values.iter().collect();
/// assert_eq!(map.len(), values.len());
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Clone, Default)]
pub struct AllValues {
    config: Option<Arc<Config>>,
    /// Places of the values, in the order of the settings of the config; `None` for a setting that
    /// cannot be evaluated.
    // A list beside the config instead of a map: no key and no value is copied, and a look-up uses
    // the index of the config.
    places: Vec<Option<ServedPlace>>,
}

impl AllValues {
    pub(crate) fn new(config: Arc<Config>, places: Vec<Option<ServedPlace>>) -> Self {
        Self { config: Some(config), places }
    }

    /// Returns the value of a setting; `None` if there is no such setting, or it cannot be
    /// evaluated.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let setting = self.config.as_ref()?.setting(key)?;
        setting.value_at((*self.places.get(setting.index())?)?)
    }

    /// Returns each key with its value, in the order of the config.
    #[must_use]
    pub fn iter(&self) -> AllValuesIter<'_> {
        AllValuesIter {
            settings: self.config.as_ref().map(|config| config.settings()),
            places: self.places.iter(),
        }
    }

    /// Returns the number of values. Each call counts them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// Iterator over the keys and values of [`AllValues`]. Returned by [`AllValues::iter`].
#[derive(Debug, Clone)]
pub struct AllValuesIter<'a> {
    settings: Option<Settings<'a>>,
    places: slice::Iter<'a, Option<ServedPlace>>,
}

impl<'a> Iterator for AllValuesIter<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let setting = self.settings.as_mut()?.next()?;
            let place = *self.places.next()?;
            if let Some(value) = place.and_then(|place| setting.value_at(place)) {
                return Some((setting.key(), value));
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // Settings that cannot be evaluated are skipped, so the lower bound is unknown without a
        // pass.
        (0, Some(self.places.len()))
    }
}

impl FusedIterator for AllValuesIter<'_> {}

impl<'a> IntoIterator for &'a AllValues {
    type Item = (&'a str, &'a Value);
    type IntoIter = AllValuesIter<'a>;

    fn into_iter(self) -> AllValuesIter<'a> {
        self.iter()
    }
}

/// Compares keys and values, in any order: configs may list the same settings differently.
impl PartialEq for AllValues {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl fmt::Debug for AllValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
