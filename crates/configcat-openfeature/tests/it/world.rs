//! The state of a scenario: a provider, the API that it is set for, and the result of an
//! evaluation.

use std::{
    collections::{BTreeMap, HashMap},
    str::FromStr,
    sync::{Arc, Mutex},
};

use configcat::{Client, ClientBuilder, FileOverrides, OverrideBehavior, PollingMode, fetch::Proxy};
use configcat_openfeature::ConfigCatProvider;
use configcat_testkit::{Cdn, Evaluations, ManualClock, Reply, SDK_KEY, config_json};
use open_feature::{
    EvaluationContext, EvaluationDetails, EvaluationError, EvaluationResult, FlagMetadataValue, Hook,
    HookContext, HookHints, OpenFeature, StructValue, Value, async_trait,
    provider::{FeatureProvider, ProviderStatus},
};
use serde_json::Value as Json;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    Api,
    Client,
    Invocation,
    BeforeHook,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name {
            "API" => Self::Api,
            "client" => Self::Client,
            "invocation" => Self::Invocation,
            "before hook" => Self::BeforeHook,
            _ => return Err(format!("there is no level {name}")),
        })
    }
}

/// The result of an evaluation of any type.
#[derive(Clone)]
pub struct Details {
    pub key: String,
    pub value: Json,
    pub variant: Option<String>,
    pub reason: Option<String>,
    pub metadata: BTreeMap<String, String>,
}

pub struct World {
    client: Option<Client>,
    /// The CDN of the client, kept since the client may still send requests.
    cdn: Option<Cdn>,
    clock: Arc<ManualClock>,
    users: Evaluations,
    contexts: HashMap<Level, EvaluationContext>,
    result: Option<EvaluationResult<Details>>,
    reason_that_hooks_see: Arc<Mutex<Option<String>>>,
}

/// Returns the builder of a client of a CDN, with a clock that stands still.
fn client_of(cdn: &Cdn, mode: impl Into<PollingMode>, clock: Arc<ManualClock>) -> ClientBuilder {
    Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None).polling_mode(mode).clock(clock)
}

impl World {
    pub fn new() -> Self {
        Self {
            client: None,
            cdn: None,
            clock: ManualClock::new(),
            users: Evaluations::default(),
            contexts: HashMap::new(),
            result: None,
            reason_that_hooks_see: Arc::default(),
        }
    }

    pub fn provide(&mut self, state: &str) -> Result<(), String> {
        let cdn = Cdn::new(&config_json([("boolean-flag", true)]));
        let clock = self.clock.clone();
        let client = match state {
            "ready" => {
                let flags = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/scenarios/flags.json");
                Client::builder("local").overrides(OverrideBehavior::LocalOnly, FileOverrides::new(flags))
            }
            "not ready" => {
                cdn.script([Reply::hang()]);
                client_of(&cdn, PollingMode::auto(), clock)
            }
            "in error" => client_of(&cdn, PollingMode::manual(), clock),
            "stale" => {
                cdn.script([Reply::content(), Reply::status(500)]);
                client_of(&cdn, PollingMode::manual(), clock)
            }
            _ => return Err("there is no such state".to_owned()),
        };
        let client = client.build().unwrap();
        if state == "stale" {
            client.force_refresh().unwrap();
            client.force_refresh().unwrap_err();
        }
        self.users = Evaluations::of(&client);
        if state == "not ready" {
            cdn.await_hanging(1);
        }
        self.client = Some(client);
        self.cdn = Some(cdn);
        Ok(())
    }

    fn context(&mut self, level: Level) -> &mut EvaluationContext {
        self.contexts.entry(level).or_default()
    }

    pub fn set_targeting_key(&mut self, key: &str) {
        self.context(Level::Invocation).targeting_key = Some(key.to_owned());
    }

    pub fn set_field(&mut self, level: Level, name: &str, kind: &str, value: &str) -> Result<(), String> {
        let value: Json = value.parse().map_err(|error| format!("{error}"))?;
        let context = self.context(level);
        match (kind, value) {
            ("string", Json::String(text)) => context.add_custom_field(name, text),
            ("boolean", Json::Bool(value)) => context.add_custom_field(name, value),
            ("integer", Json::Number(number)) => context.add_custom_field(name, number.as_i64().unwrap()),
            (_, value) => return Err(format!("{value} is no {kind}")),
        }
        Ok(())
    }

