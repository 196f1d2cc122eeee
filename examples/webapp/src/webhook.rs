//! Webhooks of ConfigCat: a change on the dashboard shows at once instead of at the next poll.

use std::error::Error;

use axum::http::{HeaderMap, StatusCode};
use configcat::Client;
use configcat_webhook::{Headers, Refresher, Verifier};

/// A receiver of webhooks, if there is a key to verify them with.
#[derive(Clone)]
pub(crate) struct Webhook(Option<(Verifier, Refresher)>);

impl Webhook {
    /// Creates a receiver with these signing keys, separated by commas. Without keys it answers
    /// 404.
    pub(crate) fn new(client: &Client, keys: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        if keys.is_empty() {
            return Ok(Self(None));
        }
        Ok(Self(Some((Verifier::new(keys.split(',').map(str::trim))?, Refresher::new(client)?))))
    }

    /// Makes the client fetch if the signature is valid. Does not wait for the fetch, which runs on
    /// the thread of the refresher.
    pub(crate) fn receive(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        let Some((verifier, refresher)) = &self.0 else { return StatusCode::NOT_FOUND };
        let signed = Headers::read(|name| headers.get(name)?.to_str().ok());
        match verifier.verify(&signed, body) {
            Ok(()) => {
                refresher.trigger();
                StatusCode::NO_CONTENT
            }
            Err(error) => {
                eprintln!("error: refused a webhook: {error}");
                StatusCode::UNAUTHORIZED
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HeaderMap, StatusCode, Webhook};
    use base64::{Engine, prelude::BASE64_STANDARD};
    use configcat::{Client, PollingMode, fetch::Proxy};
    use configcat_testkit::{Cdn, SDK_KEY, config_json};
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;
    use std::time::{SystemTime, UNIX_EPOCH};

    const KEY: &str = "configcat_whsk_VN3juirnVh5pNvCKd81RYRYchxUX4j3NykbZG2fAy88=";

    /// Returns the headers of a current webhook, as ConfigCat sends them.
    fn signed(body: &[u8]) -> HeaderMap {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
        let mac = mac.chain_update("some id").chain_update(&now).chain_update(body).finalize();
        let signature = BASE64_STANDARD.encode(mac.into_bytes());
        let mut headers = HeaderMap::new();
        headers.insert("X-ConfigCat-Webhook-ID", "some id".parse().unwrap());
        headers.insert("X-ConfigCat-Webhook-Timestamp", now.parse().unwrap());
        headers.insert("X-ConfigCat-Webhook-Signature-V1", signature.parse().unwrap());
        headers
    }

    #[test]
    fn a_webhook_of_configcat_makes_the_client_fetch() {
        let cdn = Cdn::new(&config_json([("isNew", true)]));
        let client = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = client.polling_mode(PollingMode::manual()).build().unwrap();
        let webhook = Webhook::new(&client, &format!("configcat_whsk_old, {KEY}")).unwrap();
        let headers = signed(b"body");
        assert_eq!(webhook.receive(&headers, b"another body"), StatusCode::UNAUTHORIZED);
        assert_eq!(cdn.count(), 0);
        assert_eq!(webhook.receive(&headers, b"body"), StatusCode::NO_CONTENT);
        cdn.await_requests(1);
        assert_eq!(webhook.receive(&headers, b"body"), StatusCode::UNAUTHORIZED, "it was accepted already");
    }
}
