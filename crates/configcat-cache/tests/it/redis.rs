//! The Redis cache where there is no Redis. What it does with one is tested in `trials`.

use std::{
    error::Error,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use configcat_cache::{ConfigCache, RedisCache, RedisCacheError};

use crate::KEY;

#[test]
fn urls_that_cannot_be_used_are_refused_and_not_quoted() {
    for url in [
        "",
        "secret",
        "secret@host",
        "http://:secret@host",
        "redis://:secret@",
        "redis://user:secret@host:port",
        "redis://user:secret/@host",
        "redis://user:secret#@host",
        "redis://user:secret?@host",
        "redis://:secret@host/secret",
        "redis://host?protocol=secret",
        // No TLS unless the crate `redis` has it.
        "rediss://:secret@host",
    ] {
        let error = RedisCache::new(url).expect_err(url);
        assert!(matches!(error, RedisCacheError::InvalidUrl), "{url}");
        assert!(!format!("{error} {error:?}").contains("secret") && error.source().is_none(), "{url}");
    }
}

#[test]
fn urls_of_redis_and_valkey_are_taken_and_not_shown() {
    for url in ["redis://user:secret%2F@secret:1/2", "valkey://secret", "unix:///secret?db=1&pass=secret"] {
        assert!(!format!("{:?}", RedisCache::new(url).unwrap()).contains("secret"), "{url}");
    }
}

/// A server that answers the greeting, and each command thereafter with this.
fn answering(answer: &'static str) -> RedisCache {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            // Words of commands; arguments that begin so there are none.
            for line in lines {
                let reply = match &*line {
                    "CLIENT" => "+OK\r\n",
                    "GETRANGE" | "SET" => answer,
                    _ => continue,
                };
                (&stream).write_all(reply.as_bytes()).unwrap();
            }
        }
    });
    RedisCache::new(&url).unwrap().response_timeout(Duration::from_millis(200))
}

#[test]
fn answers_that_make_no_sense_are_errors() {
    for answer in ["nonsense\r\n", "$99999999999\r\nx", "*1\r\n+x\r\n", ":1\r\n:2\r\n", "", "-ERR no\r\n"] {
        let start = Instant::now();
        let error: RedisCacheError = *answering(answer).read(KEY).unwrap_err().downcast().unwrap();
        assert!(matches!(error, RedisCacheError::Command { .. }), "{answer:?}: {error:?}");
        assert!(start.elapsed() < Duration::from_secs(30), "{answer:?}");
    }
    assert_eq!(answering("$-1\r\n").read(KEY).unwrap(), None);
    assert_eq!(answering("$2\r\nab\r\n").read(KEY).unwrap().as_deref(), Some("ab"));
    answering("+OK\r\n").write(KEY, "value").unwrap();
}

#[test]
fn waiting_is_limited_whatever_is_set() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let cache = RedisCache::new(&url).unwrap().connect_timeout(Duration::ZERO);
    assert!(cache.read(KEY).is_err());
    let shown = format!("{:?}", cache.connect_timeout(Duration::MAX).response_timeout(Duration::MAX));
    assert!(shown.contains("connect_timeout: 60s, response_timeout: 60s"), "{shown}");
}
