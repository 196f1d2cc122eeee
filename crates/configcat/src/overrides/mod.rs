//! Flag overrides: settings from code or from a file, instead of or beside those of the CDN, for a
//! client or for one request.

mod file;
pub(crate) mod reload;
pub(crate) mod request;
#[cfg(feature = "signed-overrides")]
pub(crate) mod signed;

use std::{error::Error, sync::Arc};

use configcat_eval::{Config, Value};

pub use self::file::FileOverrides;

/// Behavior of flag overrides beside the config of the CDN. See
/// [`docs::overrides`](crate::docs::overrides).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// Not `#[non_exhaustive]`: all ConfigCat SDKs have these three behaviors, and applications match
// them in their own options.
pub enum OverrideBehavior {
    /// Only the overrides are used: no HTTP, no cache. The SDK key may be any text that is not
    /// empty.
    LocalOnly,
    /// Both are used; a setting that both have comes from the overrides.
    LocalOverRemote,
    /// Both are used; a setting that both have comes from the CDN.
    RemoteOverLocal,
}

/// Source of flag overrides.
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
    /// Returns the settings, or `None` if they have not changed since the last call that returned
    /// some.
    ///
    /// The client calls this once while it is built, and then twice a second if the source
    /// [reloads](Self::reloads).
    ///
    /// # Errors
    ///
    /// Any error. At the start the client cannot be built; later it logs the error (event 1302) and
    /// keeps its settings.
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>>;

    /// Returns whether to load the settings again while the client lives, which takes a thread.
    /// Default: no.
    fn reloads(&self) -> bool {
        false
    }
}

/// Source of overrides, and the behavior of a client with it.
pub(crate) struct ClientOverrides {
    pub(crate) behavior: OverrideBehavior,
    pub(crate) source: Box<dyn OverrideSource>,
    /// Result of [`OverrideSource::reloads`] when the client was built.
    pub(crate) reloads: bool,
}

/// Settings from code: keys with values, without rules. They never change.
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
    /// Returns the settings of these keys and values. If a key occurs twice, the last value counts.
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
