//! The cache in Redis or Valkey: one string a key.

mod kept;

use std::{error::Error, fmt, str::Utf8Error, time::Duration};

use ::redis::{Client, Cmd, Connection, FromRedisValue, RedisError, RedisResult};

use self::kept::Kept;
use crate::{BoxError, ConfigCache, FileCache};

/// A cache in [Redis](https://redis.io) or [Valkey](https://valkey.io), shared by all processes that use the same
/// database; needs the feature `redis`.
///
/// The value of `key` is the string under that key, with the [prefix](Self::key_prefix) before it if there is one.
/// Without one, all official ConfigCat SDKs that use this database share their entries. It takes two commands,
/// `GETRANGE` and `SET`, of any version since 2.6, and none that is only in one of the two servers.
///
/// Nothing is connected before the first read or write. A connection is kept for the next one. If it turns out
/// to be lost then, a new one is made at once; so a server that was restarted costs no error. A forked child makes
/// connections of its own, and leaves those of its parent alone.
///
/// Whoever can write in the database decides your flags: keep it to services that you trust.
///
/// # Time
///
/// A server that does not answer holds up whoever refreshes the config, though never an evaluation on a config that
/// is there. So waiting is limited: for the [connection](Self::connect_timeout), 2 s, with looking up the host's name
/// and the first answer included; and for the [response](Self::response_timeout), 2 s in which nothing comes.
///
/// Some waits are longer than the limit for the connection:
///
/// - Looking up the name takes as long as the system lets it.
/// - Of several addresses that the name has, each has the whole limit.
/// - A Unix socket has no limit until it is connected, which takes a free place in the server's queue.
///
/// What is connected after the limit is not used: [`Connect`](RedisCacheError::Connect). So a longer limit helps where
/// names are looked up slowly, but none does where the first of several addresses swallows all packets; then name
/// the other one in the URL.
///
/// # When something is wrong
///
/// | situation | read | write |
/// |---|---|---|
/// | no server, a wrong password, no such database | [`Connect`](RedisCacheError::Connect) | the same |
/// | the connection that was kept is lost | another one is made | the same |
/// | the server takes the request and does not answer in time | [`Command`](RedisCacheError::Command), not tried again | the same |
/// | the server is loading, out of memory, read-only, or denies the command | [`Command`](RedisCacheError::Command) | the same; the old value stays |
/// | the value is no string, but a list, say | [`Command`](RedisCacheError::Command) | replaces it |
/// | a foreign string of text | its text, which the caller will not take for an entry | replaces it |
/// | a string that is empty | `None`; no entry is empty, and `GETRANGE` tells no difference | replaces it |
/// | a string that is not UTF-8 | [`NotUtf8`](RedisCacheError::NotUtf8) | replaces it |
/// | a value over [`MAX_BYTES`](Self::MAX_BYTES) | [`TooLarge`](RedisCacheError::TooLarge); no more than that is read | [`TooLarge`](RedisCacheError::TooLarge); the old value stays |
///
/// After an error the next call starts afresh, with a new connection. Neither errors nor `Debug` show the URL, its user
/// or its password; with TLS, what is wrong with a certificate may name the host.
///
/// # TLS
///
/// There is none unless you ask the crate `redis` for it, beside this one; then `rediss://` works:
///
/// ```toml
/// redis = { version = "1", default-features = false, features = ["tls-rustls"] }
/// ```
///
/// `tls-rustls` takes the cryptography that the default feature `rustls` of `configcat` brings; without that, install a
/// provider of `rustls`, or use `tls-native-tls`. Where a certificate of your own is needed, make the client with
/// `redis::Client::build_with_tls`, and the cache with [`with_client`](Self::with_client).
///
/// # Examples
///
/// ```no_run
/// use configcat_cache::{ConfigCache, RedisCache};
///
/// let cache = RedisCache::new("redis://:password@localhost:6379/0")?;
/// cache.write("f83ba5d45bceb4bb704410f51b704fb6dfa19942", "value")?;
///
/// // In another process, or on another machine:
/// assert_eq!(cache.read("f83ba5d45bceb4bb704410f51b704fb6dfa19942")?.as_deref(), Some("value"));
/// # Ok::<(), configcat_cache::BoxError>(())
/// ```
pub struct RedisCache {
    client: Client,
    prefix: String,
    ttl: Option<Duration>,
    connect_timeout: Duration,
    response_timeout: Duration,
    kept: Kept<Connection>,
}

