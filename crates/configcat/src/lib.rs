//! ConfigCat for Rust.

mod builder;
mod client;
mod clock;
mod core;
mod details;
mod error;
mod evaluate;
mod event;
mod flag;
mod flight;
mod health;
mod hooks;
mod overrides;
mod polling;
mod refresh;
mod snapshot;
mod store;

pub use configcat_cache::{BoxError, ConfigCache, FileCache, MemoryCache, cache_key, conformance};
pub use configcat_eval::{
    AttributeValue, ConditionTrace, Config, DateTime, ErrorKind, EvaluationError, NestedTrace, ObstacleTrace,
    OptionsTrace, OutcomeTrace, ParseError, RuleTrace, SelectedOption, SettingTrace, SettingType, Trace,
    User, Value, Warning,
};
pub use configcat_fetch::{
    BaseUrlError, DataGovernance, FetchError, FetchErrorKind, OptionsError, Proxy, ProxyError, ProxyUrl,
    SdkKeyError,
};

pub use self::{
    builder::ClientBuilder,
    client::{CacheState, Client},
    clock::{Alarm, Clock, Timer},
    details::{EvaluationDetails, EvaluationFailure, EvaluationFailureKind, MatchedRule},
    error::{BuildError, RefreshError, RefreshErrorKind},
    flag::{AnyFlag, Flag, FlagProblem, FlagValue},
    health::Health,
    hooks::{ConfigFetched, ErrorEvent, Hooks, Subscription},
    overrides::{FileOverrides, MapOverrides, OverrideBehaviour, OverrideSource},
    polling::{
        PollingMode,
        schedule::{PollOutcome, Schedule},
    },
    snapshot::Snapshot,
};
