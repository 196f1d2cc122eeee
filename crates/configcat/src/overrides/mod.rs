//! Flag overrides: settings from code or from a file, instead of or beside those of the CDN.

mod file;
pub(crate) mod reload;

use std::{error::Error, sync::Arc};

use configcat_eval::{Config, Value};

pub use self::file::FileOverrides;

/// How overrides and the config of the CDN go together. See
/// [`docs::overrides`](crate::docs::overrides).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideBehavior {
    /// Overrides only: no HTTP, no cache. The SDK key may be any text but an empty one.
    LocalOnly,
    /// Both; where both have a setting, that of the overrides counts.
    LocalOverRemote,
    /// Both; where both have a setting, that of the CDN counts.
    RemoteOverLocal,
}

/// Where overrides come from.
///
/// ```
/// use std::{error::Error, sync::Arc};
/// use configcat::{Config, OverrideSource, Value};
///
/// struct FromEnvironment;
///
/// impl OverrideSource for FromEnvironment {
///     fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>> {
///         let is_new = std::env::var_os("IS_NEW").is_some();
///         Ok(Some(Arc::new(Config::from_values([("isNew", Value::from(is_new))]))))
///     }
/// }
/// ```
pub trait OverrideSource: Send + Sync {
    /// The settings, or `None` if they are the same as at the last call that returned some.
    ///
    /// Called once when the client is built, and then again and again if the source
    /// [reloads](Self::reloads).
    ///
    /// # Errors
    ///
    /// Any. The client cannot be built then; later it logs the error and keeps the settings that it
    /// has.
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>>;

    /// Whether to look for changes while the client lives, twice a second, which takes a thread.
    /// Default: no.
    fn reloads(&self) -> bool {
        false
    }
}

/// Overrides and how to use them.
pub(crate) struct Overrides {
    pub(crate) behavior: OverrideBehavior,
    pub(crate) source: Box<dyn OverrideSource>,
    /// What [`OverrideSource::reloads`] has said when the client was built.
    pub(crate) reloads: bool,
}

/// Settings from code: keys with values, without rules. They do not change.
///
/// A whole number is read as int and as double alike.
///
/// ```
/// use configcat::{MapOverrides, Value};
///
/// let overrides = MapOverrides::new([("isNew", Value::from(true)), ("title", "Hello".into()), ("limit", 10.into())]);
/// ```
#[derive(Debug)]
pub struct MapOverrides(Arc<Config>);

impl MapOverrides {
    /// Settings of these keys and values. Of those with the same key the last counts.
    #[must_use]
    pub fn new<K: Into<Arc<str>>>(values: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self(Arc::new(Config::from_values(values)))
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for MapOverrides {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(values: I) -> Self {
        Self::new(values)
    }
}

impl OverrideSource for MapOverrides {
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>> {
        Ok(Some(self.0.clone()))
    }
}