impl RedisCache {
    /// The longest value in bytes that is read or written, 80 MiB: as in a [`FileCache`].
    pub const MAX_BYTES: u64 = FileCache::MAX_BYTES;

    /// Makes a cache over the database at `url`. Nothing is connected yet.
    ///
    /// The URL is `redis://[user][:password]@host[:port][/database]` with port 6379 and database 0 if nothing is said,
    /// or `unix:///path?db=…&user=…&pass=…`. `valkey` for `redis` means the same. Characters such as `/`, `#`, `?`
    /// and `%` in a password are percent-encoded.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`](RedisCacheError::InvalidUrl), which does not quote the URL.
    ///
    /// ```
    /// use configcat_cache::RedisCache;
    ///
    /// assert!(RedisCache::new("valkey://cache.internal").is_ok());
    /// assert!(RedisCache::new("http://cache.internal").is_err());
    /// ```
    pub fn new(url: &str) -> Result<Self, RedisCacheError> {
        // What the crate says may quote a part of the URL.
        Client::open(url).map(Self::with_client).map_err(|_| RedisCacheError::InvalidUrl)
    }

    /// Makes a cache that connects with `client`, of the crate `redis`, version 1: for certificates of your own, or
    /// settings that a URL does not have.
    ///
    /// ```
    /// use configcat_cache::RedisCache;
    ///
    /// let cache = RedisCache::with_client(redis::Client::open("redis://localhost")?);
    /// # Ok::<(), redis::RedisError>(())
    /// ```
    #[must_use]
    pub fn with_client(client: Client) -> Self {
        Self {
            client,
            prefix: String::new(),
            ttl: None,
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(2),
            kept: Kept::new(),
        }
    }

    /// What is put before each key, such as `"my-app:"`; nothing if it is not set.
    ///
    /// With a prefix, entries are shared only with those SDKs that use the same one.
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a value is kept after each write, 1 ms at least; for ever if it is not set.
    ///
    /// It should be much longer than the polling interval: it is there to clean up after services that are gone, and a
    /// process that starts while the CDN cannot be reached needs what is there, however old.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl.max(MIN));
        self
    }

    /// The limit for connecting: from looking up the host to being logged in; see [Time](Self#time) for what it does
    /// not cut short. 2 s if it is not set; 1 ms at least and 1 minute at most.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.clamp(MIN, MAX_TIMEOUT);
        self
    }

    /// The limit for how long nothing comes while a response is awaited, or nothing is taken while a value is sent. 2 s
    /// if it is not set; 1 ms at least and 1 minute at most.
    #[must_use]
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout.clamp(MIN, MAX_TIMEOUT);
        self
    }

    fn load(&self, key: &str) -> Result<Option<String>, RedisCacheError> {
        let mut command = Cmd::new();
        // The end is included, so there comes a byte too many of what is too large.
        command.arg("GETRANGE").arg(self.key(key)).arg(0).arg(Self::MAX_BYTES);
        let bytes: Vec<u8> = self.run(&command)?;
        check_length(bytes.len())?;
        let text = String::from_utf8(bytes)
            .map_err(|error| RedisCacheError::NotUtf8 { source: error.utf8_error() })?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn store(&self, key: &str, value: &str) -> Result<(), RedisCacheError> {
        check_length(value.len())?;
        let mut command = Cmd::new();
        command.arg("SET").arg(self.key(key)).arg(value);
        if let Some(ttl) = self.ttl {
            command.arg("PX").arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        }
        self.run(&command)
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Runs a command on a connection that was kept, or on a new one. One that failed is not kept.
    fn run<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisCacheError> {
        if let Some(connection) = self.kept.take() {
            match self.run_on(connection, command) {
                // It was closed while nobody used it. The others will be no better.
                Err(error) if error.is_io_error() && !error.is_timeout() => self.kept.clear(),
                result => return result.map_err(|source| RedisCacheError::Command { source }),
            }
        }
        let connection = self.connect().map_err(|source| RedisCacheError::Connect { source })?;
        self.run_on(connection, command).map_err(|source| RedisCacheError::Command { source })
    }

    fn run_on<T: FromRedisValue>(&self, mut connection: Connection, command: &Cmd) -> RedisResult<T> {
        let reply = command.query(&mut connection)?;
        self.kept.keep(connection);
        Ok(reply)
    }

    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(self.connect_timeout)?;
        connection.set_read_timeout(Some(self.response_timeout))?;
        connection.set_write_timeout(Some(self.response_timeout))?;
        Ok(connection)
    }
}

