//! Cache in Redis or Valkey: one string for each key.

mod connection;
mod pool;

use std::{error::Error, fmt, iter, str::Utf8Error, time::Duration};

use ::redis::{Client, Cmd, ProtocolVersion, RedisError, Value};

use self::{
    connection::{Connection, unexpected_reply},
    pool::ConnectionPool,
};
use crate::{BoxError, ConfigCache, causes::write_causes, deadline::Deadline, limits::MAX_BYTES};

/// Cache in [Redis](https://redis.io) or [Valkey](https://valkey.io), shared by all processes
/// that use the same database; needs the feature `redis`.
///
/// The value of `key` is the string under that key, with the [prefix](Self::key_prefix) before it
/// if there is one. Without one, all official ConfigCat SDKs that use this database share their
/// entries.
///
/// The cache connects at the first read or write, and keeps the connection for the next call. If
/// that connection turns out to be lost, the call makes a new one at once, so a restart of the
/// server causes no error. After an error, or a reply that no call asked for, the connection is
/// closed: a late reply is never used for another call. A forked child makes connections of its
/// own, and never uses those of its parent.
///
/// Any service that can write in the database decides your flags, so give that right only to
/// services that you trust.
///
/// # Commands
///
/// | command | when |
/// |---|---|
/// | `AUTH` | a connection is made, and the URL has a password |
/// | `SELECT` | a connection is made, and the URL has a database other than 0 |
/// | `GETRANGE` | each read |
/// | `SET`, with `PX` where there is a [time to live](Self::ttl) | each write |
///
/// No other command is sent: no `CLIENT`, `HELLO` or `PING`, at which a proxy such as twemproxy
/// closes the connection. All versions of Redis since 2.6 and of Valkey know these commands, in
/// RESP2; `protocol` in a URL is ignored. A user of an ACL needs only these rights, with the prefix
/// that is set (`~*` without a prefix), and `+select` for a database other than 0:
///
/// ```text
/// ACL SETUSER flags on >password ~my-app:* +getrange +set
/// ```
///
/// # Time
///
/// A call ends within the [limit for connecting](Self::connect_timeout) and the [limit for the
/// response](Self::response_timeout) together: 1 s each, so 2 s, which is how long a client waits
/// for its cache. The limit is for the call as a whole, even if bytes arrive slowly: sending, all
/// replies from the first to the last byte, logging in, all addresses of a host, and a second
/// connection if the first one is lost. Exceptions:
///
/// - Looking up a host's name takes as long as the system lets it, often 5 s a server. What is
///   connected after the limit is not used: [`Connect`](RedisCacheError::Connect). A URL with an
///   address needs no lookup.
/// - With [TLS](#tls) the limit for connecting is for each address and each read, and that for the
///   response for each read: a server that sends one byte now and then never times out, and a
///   surplus reply is not noticed. A client does not wait for it longer than [for any
///   cache](ConfigCache#time).
///
/// Of several addresses that a name has, each may take an equal share of the time that is left.
///
/// # When something is wrong
///
/// | situation | read | write |
/// |---|---|---|
/// | no server, a wrong password, no such database | [`Connect`](RedisCacheError::Connect) | the same |
/// | the idle connection is lost | another one is made | the same |
/// | the server takes the request and does not answer in time | [`Command`](RedisCacheError::Command), not tried again | the same |
/// | the server is loading, out of memory, read-only, or denies the command | [`Command`](RedisCacheError::Command) | the same; the old value stays |
/// | the value is not a string (a list, for example) | [`Command`](RedisCacheError::Command) | replaces it |
/// | a proxy that sends a surplus reply, or bytes that are not a reply | [`Command`](RedisCacheError::Command), and a new connection the next time | the same |
/// | a foreign string of text | its text, which is not an entry | replaces it |
/// | a string that is empty | `None`; no entry is empty, and `GETRANGE` returns the same for both | replaces it |
/// | a string that is not UTF-8 | [`NotUtf8`](RedisCacheError::NotUtf8) | replaces it |
/// | a value over [`MAX_BYTES`](Self::MAX_BYTES) | [`TooLarge`](RedisCacheError::TooLarge); the rest is not read | [`TooLarge`](RedisCacheError::TooLarge); the old value stays |
///
/// After an error the next call starts anew, with a new connection. Neither errors nor `Debug` show
/// the URL or its password. Errors quote up to 1 KiB of the message of the server; if a right is
/// missing, Redis names the user there. With TLS, the error of a certificate may name the host.
///
/// # TLS
///
/// TLS is a feature of the crate `redis`. Add it to your dependencies, and `rediss://` works:
///
/// ```toml
/// redis = { version = "1", default-features = false, features = ["tls-rustls"] }
/// ```
///
/// `tls-rustls` uses the cryptography of the default feature `rustls` of `configcat`; without that
/// feature, install a provider of `rustls`, or use `tls-native-tls`. For certificates of your own,
/// make the client with `redis::Client::build_with_tls`, and the cache with
/// [`with_client`](Self::with_client).
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
    pool: ConnectionPool<Connection>,
}

