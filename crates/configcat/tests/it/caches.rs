//! Caches of the user, working and failing.

use std::{sync::Arc, time::Duration};

use configcat::{CacheState, Client, ConfigCache, FileCache, Hooks, PollingMode, cache::BoxError};
use log::Level;

use crate::support::{
    CACHE_KEY, Cdn, Fault, MINUTE, Mailbox, ManualClock, PATIENCE, Reply, SDK_KEY, SECOND, TestCache, client,
    client_on_cache, entry, text_config, timed,
};

/// Client that polls a server with a clock and a cache, and the changes that its hook got.
fn polling(cdn: &Cdn, clock: &Arc<ManualClock>, cache: impl ConfigCache + 'static) -> (Client, Mailbox<()>) {
    let (sender, changes) = Mailbox::new();
    let builder = client(cdn, PollingMode::auto()).clock(clock.clone()).cache(cache);
    let hooks = |hooks: &Hooks| _ = hooks.on_config_changed(move |_| sender.send(()));
    (builder.hooks(hooks).build().unwrap(), changes)
}

fn title(client: &Client) -> String {
    client.get_value("title", "default", None)
}

/// Failure of a cache, and the events that are logged for it.
#[derive(Debug, Default)]
struct Case {
    on_read: Option<Fault>,
    on_write: Option<Fault>,
    read_fails: Option<&'static str>,
    write_fails: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let (panics, fails) = ("panicked: a cache that panics", "a cache that fails");
    let read = |fault, says| Case { on_read: Some(fault), read_fails: Some(says), ..Case::default() };
    let write = |fault, says| Case { on_write: Some(fault), write_fails: Some(says), ..Case::default() };
    let older = Fault::Gives(format!("1\n\"0\"\n{}", text_config("title", "older")));
    let slow = || Some(Fault::Slow(SECOND));
    let mut cases = vec![
        Case { on_read: Some(older), ..Case::default() },
        Case { on_read: slow(), on_write: slow(), ..Case::default() },
        read(Fault::Panic, panics),
        read(Fault::Error, fails),
        read(Fault::Unprintable, "panicked: an error that panics"),
        write(Fault::Panic, panics),
        write(Fault::Error, fails),
        write(Fault::Unprintable, "panicked: an error that panics"),
        Case { on_read: Some(Fault::Error), read_fails: Some(fails), ..write(Fault::Panic, panics) },
    ];
    let rubbish =
        ["", "rubbish", "1\n\n", "x\n\"1\"\n{}", "9999999999999\n\"x\"\n{", "9999999999999\n\"x\"\n[]"];
    cases.extend(rubbish.map(|text| read(Fault::Gives(text.into()), "cache: ")));
    cases
}

#[test]
fn the_client_polls_and_evaluates_with_any_failing_cache() {
    for case in cases() {
        let (clock, cdn, cache) =
            (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
        cache.fail_reads(case.on_read.clone());
        cache.fail_writes(case.on_write.clone());
        let (client, changes) = polling(&cdn, &clock, cache.clone());
        assert_eq!(client.wait_for_ready(PATIENCE), CacheState::HasUpToDateFlagData, "{case:?}");
        assert_eq!(title(&client), "1", "{case:?}");
        clock.await_timer(MINUTE);
        drop(changes.all());
        cdn.serve(&text_config("title", "2"));
        clock.advance(MINUTE);
        changes.next();
        assert_eq!(title(&client), "2", "{case:?}");
        clock.await_timer(MINUTE);
        assert_eq!((cache.reads(), cache.writes(), cdn.count()), (2, 2, 2), "{case:?}");

        // Each failure is logged, and nothing else.
        let mut logged = 0;
        for (id, fails) in [(2200, case.read_fails), (2201, case.write_fails)] {
            let records = clock.log().events_of(id);
            assert_eq!(records.len(), if fails.is_some() { 2 } else { 0 }, "{case:?}");
            for record in &records {
                assert_eq!(record.level, Level::Error);
                assert!(record.text.contains(fails.unwrap()), "{case:?}: {record:?}");
            }
            logged += records.len();
        }
        assert_eq!(clock.log().events().len(), logged, "{case:?}");

        let health = client.health();
        assert_eq!((health.worker_alive, health.consecutive_failures), (Some(true), 0), "{case:?}");
        assert_eq!((health.last_success, health.last_error.is_none()), (Some(clock.now()), true), "{case:?}");
        // A successful write does not hide a failed read.
        let (error, says) = (health.cache_error, case.write_fails.or(case.read_fails));
        assert_eq!(error.is_some(), says.is_some(), "{case:?}");
        assert!(says.is_none_or(|says| says == "cache: " || error.unwrap().contains(says)), "{case:?}");
    }
}

#[test]
fn a_cache_that_fails_at_the_start_does_not_fail_the_build() {
    for mode in [PollingMode::manual(), PollingMode::lazy().into()] {
        for fault in [Fault::Panic, Fault::Error, Fault::Gives("rubbish".into())] {
            let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "1")));
            let cache = TestCache::new();
            cache.fail_reads(fault);
            let client = client(&cdn, mode).clock(clock.clone()).cache(cache.clone()).build().unwrap();
            clock.log().assert_once(2200, Level::Error);
            client.force_refresh().unwrap();
            assert_eq!(title(&client), "1");
            // The cache is used again after it has recovered.
            cache.fail_reads(None);
            clock.advance(SECOND);
            cache.put(entry(clock.now(), "\"2\"", &text_config("title", "2")));
            client.set_offline();
            client.force_refresh().unwrap();
            assert_eq!(title(&client), "2");
        }
    }
}

