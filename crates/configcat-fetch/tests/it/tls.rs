//! TLS: only a server with a valid certificate gets a request. Nothing falls back to plain HTTP.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use configcat_fetch::{BaseUrl, FetchErrorKind, Fetcher, Outcome, Proxy};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use crate::server::{Server, response};
use crate::{CONFIG, KEY, error, options};

/// First byte of every TLS connection: a record of the handshake.
const HANDSHAKE: u8 = 0x16;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// In PEM form.
    fn root(&self) -> String {
        self.0.pem()
    }

    fn issue(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// For the server of a test, valid from 2000 to 2999.
fn params() -> CertificateParams {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    // One of the same name as its issuer would count as self-signed.
    params.distinguished_name.push(DnType::CommonName, "a server");
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2999, 1, 1));
    params
}

/// Server that gives one response to each connection, and keeps all that it got.
struct TlsServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    is_stopping: AtomicBool,
    /// The bytes of each connection, as they came over the wire.
    raw: Mutex<Vec<Vec<u8>>>,
    /// All requests, decrypted.
    requests: Mutex<Vec<String>>,
}

impl TlsServer {
    fn new((chain, key): Identity, response: Vec<u8>) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let acceptor = {
            let (shared, config) = (Arc::clone(&shared), Arc::new(config));
            thread::spawn(move || {
                for stream in listener.incoming() {
                    if shared.is_stopping.load(Ordering::SeqCst) {
                        break;
                    }
                    // A client that does not like the certificate hangs up.
                    let _ = serve(stream.unwrap(), &config, &response, &shared);
                }
            })
        };
        Self { address, shared, acceptor: Some(acceptor) }
    }

    fn url(&self) -> BaseUrl {
        BaseUrl::parse(&format!("https://{}", self.address)).unwrap()
    }

    /// Ends the server and returns its requests. Checks that all connections were TLS, and that not
    /// one of them held the key in the clear.
    fn requests(mut self) -> Vec<String> {
        self.stop();
        for raw in self.shared.raw.lock().unwrap().iter() {
            assert_eq!(raw[0], HANDSHAKE, "a plain request: {}", String::from_utf8_lossy(raw));
            assert!(!contains(raw, KEY), "the key in the clear");
        }
        self.shared.requests.lock().unwrap().clone()
    }

    fn stop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().unwrap();
        }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(stream: TcpStream, config: &Arc<ServerConfig>, response: &[u8], shared: &Shared) -> io::Result<()> {
    let mut wire = Wire { stream, raw: Vec::new() };
    let mut tls = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut request = Vec::new();
    let result = answer(&mut Stream::new(&mut tls, &mut wire), response, &mut request);
    if !wire.raw.is_empty() {
        shared.raw.lock().unwrap().push(wire.raw);
    }
    if !request.is_empty() {
        shared.requests.lock().unwrap().push(String::from_utf8(request).unwrap());
    }
    result
}

/// Reads until a blank line, answers, and says goodbye.
fn answer(
    stream: &mut Stream<'_, ServerConnection, Wire>,
    response: &[u8],
    request: &mut Vec<u8>,
) -> io::Result<()> {
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        request.extend(byte);
    }
    stream.write_all(response)?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// Connection that keeps all bytes that arrive.