const MIN: Duration = Duration::from_millis(1);
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

impl ConfigCache for RedisCache {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        Ok(self.load(key)?)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        Ok(self.store(key, value)?)
    }
}

/// Shows nothing of the URL.
impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache")
            .field("key_prefix", &self.prefix)
            .field("ttl", &self.ttl)
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .finish_non_exhaustive()
    }
}

fn check_length(bytes: usize) -> Result<(), RedisCacheError> {
    let fits = u64::try_from(bytes).is_ok_and(|bytes| bytes <= RedisCache::MAX_BYTES);
    if fits { Ok(()) } else { Err(RedisCacheError::TooLarge) }
}

/// Why a [`RedisCache`] could not be made, or could not read or write a value.
///
/// [`RedisCache`] lists when each occurs. None of them quotes the URL or the key.
///
/// # Examples
///
/// ```
/// use configcat_cache::RedisCache;
///
/// let error = RedisCache::new("redis://user:pass/word@host").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the Redis URL is not redis://[user][:password]@host[:port][/database], percent-encoded where that is needed, \
///      or wants TLS, which the crate `redis` is built without",
/// );
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum RedisCacheError {
    /// The URL is not one of Redis, or its scheme is one of TLS and the crate `redis` was built without.
    InvalidUrl,
    /// The server cannot be reached, does not greet in time, or refuses the user, the password or the database.
    Connect {
        /// What the system or the server says.
        source: RedisError,
    },
    /// The server does not answer in time, or answers with an error.
    Command {
        /// What the system or the server says.
        source: RedisError,
    },
    /// The value is not UTF-8.
    NotUtf8 {
        /// Where it ceases to be UTF-8.
        source: Utf8Error,
    },
    /// The value is longer than [`RedisCache::MAX_BYTES`].
    TooLarge,
}

impl fmt::Display for RedisCacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUrl => f.write_str(
                "the Redis URL is not redis://[user][:password]@host[:port][/database], percent-encoded where that \
                 is needed, or wants TLS, which the crate `redis` is built without",
            ),
            Self::Connect { .. } => f.write_str("cannot connect to Redis"),
            Self::Command { .. } => f.write_str("Redis did not do it"),
            Self::NotUtf8 { .. } => f.write_str("the value in Redis is not UTF-8"),
            Self::TooLarge => write!(f, "the value for Redis is over {} bytes", RedisCache::MAX_BYTES),
        }
    }
}

impl Error for RedisCacheError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Connect { source } | Self::Command { source } => Some(source),
            Self::NotUtf8 { source } => Some(source),
            Self::InvalidUrl | Self::TooLarge => None,
        }
    }
}