impl RedisCache {
    /// Longest value in bytes that is read or written, 80 MiB: as in a
    /// [`FileCache`](crate::FileCache).
    pub const MAX_BYTES: u64 = MAX_BYTES;

    /// Makes a cache over the database at `url`. Nothing is connected yet.
    ///
    /// The URL is `redis://[user][:password]@host[:port][/database]` with port 6379 and database 0
    /// if nothing is said, or `unix:///path?db=…&user=…&pass=…`. `valkey` for `redis` means the
    /// same. Characters such as `/`, `#`, `?` and `%` in a password are percent-encoded.
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
        // The error of the crate may quote a part of the URL, and with it the password.
        Client::open(url).map(Self::with_client).map_err(|_| RedisCacheError::InvalidUrl)
    }

    /// Makes a cache that connects with `client`, of the crate `redis`, version 1: for certificates
    /// of your own, or TCP keepalive. Its address, user, password and database are used, and its
    /// [commands](Self#commands) are not: no library name is sent, and no version of the protocol
    /// is asked for.
    ///
    /// ```
    /// use configcat_cache::RedisCache;
    ///
    /// let cache = RedisCache::with_client(redis::Client::open("redis://localhost")?);
    /// # Ok::<(), redis::RedisError>(())
    /// ```
    #[must_use]
    pub fn with_client(client: Client) -> Self {
        let info = client.get_connection_info();
        // Neither `CLIENT SETINFO` nor `HELLO`: proxies hang up on these, and an ACL would have to
        // allow them.
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        let info = info.clone().set_redis_settings(settings.set_protocol(ProtocolVersion::RESP2));
        Self {
            client: Client::open(info).unwrap_or(client),
            prefix: String::new(),
            ttl: None,
            connect_timeout: TIMEOUT,
            response_timeout: TIMEOUT,
            pool: ConnectionPool::new(),
        }
    }

    /// Sets a prefix for each key, such as `"my-app:"`. Default: no prefix.
    ///
    /// With a prefix, entries are shared only with those SDKs that use the same one.
    #[must_use]
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the time for which a value is kept after each write, 1 ms at least. Default: no limit.
    ///
    /// The time should be much longer than the polling interval. It cleans up after services that
    /// are gone; and a process that starts while the CDN cannot be reached needs the value, even an
    /// old one.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl.max(MIN));
        self
    }

    /// Sets the limit for connecting, from the lookup of the host to the login; [Time](Self#time)
    /// lists the exceptions. Default: 1 s; 1 ms at least and 1 minute at most.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.clamp(MIN, MAX_TIMEOUT);
        self
    }

    /// Sets the limit for a command, from its first byte to the last byte of its reply. Default: 1
    /// s; 1 ms at least and 1 minute at most.
    ///
    /// A large config over a slow network may need more: 10 MB take 1 s at 80 Mbit/s.
    #[must_use]
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout.clamp(MIN, MAX_TIMEOUT);
        self
    }

    fn load(&self, key: &str) -> Result<Option<String>, RedisCacheError> {
        let mut command = Cmd::new();
        // Not `GET`, which would transfer the whole of a huge value. The end of the range is
        // included, so a value that is too large comes with one surplus byte.
        command.arg("GETRANGE").arg(self.key(key)).arg(0).arg(MAX_BYTES);
        let bytes = self.run(&command, |reply| match reply {
            Value::BulkString(bytes) => Some(bytes),
            // Redis answers an empty string for a missing key, and nil can mean nothing else.
            Value::Nil => Some(Vec::new()),
            _ => None,
        })?;
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
        self.run(&command, |reply| (reply == Value::Okay).then_some(()))
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Runs a command on an idle connection, or on a new one; `take` returns `None` for a value
    /// that is not a reply to the command.
    fn run<T>(&self, command: &Cmd, take: fn(Value) -> Option<T>) -> Result<T, RedisCacheError> {
        let deadline = Deadline::after(self.connect_timeout + self.response_timeout);
        let failed = |source| RedisCacheError::Command { source: self.without_password(source) };
        let until = |limit| deadline.min(Deadline::after(limit));

        let run_on = |mut connection: Connection| {
            let reply = connection.call(command, until(self.response_timeout))?;
            // Put back only after its reply, so that no reply to another command can follow.
            let taken = take(reply).ok_or_else(unexpected_reply)?;
            self.pool.put_back(connection);
            Ok(taken)
        };

        if let Some(connection) = iter::from_fn(|| self.pool.take()).find(Connection::is_idle) {
            match run_on(connection) {
                // The server has closed the idle connection, and the other idle ones too. Both
                // commands may be sent again: a second `SET` of the same value changes nothing. A
                // timeout is not tried again, since the time is over.
                Err(error) if RedisError::is_io_error(&error) && !error.is_timeout() => self.pool.clear(),
                result => return result.map_err(failed),
            }
        }
        let connection = Connection::open(&self.client, until(self.connect_timeout))
            .map_err(|source| RedisCacheError::Connect { source: self.without_password(source) })?;
        run_on(connection).map_err(failed)
    }

    /// Removes the message of the server from an error if it holds the password.
    fn without_password(&self, error: RedisError) -> RedisError {
        let password = self.client.get_connection_info().redis_settings().password().unwrap_or_default();
        if error.is_io_error() || password.is_empty() || !error.to_string().contains(password) {
            return error;
        }
        (error.kind(), "the message of the server is left out, since it holds the password").into()
    }
}

