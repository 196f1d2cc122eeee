//! Errors as `?` in `main`, `unwrap` and `expect` print them.

use std::error::Error;
use std::time::Duration;

use configcat_fetch::{
    BaseUrl, BaseUrlError, ContentError, FetchError, Fetcher, OptionsError, Proxy, ProxyError, SdkKey,
    SdkKeyError,
};

use crate::server::Server;
use crate::{fetcher, options};

#[test]
fn errors_print_their_message_and_causes() {
    let sdk_key: SdkKeyError = SdkKey::parse("key").unwrap_err();
    let url: BaseUrlError = BaseUrl::parse("example.com").unwrap_err();
    let proxy: ProxyError = Proxy::url("ftp://example.com").unwrap_err();
    let options: OptionsError = Fetcher::new(options().request_timeout(Duration::ZERO)).unwrap_err();
    let server = Server::responding(200, &[], "{");
    let fetch: FetchError = fetcher(&server).fetch(None).outcome.unwrap_err();
    let content: &ContentError = fetch.source().unwrap().downcast_ref().unwrap();
    let errors: [&dyn Error; 6] = [&sdk_key, &url, &proxy, &options, &fetch, content];
    for error in errors {
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(error.to_string().contains(' '), "{error}");
    }
    let causes = "the body is not JSON: EOF while parsing an object at line 1 column 1";
    assert_eq!(format!("{content:?}"), causes);
    assert!(format!("{fetch:?}").ends_with(&format!("status 200): {causes}")), "{fetch:?}");
}
