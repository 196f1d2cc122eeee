//! Migration from the `create_client` functions of the Python SDK.
//!
//! The API of this crate started from that of the first Python SDK: a function that creates a
//! client for each polling mode, options in seconds, and five methods. Each of them has a
//! counterpart here.
//!
//! | Python | here |
//! |---|---|
//! | `create_client(sdk_key)` | [`Client::new(sdk_key)`](Client::new), or [`Client::from_env()`](Client::from_env) |
//! | `create_client_with_auto_poll(sdk_key, …)` | [`Client::builder(sdk_key)`](Client::builder)`.polling_mode(`[`PollingMode::auto()`](PollingMode::auto)`)`, the default |
//! | `poll_interval_seconds=60` | [`.interval(Duration::from_secs(60))`](crate::polling_mode::AutoPoll::interval) of the mode |
//! | `max_init_wait_time_seconds=5` | [`.max_init_wait(Duration::from_secs(5))`](crate::polling_mode::AutoPoll::max_init_wait) of the mode |
//! | `on_configuration_changed_callback=None` | [`.hooks(…)`](ClientBuilder::hooks) with [`on_config_changed`](crate::Hooks::on_config_changed), in all modes |
//! | `config_cache_class=None` | [`.cache(cache)`](ClientBuilder::cache), an instance |
//! | `base_url=None` | [`.base_url(url)`](ClientBuilder::base_url) |
//! | `create_client_with_lazy_load(sdk_key, …)` | `.polling_mode(`[`PollingMode::lazy()`](PollingMode::lazy)`)` |
//! | `cache_time_to_live_seconds=60` | [`.cache_ttl(Duration::from_secs(60))`](crate::polling_mode::LazyLoad::cache_ttl) of the mode |
//! | `create_client_with_manual_poll(sdk_key, …)` | `.polling_mode(`[`PollingMode::manual()`](PollingMode::manual)`)` |
//! | `client.get_value(key, default_value, user)` | [`client.get_value(key, default, &user)`](Client::get_value) |
//! | `client.get_all_keys()` | [`client.get_all_keys()`](Client::get_all_keys) |
//! | `client.force_refresh()` | [`client.force_refresh()`](Client::force_refresh), which returns a `Result` |
//! | `client.stop()` | [`client.close()`](Client::close), or dropping the client |
//! | `User(identifier, email, country, custom)` | [`User::new(identifier)`](crate::User::new)`.email(…).country(…).custom(name, value)` |
//!
//! The defaults are the same. The Python SDK raises times that are too short to a second; here they
//! are errors of `build()`.
//!
//! # `create_client`
//!
//! ```python
//! client = configcatclient.create_client('#YOUR-SDK-KEY#')
//! value = client.get_value('isNewUiEnabled', False, User('42', email='john@example.com'))
//! client.stop()
//! ```
//!
//! ```no_run
//! use configcat::{Client, User};
//!
//! let client = Client::new("#YOUR-SDK-KEY#")?;
//! let value = client.get_value("isNewUiEnabled", false, &User::new("42").email("john@example.com"));
//! client.close();
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Auto polling
//!
//! ```python
//! client = configcatclient.create_client_with_auto_poll(
//!     '#YOUR-SDK-KEY#',
//!     poll_interval_seconds=95,
//!     max_init_wait_time_seconds=10,
//!     on_configuration_changed_callback=changed,
//!     config_cache_class=MyCache,
//!     base_url='https://flags.example.com')
//! value = client.get_value('title', 'default')
//! keys = client.get_all_keys()
//! client.stop()
//! ```
//!
//! ```
//! # use std::sync::{Arc, atomic::{AtomicBool, Ordering}};
//! # const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
//! # let cdn = configcat_testkit::Cdn::new(&configcat_testkit::config_json([("title", "from the CDN")]));
//! # let flags_example_com = cdn.url();
//! # let was_changed = Arc::new(AtomicBool::new(false));
//! # let changing = was_changed.clone();
//! # let changed = move || changing.store(true, Ordering::Relaxed);
//! use std::time::Duration;
//! use configcat::{Client, MemoryCache, PollingMode};
//!
//! let client = Client::builder(SDK_KEY)
//!     .polling_mode(
//!         PollingMode::auto().interval(Duration::from_secs(95)).max_init_wait(Duration::from_secs(10)),
//!     )
//!     .hooks(|hooks| {
//!         hooks.on_config_changed(move |_config| changed());
//!     })
//!     .cache(MemoryCache::new())
//!     .base_url(flags_example_com)
//! #   .proxy(configcat::fetch::Proxy::None)
//!     .build()?;
//! let value = client.get_value("title", "default", None);
//! let keys = client.get_all_keys();
//! client.close();
//! # assert_eq!((value.as_str(), keys), ("from the CDN", vec!["title".to_owned()]));
//! # assert!(was_changed.load(Ordering::Relaxed));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! The callback gets the new config. It runs on the polling thread.
//!
//! # Lazy loading
//!
//! ```python
//! client = configcatclient.create_client_with_lazy_load(
//!     '#YOUR-SDK-KEY#', cache_time_to_live_seconds=600, config_cache_class=MyCache)
//! value = client.get_value('title', 'default')
//! ```
//!
//! ```
//! # const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
//! # let cdn = configcat_testkit::Cdn::new(&configcat_testkit::config_json([("title", "from the CDN")]));
//! # use std::time::Duration;
//! # use configcat::{Client, MemoryCache, PollingMode};
//! let client = Client::builder(SDK_KEY)
//!     .polling_mode(PollingMode::lazy().cache_ttl(Duration::from_secs(600)))
//!     .cache(MemoryCache::new())
//! #   .base_url(cdn.url()).proxy(configcat::fetch::Proxy::None)
//!     .build()?;
//! let value = client.get_value("title", "default", None);
//! # assert_eq!(value, "from the CDN");
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Manual polling
//!
//! ```python
//! client = configcatclient.create_client_with_manual_poll('#YOUR-SDK-KEY#')
//! value = client.get_value('title', 'default')  # 'default'
//! client.force_refresh()
//! value = client.get_value('title', 'default')  # 'from the CDN'
//! ```
//!
//! ```
//! # const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
//! # let cdn = configcat_testkit::Cdn::new(&configcat_testkit::config_json([("title", "from the CDN")]));
//! # use configcat::{Client, PollingMode};
//! let client = Client::builder(SDK_KEY)
//!     .polling_mode(PollingMode::manual())
//! #   .base_url(cdn.url()).proxy(configcat::fetch::Proxy::None)
//!     .build()?;
//! assert_eq!(client.get_value("title", "default", None), "default");
//! client.force_refresh()?;
//! assert_eq!(client.get_value("title", "default", None), "from the CDN");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A cache
//!
//! ```python
//! class MyCache(ConfigCache):
//!     def get(self, key): …
//!     def set(self, key, value): …
//! ```
//!
//! ```
//! use configcat::{ConfigCache, cache::BoxError};
//!
//! struct MyCache;
//!
//! impl ConfigCache for MyCache {
//!     fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
//! #       let _ = key;
//!         // …
//!         Ok(None)
//!     }
//!
//!     fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
//! #       let _ = (key, value);
//!         // …
//!         Ok(())
//!     }
//! }
//! ```
//!
//! # Options that came later
//!
//! | Python | here |
//! |---|---|
//! | `get(sdk_key, ConfigCatOptions(polling_mode=PollingMode.auto_poll(…)))` | [`Client::builder(sdk_key)`](Client::builder)`.polling_mode(…)` |
//! | `close()`, `close_all()` | [`client.close()`](Client::close), for each client |
//! | `data_governance=DataGovernance.EuOnly` | [`.data_governance(DataGovernance::EuOnly)`](ClientBuilder::data_governance) |
//! | `proxies`, `proxy_auth` | [`.proxy(Proxy::url("http://user:password@host:port")?)`](ClientBuilder::proxy) |
//! | `connect_timeout=10`, `read_timeout=30` | [`.connect_timeout(…)`](ClientBuilder::connect_timeout), [`.request_timeout(…)`](ClientBuilder::request_timeout) for the whole request |
//! | `flag_overrides` | [`.overrides(…)`](ClientBuilder::overrides) |

#[cfg(doc)]
use crate::{Client, ClientBuilder, PollingMode};
