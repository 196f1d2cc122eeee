//! `configcat serve` over real connections.

use std::{
    env, fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use configcat::{Client, RefreshErrorKind, fetch::FetchErrorKind};
use serde_json::{Value as Json, json};

use crate::{
    server::{Server, config},
    support::ROOT,
};

const PATH: &str =
    "/configuration-files/configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012/config_v6.json";

/// The path as the server prints it.
const SHOWN_PATH: &str = "/configuration-files/***/***/***789012/config_v6.json";

#[test]
fn a_client_gets_values_and_then_a_304() {
    let server = Server::new(&config(true), &[]);
    let client = server.client();
    client.force_refresh().unwrap();
    assert!(client.get_value("isNew", false, None));
    let first = server.event("request");
    assert_eq!(
        (&first["status"], &first["path"], &first["gzip"]),
        (&json!(200), &json!(SHOWN_PATH), &json!(true))
    );
    assert!(first["sdk"].as_str().unwrap().starts_with("ConfigCat-Rust/m-"), "{first}");

    client.force_refresh().unwrap();
    let second = server.event("request");
    assert_eq!((&second["status"], &second["bytes"]), (&json!(304), &json!(0)));
}

#[test]
fn a_save_is_served_and_says_which_flag_has_changed() {
    let server = Server::new(&config(false), &[]);
    let client = server.client();
    client.force_refresh().unwrap();
    server.event("request");

    for (is_new, is_renamed) in [(true, false), (false, true)] {
        if is_renamed {
            let new = server.file().with_extension("tmp");
            fs::write(&new, config(is_new)).unwrap();
            fs::rename(&new, server.file()).unwrap();
        } else {
            fs::write(server.file(), config(is_new)).unwrap();
        }
        let saved = server.event("saved");
        assert_eq!(
            (&saved["changes"][0]["key"], &saved["changes"][0]["kind"]),
            (&json!("isNew"), &json!("changed"))
        );
        assert_eq!(saved["changes"][0]["witness"]["new"]["value"], is_new);
        client.force_refresh().unwrap();
        assert_eq!(client.get_value("isNew", !is_new, None), is_new);
        assert_eq!(server.event("request")["status"], 200);
    }
}

#[test]
fn an_invalid_save_keeps_the_flags_and_shows_the_place() {
    let server = Server::new(&config(true), &[]);
    fs::write(server.file(), "{\n  \"f\": oops}").unwrap();
    server.event("invalid");
    let client = server.client();
    client.force_refresh().unwrap();
    assert!(client.get_value("isNew", false, None));
    server.event("request");

    fs::remove_file(server.file()).unwrap();
    server.event("invalid");
    fs::write(server.file(), config(true)).unwrap();
    assert_eq!(server.event("saved")["changes"], json!([]));
    client.force_refresh().unwrap();
    assert_eq!(server.event("request")["status"], 304);

    let stderr = server.stderr();
    assert!(stderr.contains("flags.json is not JSON") && stderr.contains("flags.json:2:8"), "{stderr}");
    assert!(stderr.contains("\"f\": oops"), "{stderr}");
}

#[test]
fn each_fault_is_the_error_that_it_stands_for() {
    let fetch = |kind| RefreshErrorKind::Fetch(kind);
    for (fault, expected, status) in [
        ("503", fetch(FetchErrorKind::UnexpectedResponse), json!(503)),
        ("404", fetch(FetchErrorKind::SdkKeyRejected), json!(404)),
        ("304", fetch(FetchErrorKind::NothingCached), json!(304)),
        ("rubbish", fetch(FetchErrorKind::InvalidContent), json!(200)),
        ("empty", fetch(FetchErrorKind::InvalidContent), json!(200)),
        ("half", fetch(FetchErrorKind::ConnectionFailed), json!(200)),
        ("reset", fetch(FetchErrorKind::ConnectionFailed), Json::Null),
    ] {
        let server = Server::new(&config(true), &["--fault", fault]);
        let error = server.client().force_refresh().unwrap_err();
        assert_eq!(error.kind(), expected, "{fault}: {error:#}");
        let request = server.event("request");
        assert_eq!(request["status"], status, "{request}");
    }
}

#[test]
fn a_server_that_hangs_is_a_timeout() {
    let server = Server::new(&config(true), &["--fault", "hang"]);
    let client = server.client_with_timeout(Duration::from_millis(300));
    let error = client.force_refresh().unwrap_err();
    assert_eq!(error.kind(), RefreshErrorKind::Fetch(FetchErrorKind::TimedOut));
    assert_eq!(server.event("request")["fault"], "hang");
}

#[test]
fn a_reset_is_one_to_the_client() {
    let server = Server::new(&config(true), &["--fault", "reset"]);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_delay_comes_before_the_config() {
    let server = Server::new(&config(true), &["--fault", "delay=200ms"]);
    let (client, start) = (server.client(), Instant::now());
    client.force_refresh().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!(server.event("request")["delay"], 0.2);
}

#[test]
fn a_share_strikes_some_requests() {
    let server = Server::new(&config(true), &["--fault", "50%:503"]);
    let client = server.client();
    let succeeded = [(); 4].map(|()| client.force_refresh().is_ok());
    assert_eq!(succeeded, [true, false, true, false]);
}

#[test]
fn other_forms_are_served_as_version_6() {
    let simple = r#"{"flags": {"isNew": true, "limit": 10}}"#;
    let legacy = r#"{"isNew": {"t": 0, "v": true}, "limit": {"t": 2, "v": 10}}"#;
    for document in [simple.to_owned(), legacy.to_owned(), format!("\u{feff}{{\"f\": {legacy}}}")] {
        let server = Server::new(&document, &[]);
        let client = server.client();
        client.force_refresh().unwrap();
        assert!(client.get_value("isNew", false, None));
        assert_eq!(client.get_value("limit", 0, None), 10);
    }
}

#[test]
fn standard_input_is_served() {
    let server = Server::of_stdin(&config(true));
    let client = server.client();
    client.force_refresh().unwrap();
    assert!(client.get_value("isNew", false, None));
}

#[test]
fn a_document_that_cannot_be_served_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flags.json");
    let sha_1 = r#"{"k": {"t": 0, "v": false, "r": [{"a": "Email", "t": 16, "c": "0a4d", "v": true}]}}"#;
    for (document, message) in
        [(sha_1, "no exact counterpart of \"k\""), ("{", "is not JSON"), ("{}", "no config")]
    {
        fs::write(&file, document).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_configcat")).arg("serve").arg(&file).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
    }
}

#[test]
fn a_port_in_use_is_an_error_with_a_remedy() {
    let server = Server::new(&config(true), &[]);
    let port = server.address().port().to_string();
    let mut second = Command::new(env!("CARGO_BIN_EXE_configcat"));
    let output = second.arg("serve").arg(server.file()).args(["--port", &port]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("cannot listen at 127.0.0.1:") && stderr.contains("--port 0"), "{stderr}");
}

#[test]
fn large_heads_are_refused() {
    let server = Server::new(&config(true), &[]);
    let head =
        |length| format!("GET {PATH} HTTP/1.1\r\nConnection: close\r\nX: {}\r\n\r\n", "x".repeat(length));
    assert!(server.raw(&head(1 << 10)).starts_with("HTTP/1.1 200"));
    assert!(server.raw(&head(100 << 10)).starts_with("HTTP/1.1 431"));
}

#[test]
fn a_body_is_not_read() {
    let server = Server::new(&config(true), &[]);
    // Of ten gigabytes, which never come.
    let answer = server.raw(&format!("GET {PATH} HTTP/1.1\r\nContent-Length: 10000000000\r\n\r\n{{"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn further_clients_wait_for_a_free_connection() {
    let server = Server::new(&config(true), &[]);
    let mut idle: Vec<TcpStream> = (0..256).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    let mut waiting = TcpStream::connect(server.address()).unwrap();
    waiting.write_all(format!("GET {PATH} HTTP/1.1\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    waiting.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(waiting.read(&mut [0]).is_err(), "answered beyond the limit");
    idle.pop();
    waiting.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_also_while_a_request_hangs() {
    let mut server = Server::new(&config(true), &["--fault", "hang"]);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(format!("GET {PATH} HTTP/1.1\r\n\r\n").as_bytes()).unwrap();
    server.event("request");
    server.interrupt();
    let (status, stderr) = server.end();
    assert!(status.success() && stderr.is_empty(), "{status} {stderr}");
}

#[test]
fn it_ends_when_nobody_reads_its_output() {
    let mut server = Server::new(&config(true), &[]);
    server.close_output();
    let client = server.client();
    while server.is_running() {
        let _ = client.force_refresh();
    }
    let (status, stderr) = server.end();
    assert!(status.success() && stderr.is_empty(), "{status} {stderr}");
}

/// The page has the output of a session, in a block that starts with this line.
const SESSION: &str = "$ configcat serve flags.json --fault 25%:503\n";

#[test]
fn a_session_is_that_of_the_documentation() {
    let flags = fs::read_to_string(format!("{ROOT}/examples/flags.json")).unwrap();
    let server = Server::in_text(&flags, &["--fault", "25%:503"]);
    let (client, mut lines) =
        (server.client(), vec![format!("Serving 9 flags of flags.json at {}", server.url)]);
    lines.extend(server.lines(3));
    assert!(Client::builder(lines[2].split(". ").next().unwrap()).build().is_ok(), "{lines:?}");
    client.force_refresh().unwrap();
    client.force_refresh().unwrap();
    lines.extend(server.lines(2));
    let sale = flags.replacen(r#"{ "b": false }"#, r#"{ "b": true }"#, 1);
    fs::write(server.file(), sale).unwrap();
    lines.extend(server.lines(3));
    client.force_refresh().unwrap();
    client.force_refresh().unwrap_err();
    lines.extend(server.lines(2));

    // The port of the documents, and no version that the next release changes.
    let session = lines.join("\n").replace(&server.url, "http://127.0.0.1:8250");
    let session = session.replace(&server.file().display().to_string(), "flags.json");
    let session = session.replace(env!("CARGO_PKG_VERSION"), "1.0.0");
    // The length of packed bytes depends on the library that packs.
    let without_length = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let session = session.split(" bytes of gzip").map(without_length).collect::<Vec<_>>();
    let session = session.join("1700 bytes of gzip");
    let path = format!("{ROOT}/docs/command.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(SESSION).unwrap();
    let (shown, after) = rest.split_once("\n```").unwrap();
    if env::var_os("CONFIGCAT_PAGE").is_some_and(|value| value == "write") {
        fs::write(&path, format!("{before}{SESSION}{session}\n```{after}")).unwrap();
    } else {
        assert_eq!(shown, session, "CONFIGCAT_PAGE=write cargo test -p configcat-cli --test it session");
    }
}

#[test]
fn a_request_cannot_write_to_the_terminal_or_show_a_key() {
    let server = Server::in_text(&config(true), &[]);
    server.lines(3);
    for path in [PATH.to_owned(), format!("/wrong{PATH}"), format!("{PATH}?key={PATH}")] {
        server.raw(&format!("GET {path} HTTP/1.1\r\nUser-Agent: a\u{9b}2Jb\r\nConnection: close\r\n\r\n"));
        let line = server.lines(1).remove(0);
        assert!(
            line.contains(r"a\u{9b}2Jb") && !line.contains("TEST_KEY") && !line.contains("56789012/"),
            "{line}"
        );
    }
}

#[test]
fn only_this_machine_reaches_it_by_default() {
    assert!(Server::new(&config(true), &[]).address().ip().is_loopback());
}
