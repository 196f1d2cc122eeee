//! State of a client's config data.

/// State of the config data that a client evaluates on. Returned by
/// [`Client::wait_for_ready`](crate::Client::wait_for_ready); see
/// [Ready](crate::docs::polling#ready).
// The variants have the names of ConfigCat's other SDKs, so that code can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheState {
    /// No config: evaluations return the default of the caller.
    NoFlagData,
    /// Overrides that are [local only](crate::OverrideBehavior::LocalOnly).
    HasLocalOverrideFlagDataOnly,
    /// A config that is older than the interval or TTL; in manual polling, a config of any age.
    HasCachedFlagDataOnly,
    /// A config that is up to date: younger than the interval or TTL, jitter included.
    HasUpToDateFlagData,
}
