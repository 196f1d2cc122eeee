//! Target of any text as SDK key, base URL, proxy, `NO_PROXY` and redirect location. No output may
//! contain a secret.

use std::fmt::Debug;

use configcat_fetch::{FetchOptions, Fetcher, Proxy, SdkKey};

use crate::{endpoint::BaseUrl, http_redirect, proxy};

/// A part of secrets. The fuzzer finds it in no other text by chance.
const SECRET: &str = "hunter2SECRET";

/// Checks the lines of the input: a key, a base URL, a location, proxies and `NO_PROXY`.
pub fn sdk_key_and_url(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (key, url, location, proxy, no_proxy) = (line(), line(), line(), line(), line());
    for key in [SdkKey::parse(key), SdkKey::for_local_use(key)].into_iter().flatten() {
        check_mask(&key);
    }
    base_url(url);
    follow(url, location);
    proxy_rules(url, proxy, no_proxy);
    if !text.contains(SECRET) {
        secrecy(key, url, proxy);
    }
}

/// Checks that all characters except `/` and the last few are masked.
fn check_mask(key: &SdkKey) {
    let shown = key.to_string();
    assert_eq!(format!("{key:?}"), format!("SdkKey({shown})"));
    assert_eq!(shown.chars().count(), key.expose().chars().count());
    let last_part = key.expose().rsplit('/').next().unwrap_or_default().chars().count();
    let masked = shown.chars().count() - 6.min(last_part / 2);
    for (at, (shown, secret)) in shown.chars().zip(key.expose().chars()).enumerate() {
        assert!(shown == '*' || shown == '/' && secret == '/' || at >= masked && shown == secret);
    }
}

fn base_url(text: &str) {
    match BaseUrl::parse(text) {
        Ok(url) => {
            let shown = url.to_string();
            assert_eq!(BaseUrl::parse(&shown).as_ref(), Ok(&url), "{text:?}");
            assert_eq!(BaseUrl::parse(&format!("{shown}/")).as_ref(), Ok(&url), "{text:?}");
            assert!(!shown.contains(['?', '#', ' ', '\n', '\\']) && shown.is_ascii(), "{text:?}");
            assert!(url.port() > 0 && !url.host().is_empty() && !url.host().contains('@'), "{text:?}");
            assert!(
                http_redirect::origin(&shown).is_some_and(|origin| BaseUrl::parse(origin).is_ok()),
                "{text:?}"
            );
        }
        Err(error) => assert_quiet(&error, text),
    }
}

/// Checks that redirects lead to URLs of `http` or `https`, never from `https` to `http`, and never
/// with a user name.
fn follow(url: &str, location: &str) {
    let Ok(base_url) = BaseUrl::parse(url) else { return };
    let mut url = base_url.config_url("key");
    for _ in 0..5 {
        let Some(next) = http_redirect::follow(&url, location) else { return };
        let origin = http_redirect::origin(&next).map(BaseUrl::parse);
        let Some(Ok(to)) = origin else { panic!("{location:?} at {url} leads to {next:?}") };
        let from = BaseUrl::parse(http_redirect::origin(&url).unwrap_or_default()).expect("it was followed");
        assert!(to.is_https() || !from.is_https(), "{location:?} at {url}");
        assert!(!next.contains('#'), "{location:?} at {url}");
        url = next;
    }
}

/// Checks the proxy of an environment whose variables all have this text.
fn proxy_rules(url: &str, text: &str, no_proxy: &str) {
    if let Ok(proxy::Proxy::Url(url)) = proxy::Proxy::url(text) {
        assert!(proxy::Proxy::url(&url.expose()).is_ok(), "{text:?}");
    }
    let Ok(url) = BaseUrl::parse(url) else { return };
    let variable = |name: &str| match name {
        "NO_PROXY" => Some(no_proxy.to_owned()),
        "ALL_PROXY" => Some(text.to_owned()),
        _ => None,
    };
    let rules = proxy::ProxyRules::new(&proxy::Proxy::FromEnvironment, variable);
    match rules.proxy_for(&url) {
        Ok(found) => assert!(found.is_none() || !text.is_empty()),
        Err(error) => assert_quiet(&error, text),
    }
}

/// Puts a secret into key and proxy, and checks all printed forms and errors for it.
fn secrecy(key: &str, url: &str, proxy: &str) {
    let proxy = format!("http://{proxy}{SECRET}@127.0.0.1:1");
    let proxy = Proxy::url(&proxy).inspect_err(|error| assert_silent(error)).unwrap_or(Proxy::None);
    assert_silent(&proxy);
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let base_url = configcat_fetch::BaseUrl::parse(&format!("http://127.0.0.1:1/{path}"));
    let Ok(base_url) = base_url.inspect_err(|error| assert_silent(error)) else { return };
    let Ok(key) = SdkKey::parse(&format!("configcat-proxy/{key}{SECRET}/{key}")) else { return };
    let options = FetchOptions::new(key).base_url(base_url).proxy(proxy);
    assert_silent(&options);
    match Fetcher::new(options) {
        Ok(fetcher) => {
            assert_silent(&fetcher);
            // Shut down, so that the fetch fails without a connection.
            fetcher.shut_down();
            let error = fetcher.fetch(Some("\"etag\"")).outcome.expect_err("it is shut down");
            assert_silent(&error);
            assert!(!format!("{error} {error:#}").contains(SECRET), "{error:#}");
        }
        Err(error) => assert_silent(&error),
    }
}

fn assert_silent(shown: &dyn Debug) {
    let shown = format!("{shown:?} {shown:#?}");
    assert!(!shown.contains(SECRET), "{shown}");
}

/// Checks that an error does not repeat the text that it is about.
fn assert_quiet(error: &impl std::error::Error, text: &str) {
    let shown = format!("{error} {error:?}");
    assert!(text.len() < 24 || !shown.contains(text), "{shown}");
}
