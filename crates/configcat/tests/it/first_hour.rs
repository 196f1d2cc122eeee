//! Errors that a person can meet in the first hour, as `?` in `main`, `unwrap` and `expect` print
//! them. Each text says what to do.

use std::{fs, net::TcpListener, time::Duration};

use configcat::{
    Client, ClientBuilder, FileOverrides, Flag, MapOverrides, OverrideBehavior, PollingMode, fetch::Proxy,
};

#[cfg(unix)]
use crate::support::in_its_own_process_behind;
use crate::support::{Cdn, Reply, SDK_KEY, bool_config, client, config};

const DASHBOARD: &str = "https://app.configcat.com/sdkkey";

fn refused(builder: ClientBuilder) -> String {
    format!("{:?}", builder.build().unwrap_err())
}

#[test]
fn sdk_keys() {
    let unknown_form = "the SDK key has an unknown form: write `configcat-sdk-1/` and two parts of 22 characters \
        with a `/` between, as on https://app.configcat.com/sdkkey, or `configcat-proxy/` and the name of an SDK of \
        your ConfigCat Proxy";
    let placeholder =
        &format!("the SDK key is the placeholder of an example; replace it by the key from {DASHBOARD}");
    let white_space = "the SDK key has white space around it; remove it, for example with `trim()`";
    let quotes = "the SDK key has quotes around it; remove them";
    for (key, text) in [
        ("", &*format!("the SDK key is empty; copy it from {DASHBOARD}")),
        ("#YOUR-SDK-KEY#", placeholder),
        ("configcat-sdk-1/YOUR-SDK-KEY", placeholder),
        ("<your key>", placeholder),
        (&format!(" {SDK_KEY}"), white_space),
        (&format!("{SDK_KEY}\n"), white_space),
        (&format!("\"{SDK_KEY}\""), quotes),
        (&format!("'{SDK_KEY}'"), quotes),
        (&SDK_KEY[1..], unknown_form),
        (&SDK_KEY[..SDK_KEY.len() - 1], unknown_form),
        // Keys of other products.
        ("sdk-0123abcd-01ab-4cde-89ab-0123456789ab", unknown_form),
        ("phc_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", unknown_form),
        (
            "configcat-proxy/my-service",
            "an SDK key that starts with `configcat-proxy/` needs the base URL of your ConfigCat Proxy: set \
             `base_url`",
        ),
        (
            &"x".repeat(2000),
            &format!("the SDK key is longer than 1024 bytes; copy it alone from {DASHBOARD}"),
        ),
    ] {
        assert_eq!(refused(Client::builder(key)), text, "{key}");
    }
}

#[test]
fn options() {
    let builder = || Client::builder(SDK_KEY);
    let half = Duration::from_millis(500);
    for (builder, text) in [
        (
            builder().polling_mode(PollingMode::auto().interval(half)),
            "the poll interval or cache TTL must be at least 1 second",
        ),
        (
            builder().polling_mode(PollingMode::lazy().cache_ttl(half)),
            "the poll interval or cache TTL must be at least 1 second",
        ),
        (builder().jitter(10.0), "the jitter must be between 0.0 (no delay) and 1.0"),
        (
            builder().request_timeout(Duration::ZERO),
            "connect timeout and request timeout must be longer than zero",
        ),
        (
            builder().base_url("flags.example.com"),
            "the base URL must start with `https://` or `http://`, as in `https://flags.example.com`",
        ),
        (
            builder().base_url(format!("https://flags.example.com/configuration-files/{SDK_KEY}")),
            "the base URL must not hold the SDK key; write only what comes before `/configuration-files/`",
        ),
    ] {
        assert_eq!(refused(builder), text);
    }
    let proxy = Proxy::url("proxy.example.com:port").unwrap_err();
    assert_eq!(
        format!("{proxy:?}"),
        "the proxy URL has no valid host and port; write it as `http://proxy.example.com:3128`"
    );
}

/// Asserts the error of `from_env` in a process of its own, with these environment variables.
#[cfg(unix)]
fn assert_refused_with(variables: &str, test: &str, text: &str) {
    let script = format!("unset CONFIGCAT_SDK_KEY NO_PROXY no_proxy; exec env {variables} \"$@\"");
    let test = format!("first_hour::{test}");
    in_its_own_process_behind(&["sh", "-c", &script, "sh"], &test, || {
        assert_eq!(format!("{:?}", Client::from_env().unwrap_err()), text);
    });
}