struct Wire {
    stream: TcpStream,
    raw: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.raw.extend(&buffer[..length]);
        Ok(length)
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Returns a fetcher that trusts this authority, or the default roots of its feature.
fn trusting(server: &TlsServer, root: Option<&str>) -> Fetcher {
    let options = options().start_url(server.url());
    Fetcher::new(match root {
        Some(pem) => options.root_certificates(pem),
        None => options,
    })
    .unwrap()
}

/// Asserts that a server with this certificate is refused, and gets no request.
fn assert_refused(identity: Identity, root: Option<&str>, case: &str) {
    let server = TlsServer::new(identity, response(200, &[], CONFIG));
    let error = error(trusting(&server, root).fetch(None));
    assert_eq!((error.kind(), error.status()), (FetchErrorKind::ConnectionFailed, None), "{case}: {error:#}");
    let text = format!("{error:#}");
    assert!(!text.contains(char::is_control) && text.len() < 1000, "{case}: {text:?}");
    assert!(server.requests().is_empty(), "{case}");
}

#[test]
fn a_valid_certificate_is_accepted() {
    let authority = Authority::new("one");
    let server = TlsServer::new(authority.issue(&params()), response(200, &[], CONFIG));
    // Other certificates beside it, and text around them, do no harm.
    let roots = format!("My roots\n{}\n{}", Authority::new("another").root(), authority.root());
    for root in [authority.root(), roots] {
        let fetch = trusting(&server, Some(&root)).fetch(None);
        assert!(matches!(&fetch.outcome, Ok(Outcome::Fetched(config)) if config.body == CONFIG), "{fetch:?}");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].starts_with(&format!("GET /configuration-files/{KEY}/config_v6.json HTTP/1.1\r\n")));
}