#[test]
fn an_entry_from_the_future_counts_as_fetched_at_its_first_read() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "from the CDN")));
    let day = 24 * 60 * MINUTE;
    let cache = TestCache::with(entry(clock.now() + day, "\"0\"", &text_config("title", "from the future")));
    let (client, changes) = polling(&cdn, &clock, cache.clone());
    assert_eq!(client.wait_for_ready(PATIENCE), CacheState::HasUpToDateFlagData);
    assert_eq!((&*title(&client), cdn.count()), ("from the future", 0));
    assert_eq!(client.snapshot().fetch_time(), Some(clock.now()));
    changes.next();
    assert!(clock.log().events().is_empty());
}

/// The entry counts as fetched when it was first read, not at each read.
#[test]
fn an_entry_from_the_future_does_not_stop_fetching() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "from the CDN")));
    let day = 24 * 60 * MINUTE;
    let cache = TestCache::with(entry(clock.now() + day, "\"0\"", &text_config("title", "from the future")));
    let (client, _) = polling(&cdn, &clock, cache.clone());
    client.wait_for_ready(PATIENCE);
    for round in 1..=3 {
        clock.await_timer(MINUTE);
        clock.advance(MINUTE);
        cache.await_reads(1 + round);
    }
    clock.await_timer(MINUTE);
    assert_eq!((&*title(&client), cdn.count()), ("from the CDN", 3));
    assert!(cache.entry().unwrap().contains("from the CDN"));
}

/// A cache that cannot be written keeps the entry, which must not replace the config at each poll.
#[test]
fn an_entry_from_the_future_in_a_read_only_cache_is_taken_once() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "from the CDN")));
    let day = 24 * 60 * MINUTE;
    let cache = TestCache::with(entry(clock.now() + day, "\"0\"", &text_config("title", "from the future")));
    cache.fail_writes(Fault::Error);
    let (client, changes) = polling(&cdn, &clock, cache.clone());
    client.wait_for_ready(PATIENCE);
    for round in 1..=5 {
        clock.await_timer(MINUTE);
        clock.advance(MINUTE);
        cache.await_reads(1 + round);
        clock.await_timer(MINUTE);
        assert_eq!(title(&client), "from the CDN", "{round}");
    }
    assert_eq!(changes.all().len(), 2);
}

/// A clock that was an hour fast is corrected. A config fetched then counts as fetched now, so
/// newer entries of other processes are used, also without a fetch.
#[test]
fn the_cache_is_used_again_after_a_fast_clock_is_corrected() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "fast")));
        let cache = TestCache::new();
        let client = client(&cdn, mode).clock(clock.clone()).cache(cache.clone()).build().unwrap();
        client.force_refresh().unwrap();
        client.set_offline();
        clock.set_back(60 * MINUTE);
        client.force_refresh().unwrap();
        assert_eq!(client.snapshot().fetch_time(), Some(clock.now()), "{mode:?}");
        clock.advance(SECOND);
        cache.put(entry(clock.now(), "\"other\"", &text_config("title", "of a neighbour")));
        clock.advance(SECOND);
        client.force_refresh().unwrap();
        assert_eq!(title(&client), "of a neighbour", "{mode:?}");
    }
}

