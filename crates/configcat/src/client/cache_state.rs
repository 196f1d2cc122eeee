//! The state of a client's config data.

/// What a client has to evaluate on. See [`Client::wait_for_ready`](crate::Client::wait_for_ready)
/// and [Ready](crate::docs::polling#ready).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheState {
    /// No config: flags have their defaults, or the values of overrides.
    NoFlagData,
    /// Overrides that are [local only](crate::OverrideBehavior::LocalOnly).
    HasLocalOverrideFlagDataOnly,
    /// A config that is older than the interval or TTL, or in manual polling one of any age.
    HasCachedFlagDataOnly,
    /// A config that is up to date: younger than the interval or TTL, jitter included.
    HasUpToDateFlagData,
}
