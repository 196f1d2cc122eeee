//! A call of the Redis cache ends in time, even if the server acts in small steps.

use std::{
    io::{self, Read, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use configcat_cache::{BoxError, ConfigCache, RedisCache, RedisCacheError};

use crate::{
    KEY,
    scripted::{Scripted, bulk, deaf},
};

/// Both limits of the caches here.
const LIMIT: Duration = Duration::from_millis(200);
/// Time of a step of the servers: much shorter than the limit, so that each step is in time.
const STEP: Duration = Duration::from_millis(50);
/// Number of steps, which take ten seconds.
const STEPS: usize = 200;
/// A call must have ended by then: the two limits, and ample time for a busy machine.
const PATIENCE: Duration = Duration::from_secs(4);

fn limited(url: &str) -> RedisCache {
    RedisCache::new(url).unwrap().connect_timeout(LIMIT).response_timeout(LIMIT)
}

fn drip(peer: &mut dyn Write, text: &str) -> io::Result<()> {
    for byte in text.as_bytes() {
        thread::sleep(STEP);
        peer.write_all(&[*byte])?;
    }
    Ok(())
}

/// Asserts that the call ended in time, by its timeout.
#[track_caller]
fn assert_late(name: &str, call: impl FnOnce() -> Result<(), BoxError>) -> RedisCacheError {
    let start = Instant::now();
    let outcome = call();
    let took = start.elapsed();
    assert!(took < PATIENCE, "{name}: {took:?}");
    let error: RedisCacheError = *outcome.unwrap_err().downcast().unwrap();
    let (RedisCacheError::Connect { source } | RedisCacheError::Command { source }) = &error else {
        unreachable!("{name}: {error:?}");
    };
    assert!(source.is_timeout(), "{name}: {error:?}");
    error
}

#[track_caller]
fn assert_both_late(name: &str, url: &str) {
    assert_late(name, || limited(url).read(KEY).map(drop));
    assert_late(name, || limited(url).write(KEY, "value"));
}

type Drip = fn(&mut dyn Write) -> io::Result<()>;

/// Servers that answer in small steps, by what they drip.
fn drips() -> [(&'static str, Drip); 6] {
    [
        ("a status", |peer| drip(peer, &format!("+{}\r\n", "x".repeat(STEPS)))),
        ("an error", |peer| drip(peer, &format!("-{}\r\n", "x".repeat(STEPS)))),
        ("a length", |peer| drip(peer, &format!("${}\r\n", "0".repeat(STEPS)))),
        ("a string", |peer| drip(peer, &bulk(&"x".repeat(STEPS)))),
        ("the rest of a string", |peer| {
            peer.write_all(format!("${}\r\n{}", (1 << 20) + STEPS, "x".repeat(1 << 20)).as_bytes())?;
            drip(peer, &"x".repeat(STEPS))
        }),
        ("the end of a string", |peer| {
            peer.write_all(bulk("value").trim_end().as_bytes())?;
            thread::sleep(STEP * 200);
            peer.write_all(b"\r\n")
        }),
    ]
}

#[test]
fn a_slow_reply_times_out() {
    thread::scope(|scope| {
        for (name, answer) in drips() {
            scope.spawn(move || {
                let server = Scripted::new(move |_, peer| answer(peer));
                assert_both_late(name, &server.url());
            });
        }
    });
}

#[test]
#[cfg(unix)]
fn a_slow_reply_on_a_unix_socket_times_out() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for (name, answer) in drips() {
            let path = folder.path().join(name);
            scope.spawn(move || {
                let server = Scripted::at_path(&path, move |_, peer| answer(peer));
                assert_both_late(name, &format!("unix://{}", server.address()));
            });
        }
    });
}

#[test]
fn a_slow_login_times_out() {
    for word in ["AUTH", "SELECT"] {
        let server = Scripted::new(move |words, peer| match &*words[0] {
            slow if slow == word => drip(peer, &format!("+{}\r\n", "x".repeat(STEPS))),
            _ => peer.write_all(b"+OK\r\n"),
        });
        let url = format!("redis://:secret@{}/1", server.address());
        let error = assert_late(word, || limited(&url).read(KEY).map(drop));
        assert!(matches!(error, RedisCacheError::Connect { .. }), "{word}: {error:?}");
    }
}