/// Clocks may be coarse, and in tests they stand still.
#[test]
fn an_entry_of_the_same_millisecond_is_taken() {
    let (clock, cdn, cache) = (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
    let client =
        client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone()).build().unwrap();
    client.force_refresh().unwrap();
    client.set_offline();
    cache.put(entry(clock.now(), "\"2\"", &text_config("title", "2")));
    client.force_refresh().unwrap();
    assert_eq!(title(&client), "2");
    // Only once: at the second read the config in memory is as new.
    client.set_online();
    cache.fail_writes(Fault::Error);
    client.force_refresh().unwrap();
    assert_eq!(title(&client), "1");
    client.set_offline();
    client.force_refresh().unwrap();
    assert_eq!(title(&client), "1");
}

/// While a process with a fast clock keeps the cache fresh, no other process needs to fetch.
#[test]
fn newer_entries_of_a_fast_clock_are_used() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "from the CDN")));
    let dated = |time| entry(time, "\"0\"", &text_config("title", "of a neighbour"));
    let skew = 2 * MINUTE;
    let cache = TestCache::with(dated(clock.now() + skew));
    let (client, _) = polling(&cdn, &clock, cache.clone());
    client.wait_for_ready(PATIENCE);
    for round in 1..=3 {
        clock.await_timer(MINUTE);
        cache.put(dated(clock.now() + MINUTE + skew));
        clock.advance(MINUTE);
        cache.await_reads(1 + round);
    }
    clock.await_timer(MINUTE);
    assert_eq!((&*title(&client), cdn.count()), ("of a neighbour", 0));
    assert_eq!(client.snapshot().fetch_time(), Some(clock.now()));
}

/// Cache that blocks its readers and writers until it is released.
#[derive(Clone)]
struct Gate(Arc<std::sync::Mutex<()>>);

impl ConfigCache for Gate {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        drop(self.0.lock());
        Ok(None)
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        drop(self.0.lock());
        Ok(())
    }
}

#[test]
fn evaluation_and_close_do_not_wait_for_a_cache_that_hangs() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "1")));
    let gate = Gate(Arc::default());
    let (client, _) = polling(&cdn, &clock, gate.clone());
    client.wait_for_ready(PATIENCE);
    clock.await_timer(MINUTE);
    let held = gate.0.lock().unwrap();
    let timers = clock.timers_set();
    clock.advance(MINUTE);
    let snapshot = client.snapshot();
    for _ in 0..100 {
        assert_eq!((&*title(&client), &*snapshot.get_value("title", "", None)), ("1", "1"));
    }
    assert_eq!(clock.timers_set(), timers, "only the polling thread waits");
    let ((), took) = timed(|| client.close());
    assert!(took < SECOND, "{took:?}");
    assert_eq!((&*title(&client), cdn.count()), ("1", 1));
    drop(held);
    clock.threads().await_no_worker(PATIENCE);
}

#[test]
fn the_cache_is_not_on_the_evaluation_path() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        let (clock, cdn, cache) =
            (ManualClock::new(), Cdn::new(&text_config("title", "1")), TestCache::new());
        let client = client(&cdn, mode).clock(clock.clone()).cache(cache.clone()).build().unwrap();
        client.wait_for_ready(PATIENCE);
        client.force_refresh().unwrap();
        if let PollingMode::AutoPoll(_) = mode {
            clock.await_timer(MINUTE);
        }
        let (reads, writes) = (cache.reads(), cache.writes());
        for _ in 0..250 {
            assert_eq!(title(&client), "1");
            assert_eq!(client.get_value_details("title", "", None).value, "1");
            assert_eq!(client.get_all_values(None).len(), 1);
            assert_eq!(client.snapshot().get_value("title", "", None), "1");
        }
        assert_eq!((cache.reads(), cache.writes()), (reads, writes), "{mode:?}");
    }
}