#[cfg(unix)]
#[test]
fn a_missing_variable() {
    let text = format!(
        "the environment variable CONFIGCAT_SDK_KEY is not set; set it to the SDK key from {DASHBOARD}"
    );
    assert_refused_with("", "a_missing_variable", &text);
}

#[cfg(unix)]
#[test]
fn an_empty_variable() {
    let text = format!(
        "the environment variable CONFIGCAT_SDK_KEY holds no SDK key: the SDK key is empty; copy it from {DASHBOARD}"
    );
    assert_refused_with("CONFIGCAT_SDK_KEY=", "an_empty_variable", &text);
}

#[cfg(unix)]
#[test]
fn a_variable_of_white_space() {
    let text = format!(
        "the environment variable CONFIGCAT_SDK_KEY holds no SDK key: the SDK key is empty; copy it from {DASHBOARD}"
    );
    assert_refused_with("CONFIGCAT_SDK_KEY=' '", "a_variable_of_white_space", &text);
}

#[cfg(unix)]
#[test]
fn a_variable_with_quotes() {
    let text = "the environment variable CONFIGCAT_SDK_KEY holds no SDK key: the SDK key has quotes around it; \
        remove them";
    let variables = format!("CONFIGCAT_SDK_KEY='\"{SDK_KEY}\"'");
    assert_refused_with(&variables, "a_variable_with_quotes", text);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode() {
    let text = format!(
        "the environment variable CONFIGCAT_SDK_KEY holds no SDK key: the SDK key is not Unicode; copy it from \
         {DASHBOARD}"
    );
    assert_refused_with("CONFIGCAT_SDK_KEY=$(printf '\\377')", "a_variable_that_is_not_unicode", &text);
}

#[cfg(unix)]
#[test]
fn a_proxy_variable_that_is_no_url() {
    let text = "the environment variable HTTPS_PROXY holds no proxy URL: the proxy URL must start with `http://`, \
        `https://`, `socks4://` or `socks5://`";
    let variables = format!("CONFIGCAT_SDK_KEY={SDK_KEY} HTTPS_PROXY=ftp://proxy.example.com");
    assert_refused_with(&variables, "a_proxy_variable_that_is_no_url", text);
}

#[cfg(unix)]
#[test]
fn a_valid_variable_is_used() {
    // A line end of a file, as in many secrets, is not part of the key.
    let variable = format!("CONFIGCAT_SDK_KEY= {SDK_KEY}\r\n");
    in_its_own_process_behind(&["env", &variable], "first_hour::a_valid_variable_is_used", || {
        let cdn = Cdn::new(&bool_config("isNew", true));
        let builder = Client::builder_from_env().base_url(cdn.url()).proxy(Proxy::None);
        let client = builder.polling_mode(PollingMode::manual()).build().unwrap();
        client.force_refresh().unwrap();
        assert!(client.get_value("isNew", false, None));
        assert!(cdn.requests()[0].path.contains(&format!("/{SDK_KEY}/")));
    });
}

const MASKED: &str = "***************/**********************/****************789012";

/// Returns the error of a refresh, with `URL` in place of this base URL.
fn failed(builder: ClientBuilder, url: &str) -> String {
    let client = builder.polling_mode(PollingMode::manual()).build().unwrap();
    format!("{:?}", client.force_refresh().unwrap_err()).replace(url, "URL")
}

#[test]
fn fetches() {
    let path = format!("URL/configuration-files/{MASKED}/config_v6.json");
    let wrong_key = format!("the SDK key seems to be wrong, compare it with the one on {DASHBOARD}");
    let wrong_url = format!("{wrong_key}; or the base URL URL is wrong");
    for (reply, text) in [
        (Reply::status(404), format!("{wrong_url} (GET {path}, status 404)")),
        (Reply::status(403), format!("{wrong_url} (GET {path}, status 403)")),
        (Reply::status(500), format!("the server gave an unexpected response (GET {path}, status 500)")),
        (
            Reply::body("<html>"),
            format!(
                "the server's response is not a valid config JSON (GET {path}, status 200): the body is not a JSON object"
            ),
        ),
    ] {
        let cdn = Cdn::always(reply);
        assert_eq!(failed(client(&cdn, PollingMode::manual()), &cdn.url()), text);
    }
    // The server is the proxy: it gets a request in absolute form.
    let cdn = Cdn::always(Reply::status(403));
    let proxy = Proxy::url(&cdn.url().replace("http://", "http://jane:secret@")).unwrap();
    let shown = cdn.url().replace("http://", "http://***@");
    let builder = Client::builder(SDK_KEY).base_url("http://flags.example.com").proxy(proxy);
    assert_eq!(
        failed(builder, "http://flags.example.com").replace(&shown, "PROXY"),
        format!(
            "{wrong_url}; or the proxy PROXY has refused the request (GET {path} through the proxy PROXY, status 403)"
        )
    );
}

#[test]
fn no_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let builder = Client::builder(SDK_KEY).base_url(&nobody).proxy(Proxy::None);
    let text = failed(builder, &nobody);
    let start = format!(
        "the server cannot be reached, which most likely is a matter of the local network (GET \
         URL/configuration-files/{MASKED}/config_v6.json): "
    );
    // The rest is the text of the system, such as "Connection refused".
    assert!(text.starts_with(&start) && text.len() > start.len(), "{text}");

    let cdn = Cdn::always(Reply::hang());
    let builder = client(&cdn, PollingMode::manual()).request_timeout(Duration::from_millis(200));
    assert_eq!(
        failed(builder, &cdn.url()),
        format!(
            "the server did not answer in time (GET URL/configuration-files/{MASKED}/config_v6.json): the request \
             took longer than 200ms"
        )
    );
}

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
#[test]
fn no_feature_for_tls() {
    let builder = Client::builder(SDK_KEY).base_url("https://127.0.0.1:9").proxy(Proxy::None);
    let text = failed(builder, "https://127.0.0.1:9");
    let end = "this build has no TLS; turn on one of the features `rustls` and `native-tls`";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn refreshes_that_do_not_fetch() {
    let builder = || Client::builder(SDK_KEY).polling_mode(PollingMode::manual());
    let flags = MapOverrides::new([("isNew", true.into())]);
    let closed = builder().build().unwrap();
    closed.close();
    for (client, text) in [
        (
            builder().offline(true).build().unwrap(),
            "the client is offline and has no cache to read from; call `set_online()` first",
        ),
        (closed, "the client is closed; build a new one"),
        (
            builder().overrides(OverrideBehavior::LocalOnly, flags).build().unwrap(),
            "the client uses overrides only, so there is nothing to fetch",
        ),
    ] {
        assert_eq!(format!("{:?}", client.force_refresh().unwrap_err()), text);
    }
}

#[test]
fn override_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flags.json");
    let builder = |path: &std::path::Path| {
        Client::builder("local").overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path))
    };
    let text = |cause: &str| {
        format!(
            "the flag overrides cannot be loaded: PATH: {cause}; an override file looks like this:\n\
             {{ \"flags\": {{\n    \"isNewUiEnabled\": true, \"limit\": 10 }} }}"
        )
    };
    let neither = "neither \"flags\" nor a config JSON";
    for (content, cause) in [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("\u{feff}\n", "the file is empty"),
        ("{\"flags\": {\"a\": tru}}", "config JSON is not valid JSON: expected ident at line 1 column 20"),
        ("[]", "config JSON is not a JSON object"),
        ("{}", &format!("{neither}: write {{\"flags\": {{\"isNew\": true}}}}")),
        (
            "{\"isNew\": true}",
            &format!("{neither}: settings belong into \"flags\", as {{\"flags\": {{\"isNew\": true}}}}"),
        ),
        ("{\"Flags\": {}}", &format!("{neither}: names are case-sensitive, write \"flags\"")),
        ("{\"flags\": [\"isNew\"]}", "flags: expected an object, found a list"),
    ] {
        fs::write(&path, content).unwrap();
        let found = refused(builder(&path)).replace(&*path.to_string_lossy(), "PATH");
        assert_eq!(found, text(cause), "{content}");
    }
    let found = refused(builder(folder.path())).replace(&*folder.path().to_string_lossy(), "PATH");
    assert_eq!(found, "the flag overrides cannot be loaded: PATH: is a folder, not a file");

    let missing = refused(builder("no-such-file.json".as_ref()));
    let here = std::env::current_dir().unwrap();
    let here = here.display();
    let start = format!("the flag overrides cannot be loaded: {here}/no-such-file.json: ");
    let end = format!("; the path `no-such-file.json` is relative to the current folder, {here}");
    assert!(cfg!(windows) || (missing.starts_with(&start) && missing.ends_with(&end)), "{missing}");
}

