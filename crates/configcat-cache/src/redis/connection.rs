//! Connections on which a call has a deadline and a reply has a limited length.

#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use ::redis::{
    Client, Cmd, ConnectionAddr, ConnectionLike, ErrorKind, RedisConnectionInfo, RedisError, RedisResult,
    Value, cmd, io::tcp::TcpSettings, io::tcp::socket2::SockRef, parse_redis_value,
};

use crate::{deadline::Deadline, limits::MAX_BYTES};

/// Limit in bytes for a line of a reply.
// Errors are the longest lines, and servers keep them to some hundred bytes. Without a limit, a
// line without end would fill the memory.
const MAX_LINE: u64 = 1024;

/// Limit in bytes for a string in a reply: the range that `GETRANGE` asks for.
const MAX_STRING: u64 = MAX_BYTES + 1;

/// Largest number of bytes that one call writes to a socket.
// A Unix socket applies its timeout to each message of a write. It takes at least 16 KiB in one
// message, so a write of this size waits once only.
const CHUNK: usize = 16 * 1024;

/// Connection after login.
pub(super) enum Connection {
    Plain(Plain),
    /// Connection of the crate `redis`, which has the keys and certificates. Its limits are for
    /// each address, and for each read and write.
    Tls(Box<::redis::Connection>),
}

impl Connection {
    /// Connects and logs in.
    pub(super) fn open(client: &Client, deadline: Deadline) -> RedisResult<Self> {
        let info = client.get_connection_info();
        let socket = match info.addr() {
            ConnectionAddr::Tcp(host, port) => {
                Socket::Tcp(connect_tcp(host, *port, info.tcp_settings(), deadline)?)
            }
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => Socket::Unix(connect_unix(path, deadline)?),
            _ => {
                let connection = client.get_connection_with_timeout(deadline.time_left()?)?;
                return Ok(Self::Tls(Box::new(connection)));
            }
        };
        let plain = Plain(socket);
        plain.log_in(info.redis_settings(), deadline)?;
        Ok(Self::Plain(plain))
    }

    /// Sends a command and returns the reply. After an error the connection must not be used again:
    /// the reply may still arrive.
    pub(super) fn call(&mut self, command: &Cmd, deadline: Deadline) -> RedisResult<Value> {
        match self {
            Self::Plain(plain) => plain.call(command, deadline),
            Self::Tls(connection) => {
                connection.set_write_timeout(Some(deadline.time_left()?))?;
                connection.set_read_timeout(Some(deadline.time_left()?))?;
                match connection.req_command(command)? {
                    Value::ServerError(error) => Err(error.into()),
                    reply => Ok(reply),
                }
            }
        }
    }

    /// Returns whether the server has neither closed the connection nor sent anything since the
    /// last reply. Any bytes that it has sent would be used as the next reply.
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Plain(Plain(socket)) => socket.is_idle().unwrap_or(false),
            // TLS itself sends records between replies, so waiting bytes are no sign of a fault.
            Self::Tls(connection) => connection.is_open(),
        }
    }
}

/// Connection over TCP or a Unix socket.
pub(super) struct Plain(Socket);

impl Plain {
    fn log_in(&self, settings: &RedisConnectionInfo, deadline: Deadline) -> RedisResult<()> {
        if let Some(password) = settings.password() {
            // The same text as that of the crate `redis`, so that both kinds of connection fail
            // alike.
            self.authenticate(settings.username(), password, deadline).map_err(|error| {
                if error.is_io_error() {
                    return error;
                }
                let refused = "Password authentication failed";
                RedisError::from((ErrorKind::AuthenticationFailed, refused, error.to_string()))
            })?;
        }
        // Not for database 0, which each connection starts with: some proxies do not know `SELECT`.
        if settings.db() != 0 {
            self.call(cmd("SELECT").arg(settings.db()), deadline).and_then(expect_ok)?;
        }
        Ok(())
    }

    fn authenticate(&self, user: Option<&str>, password: &str, deadline: Deadline) -> RedisResult<()> {
        let reply = match user {
            None => self.call(cmd("AUTH").arg(password), deadline),
            Some(user) => match self.call(cmd("AUTH").arg(user).arg(password), deadline) {
                // Redis before version 6 has a password and no users.
                Err(error) if error.to_string().contains("wrong number of arguments") => {
                    self.call(cmd("AUTH").arg(password), deadline)
                }
                reply => reply,
            },
        };
        reply.and_then(expect_ok)
    }

    fn call(&self, command: &Cmd, deadline: Deadline) -> RedisResult<Value> {
        let mut limited = DeadlineStream { socket: &self.0, deadline };
        limited.write_all(&command.get_packed_command())?;
        let mut reader = BufReader::new(limited);
        let reply = read_reply(&mut reader)?;
        // With a surplus reply, either of the two may be the right one.
        if reader.buffer().is_empty() { Ok(reply) } else { Err(unexpected_reply()) }
    }
}

fn connect_tcp(host: &str, port: u16, settings: &TcpSettings, deadline: Deadline) -> RedisResult<TcpStream> {
    let addresses: Vec<_> = (host, port).to_socket_addrs()?.collect();
    let stream = connect_to_one(&addresses, deadline)?;
    // A command is one small message; waiting for more would cost up to 40 ms a call.
    stream.set_nodelay(true)?;
    if let Some(keepalive) = settings.keepalive() {
        SockRef::from(&stream).set_tcp_keepalive(keepalive)?;
    }
    Ok(stream)
}