#[test]
fn an_invalid_certificate_is_refused() {
    let authority = Authority::new("one");
    let root = authority.root();
    let changed = |change: fn(&mut CertificateParams)| {
        let mut params = params();
        change(&mut params);
        authority.issue(&params)
    };
    for (case, identity) in [
        ("expired", changed(|params| params.not_after = date_time_ymd(2001, 1, 1))),
        ("not valid yet", changed(|params| params.not_before = date_time_ymd(2998, 1, 1))),
        ("of another host", changed(|params| params.subject_alt_names = vec![dns("flags.example.com")])),
        (
            "of another address",
            changed(|params| params.subject_alt_names = vec![SanType::IpAddress([127, 0, 0, 2].into())]),
        ),
        (
            "of a name that forges records",
            changed(|params| params.subject_alt_names = vec![dns("a\r\n\u{1b}[31mERROR")]),
        ),
        ("of no host", changed(|params| params.subject_alt_names.clear())),
        ("of another authority", Authority::new("another").issue(&params())),
        ("of another authority of the same name", Authority::new("one").issue(&params())),
    ] {
        assert_refused(identity, Some(&root), case);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params().self_signed(&key).unwrap();
    let identity = (vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap());
    assert_refused(identity, Some(&root), "self-signed");
}

#[test]
fn an_unknown_authority_is_refused() {
    let authority = Authority::new("one");
    assert_refused(authority.issue(&params()), None, "without roots of one's own");
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

#[test]
fn plain_http_at_the_port_of_https_is_refused() {
    let server = Server::responding(200, &[], CONFIG);
    let url = BaseUrl::parse(&server.url().to_string().replace("http:", "https:")).unwrap();
    let error = error(Fetcher::new(options().start_url(url)).unwrap().fetch(None));
    assert_eq!(error.kind(), FetchErrorKind::ConnectionFailed, "{error:#}");
    assert!(server.requests().is_empty(), "no request was read from what came");
}

#[test]
fn no_redirect_leads_from_https_to_http() {
    let plain = Server::responding(200, &[], CONFIG);
    let authority = Authority::new("one");
    let found = |location: String| response(302, &[("Location", &location)], "");
    let moved =
        |redirect: u8| response(200, &[], format!(r#"{{"p":{{"u":"{}","r":{redirect}}}}}"#, plain.url()));
    for (answer, kind) in [
        (found(format!("{}/", plain.url())), None),
        (moved(0), Some(FetchErrorKind::Downgrade)),
        (moved(1), Some(FetchErrorKind::Downgrade)),
        (moved(2), Some(FetchErrorKind::Downgrade)),
    ] {
        let server = TlsServer::new(authority.issue(&params()), answer);
        let fetcher = trusting(&server, Some(&authority.root()));
        for _ in 0..2 {
            let fetch = fetcher.fetch(None);
            let found = fetch.redirect_error.as_ref().map(|error| error.kind());
            assert_eq!((found, found.map(FetchErrorKind::event_id)), (kind, kind.map(|_| 1107)));
            assert!(!fetch.is_data_governance_out_of_sync);
            match kind {
                None => assert_eq!(error(fetch).status(), Some(302)),
                Some(_) => assert!(matches!(fetch.outcome, Ok(Outcome::Fetched(_)))),
            }
        }
        assert_eq!(server.requests().len(), 2);
    }
    assert_eq!(plain.connections(), 0);
}

#[test]
fn root_certificates_must_be_certificates() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    for pem in ["", "no PEM at all", &key, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let error = Fetcher::new(options().root_certificates(pem)).unwrap_err();
        assert_eq!(error, configcat_fetch::OptionsError::RootCertificates, "{pem:?}");
    }
    let shown = format!("{:?}", options().root_certificates(key));
    assert!(!shown.contains("PRIVATE") && shown.contains("RootCertificates(<"), "{shown}");
}

/// A proxy over TLS gets plain requests in the same form as one without TLS.
#[test]
fn an_https_proxy_gets_plain_requests_in_absolute_form() {
    let trusted = Authority::new("one");
    for (authority, is_right) in [(&trusted, true), (&Authority::new("another"), false)] {
        let proxy = TlsServer::new(authority.issue(&params()), response(200, &[], CONFIG));
        let url = Proxy::url(&format!("https://{}", proxy.address)).unwrap();
        let origin = BaseUrl::parse("http://flags.invalid").unwrap();
        let options = options().start_url(origin).proxy(url).root_certificates(trusted.root());
        let fetch = Fetcher::new(options).unwrap().fetch(None);
        assert_eq!(fetch.outcome.is_ok(), is_right, "{fetch:?}");
        let requests = proxy.requests();
        let line = format!("GET http://flags.invalid/configuration-files/{KEY}/config_v6.json HTTP/1.1");
        assert!(requests.iter().all(|request| request.starts_with(&line)), "{requests:?}");
        assert_eq!(requests.len(), usize::from(is_right));
    }
}

/// Runs a proxy for one `CONNECT`, and returns all bytes that the client has sent through it.
fn tunnel(listener: &TcpListener) -> io::Result<Vec<u8>> {
    let (mut client, _) = listener.accept()?;
    let (mut seen, mut byte) = (Vec::new(), [0]);
    while !seen.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        seen.extend(byte);
    }
    let line = String::from_utf8_lossy(&seen).into_owned();
    let mut server = TcpStream::connect(line.split(' ').nth(1).unwrap())?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut back, mut to_client) = (server.try_clone()?, client.try_clone()?);
    thread::scope(|scope| {
        scope.spawn(move || {
            let _ = io::copy(&mut back, &mut to_client);
            let _ = to_client.shutdown(Shutdown::Both);
        });
        let mut buffer = [0; 4096];
        while let Some(length) = client.read(&mut buffer).ok().filter(|length| *length > 0) {
            seen.extend(&buffer[..length]);
            // A server that has been refused is gone, but the client may still say something.
            let _ = server.write_all(&buffer[..length]);
        }
        let _ = server.shutdown(Shutdown::Both);
    });
    Ok(seen)
}

#[test]
fn a_connect_proxy_learns_only_the_host() {
    let trusted = Authority::new("one");
    for (authority, is_right) in [(&trusted, true), (&Authority::new("another"), false)] {
        let server = TlsServer::new(authority.issue(&params()), response(200, &[], CONFIG));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::url(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let options = options().start_url(server.url()).proxy(proxy).root_certificates(trusted.root());
        let fetcher = Fetcher::new(options).unwrap();
        let seen = thread::scope(|scope| {
            let proxy = scope.spawn(|| tunnel(&listener));
            let fetch = fetcher.fetch(None);
            assert_eq!(fetch.outcome.is_ok(), is_right, "{fetch:?}");
            // Closes the idle connection.
            drop(fetcher);
            // A client that refuses the certificate may hang up on the way.
            proxy.join().unwrap().unwrap_or_default()
        });
        if is_right {
            assert!(seen.starts_with(format!("CONNECT {} HTTP/1.1\r\n", server.address).as_bytes()));
        }
        assert!(!contains(&seen, KEY) && !contains(&seen, "configuration-files"));
        assert_eq!(server.requests().len(), usize::from(is_right));
    }
}