fn on(config: &str) -> Client {
    let cdn = Cdn::new(config);
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    client
}

const DEFAULT: &str = "Returning the `default` parameter that you specified in your application: 'false'.";

fn failure(client: &Client, key: &str) -> String {
    format!("{:?}", client.get_value_details(key, false, None).error.unwrap())
}

#[test]
fn evaluations() {
    let client = on(&config(&[("maxUploadMb", 2, r#"{"i":5}"#), ("isNew", 0, "{}")]));
    for (key, text) in [
        (
            "maxUploadMB",
            format!(
                "Failed to evaluate setting 'maxUploadMB' (the key was not found in config JSON). Did you mean \
                 'maxUploadMb'? {DEFAULT} Available keys: ['maxUploadMb', 'isNew']. This is logged once for each key."
            ),
        ),
        (
            "discount",
            format!(
                "Failed to evaluate setting 'discount' (the key was not found in config JSON). {DEFAULT} Available \
                 keys: ['maxUploadMb', 'isNew']. This is logged once for each key."
            ),
        ),
        (
            "maxUploadMb",
            format!(
                "The type of a setting must match the type of the specified default value. Setting 'maxUploadMb' is \
                 of type int, but the default value's type is bool. Please use a default value which corresponds to \
                 the setting type. {DEFAULT} Learn more: \
                 https://configcat.com/docs/sdk-reference/rust/#setting-type-mapping"
            ),
        ),
        (
            "isNew",
            format!(
                "Error occurred while evaluating setting 'isNew': f.isNew.v: bool value (b) is missing. {DEFAULT}"
            ),
        ),
    ] {
        assert_eq!(failure(&client, key), text);
    }
}

#[test]
fn typed_flags() {
    static MAX: Flag<i64> = Flag::new("maxUploadMB", 5);
    static TITLE: Flag<&str> = Flag::new("isNew", "");
    let client = on(&config(&[("maxUploadMb", 2, r#"{"i":5}"#), ("isNew", 0, r#"{"b":true}"#)]));
    let shown: Vec<_> = client.check(&[&MAX, &TITLE]).iter().map(|problem| format!("{problem:?}")).collect();
    assert_eq!(
        shown,
        [
            "flag 'maxUploadMB' is not in the config; did you mean 'maxUploadMb'?",
            "flag 'isNew' is of type bool, but is used as text",
        ]
    );
    static FORGED: Flag<bool> = Flag::new("IsNew\nis fine", false);
    let client = on(&config(&[("isNew\\nis fine", 0, r#"{"b":true}"#)]));
    let in_one_line = r"flag 'IsNew\nis fine' is not in the config; did you mean 'isNew\nis fine'?";
    assert_eq!(client.check(&[&FORGED])[0].to_string(), in_one_line);
    let empty = Client::builder(SDK_KEY).polling_mode(PollingMode::manual()).build().unwrap();
    assert_eq!(
        format!("{:?}", empty.check(&[&MAX])),
        "[flag 'maxUploadMB' cannot be checked, there is no config: in manual polling only `force_refresh()` fetches, \
         and it was not called yet]"
    );
}

/// The official sentence comes first, then the reason.
#[test]
fn no_config() {
    let cdn = Cdn::always(Reply::status(404));
    let builder = || client(&cdn, PollingMode::manual());
    let (untouched, closed) = (builder().build().unwrap(), builder().build().unwrap());
    closed.close();
    let rejected = builder().build().unwrap();
    let error = rejected.force_refresh().unwrap_err();
    let hanging = Cdn::always(Reply::hang());
    let auto =
        |max_init_wait| client(&hanging, PollingMode::auto().max_init_wait(max_init_wait)).build().unwrap();
    let (late, zero) = (auto(Duration::from_millis(50)), auto(Duration::ZERO));
    let offline = Client::builder(SDK_KEY).polling_mode(PollingMode::manual()).offline(true);
    for (client, reason) in [
        (untouched, "in manual polling only `force_refresh()` fetches, and it was not called yet"),
        (closed, "the client was closed before it had a config"),
        (rejected, &format!("the last fetch failed: {error:#}")),
        (offline.build().unwrap(), "the client is offline and has no cache"),
        (late, "the first config has not arrived within the max init wait of 50ms"),
        (zero, "the first config has not arrived, and evaluations do not wait: the max init wait is zero"),
    ] {
        assert_eq!(
            failure(&client, "isNew"),
            format!(
                "Config JSON is not present when evaluating setting 'isNew'. {DEFAULT} Reason: {reason}."
            )
        );
    }
}