/// Connects to the first address that answers.
// Each address may use an equal share of the time that is left, so that an address that drops all
// packets leaves time for the others.
fn connect_to_one(addresses: &[SocketAddr], deadline: Deadline) -> io::Result<TcpStream> {
    let mut outcome = Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
    for (address, remaining) in addresses.iter().zip((1..=addresses.len()).rev()) {
        let share = deadline.time_left()? / u32::try_from(remaining).unwrap_or(u32::MAX);
        outcome = TcpStream::connect_timeout(address, share.max(Duration::from_millis(1)));
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

#[cfg(unix)]
fn connect_unix(path: &std::path::Path, deadline: Deadline) -> io::Result<UnixStream> {
    use ::redis::io::tcp::socket2::{Domain, SockAddr, Socket, Type};

    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // On Linux this also limits the wait for a free place in the queue of the server; other systems
    // do not wait.
    socket.set_write_timeout(Some(deadline.time_left()?))?;
    socket.connect(&SockAddr::unix(path)?).map_err(as_timeout)?;
    Ok(socket.into())
}

enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Runs the same code on either stream.
// A macro, since both streams have the same methods and no trait in common.
macro_rules! on_stream {
    ($socket:expr, $stream:ident => $run:expr) => {
        match $socket {
            Socket::Tcp($stream) => $run,
            #[cfg(unix)]
            Socket::Unix($stream) => $run,
        }
    };
}

impl Socket {
    fn is_idle(&self) -> io::Result<bool> {
        on_stream!(self, stream => {
            // Reads, since the standard library cannot peek into a Unix socket. A byte that is read
            // here is lost, and the connection is closed then anyway.
            stream.set_nonblocking(true)?;
            let mut stream = stream;
            let read = stream.read(&mut [0]);
            stream.set_nonblocking(false)?;
            Ok(read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
        })
    }
}

/// Socket on which each read and write may take the time that is left for all of them.
struct DeadlineStream<'a> {
    socket: &'a Socket,
    deadline: Deadline,
}

impl Read for DeadlineStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.time_left()?;
        on_stream!(self.socket, stream => {
            stream.set_read_timeout(Some(left))?;
            let mut stream = stream;
            stream.read(buffer).map_err(as_timeout)
        })
    }
}

impl Write for DeadlineStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = bytes.chunks(CHUNK).next().unwrap_or_default();
        let left = self.deadline.time_left()?;
        on_stream!(self.socket, stream => {
            stream.set_write_timeout(Some(left))?;
            let mut stream = stream;
            stream.write(chunk).map_err(as_timeout)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Converts the error of a socket timeout, which systems report as "would block".
fn as_timeout(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

/// Reads one of the replies that `GETRANGE`, `SET`, `AUTH` and `SELECT` have.
// All others, such as arrays and the push messages of later protocols, are refused at their first
// byte: the server would decide the number of elements to read.
fn read_reply(reader: &mut impl BufRead) -> RedisResult<Value> {
    let line = read_line(reader)?;
    match line.split_at_checked(1) {
        Some(("+", "OK")) => Ok(Value::Okay),
        // Parsed by the crate `redis`, so that errors have the kinds that its users know.
        Some(("-", _)) => match parse_redis_value(format!("{line}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => Err(error.into()),
            _ => Err(unexpected_reply()),
        },
        Some(("$", "-1")) => Ok(Value::Nil),
        Some(("$", length)) => match length.parse() {
            Ok(length) if length <= MAX_STRING => read_string(reader, length),
            _ => Err(unexpected_reply()),
        },
        _ => Err(unexpected_reply()),
    }
}

fn read_line(reader: &mut impl BufRead) -> RedisResult<String> {
    let mut line = Vec::new();
    let mut limited = reader.take(MAX_LINE);
    limited.read_until(b'\n', &mut line)?;
    match line.strip_suffix(b"\r\n") {
        Some(text) => Ok(String::from_utf8_lossy(text).into_owned()),
        None if line.ends_with(b"\n") || limited.limit() == 0 => Err(unexpected_reply()),
        None => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}

fn read_string(reader: &mut impl BufRead, length: u64) -> RedisResult<Value> {
    // Without a capacity: the server announces the length, and may send less.
    let mut bytes = Vec::new();
    let mut limited = reader.take(length + 2);
    limited.read_to_end(&mut bytes)?;
    if limited.limit() > 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    if !bytes.ends_with(b"\r\n") {
        return Err(unexpected_reply());
    }
    bytes.truncate(bytes.len() - 2);
    Ok(Value::BulkString(bytes))
}

fn expect_ok(reply: Value) -> RedisResult<()> {
    if reply == Value::Okay { Ok(()) } else { Err(unexpected_reply()) }
}

/// Returns the error of a value that is not a reply to the command.
pub(super) fn unexpected_reply() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "the server sent no reply to the command").into()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::{
        io,
        net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
        time::{Duration, Instant},
    };

    use ::redis::io::tcp::socket2::{Domain, Socket, Type};

    use super::{Deadline, connect_to_one};

    /// Returns an address that drops all packets, since its queue of new connections is full.
    fn swallowing() -> (SocketAddr, Socket, TcpStream) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (address, socket, TcpStream::connect(address).unwrap())
    }

    #[test]
    fn an_unresponsive_address_leaves_time_for_the_others() {
        let [(one, ..), (two, ..)] = &[swallowing(), swallowing()];
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let open = TcpListener::bind("127.0.0.1:0").unwrap();
        let open_at = open.local_addr().unwrap();
        let all = [*one, closed, *two, open_at];
        let stream = connect_to_one(&all, Deadline::after(Duration::from_secs(4))).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open_at);

        let start = Instant::now();
        let limit = Duration::from_millis(200);
        let error = connect_to_one(&[*one, *two], Deadline::after(limit)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() < limit + Duration::from_secs(4), "{:?}", start.elapsed());
        let none = connect_to_one(&[], Deadline::after(limit)).unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
    }
}