/// Default limit for connecting, and for the response.
// Together the 2 s for which a client waits for its cache, so that the error arrives in time.
const TIMEOUT: Duration = Duration::from_secs(1);
// Zero would make every call fail, and sockets would take it for no limit.
const MIN: Duration = Duration::from_millis(1);
// A call that takes longer is of no use to a client, and keeps its thread busy.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

impl ConfigCache for RedisCache {
    fn read(&self, key: &str) -> Result<Option<String>, BoxError> {
        Ok(self.load(key)?)
    }

    fn write(&self, key: &str, value: &str) -> Result<(), BoxError> {
        Ok(self.store(key, value)?)
    }
}

/// Shows all options except the URL, which may hold a password.
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
    let fits = u64::try_from(bytes).is_ok_and(|bytes| bytes <= MAX_BYTES);
    if fits { Ok(()) } else { Err(RedisCacheError::TooLarge) }
}

/// Error of a [`RedisCache`].
///
/// [`RedisCache`](RedisCache#when-something-is-wrong) lists when each occurs. No error quotes the
/// URL or the key. The message names the failed step; the reason is the [`source`](Error::source)
/// only: the field `source`, or its own source if both print the same text. `{:#}` and `{:?}` print
/// both.
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
#[non_exhaustive]
pub enum RedisCacheError {
    /// The URL is not one of Redis, or its scheme is one of TLS and the crate `redis` was built
    /// without.
    InvalidUrl,
    /// The server cannot be reached, does not answer in time, or refuses the user, the password or
    /// the database.
    Connect {
        /// The error of the system or the server.
        source: RedisError,
    },
    /// The server does not answer in time, or answers with an error or with a value that is not a
    /// reply to the command.
    Command {
        /// The error of the system or the server.
        source: RedisError,
    },
    /// The value is not UTF-8.
    NotUtf8 {
        /// The place of the first invalid byte.
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
            Self::Command { .. } => f.write_str("the Redis command failed"),
            Self::NotUtf8 { .. } => f.write_str("the value in Redis is not UTF-8"),
            Self::TooLarge => write!(f, "the value for Redis is over {MAX_BYTES} bytes"),
        }?;
        write_causes(self, f)
    }
}

/// Writes the text of `{:#}`, since `?` in `main`, `unwrap` and `expect` print `Debug`.
impl fmt::Debug for RedisCacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for RedisCacheError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // An error of the crate `redis` prints as its cause, if it has one.
            Self::Connect { source } | Self::Command { source } => source.source().or(Some(source)),
            Self::NotUtf8 { source } => Some(source),
            Self::InvalidUrl | Self::TooLarge => None,
        }
    }
}
