//! The provider: waiting, evaluation, and conversion of results and errors.

use std::{fmt, time::Duration};

use configcat::{
    CacheState, Client, EvaluationDetails, FlagValue, Snapshot,
    details::{EvaluationFailure, EvaluationFailureKind, EvaluationReason},
    hooks::Subscription,
};
use open_feature::{
    EvaluationContext, EvaluationError, EvaluationErrorCode, EvaluationResult, FlagMetadata, StructValue,
    async_trait,
    provider::{FeatureProvider, ProviderMetadata, ProviderStatus, ResolutionDetails},
};

use crate::{shared_work::SharedWork, structure::parse_object, user::user_of};

/// The default of [`ConfigCatProvider::max_wait`]: the default of the client's max init wait, which
/// limits the same wait in auto polling.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// A provider of OpenFeature that evaluates the flags of a ConfigCat [`Client`].
///
/// It uses the polling mode, cache, overrides, hooks and log of the client. The client closes when
/// its last clone is dropped; the provider holds one. See the [crate page](crate).
///
/// ```
/// use configcat_openfeature::ConfigCatProvider;
/// use open_feature::OpenFeature;
/// # use configcat::{Client, MapOverrides, OverrideBehavior};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let flags = MapOverrides::new([("isNew", true.into())]);
/// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
/// let mut api = OpenFeature::default();
/// api.set_provider(ConfigCatProvider::new(client)).await;
/// assert_eq!(api.create_client().get_bool_value("isNew", None, None).await, Ok(true));
/// # Ok::<(), configcat::BuildError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ConfigCatProvider {
    client: Client,
    metadata: ProviderMetadata,
    max_wait: Duration,
    refresh: SharedWork,
    subscriptions: Vec<Subscription>,
}

impl ConfigCatProvider {
    /// The name of the provider in its [metadata](FeatureProvider::metadata).
    pub const NAME: &'static str = "ConfigCat";

    /// Creates a provider of the flags of this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        let metadata = ProviderMetadata::new(Self::NAME);
        let refresh = SharedWork::default();
        Self { client, metadata, max_wait: MAX_WAIT, refresh, subscriptions: Vec::new() }
    }

    /// Sets how long an evaluation may wait for a fetch, in lazy loading. Default: 5 s.
    ///
    /// The time counts from the start of the fetch, which all evaluations share. After it, the
    /// waiting evaluations use the last config, and later ones do not wait for this fetch. With
    /// zero no evaluation waits: an expired config is used while a new one is fetched.
    ///
    /// The [request timeout](configcat::ClientBuilder::request_timeout) of the client limits the
    /// fetch itself, and so the life of the thread.
    ///
    /// ```
    /// use std::time::Duration;
    /// use configcat_openfeature::ConfigCatProvider;
    /// # use configcat::{Client, MapOverrides, OverrideBehavior};
    ///
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// let provider = ConfigCatProvider::new(client).max_wait(Duration::from_millis(200));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// Adds a callback for changed flags, which gets their keys: the `flags_changed` of
    /// OpenFeature's event `PROVIDER_CONFIGURATION_CHANGED`, for which open-feature 0.3 has no
    /// handlers yet.
    ///
    /// The keys are those of [`FlagsChanged::keys`](configcat::hooks::FlagsChanged::keys). The
    /// first config of the client names all its flags. The callback runs on a thread of the client,
    /// under the rules of its [hooks](configcat::docs::observing#hooks), until the provider is
    /// dropped.
    ///
    /// ```
    /// use configcat_openfeature::ConfigCatProvider;
    /// # use configcat::{Client, MapOverrides, OverrideBehavior};
    ///
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// let provider = ConfigCatProvider::new(client)
    ///     .on_configuration_changed(|flags_changed| println!("changed: {}", flags_changed.join(", ")));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn on_configuration_changed(mut self, callback: impl Fn(&[&str]) + Send + Sync + 'static) -> Self {
        let subscription =
            self.client.hooks().on_flags_changed(move |flags| callback(&flags.keys().collect::<Vec<_>>()));
        self.subscriptions.push(subscription);
        self
    }

    /// Returns the current flags. Waits only in lazy loading, for a fetch on another thread.
    async fn snapshot(&self) -> EvaluationResult<Snapshot> {
        if let Some(snapshot) = self.client.try_snapshot() {
            return Ok(snapshot);
        }
        // Not a wait, though auto polling will be ready soon: the executor may run other providers.
        if self.client.ready_state().is_none() {
            let message = "The ConfigCat client is not ready yet: its first fetch has not ended.";
            return Err(error(EvaluationErrorCode::ProviderNotReady, message));
        }
        // `snapshot` blocks for the fetch, so it runs on the thread of the shared work.
        let client = self.client.clone();
        let waited = self.refresh.wait(self.max_wait, move || drop(client.snapshot())).await;
        let snapshot = self.client.current_snapshot();
        match waited {
            // An expired config is better than an error, whatever became of the fetch.
            _ if snapshot.config().is_some() => Ok(snapshot),
            Ok(()) => {
                let message = "The ConfigCat client has no config yet: its fetch has failed, or takes longer than max_wait.";
                Err(error(EvaluationErrorCode::ProviderNotReady, message))
            }
            Err(cause) => {
                let message = format!("The system would not start a thread to fetch the flags on: {cause}.");
                Err(error(EvaluationErrorCode::General("GENERAL".to_owned()), &message))
            }
        }
    }

    async fn resolve<T: FlagValue>(
        &self,
        key: &str,
        context: &EvaluationContext,
        default: T,
    ) -> EvaluationResult<ResolutionDetails<T::Output>> {
        let snapshot = self.snapshot().await?;
        let user = user_of(context);
        let details = snapshot.get_value_details(key, default, user.as_ref());
        match &details.error {
            Some(failure) => Err(evaluation_error(failure)),
            None => Ok(resolution(details)),
        }
    }
}

