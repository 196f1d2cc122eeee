//! Webhooks of ConfigCat: what has changed on the dashboard shows at once, and not with the next poll only.

use axum::http::{HeaderMap, StatusCode};
use configcat::Client;
use configcat_webhook::{Headers, Refresher, Verifier};

/// Receives webhooks, if there is a key to verify them with.
#[derive(Clone)]
pub(crate) struct Webhook(Option<(Verifier, Refresher)>);

impl Webhook {
    /// The signing keys have commas between them; none if it is empty.
    pub(crate) fn new(client: &Client, keys: &str) -> crate::Result<Self> {
        if keys.is_empty() {
            return Ok(Self(None));
        }
        Ok(Self(Some((Verifier::new(keys.split(',').map(str::trim))?, Refresher::new(client)?))))
    }

    /// Has the client fetch if ConfigCat has signed this. Does not wait for that: the thread of the refresher does.
    pub(crate) fn receive(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        let Some((verifier, refresher)) = &self.0 else { return StatusCode::NOT_FOUND };
        let signed = Headers::read(|name| headers.get(name)?.to_str().ok());
        match verifier.verify(&signed, body) {
            Ok(()) => {
                refresher.trigger();
                StatusCode::NO_CONTENT
            }
            Err(error) => {
                eprintln!("a webhook was refused: {error}");
                StatusCode::UNAUTHORIZED
            }
        }
    }
}
