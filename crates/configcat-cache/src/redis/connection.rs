//! Connections on which a call ends at a moment that is set beforehand, and replies of a limited
//! length.

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

/// The longest line of a reply. Errors are the longest ones; servers keep them to some hundred
/// bytes.
const MAX_LINE: u64 = 1024;

/// The longest string in a reply: what `GETRANGE` is asked for.
const MAX_STRING: u64 = MAX_BYTES + 1;

/// What is written at once. A Unix socket waits for each message of a write as long as for all of
/// it, and takes at least so much in one message; so a write waits once.
const CHUNK: usize = 16 * 1024;

/// A connection that is logged in.
pub(super) enum Connection {
    Plain(Plain),
    /// The crate `redis` has the keys and certificates, so it connects and reads; its limits are
    /// for each address, and for each read and write.
    Tls(Box<::redis::Connection>),
}

impl Connection {
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

    /// Sends the command and returns the reply. After an error the connection must not be used any
    /// more: the reply may still come.
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
    /// last reply. What it has sent would be taken for the next reply.
    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Plain(Plain(socket)) => socket.is_idle().unwrap_or(false),
            // Not for us to see; TLS itself sends things between replies.
            Self::Tls(connection) => connection.is_open(),
        }
    }
}

/// A connection over TCP or a Unix socket.
pub(super) struct Plain(Socket);

impl Plain {
    fn log_in(&self, settings: &RedisConnectionInfo, deadline: Deadline) -> RedisResult<()> {
        if let Some(password) = settings.password() {
            self.authenticate(settings.username(), password, deadline).map_err(|error| {
                if error.is_io_error() {
                    return error;
                }
                let refused = "Password authentication failed";
                RedisError::from((ErrorKind::AuthenticationFailed, refused, error.to_string()))
            })?;
        }
        if settings.db() != 0 {
            self.call(cmd("SELECT").arg(settings.db()), deadline).and_then(expect_ok)?;
        }
        Ok(())
    }

    fn authenticate(&self, user: Option<&str>, password: &str, deadline: Deadline) -> RedisResult<()> {
        let reply = match user {
            None => self.call(cmd("AUTH").arg(password), deadline),
            Some(user) => match self.call(cmd("AUTH").arg(user).arg(password), deadline) {
                // Before version 6 there are passwords without users.
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
        // One reply too many: either may be the right one.
        if reader.buffer().is_empty() { Ok(reply) } else { Err(unexpected_reply()) }
    }
}

fn connect_tcp(host: &str, port: u16, settings: &TcpSettings, deadline: Deadline) -> RedisResult<TcpStream> {
    let addresses: Vec<_> = (host, port).to_socket_addrs()?.collect();
    let stream = connect_to_one(&addresses, deadline)?;
    stream.set_nodelay(true)?;
    if let Some(keepalive) = settings.keepalive() {
        SockRef::from(&stream).set_tcp_keepalive(keepalive)?;
    }
    Ok(stream)
}

/// Connects to the first address that answers. Each may take an equal share of the time that is
/// left, so that one that swallows all packets does not use it up.
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
    // On Linux this limits the wait for a free place in the server's queue; other systems do not
    // wait.
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
            stream.set_nonblocking(true)?;
            let mut stream = stream;
            let read = stream.read(&mut [0]);
            stream.set_nonblocking(false)?;
            Ok(read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
        })
    }
}

/// A socket of which each read and write may take the time that is left for all of them.
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

/// Names a limit that has passed as such: systems say that the call would block.
fn as_timeout(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

/// Reads one of the replies that `GETRANGE`, `SET`, `AUTH` and `SELECT` have. All others, such as
/// arrays and what later protocols push, are refused at their first byte, so no server decides how
/// much there is to read.
fn read_reply(reader: &mut impl BufRead) -> RedisResult<Value> {
    let line = read_line(reader)?;
    match line.split_at_checked(1) {
        Some(("+", "OK")) => Ok(Value::Okay),
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

/// The error for what does not answer the command.
pub(super) fn unexpected_reply() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "what came is no reply to the command").into()
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

    /// An address that swallows all packets, since its queue of new connections is full.
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
