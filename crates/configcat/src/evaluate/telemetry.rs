//! Attributes of OpenTelemetry events for evaluations.

use configcat_eval::{User, Value};

use crate::evaluate::details::{EvaluationDetails, EvaluationFailureKind, EvaluationReason};

impl EvaluationDetails<Value> {
    /// Name of the event that the [`telemetry_attributes`](Self::telemetry_attributes) belong to.
    pub const TELEMETRY_EVENT: &'static str = "feature_flag.evaluation";

    /// Returns the evaluation as attributes of an OpenTelemetry event, by the [semantic conventions
    /// for feature flags][conventions] (1.40 and later).
    /// [OpenTelemetry](crate::docs::observing#opentelemetry) shows how to send them.
    ///
    /// | attribute | value |
    /// |---|---|
    /// | `feature_flag.key` | the key |
    /// | `feature_flag.provider.name` | `ConfigCat` |
    /// | `feature_flag.result.variant` | the variation id, if there is one |
    /// | `feature_flag.result.value` | the value, if there is no variation id |
    /// | `feature_flag.result.reason` | [`EvaluationReason::as_str`] |
    /// | `feature_flag.version` | the [fingerprint](Self::fingerprint) of the config JSON, if there is one |
    /// | `feature_flag.context.id` | the identifier of the user, if there is one |
    /// | `error.type` | [`EvaluationFailureKind::as_str`], if the default was returned |
    /// | `feature_flag.error.message` | what happened, if the default was returned |
    ///
    /// `feature_flag.set.id` is missing: the client knows no id of its config that is not secret.
    ///
    /// [conventions]: https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
    ///
    /// ```
    /// # use configcat::{MapOverrides, OverrideBehavior};
    /// use configcat::{Client, User};
    ///
    /// # let flags = MapOverrides::new([("limit", 10.into())]);
    /// let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    /// client.hooks().on_flag_evaluated(|details| {
    ///     let attributes = details.telemetry_attributes();
    ///     assert_eq!(attributes.len(), 5);
    ///     assert!(attributes.contains(&("feature_flag.key", "limit".into())));
    ///     assert!(attributes.contains(&("feature_flag.result.value", 10.into())));
    ///     assert!(attributes.contains(&("feature_flag.result.reason", "static".into())));
    ///     assert!(attributes.contains(&("feature_flag.context.id", "42".into())));
    /// });
    /// client.get_value("limit", 0, &User::new("42"));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn telemetry_attributes(&self) -> Vec<(&'static str, Value)> {
        // The conventions want the value only where there is no variant.
        let result = match &self.variation_id {
            Some(id) => ("feature_flag.result.variant", id.as_str().into()),
            None => ("feature_flag.result.value", self.value.clone()),
        };
        let mut attributes = vec![
            ("feature_flag.key", self.key.as_str().into()),
            ("feature_flag.provider.name", "ConfigCat".into()),
            result,
            ("feature_flag.result.reason", self.reason().as_str().into()),
        ];
        attributes.extend(self.fingerprint.map(|it| ("feature_flag.version", it.to_string().into())));
        let identifier = self.user.as_ref().and_then(|user| user.get(User::IDENTIFIER));
        attributes.extend(identifier.map(|id| ("feature_flag.context.id", id.to_string().into())));
        if let Some(failure) = &self.error {
            attributes.push(("error.type", failure.kind.as_str().into()));
            attributes.push(("feature_flag.error.message", failure.message().into()));
        }
        attributes
    }
}

impl EvaluationReason {
    /// Returns the reason as OpenTelemetry spells it: `static`, `default`, `targeting_match`,
    /// `split` or `error`. OpenFeature uses capitals.
    ///
    /// ```
    /// assert_eq!(configcat::details::EvaluationReason::TargetingMatch.as_str(), "targeting_match");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Default => "default",
            Self::TargetingMatch => "targeting_match",
            Self::Split => "split",
            Self::Error => "error",
        }
    }
}

impl EvaluationFailureKind {
    /// Returns the kind as an `error.type` of OpenTelemetry: `provider_not_ready`,
    /// `flag_not_found`, `parse_error` or `type_mismatch`. OpenFeature uses capitals.
    ///
    /// ```
    /// assert_eq!(configcat::details::EvaluationFailureKind::KeyMissing.as_str(), "flag_not_found");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMissing => "provider_not_ready",
            Self::KeyMissing => "flag_not_found",
            Self::InvalidConfig => "parse_error",
            Self::TypeMismatch => "type_mismatch",
        }
    }
}
