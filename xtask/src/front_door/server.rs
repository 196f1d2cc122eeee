//! A CDN with one response, for the programs of a new user.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// A response to every request.
#[derive(Clone, Copy)]
pub(super) struct Response {
    pub(super) status: &'static str,
    pub(super) body: &'static str,
    /// The time until it is sent.
    pub(super) delay: Duration,
}

/// Starts a server on a free port of 127.0.0.1. Returns its URL. It runs until this process ends.
pub(super) fn serve(response: Response) -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        // A client that ends early is no failure of the server.
        listener.incoming().flatten().for_each(|stream| _ = answer(&stream, response));
    });
    Ok(url)
}

/// Reads the head of a request, which has no body, and answers it.
fn answer(mut stream: &TcpStream, Response { status, body, delay }: Response) -> io::Result<()> {
    let head = BufReader::new(stream).lines();
    head.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
    thread::sleep(delay);
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}
