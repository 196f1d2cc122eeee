//! Promises, limits, and common questions.
//!
//! # What you can rely on
//!
//! - **Nothing panics.** No method panics for any config, network failure or user attribute. A
//!   panic in your cache, callback, logger or override source is caught, logged if possible, and
//!   stops nothing.
//! - **An evaluation always returns a value.** There is no error to handle: without a value, it
//!   returns your default, and [details](super::evaluating#get_value_details) have the reason.
//! - **An evaluation never waits once the client is ready**, in automatic polling; in manual
//!   polling it never waits. It reads no cache, does no I/O, and takes no lock except to log a
//!   failure or a warning only once. A [table](super::running#in-async-code) lists the calls that
//!   may block.
//! - **The SDK key is never printed**: not in logs at any level, not in errors, not by `Debug`.
//!   Neither are passwords of proxies. One exception is left: the HTTP client library writes
//!   responses to the `log` crate at trace level, so a server that quotes the key in the body of a
//!   200 makes it visible there, and so does one that disguises it in a header, perhaps at debug
//!   level. Set the targets `ureq` and `ureq_proto` to `info` or less.
//! - **A failed fetch never discards the last good config**, and polling never stops for good. A
//!   cache that hangs does not stop it either: [each call has a
//!   deadline](super::caching#when-it-fails). Only a callback, a logger, or the type of a [checked
//!   flag](crate::Client::check_flags) of yours that does not return can stop automatic polling;
//!   [health](super::observing#health) shows since when.
//! - **Polling survives forks and sleeps.** A [forked child](super::running#after-a-fork) polls
//!   from its first use of the client on, and a [machine that wakes](super::running#after-a-sleep)
//!   polls at once.
//! - **One invalid flag fails alone**, when it is evaluated, with an error that names the place in
//!   the config JSON.
//! - **Values are those of all ConfigCat SDKs**, for the same config and user, percentage options
//!   included; so is the evaluation log, to the byte.
//! - **Users stay in the process.** No attribute of a user is sent anywhere.
//! - **No `unsafe` code** in the crates of this SDK, and no async runtime below it.
//!
//! Tests run single flight, publishing and closing in thousands of orders of the threads' steps,
//! and in all orders if there are few.
//!
//! Two kinds of panics are not caught: those of a program built with `panic = "abort"`, and those
//! of your own [`Clock`](crate::time::Clock) in `wait_for_ready()`, `ready()`, `ready_state()` and
//! `try_snapshot()`.
//!
//! # Limits
//!
//! All input from outside, and all resources of the client, have a limit:
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | config JSON from the CDN, decompressed | 64 MiB | event 1105, nothing changes |
//! | config JSON from a cache | 64 MiB | event 2200, nothing changes |
//! | entry in a [`FileCache`](crate::FileCache) | 80 MiB | event 2200 or 2201, without reading or writing it |
//! | entry in a [`RedisCache`](super::caching#redis) | 80 MiB | event 2200 or 2201, without reading more than that |
//! | a call of a `RedisCache` | 1 s to connect and 1 s for the reply, in total; without the name lookup; with TLS, for each read | event 2200 or 2201 |
//! | a call of a [`FileCache`](crate::FileCache) | 2 s of reading or writing | event 2200 or 2201 |
//! | a call of any cache | 2 s, or half of the request timeout or of the max init wait if that is shorter | event 2200 or 2201; the cache is not called until the call has returned, and the fetch goes on |
//! | a fetch by a [transport of your own](super::options#transport-of-your-own) | the request timeout | event 1102; the transport is not called until the fetch has returned, and fetches fail at once |
//! | override file | 64 MiB | an error from `build()`, later event 1302 |
//! | [overrides of a request](super::requests#overrides), as a text | 2 KiB, 64 flags, keys of 255 bytes, no control characters | an error of `Overrides::parse` |
//! | a token of overrides | 4 KiB | event 3204, nothing is overridden |
//! | depth of JSON | no limit: skipped values take no stack | |
//! | memory for a config, while it is read and afterwards | 20 times its size, and 8 KiB | no config takes more |
//! | salt, name of a segment, key of a setting | 4 KiB | event 1002 if an evaluation needs it, and the default |
//! | head of a response | 64 KiB, 128 headers | event 1103 |
//! | ETag | 1,024 characters of printable ASCII | it is not kept, so each fetch downloads the whole config |
//! | `CF-RAY` in an error | 64 printable characters | it is cut |
//! | `Retry-After` | 1 h | counts as 1 h |
//! | requests in one fetch with data governance redirects | 3, and no request from `https` to `http` | event 1104 or 1107, the last config is used |
//! | HTTP redirects | 5, of up to 6 KiB, and no redirect from `https` to `http` | event 1101 |
//! | base URL, set or from a config | 2,048 bytes | an error from `build()`; in a config it is ignored |
//! | SDK key | 1,024 bytes | an error from `build()` |
//! | a refresh: the cache, and the fetch from the name lookup to the last byte | the [request timeout](super::options#http-timeouts), 30 s | event 1102 |
//! | waiting for the refresh of another thread | until that refresh is one request timeout old | the evaluation goes on with the config in memory |
//! | failures in a row at a base URL that a config has named | 3 | the first URL is tried again |
//! | an address of a host that has other addresses | 1 s to connect | the next address is tried |
//! | work of one evaluation, or of one call for all settings | [20 MiB of text compared](crate::Config::MAX_WORK), some 25 ms at worst: five times the work of the largest condition of the dashboard | event 1002, the default |
//! | work of the evaluation logs of one call for all settings | the same again | a log that ends early; the values stay |
//! | configs that wait for a hook that does not return | 16 | the oldest is not delivered |
//! | prerequisite flags | 200 levels | event 1002, the default |
//! | evaluation log | 1 MiB and 16 levels of prerequisite flags | it is cut, and says so |
//! | search for the key or attribute that is most like a missing one, for a message | 500,000 comparisons of characters, two milliseconds; names of 64 characters | the rest is not searched |
//! | keys that event 1001 lists | 100 | their number |
//! | texts about missing keys that are kept, so that details have them at once | 16 for each config, of keys up to 1 KiB | the text is made again when it is read |
//! | places of typed flags that a config keeps, for programs with several clients | 256 | further flags are looked up by key |
//! | warnings of an evaluation | 100, or 1 MiB | the last one has the number of the others |
//! | log record and error message, except the evaluation log and its warnings | one line of 64 KiB | control characters are escaped, the rest is cut |
//! | text of TLS, of HTTP and of a transport of your own in an error | 500 characters | it is cut |
//! | causes of events 1000, 1001, 1002, 2002, 2011 and of warnings that are kept, so that each is logged once | 1,000 for each config | further ones are left out; the next record has their number |
//! | wakers of `ready()` | one for each future that waits | |
//! | poll interval, cache TTL | at least 1 s | an error from `build()` |
//! | backoff | 5 min | it grows no longer |
//! | threads | one in automatic polling, one for overrides that reload, one until the client is ready if a `client ready` hook or a future of `ready()` waits for that; one during a call of a cache; one during a fetch by a transport of your own; two more during name lookups | a fetch fails at once |
//! | an evaluation through OpenFeature in lazy loading | 5 s, one thread and one for the timer | it uses the config that is there |
//! | requests of webhooks that are kept | 1,024 | further ones are refused until the oldest is five minutes old |
//! | refreshes that webhooks cause | 1 s apart | one later refresh for all of them |
//!
//! A real config takes one to two times its size in memory. Beside its config, a client takes this,
//! measured with 1,000 clients in a process on Linux:
//!
//! | mode | threads | resident memory, without a connection | with an open connection (HTTP, without TLS) |
//! |---|---|---|---|
//! | local only | 0 | 5 KiB | |
//! | manual, lazy | 0 | 8 KiB | 91 KiB |
//! | auto | 1 | 23 KiB | 220 KiB |
//!
//! The stack of the thread has 2 MiB of address space, of which only the touched pages take memory.
//!
//! `SECURITY.md` of the repository lists
//! the attackers and the promises against them.
//!
//! # Questions
//!
//! **Why do I get the default?** Look at the log, or at `error` of
//! [`get_value_details`](crate::Client::get_value_details):
//!
//! | [kind](crate::details::EvaluationFailureKind) | what to do |
//! |---|---|
//! | `ConfigMissing` | the message has the reason, such as the error of the last fetch, or that `force_refresh()` was not called in manual polling |
//! | `KeyMissing` | compare the key: the message has the most similar key and the first keys of the config. Check that the SDK key is that of the right config and environment |
//! | `TypeMismatch` | use a default of the [type](super::evaluating#types) of the setting: `0.0`, not `0`, for a decimal number; or the value does not fit the type of a [`Flag`](crate::Flag), or cannot be [parsed](super::evaluating#get_parsed) |
//! | `InvalidConfig` | the message names the invalid place of the config JSON |
//!
//! **Why do I get an unexpected value?** Print [`explain`](crate::Client::explain) with `{:#}`: it
//! shows each condition and its result, and hints such as a misspelled attribute.
//!
//! **Does an evaluation call ConfigCat?** No. Only a fetch of the config does, and it sends only
//! the SDK key.
//!
//! **How many requests does a client make?** In automatic polling one for each interval and
//! process: 1,440 a day at 60 s. Most responses have no body. A longer interval or a shared cache
//! reduces the number.
//!
//! **Do I need a client for each user?** No, one for each SDK key; the user is a parameter.
//!
//! **Which names do I import?** `use configcat::{Client, User};` is enough for most programs. The
//! modules of the [crate] have the names for special tasks, such as [`cache`](crate::cache)
//! and [`details`](crate::details).
//!
//! **Do I have to close the client?** No. Dropping the last clone closes it, and so does the end of
//! the process.
//!
//! **How do I connect my analytics?** Each value has a variation id: send it, with the key, from
//! the hook [`on_flag_evaluated`](crate::Hooks::on_flag_evaluated) or after the evaluation.
//!
//! **Can I evaluate a config without a client?** Yes, with [`Config`](crate::Config), or with the
//! crate `configcat-eval` alone, which has no HTTP and no threads.