impl Drop for ConfigCatProvider {
    fn drop(&mut self) {
        // The client may have other clones, which would keep the callbacks.
        self.subscriptions.iter().for_each(|subscription| self.client.hooks().unsubscribe(*subscription));
    }
}

impl fmt::Debug for ConfigCatProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigCatProvider").field("client", &self.client).finish_non_exhaustive()
    }
}

#[async_trait]
impl FeatureProvider for ConfigCatProvider {
    // `initialize` is left at its default, which does nothing: while it waits, the registry makes
    // the evaluations of all providers wait.

    fn status(&self) -> ProviderStatus {
        let health = self.client.health();
        let is_failing = health.consecutive_failures > 0 || health.worker_alive == Some(false);
        match self.client.ready_state() {
            None => ProviderStatus::NotReady,
            Some(CacheState::NoFlagData) => ProviderStatus::Error,
            // Without a failure the next poll fetches, so an old config alone is no fault.
            Some(CacheState::HasCachedFlagDataOnly) if is_failing => ProviderStatus::STALE,
            Some(_) => ProviderStatus::Ready,
        }
    }

    fn metadata(&self) -> &ProviderMetadata {
        &self.metadata
    }

    async fn resolve_bool_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.resolve(flag_key, evaluation_context, false).await
    }

    async fn resolve_int_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        self.resolve(flag_key, evaluation_context, 0).await
    }

    async fn resolve_float_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.resolve(flag_key, evaluation_context, 0.0).await
    }

    async fn resolve_string_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.resolve(flag_key, evaluation_context, "").await
    }

    async fn resolve_struct_value(
        &self,
        flag_key: &str,
        evaluation_context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        // ConfigCat has no setting type for objects, so a struct is a text setting with JSON.
        let text = self.resolve_string_value(flag_key, evaluation_context).await?;
        let value = parse_object(&text.value).map_err(|cause| {
            let message = format!("The text of setting '{flag_key}' is no JSON object: {cause}.");
            error(EvaluationErrorCode::TypeMismatch, &message)
        })?;
        let ResolutionDetails { variant, reason, flag_metadata, .. } = text;
        Ok(ResolutionDetails { value, variant, reason, flag_metadata })
    }
}

fn resolution<T>(details: EvaluationDetails<T>) -> ResolutionDetails<T> {
    let reason = match details.reason() {
        EvaluationReason::Static => open_feature::EvaluationReason::Static,
        EvaluationReason::Default => open_feature::EvaluationReason::Default,
        EvaluationReason::TargetingMatch => open_feature::EvaluationReason::TargetingMatch,
        EvaluationReason::Split => open_feature::EvaluationReason::Split,
        EvaluationReason::Error => open_feature::EvaluationReason::Error,
        // The enum is non-exhaustive: a reason of a later version of the client.
        _ => open_feature::EvaluationReason::Unknown,
    };
    let mut metadata = FlagMetadata::default();
    let mut add = |name: &str, number: Option<i64>| {
        if let Some(number) = number {
            metadata.add_value(name, number);
        }
    };
    let index = |index: usize| i64::try_from(index).ok();
    add("matchedRule", details.matched_targeting_rule.and_then(|rule| index(rule.index)));
    add("matchedPercentageOption", details.matched_percentage_option.and_then(|option| index(option.index)));
    let since_epoch = details.fetch_time.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    add("fetchTime", since_epoch.and_then(|time| i64::try_from(time.as_millis()).ok()));
    // The name that OpenFeature's conventions for telemetry have for `feature_flag.version`.
    if let Some(fingerprint) = details.fingerprint {
        metadata.add_value("version", fingerprint.to_string());
    }
    ResolutionDetails {
        value: details.value,
        variant: details.variation_id,
        reason: Some(reason),
        flag_metadata: (!metadata.values.is_empty()).then_some(metadata),
    }
}

fn evaluation_error(failure: &EvaluationFailure) -> EvaluationError {
    let code = match failure.kind {
        EvaluationFailureKind::ConfigMissing => EvaluationErrorCode::ProviderNotReady,
        EvaluationFailureKind::KeyMissing => EvaluationErrorCode::FlagNotFound,
        EvaluationFailureKind::InvalidConfig => EvaluationErrorCode::ParseError,
        EvaluationFailureKind::TypeMismatch => EvaluationErrorCode::TypeMismatch,
        _ => EvaluationErrorCode::General("GENERAL".to_owned()),
    };
    error(code, failure.message())
}

fn error(code: EvaluationErrorCode, message: &str) -> EvaluationError {
    EvaluationError { code, message: Some(message.to_owned()) }
}