#[test]
fn each_answer_is_written_and_never_an_empty_entry() {
    let (clock, cdn, cache) = (ManualClock::new(), Cdn::empty(), TestCache::new());
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let client = builder.build().unwrap();
    for reply in [Reply::status(404), Reply::status(403), Reply::status(500), Reply::status(304)] {
        cdn.script([reply]);
        client.force_refresh().unwrap_err();
    }
    assert_eq!((cache.writes(), cache.entry()), (0, None), "there is nothing to write");

    let config = text_config("title", "1");
    cdn.serve(&config);
    let etag = cdn.etag();
    for (reply, is_written) in [
        (Reply::content(), true), // 200
        (Reply::content(), true), // 304
        (Reply::status(403), true),
        (Reply::status(404), true),
        (Reply::status(500), false),
        (Reply::body("{"), false),
    ] {
        clock.advance(SECOND);
        let before = (cache.writes(), cache.entry());
        cdn.script([reply.clone()]);
        let _ = client.force_refresh();
        let after = (cache.writes(), cache.entry());
        if is_written {
            assert_eq!(after, (before.0 + 1, Some(entry(clock.now(), &etag, &config))), "{reply:?}");
        } else {
            assert_eq!(after, before, "{reply:?}");
        }
    }
    assert!(cache.keys().iter().all(|key| key == CACHE_KEY));
}

#[test]
fn the_etag_identifies_a_cache_entry() {
    let (clock, cdn) = (ManualClock::new(), Cdn::empty());
    let cache = TestCache::with(entry(clock.now(), "\"1\"", &text_config("title", "1")));
    let (sender, changes) = Mailbox::new();
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let hooks = |hooks: &Hooks| _ = hooks.on_config_changed(move |_| sender.send(()));
    let client = builder.hooks(hooks).build().unwrap();
    changes.next();

    // From the cache. Compiling it would fail, because its config is invalid.
    client.set_offline();
    clock.advance(MINUTE);
    cache.put(entry(clock.now(), "\"1\"", "no JSON"));
    client.force_refresh().unwrap();
    assert_eq!((&*title(&client), client.snapshot().fetch_time()), ("1", Some(clock.now())));
    // An older entry changes nothing, whatever its ETag.
    for etag in ["\"1\"", "\"0\""] {
        cache.put(entry(clock.now() - SECOND, etag, &text_config("title", "0")));
        client.force_refresh().unwrap();
        assert_eq!((&*title(&client), client.snapshot().fetch_time()), ("1", Some(clock.now())));
    }
    assert_eq!(changes.all().len(), 0);
}

/// The ETag identifies cache entries only: a gateway may give each response the same ETag.
#[test]
fn the_content_identifies_a_response() {
    let (clock, cdn, cache) = (ManualClock::new(), Cdn::empty(), TestCache::new());
    let (sender, changes) = Mailbox::new();
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let hooks = |hooks: &Hooks| _ = hooks.on_config_changed(move |_| sender.send(()));
    let client = builder.hooks(hooks).build().unwrap();
    for (etag, content, is_changed) in [
        ("\"1\"", "1", true),
        ("\"1\"", "2", true), // a constant ETag
        ("\"2\"", "2", false),
        ("W/\"2\"", "2", false),
        ("\"2\"", "2", false),
        ("", "2", false),
        ("", "3", true),
        ("\"3\"", "3", false),
    ] {
        clock.advance(MINUTE);
        let reply = Reply::body(text_config("title", content));
        cdn.script([if etag.is_empty() { reply } else { reply.header("ETag", etag) }]);
        client.force_refresh().unwrap();
        let case = format!("{etag} {content}");
        assert_eq!(
            (&*title(&client), client.snapshot().fetch_time()),
            (content, Some(clock.now())),
            "{case}"
        );
        assert_eq!(changes.all().len(), usize::from(is_changed), "{case}");
        assert_eq!(cache.entry(), Some(entry(clock.now(), etag, &text_config("title", content))), "{case}");
    }
    let sent: Vec<_> =
        cdn.requests().iter().map(|request| request.header("If-None-Match").map(str::to_owned)).collect();
    let sent: Vec<_> = sent.iter().map(Option::as_deref).collect();
    let expected =
        [None, Some("\"1\""), Some("\"1\""), Some("\"2\""), Some("W/\"2\""), Some("\"2\""), None, None];
    assert_eq!(sent, expected, "unchanged");
}

