//! Methods of the builder that subscribe one callback each.

use std::sync::Arc;

use configcat_eval::{Config, Value};

#[cfg(doc)]
use crate::notify::hooks::Hooks;
use crate::{
    client::{builder::ClientBuilder, cache_state::CacheState},
    evaluate::details::EvaluationDetails,
    notify::{
        flags_changed::FlagsChanged,
        hooks::{ConfigFetched, ErrorEvent},
    },
};

impl ClientBuilder {
    /// Adds a callback for the readiness of the client: see [`Hooks::on_client_ready`].
    ///
    /// Callbacks that are added here get the first events of the client. Each call adds one. See
    /// [Hooks](crate::docs::observing#hooks).
    ///
    /// ```
    /// # use configcat::Client;
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .on_client_ready(|state| println!("ready with {state:?}"))
    ///     .on_config_changed(|_| println!("there is another config"))
    /// #   .offline(true)
    ///     .build()?;
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn on_client_ready<R>(self, callback: impl Fn(CacheState) -> R + Send + Sync + 'static) -> Self {
        self.hooks(|hooks| _ = hooks.on_client_ready(callback))
    }

    /// Adds a callback for a new config: see [`Hooks::on_config_changed`].
    pub fn on_config_changed<R>(self, callback: impl Fn(&Arc<Config>) -> R + Send + Sync + 'static) -> Self {
        self.hooks(|hooks| _ = hooks.on_config_changed(callback))
    }

    /// Adds a callback for the keys of changed flags: see [`Hooks::on_flags_changed`].
    pub fn on_flags_changed<R>(self, callback: impl Fn(&FlagsChanged) -> R + Send + Sync + 'static) -> Self {
        self.hooks(|hooks| _ = hooks.on_flags_changed(callback))
    }

    /// Adds a callback for the end of a fetch: see [`Hooks::on_config_fetched`].
    pub fn on_config_fetched<R>(
        self,
        callback: impl Fn(&ConfigFetched) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks(|hooks| _ = hooks.on_config_fetched(callback))
    }

    /// Adds a callback for evaluated flags: see [`Hooks::on_flag_evaluated`].
    pub fn on_flag_evaluated<R>(
        self,
        callback: impl Fn(&EvaluationDetails<Value>) -> R + Send + Sync + 'static,
    ) -> Self {
        self.hooks(|hooks| _ = hooks.on_flag_evaluated(callback))
    }

    /// Adds a callback for records at level `error`: see [`Hooks::on_error`].
    pub fn on_error<R>(self, callback: impl Fn(&ErrorEvent) -> R + Send + Sync + 'static) -> Self {
        self.hooks(|hooks| _ = hooks.on_error(callback))
    }
}