    pub async fn evaluate(&mut self, kind: &str, key: &str) -> Result<(), String> {
        let mut api = OpenFeature::default();
        api.set_evaluation_context(self.context(Level::Api).clone()).await;
        let added = self.contexts.get(&Level::BeforeHook).cloned();
        api.add_hook(Observer { added, reason: self.reason_that_hooks_see.clone() }).await;
        let client = self.client.clone().ok_or("there is no provider")?;
        api.set_provider(ConfigCatProvider::new(client)).await;
        let mut client = api.create_client();
        client.set_evaluation_context(self.context(Level::Client).clone());
        let context = Some(&*self.context(Level::Invocation));
        self.result = Some(match kind {
            "boolean" => client.get_bool_details(key, context, None).await.map(details),
            "string" => client.get_string_details(key, context, None).await.map(details),
            "integer" => client.get_int_details(key, context, None).await.map(details),
            "float" => client.get_float_details(key, context, None).await.map(details),
            "object" => client.get_struct_details::<StructValue>(key, context, None).await.map(details),
            _ => return Err("there is no such type".to_owned()),
        });
        Ok(())
    }

    pub fn details(&self) -> Result<Details, String> {
        let result = self.result.as_ref().ok_or("nothing was evaluated")?;
        result.clone().map_err(|error| format!("it is the error {error:?}"))
    }

    pub fn error(&self) -> Result<EvaluationError, String> {
        let result = self.result.as_ref().ok_or("nothing was evaluated")?;
        result.clone().err().ok_or("there is no error".to_owned())
    }

    pub fn reason_that_hooks_see(&self) -> Option<String> {
        self.reason_that_hooks_see.lock().unwrap().clone()
    }

    pub fn status(&self) -> Result<&'static str, String> {
        let client = self.client.clone().ok_or("there is no provider")?;
        Ok(match ConfigCatProvider::new(client).status() {
            ProviderStatus::NotReady => "NOT_READY",
            ProviderStatus::Ready => "READY",
            ProviderStatus::Error => "ERROR",
            ProviderStatus::STALE => "STALE",
        })
    }

    /// Returns an attribute of the user of the last evaluation.
    pub fn user_attribute(&self, name: &str) -> Option<String> {
        let user = self.users.all().pop()?.user?;
        user.get(name).map(ToString::to_string)
    }
}

/// A hook that adds to the context, and records the reason.
struct Observer {
    added: Option<EvaluationContext>,
    reason: Arc<Mutex<Option<String>>>,
}

#[async_trait]
impl Hook for Observer {
    async fn before<'a>(
        &self,
        context: &HookContext<'a>,
        _: Option<&'a HookHints>,
    ) -> Result<Option<EvaluationContext>, EvaluationError> {
        Ok(self.added.clone().map(|mut added| {
            added.merge_missing(context.evaluation_context);
            added
        }))
    }

    async fn after<'a>(
        &self,
        _: &HookContext<'a>,
        _: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) -> Result<(), EvaluationError> {
        Ok(())
    }

    async fn error<'a>(&self, _: &HookContext<'a>, _: &EvaluationError, _: Option<&'a HookHints>) {}

    async fn finally<'a>(
        &self,
        _: &HookContext<'a>,
        details: &EvaluationDetails<Value>,
        _: Option<&'a HookHints>,
    ) {
        *self.reason.lock().unwrap() = details.reason.as_ref().map(ToString::to_string);
    }
}

fn details<T: Into<Value>>(details: EvaluationDetails<T>) -> Details {
    let metadata = details.flag_metadata.values.into_iter();
    Details {
        key: details.flag_key,
        value: json(details.value.into()),
        variant: details.variant,
        reason: details.reason.map(|reason| reason.to_string()),
        metadata: metadata.map(|(name, value)| (name, metadata_text(&value))).collect(),
    }
}

fn metadata_text(value: &FlagMetadataValue) -> String {
    match value {
        FlagMetadataValue::Int(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn json(value: Value) -> Json {
    match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::String(text) => text.into(),
        Value::Array(items) => items.into_iter().map(json).collect(),
        Value::Struct(object) => object.fields.into_iter().map(|(name, value)| (name, json(value))).collect(),
    }
}
