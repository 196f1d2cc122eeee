//! Values that were parsed from the texts of one config; nothing without the feature `json`.

#[cfg(feature = "json")]
use std::sync::Arc;

#[cfg(feature = "json")]
use serde::de::DeserializeOwned;

/// Values that were parsed from the texts of one config, and are kept with it. Clones share them.
#[derive(Clone, Default)]
// Public in name only: hidden methods of `FlagType` take it.
pub struct ParsedTexts {
    #[cfg(feature = "json")]
    values: Arc<super::json::parsed::Values>,
}

impl ParsedTexts {
    /// Returns a place for the texts of a config that is these texts' config with overrides of a
    /// request laid over it.
    pub(crate) fn for_request(&self) -> Self {
        Self {
            #[cfg(feature = "json")]
            values: Arc::new(super::json::parsed::Values::over(&self.values)),
        }
    }
}

#[cfg(feature = "json")]
impl ParsedTexts {
    /// Returns the value of a text of the config; `None` if the text is no `T`.
    #[inline]
    pub(super) fn value<T>(&self, text: &Arc<str>) -> Option<Arc<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.values.value(text)
    }

    /// Returns the cause for which a text of the config is no `T`; `None` if it is one.
    pub(super) fn cause<T>(&self, text: &Arc<str>) -> Option<Arc<str>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.values.cause::<T>(text)
    }
}
