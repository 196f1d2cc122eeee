//! The values of all settings.

use std::{fmt, sync::Arc};

use configcat_eval::{Config, Value};

/// The values of all settings that can be evaluated, by key. See [`Client::get_all_values`](crate::Client::get_all_values).
///
/// It shares the keys with the config that they were evaluated on, and keeps that in memory.
///
/// ```
/// use std::collections::HashMap;
/// use configcat::{Client, MapOverrides, OverrideBehavior, Value};
///
/// let overrides = MapOverrides::new([("isNew", Value::from(true)), ("title", "Hello".into())]);
/// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
/// let values = client.get_all_values(None);
/// assert_eq!(values.get("title"), Some(&Value::from("Hello")));
/// for (key, value) in values.iter() {
///     println!("{key} is {value}");
/// }
/// let map: HashMap<&str, &Value> = values.iter().collect();
/// assert_eq!(map.len(), values.len());
/// # Ok::<(), configcat::BuildError>(())
/// ```
#[derive(Clone, Default)]
pub struct AllValues {
    config: Option<Arc<Config>>,
    /// In the order of the keys; `None` where a setting cannot be evaluated.
    values: Vec<Option<Value>>,
}

impl AllValues {
    pub(crate) fn new(config: Arc<Config>, values: Vec<Option<Value>>) -> Self {
        Self { config: Some(config), values }
    }

    /// The value of a setting; `None` if there is no such setting, or if it cannot be evaluated.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(self.config.as_ref()?.position(key)?)?.as_ref()
    }

    /// Each key with its value, in the order of the config.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let keys = self.config.iter().flat_map(|config| config.keys());
        keys.zip(&self.values).filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }

    /// How many values there are: counted each time.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// Whether both have the same keys with the same values, in whatever order.
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