/// Frames of later protocols, and endless replies, are not replies to the command.
#[test]
fn a_flood_of_replies_ends_the_call() {
    for frame in
        [">2\r\n+message\r\n+x\r\n", "|1\r\n+key\r\n+value\r\n", "*0\r\n", ":1\r\n", "+x\r\n", "$-1\r\n"]
    {
        let server = Scripted::new(move |_, peer| {
            let start = Instant::now();
            while start.elapsed() < STEP * 200 {
                peer.write_all(frame.as_bytes())?;
                thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        });
        let start = Instant::now();
        // The first reply may be one that answers; what follows must not be taken for the answer of
        // the next call.
        let read = limited(&server.url()).read(KEY);
        assert!(read.is_err() || frame == "$-1\r\n", "{frame:?}: {read:?}");
        assert!(limited(&server.url()).write(KEY, "value").is_err(), "{frame:?}");
        assert!(start.elapsed() < PATIENCE, "{frame:?}: {:?}", start.elapsed());
    }
}

#[test]
fn an_endless_reply_is_read_only_up_to_its_limit() {
    // Lines and strings that never end, as fast as they can be sent.
    for start in ["+", "-", "$", "$9223372036854775807\r\n", "*1\r\n$9223372036854775807\r\n"] {
        let server = Scripted::new(move |_, peer| {
            peer.write_all(start.as_bytes())?;
            loop {
                peer.write_all(&[b'1'; 1 << 16])?;
            }
        });
        let cache = RedisCache::new(&server.url()).unwrap().response_timeout(Duration::from_secs(60));
        let begin = Instant::now();
        assert!(cache.read(KEY).is_err(), "{start:?}");
        assert!(begin.elapsed() < Duration::from_secs(20), "{start:?}: {:?}", begin.elapsed());
    }
}

/// A value that fills all buffers on its way.
fn large() -> String {
    "x".repeat(64 << 20)
}

#[test]
fn a_server_that_reads_nothing_times_out() {
    let (_listener, url) = deaf();
    let value = large();
    assert_late("large", || limited(&url).write(KEY, &value));
    assert_both_late("small", &url);
}

/// Reads some of what is sent to it every now and then.
fn sip(mut peer: impl Read + Send + 'static) {
    thread::spawn(move || {
        // As much as the buffers of a Unix socket hold, so that the sender can go on each time.
        let mut some = vec![0; 1 << 18];
        for _ in 0..STEPS {
            thread::sleep(STEP);
            peer.read_exact(&mut some)?;
        }
        io::Result::Ok(())
    });
}

#[test]
fn a_slow_reader_of_a_large_value_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(sip));
    let value = large();
    assert_late("TCP", || limited(&url).write(KEY, &value));
}

#[test]
#[cfg(unix)]
fn a_slow_reader_on_a_unix_socket_times_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(sip));
    let value = large();
    assert_late("Unix", || limited(&format!("unix://{}", path.display())).write(KEY, &value));
}

/// A server whose queue is full accepts no new connection.
#[test]
#[cfg(target_os = "linux")]
fn a_full_unix_socket_queue_times_out() {
    use redis::io::tcp::socket2::{Domain, SockAddr, Socket, Type};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    server.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    server.listen(0).unwrap();
    let _only_place = std::os::unix::net::UnixStream::connect(&path).unwrap();
    thread::scope(|scope| {
        // Ends a call that would wait for ever.
        let release = scope.spawn(|| {
            thread::park_timeout(STEP * 200);
            server.accept().map(drop)
        });
        let error =
            assert_late("queue", || limited(&format!("unix://{}", path.display())).read(KEY).map(drop));
        assert!(matches!(error, RedisCacheError::Connect { .. }), "{error:?}");
        release.thread().unpark();
    });
}

#[test]
fn a_lost_connection_is_replaced_once() {
    let server = Scripted::new(|words, peer| match &*words[1] {
        "first" => peer.write_all(bulk("value").as_bytes()),
        _ => {
            thread::sleep(LIMIT / 2);
            Err(io::ErrorKind::ConnectionReset.into())
        }
    });
    let cache = limited(&server.url());
    cache.read("first").unwrap();
    let start = Instant::now();
    assert!(cache.read("second").is_err());
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    assert_eq!(server.connections(), 2, "one more is tried, and no third");
}
