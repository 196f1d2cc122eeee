//! A file server for the built page, which is all that the page needs.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

/// The server. It serves until the process ends.
pub(crate) struct Files {
    pub(crate) url: String,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Files {
    /// Serves the page that `cargo xtask playground` has built.
    pub(crate) fn serve() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/playground");
        assert!(folder.join("index.html").is_file(), "build the page first: cargo xtask playground");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let paths = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&paths);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, seen) = (folder.clone(), Arc::clone(&seen));
                thread::spawn(move || answer(&stream, &folder, &seen));
            }
        });
        Self { url, paths }
    }

    /// Returns the paths that were requested.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }
}

/// Answers one request, and closes the connection.
fn answer(mut stream: &TcpStream, folder: &Path, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    lines.find(String::is_empty)?;
    seen.lock().unwrap().push(path.clone());
    let file: PathBuf = folder.join(if path == "/" { "index.html" } else { path.trim_start_matches('/') });
    let kind = match file.extension()?.to_str()? {
        "html" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        "svg" => "image/svg+xml",
        _ => "application/wasm",
    };
    let (status, body) = fs::read(file).map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).ok()
}
