//! Promises, limits, and questions that people ask.
//!
//! # What you can rely on
//!
//! - **Nothing panics.** No method does, whatever the config, the network or the user's attributes
//!   are. A panic in your cache, callback, logger or override source is caught, logged where it can
//!   be, and stops nothing.
//! - **Evaluation always gives a value.** There is no error to handle: where there is no value, it
//!   is your default, and [details](super::evaluating#get_value_details) say why.
//! - **Evaluation never waits once the client is ready**, in automatic polling; in manual polling
//!   it never does. It takes no lock (but for a key that is missing), reads no cache and does no
//!   I/O. [What may block](super::running#in-async-code) is in a table.
//! - **The SDK key is never printed**: not in logs at any level, not in errors, not by `Debug`.
//!   Neither are passwords of proxies. One way is left: the HTTP client below dumps what it
//!   receives to the `log` crate at trace level, so a server that quotes the key in the body of a
//!   200 has it shown there, and so has one that disguises it in a header, perhaps at debug level.
//!   Keep the targets `ureq` and `ureq_proto` below debug.
//! - **A failed fetch never discards the last good config**, and polling never stops for good. A
//!   cache that hangs stops nothing either: [each call has a
//!   deadline](super::caching#when-it-fails). One thing can hold up automatic polling, a callback
//!   or a logger of yours that does not return; [health](super::observing#health) says since when.
//! - **Forks and sleeps end nothing.** A [forked child](super::running#after-a-fork) polls by
//!   itself from its first use of the client on, and a [machine that
//!   wakes](super::running#after-a-sleep) polls at once.
//! - **One bad flag fails alone**, when it is evaluated, with an error that says where in the
//!   config JSON it is broken.
//! - **Values are those of all ConfigCat SDKs**, for the same config and user, percentages
//!   included; so is the evaluation log, to the byte.
//! - **Users stay in the process.** Nothing about them is sent anywhere.
//! - **No `unsafe` code** in the crates of this SDK, and no async runtime below it.
//!
//! Single flight, publishing and closing are tested in thousands of orders of their threads' steps,
//! and in all orders where there are few.
//!
//! Not caught are panics in a program that is built with `panic = "abort"`, and those of a
//! [`Clock`](crate::time::Clock) of yours in `wait_for_ready()`, `ready_state()` and
//! `try_snapshot()`.
//!
//! # Limits
//!
//! On all that comes from outside, and on what the client takes of the process:
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | config JSON from the CDN, decompressed | 64 MiB | event 1105, nothing changes |
//! | config JSON from a cache | 64 MiB | event 2200, nothing changes |
//! | entry in a [`FileCache`](crate::FileCache) | 80 MiB | event 2200 or 2201, without reading or writing it |
//! | entry in a [`RedisCache`](super::caching#redis) | 80 MiB | event 2200 or 2201, with no more than that read |
//! | a call of a `RedisCache` | 1 s to connect and 1 s for the reply, in total; not the name lookup, and for each read with TLS | event 2200 or 2201 |
//! | a call of a [`FileCache`](crate::FileCache) | 2 s of reading or writing | event 2200 or 2201 |
//! | a call of any cache | 2 s, or half of the request time-out or of the max init wait if that is shorter | event 2200 or 2201; the cache is left alone until it has returned, and the fetch goes on |
//! | override file | 64 MiB | an error from `build()`, later event 1302 |
//! | depth of JSON | none: what is skipped takes no stack | |
//! | memory for a config, while it is read and afterwards | 20 times its size, and 8 KiB | none takes more |
//! | salt, name of a segment, key of a setting | 4 KiB | event 1002 where an evaluation needs it, the default |
//! | head of a response | 64 KiB, 128 headers | event 1103 |
//! | ETag | 1,024 characters of printable ASCII | it is not kept, so the config comes as a whole each time |
//! | `CF-RAY` in an error | 64 printable characters | it is cut |
//! | `Retry-After` | 1 h | counts as 1 h |
//! | requests in one fetch, where data governance redirects | 3, and none from `https` to `http` | event 1104 or 1107, the last config is used |
//! | HTTP redirects | 5, of up to 6 KiB, and none from `https` to `http` | event 1101 |
//! | base URL, set or from a config | 2,048 bytes | an error from `build()`; in a config it is ignored |
//! | SDK key | 1,024 bytes | an error from `build()` |
//! | a refresh: the cache, and the fetch from the name lookup to the last byte | the [request time-out](super::options#http-time-outs), 30 s | event 1102 |
//! | waiting for the refresh of another thread | until that is one request time-out old | the evaluation goes on with the config that is there |
//! | failures in a row at a base URL that a config has named | 3 | the first URL is tried again |
//! | an address of a host, if there is another one | 1 s to connect | the next one is tried |
//! | work of one evaluation, or of one for all settings | [20 MiB of text compared](crate::Config::MAX_WORK), some 25 ms at worst: five times what the largest condition of the dashboard takes | event 1002, the default |
//! | prerequisite flags | 200 levels | event 1002, the default |
//! | evaluation log | 1 MiB and 16 levels of prerequisite flags | it is cut, and says so |
//! | warnings of an evaluation | 100, or 1 MiB | the last one says how many more there are |
//! | log record and error message, but for the evaluation log and its warnings | one line of 64 KiB | control characters are escaped, the rest is cut |
//! | what TLS and HTTP say in an error | 500 characters | it is cut |
//! | causes of events 1000, 1001, 1002, 2002, 2011 and of warnings that are remembered, so that each is logged once | 1,000 for each config | further ones are left out; the next record says how many |
//! | poll interval, cache TTL | at least 1 s | an error from `build()` |
//! | backoff | 5 min | stays there |
//! | threads | one in automatic polling, one for overrides that reload, one until a `client ready` hook is called; one during a call of a cache; two more while names are looked up | a fetch fails at once |
//! | an evaluation through OpenFeature in lazy polling | 5 s, one thread and one for the timer | it uses the config that is there |
//! | requests of webhooks that are remembered | 1,024 | further ones are refused until the oldest is five minutes old |
//! | refreshes that webhooks cause | 1 s apart | done later, once |
//!
//! A real config takes one to two times its size in memory. Who may do what to a client, and what
//! is promised against that, is in `SECURITY.md` of the repository.
//!
//! # Questions
//!
//! **I get the default. Why?** Look at the log, or at `error` of
//! [`get_value_details`](crate::Client::get_value_details):
//!
//! | [kind](crate::details::EvaluationFailureKind) | do |
//! |---|---|
//! | `ConfigMissing` | look at [`health`](crate::Client::health): why does fetching fail? In manual polling call `force_refresh()` first |
//! | `KeyMissing` | compare the key; event 1001 lists those that there are. Is it the SDK key of the right config and environment? |
//! | `TypeMismatch` | give a default of the [type](super::evaluating#types) of the setting: `0.0`, not `0`, for a decimal number |
//! | `InvalidConfig` | the message says which place of the config JSON is broken |
//!
//! **I get a value that I did not expect.** Print [`explain`](crate::Client::explain): it shows
//! each condition and what came of it.
//!
//! **Does an evaluation call ConfigCat?** No. Only fetching the config does, and only with the SDK
//! key.
//!
//! **How many requests is that?** In automatic polling one for each interval and process: 1,440 a
//! day at 60 s. Most come back without a body. A longer interval, or a shared cache, makes it less.
//!
//! **Do I need a client for each user?** No, one for each SDK key; the user is a parameter.
//!
//! **Is there something to import at once?** `use configcat::{Client, User};` is enough for most;
//! all names are at the top of the crate.
//!
//! **Do I have to close it?** No. Dropping the last clone does it, and the end of the process ends
//! it too.
//!
//! **How do I tell my analytics?** Each value has a variation id: send it, with the key, from the
//! hook [`on_flag_evaluated`](crate::Hooks::on_flag_evaluated) or where you read the flag.
//!
//! **Can I evaluate a config without a client?** Yes, with [`Config`](crate::Config), or with the
//! crate `configcat-eval` alone, which has no HTTP and no threads.
