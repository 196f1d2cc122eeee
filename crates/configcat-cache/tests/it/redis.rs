//! The Redis cache where there is no Redis. What it does with one is tested in `tests`.

use std::{
    error::Error,
    io,
    net::TcpListener,
    sync::{
        Arc, Mutex,
        mpsc::{self, Sender},
    },
    time::{Duration, Instant},
};

use configcat_cache::{ConfigCache, RedisCache, RedisCacheError};

use crate::{
    KEY, chain,
    scripted::{Scripted, bulk},
};

#[test]
fn invalid_urls_are_refused_and_not_quoted() {
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
fn urls_are_accepted_and_not_shown() {
    for url in ["redis://user:secret%2F@secret:1/2", "valkey://secret", "unix:///secret?db=1&pass=secret"] {
        assert!(!format!("{:?}", RedisCache::new(url).unwrap()).contains("secret"), "{url}");
    }
}

/// A server that answers each command with this.
fn answering(answer: &'static str) -> (Scripted, RedisCache) {
    let server = Scripted::new(move |_, peer| peer.write_all(answer.as_bytes()));
    let cache = RedisCache::new(&server.url()).unwrap().response_timeout(Duration::from_millis(500));
    (server, cache)
}

#[test]
fn malformed_replies_are_errors() {
    for answer in [
        "nonsense\r\n",
        "",
        "\r\n",
        "-ERR no\r\n",
        "-\r\n",
        "+\u{fffd}\r\n",
        ":1\r\n:2\r\n",
        "$x\r\n",
        "$-2\r\n",
        "$2\r\nabc\r\n",
        "$99999999999\r\nx",
        "*1\r\n+x\r\n",
        "*-1\r\n",
        // Lengths beyond any memory.
        "*99999999999\r\n",
        "~9223372036854775807\r\n",
        "%4611686018427387903\r\n",
        "|-1\r\n",
        "=-1\r\n",
        ">9223372036854775807\r\n",
    ] {
        let (_server, cache) = answering(answer);
        let start = Instant::now();
        for error in [cache.read(KEY).unwrap_err(), cache.write(KEY, "value").unwrap_err()] {
            let error: RedisCacheError = *error.downcast().unwrap();
            assert!(matches!(error, RedisCacheError::Command { .. }), "{answer:?}: {error:?}");
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{answer:?}");
    }
    assert_eq!(answering("$-1\r\n").1.read(KEY).unwrap(), None);
    assert_eq!(answering("$0\r\n\r\n").1.read(KEY).unwrap(), None);
    assert_eq!(answering("$2\r\nab\r\n").1.read(KEY).unwrap().as_deref(), Some("ab"));
    answering("+OK\r\n").1.write(KEY, "value").unwrap();
    // A reply to another command is an error.
    assert!(answering("+OK\r\n").1.read(KEY).is_err());
    assert!(answering("$2\r\nOK\r\n").1.write(KEY, "value").is_err());
}

/// Server with users and databases, which closes the connection at any command that the page of
/// `RedisCache` does not list.
fn strict() -> Scripted {
    Scripted::new(|words, peer| match &*words[0] {
        "GETRANGE" => peer.write_all(b"$5\r\nvalue\r\n"),
        "SET" | "AUTH" | "SELECT" => peer.write_all(b"+OK\r\n"),
        _ => Err(io::ErrorKind::ConnectionReset.into()),
    })
}

#[test]
fn only_the_documented_commands_are_sent() {
    let read = format!("GETRANGE app:{KEY} 0 {}", RedisCache::MAX_BYTES);
    let write = format!("SET app:{KEY} value PX 60000");
    for (login, before) in [
        ("redis://{}", vec![]),
        ("redis://{}/0?protocol=resp3", vec![]),
        ("redis://:secret@{}", vec!["AUTH secret"]),
        ("redis://user:secret@{}/7?protocol=resp3", vec!["AUTH user secret", "SELECT 7"]),
    ] {
        let server = strict();
        let client = redis::Client::open(login.replace("{}", server.address())).unwrap();
        let cache = RedisCache::with_client(client).key_prefix("app:").ttl(Duration::from_secs(60));
        assert_eq!(cache.read(KEY).unwrap().as_deref(), Some("value"), "{login}");
        cache.write(KEY, "value").unwrap();
        assert_eq!(server.commands(), [before, vec![&*read, &*write]].concat(), "{login}");
        assert_eq!(server.connections(), 1, "{login}");
    }
}

/// Before version 6, a Redis has a password and no users.
#[test]
fn a_server_without_users_gets_only_the_password() {
    let server = Scripted::new(|words, peer| match (&*words[0], words.len()) {
        ("AUTH", 3) => peer.write_all(b"-ERR wrong number of arguments for 'auth' command\r\n"),
        ("GETRANGE", _) => peer.write_all(b"$-1\r\n"),
        _ => peer.write_all(b"+OK\r\n"),
    });
    let cache = RedisCache::new(&format!("redis://user:secret@{}", server.address())).unwrap();
    assert_eq!(cache.read(KEY).unwrap(), None);
    assert_eq!(server.commands()[..2], ["AUTH user secret", "AUTH secret"]);
}

#[test]
fn a_password_repeated_by_the_server_is_hidden() {
    for word in ["AUTH", "SELECT", "GETRANGE"] {
        let server = Scripted::new(move |words, peer| match &*words[0] {
            refused if refused == word => peer.write_all(b"-ERR the password is Xq7secretXq7, you know\r\n"),
            _ => peer.write_all(b"+OK\r\n"),
        });
        let url = format!("redis://:Xq7secretXq7@{}/1", server.address());
        let error = RedisCache::new(&url).unwrap().read(KEY).unwrap_err();
        let shown = format!("{error:?} {}", chain(&*error).join(": "));
        assert!(!shown.contains("secret"), "{word}: {shown}");
    }
}

#[test]
fn errors_show_each_cause_once() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = RedisCache::new(&format!("redis://{closed}")).unwrap();
    let (_no, denies) = answering("-NOPERM no permission\r\n");
    let (_nonsense, babbles) = answering("*0\r\n");
    let (_silence, hangs) = answering("");
    let (_bytes, cut) = answering("$1\r\n");
    for (cache, says) in [
        (refused, "cannot connect to Redis: "),
        (denies, "the Redis command failed: NoPerm: no permission"),
        (babbles, "the Redis command failed: "),
        (hangs, "the Redis command failed: "),
        (cut, "the Redis command failed: "),
    ] {
        for error in [cache.read(KEY).unwrap_err(), cache.write(KEY, "value").unwrap_err()] {
            let texts = chain(&*error);
            assert!(texts.join(": ").starts_with(says), "{texts:?}");
            assert_eq!(texts.len(), 2, "what failed, and why: {texts:?}");
            assert!(!texts[0].contains(&texts[1]), "{texts:?}");
        }
    }
}

/// A late reply belongs to a call that has ended.
#[test]
fn a_late_reply_is_never_used_for_the_next_call() {
    let late: Arc<Mutex<Option<Sender<()>>>> = Arc::default();
    let released = Arc::clone(&late);
    let server = Scripted::new(move |words, peer| {
        if words[1] == "slow" {
            let (sender, receiver) = mpsc::channel();
            *late.lock().unwrap() = Some(sender);
            // Until the next call is there.
            receiver.recv().map_err(io::Error::other)?;
        } else if let Some(slow) = late.lock().unwrap().take() {
            let _ = slow.send(());
        }
        peer.write_all(bulk(&words[1]).as_bytes())
    });
    let cache = RedisCache::new(&server.url()).unwrap().response_timeout(Duration::from_millis(500));
    assert_eq!(cache.read("quick").unwrap().as_deref(), Some("quick"));
    assert!(cache.read("slow").is_err());
    assert!(released.lock().unwrap().is_some(), "it is still to be answered");
    for key in ["other", "another"] {
        assert_own_answer(&cache, key);
    }
    assert_eq!(server.connections(), 2);
}

/// Asserts that a key gets its own reply; these servers answer each key with itself.
#[track_caller]
fn assert_own_answer(cache: &RedisCache, key: &str) {
    assert_eq!(cache.read(key).unwrap().as_deref(), Some(key));
}

/// A proxy that has lost count sends a surplus reply, at once or between two calls.
#[test]
fn a_surplus_reply_is_never_used_for_the_next_call() {
    let (idle, wait) = mpsc::channel::<()>();
    let (sent, is_sent) = mpsc::channel();
    let wait = Mutex::new(wait);
    let server = Scripted::new(move |words, peer| {
        let answer = bulk(&words[1]);
        match &*words[1] {
            "twice" => peer.write_all(format!("{answer}{}", bulk("another's")).as_bytes()),
            "later" => {
                peer.write_all(answer.as_bytes())?;
                wait.lock().unwrap().recv().map_err(io::Error::other)?;
                peer.write_all(bulk("another's").as_bytes())?;
                sent.send(()).map_err(io::Error::other)
            }
            _ => peer.write_all(answer.as_bytes()),
        }
    });
    let cache = RedisCache::new(&server.url()).unwrap();
    // It is not known which of the two replies is the right one.
    assert!(cache.read("twice").is_err());
    assert_own_answer(&cache, "other");
    assert_own_answer(&cache, "later");
    idle.send(()).unwrap();
    is_sent.recv().unwrap();
    assert_own_answer(&cache, "other");
}

#[test]
fn timeouts_are_clamped() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let cache = RedisCache::new(&url).unwrap().connect_timeout(Duration::ZERO);
    assert!(cache.read(KEY).is_err());
    let shown = format!("{:?}", cache.connect_timeout(Duration::MAX).response_timeout(Duration::MAX));
    assert!(shown.contains("connect_timeout: 60s, response_timeout: 60s"), "{shown}");
}