/// Entries that the official SDKs for Python 10.0.1 and JavaScript 9.4.0 write for this SDK key.
const FOREIGN: [(&str, &str, u64); 2] = [
    (
        "1704067140123\nW/\"3b1-0J9xGZ7hUrNDDTmJwTA4vHLSYqs\"\n{\"p\":{\"u\":\"https://cdn-global.configcat.com\",\
         \"r\":0,\"s\":\"UZWYnRWPwF7hApMquVrUmyPRGziigICYz372JOYqXgw=\"},\"f\":{\"title\":{\"t\":1,\"v\":\
         {\"s\":\"Gr\u{fc}\u{df}e \u{1f44b}\"},\"i\":\"3b1\"}}}",
        "Gr\u{fc}\u{df}e \u{1f44b}",
        1_704_067_140_123,
    ),
    (
        "1704067199999\n\"etag\"\n{\r\n  \"p\": {\"u\": \"https://cdn-global.configcat.com\", \"r\": 0},\r\n  \
         \"f\": {\"title\": {\"t\": 1, \"v\": {\"s\": \"Hi\"}, \"i\": \"x\"}}\r\n}\n",
        "Hi",
        1_704_067_199_999,
    ),
];

#[test]
fn entries_have_the_form_of_other_sdks() {
    for (text, expected, ms) in FOREIGN {
        let (clock, cache) = (ManualClock::new(), TestCache::with(text));
        let client = client_on_cache(&clock, &cache);
        assert_eq!(title(&client), expected);
        assert_eq!(cache.keys(), [CACHE_KEY]);
        let fetched_at = std::time::UNIX_EPOCH + Duration::from_millis(ms);
        assert_eq!(client.snapshot().fetch_time(), Some(fetched_at));
        assert!(clock.log().events().is_empty());
    }
    // The entry that is written back has another time only.
    let (text, ..) = FOREIGN[0];
    let (clock, cdn, cache) = (ManualClock::new(), Cdn::empty(), TestCache::with(text));
    cdn.set_always(Reply::status(304));
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    builder.build().unwrap().force_refresh().unwrap();
    assert_eq!(cdn.requests()[0].header("If-None-Match"), text.lines().nth(1));
    assert_eq!(cache.entry(), Some(text.replacen("1704067140123", "1704067200000", 1)));
}

#[test]
fn clients_that_share_a_file_get_changes_without_http() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, cdn, unused) = (ManualClock::new(), Cdn::new(&text_config("title", "1")), Cdn::empty());
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone());
    let writer = builder.cache(FileCache::new(folder.path())).build().unwrap();
    writer.force_refresh().unwrap();
    let text = std::fs::read_to_string(folder.path().join(format!("configcat-{CACHE_KEY}"))).unwrap();
    assert_eq!(text, format!("1704067200000\n{}\n{}", cdn.etag(), text_config("title", "1")));

    // A polling client finds a fresh entry at the start, and the change at its next poll.
    let (reader, changes) = polling(&unused, &clock, FileCache::new(folder.path()));
    assert_eq!(reader.wait_for_ready(PATIENCE), CacheState::HasUpToDateFlagData);
    assert_eq!(title(&reader), "1");
    let builder = Client::builder(SDK_KEY).polling_mode(PollingMode::manual()).offline(true);
    let offline = builder.clock(clock.clone()).cache(FileCache::new(folder.path())).build().unwrap();
    assert_eq!(title(&offline), "1");
    changes.next();
    clock.await_timer(MINUTE);
    clock.advance(MINUTE / 2);
    cdn.serve(&text_config("title", "2"));
    writer.force_refresh().unwrap();
    assert_eq!((&*title(&reader), &*title(&offline)), ("1", "1"), "until they look");
    clock.advance(MINUTE / 2);
    changes.next();
    assert_eq!(title(&reader), "2");
    offline.force_refresh().unwrap();
    assert_eq!((&*title(&offline), cdn.count(), unused.count()), ("2", 2, 0));
    // The same after a restart.
    let reader =
        client(&unused, PollingMode::lazy()).clock(clock.clone()).cache(FileCache::new(folder.path()));
    assert_eq!((&*title(&reader.build().unwrap()), unused.count()), ("2", 0));
}
