//! Clients of overrides alone.

use std::{error::Error, sync::Arc};

use configcat::{Client, Config, MapOverrides, OverrideBehavior, OverrideSource, Value};

/// Source of settings from a config JSON.
pub struct Document(pub &'static str);

impl OverrideSource for Document {
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>> {
        Ok(Some(Arc::new(Config::parse(self.0)?)))
    }
}

/// Returns a client of values.
pub fn local(values: impl IntoIterator<Item = (&'static str, Value)>) -> Client {
    let overrides = MapOverrides::new(values);
    Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap()
}

/// Returns a client of a config JSON.
pub fn on_document(json: &'static str) -> Client {
    Client::builder("local").overrides(OverrideBehavior::LocalOnly, Document(json)).build().unwrap()
}
