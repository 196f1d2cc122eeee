//! Measurements of this project: the floor, the evaluator alone, the client, and a typed flag.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use configcat::{
    Client, ConfigCache, Flag, MemoryCache,
    cache::{BoxError, Entry, cache_key},
};
use configcat_eval::{Config, Evaluation, EvaluationError, User};

use crate::{Attributes, Floor, KEY, Meter, Workload};

/// An SDK key of a valid form.
pub const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";

static FLAG: Flag<bool> = Flag::new(KEY, false);

/// Returns a typical client: in auto polling, with a config from the cache.
///
/// # Errors
///
/// The client cannot be built, or is not ready in time.
pub fn client(json: &str) -> Result<Client, BoxError> {
    let cache = MemoryCache::new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().try_into()?;
    cache.write(&cache_key(SDK_KEY), &Entry::new(now, "\"etag\"", json)?.to_string())?;
    let client = Client::builder(SDK_KEY).cache(cache).offline(true).build()?;
    client.wait_for_ready(Duration::from_secs(60));
    if client.get_all_keys().is_empty() { Err("the client has no config".into()) } else { Ok(client) }
}

/// A workload with its evaluators.
#[derive(Debug)]
pub struct Ours {
    floor: Option<Floor>,
    config: Arc<Config>,
    client: Client,
    user: Option<User>,
    attributes: Attributes,
    keys: Vec<String>,
}

impl Ours {
    /// Creates the evaluators of a workload.
    ///
    /// # Errors
    ///
    /// An evaluator cannot be built.
    pub fn new(workload: &Workload) -> Result<Self, BoxError> {
        let json = workload.json();
        Ok(Self {
            floor: Floor::new(&workload.settings),
            config: Arc::new(Config::parse(&json)?),
            client: client(&json)?,
            user: workload.user(),
            attributes: workload.attributes.clone().unwrap_or_default(),
            keys: workload.settings.iter().map(|setting| setting.key.clone()).collect(),
        })
    }

    /// Returns the client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the floor, if it supports the workload.
    #[must_use]
    pub fn floor(&self) -> Option<&Floor> {
        self.floor.as_ref()
    }

    /// Returns the value of the setting [`KEY`] by the client, after a check that all evaluators
    /// agree.
    ///
    /// # Errors
    ///
    /// The evaluators disagree, or there is no value.
    pub fn value(&self) -> Result<bool, BoxError> {
        let user = self.user.as_ref();
        let details = self.client.get_value_details(KEY, false, user);
        if let Some(error) = details.error {
            return Err(error.message().into());
        }
        let floor = self.floor.as_ref().map(|floor| floor.get(KEY, false, &self.attributes));
        let eval = self.config.evaluate(KEY, user)?.value().as_bool();
        let others = [floor, eval, Some(self.client.get(&FLAG, user))];
        if others.into_iter().flatten().any(|other| other != details.value) {
            return Err(format!("client {}, floor, eval, flag {others:?}", details.value).into());
        }
        Ok(details.value)
    }

    /// Measures one evaluation by each evaluator.
    pub fn single(&self, meter: &mut impl Meter) {
        let user = self.user.as_ref();
        if let Some(floor) = &self.floor {
            meter.measure("floor", || floor.get(black_box(KEY), false, black_box(&self.attributes)));
        }
        meter.measure("eval", || {
            let evaluation = self.config.evaluate(black_box(KEY), black_box(user));
            evaluation.ok().and_then(|evaluation| evaluation.value().as_bool()).unwrap_or(false)
        });
        self.client_only(meter, "client");
        meter.measure("flag", || self.client.get(black_box(&FLAG), black_box(user)));
    }

    /// Measures one evaluation through the client.
    pub fn client_only(&self, meter: &mut impl Meter, name: &str) {
        let user = self.user.as_ref();
        meter.measure(name, || self.client.get_value(black_box(KEY), false, black_box(user)));
    }

    /// Measures the evaluation of all settings, in one call and one by one.
    pub fn all(&self, meter: &mut impl Meter) {
        let user = self.user.as_ref();
        if let Some(floor) = &self.floor {
            meter.measure("floor", || floor.all(black_box(&self.attributes)));
        }
        let is_on = |(_, evaluation): (&str, Result<Evaluation<'_>, EvaluationError>)| {
            evaluation.is_ok_and(|evaluation| evaluation.value().as_bool() == Some(true))
        };
        meter.measure("eval", || {
            self.config.evaluate_all(black_box(user)).map(is_on).filter(|is_on| *is_on).count()
        });
        meter.measure("client", || self.client.get_all_values(black_box(user)));
        let get = |key: &String| self.client.get_value(black_box(key), false, black_box(user));
        meter.measure("single", || self.keys.iter().filter(|key| get(key)).count());
    }
}
