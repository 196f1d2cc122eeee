//! Connections to a server, or to a proxy on the way to it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ureq::config::Config;
use ureq::http::uri::Scheme;
#[cfg(feature = "native-tls")]
use ureq::unversioned::transport::NativeTlsConnector;
#[cfg(feature = "rustls")]
use ureq::unversioned::transport::RustlsConnector;
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, SocksConnector, Transport,
};

use super::address_fallback::{FallbackConnector, copy};
use super::forward_proxy::ForwardProxyTransport;
use super::redact::RedactingTransport;
use crate::redact::KeyRedactor;

/// Connector that hides the key from `ureq`, and counts the connections that it opens.
///
/// | proxy | `https` | `http` |
/// |---|---|---|
/// | not set | directly | directly |
/// | HTTP | by `CONNECT` | in absolute form |
/// | SOCKS | by SOCKS | by SOCKS |
pub(super) struct HttpConnector {
    socks: SocksConnector,
    tunnel: ConnectProxyConnector,
    tcp: FallbackConnector,
    #[cfg(feature = "rustls")]
    rustls: RustlsConnector,
    #[cfg(feature = "native-tls")]
    native_tls: NativeTlsConnector,
    /// The options of the agent, without a proxy.
    config: Config,
    redactor: Arc<KeyRedactor>,
    opened: Arc<AtomicUsize>,
}

impl HttpConnector {
    pub(super) fn new(config: Config, redactor: Arc<KeyRedactor>, opened: Arc<AtomicUsize>) -> Self {
        Self {
            socks: SocksConnector::default(),
            tunnel: ConnectProxyConnector::default(),
            tcp: FallbackConnector::default(),
            #[cfg(feature = "rustls")]
            rustls: RustlsConnector::default(),
            #[cfg(feature = "native-tls")]
            native_tls: NativeTlsConnector::default(),
            config,
            redactor,
            opened,
        }
    }

    /// Connects as `details` say. For `CONNECT`, `ureq` calls [`connect`](Connector::connect) from
    /// within, for the connection to the proxy; the redactor of that connection finds nothing to
    /// replace.
    fn open(&self, details: &ConnectionDetails<'_>) -> Result<Option<Box<dyn Transport>>, ureq::Error> {
        // Each connector passes on the transport of the one before, so proxies come before TCP,
        // which then does nothing, and TLS comes last: it must run from end to end, through the
        // proxy.
        let transport = self.socks.connect(details, None::<()>)?;
        let transport = self.tunnel.connect(details, transport)?;
        let transport = self.tcp.connect(details, transport)?;
        // With both features `native-tls` wins, by the provider in the options of the agent.
        #[cfg(feature = "rustls")]
        let transport = self.rustls.connect(details, transport)?;
        #[cfg(feature = "native-tls")]
        let transport = self.native_tls.connect(details, transport)?;
        Ok(transport.map(|transport| -> Box<dyn Transport> { Box::new(transport) }))
    }

    /// Connects to an HTTP proxy that forwards requests.
    fn open_to_forward_proxy(
        &self,
        details: &ConnectionDetails<'_>,
        proxy: &ureq::Proxy,
    ) -> Result<Option<Box<dyn Transport>>, ureq::Error> {
        let addrs = details.resolver.resolve(proxy.uri(), &self.config, details.timeout)?;
        let to_proxy = ConnectionDetails { uri: proxy.uri(), addrs, config: &self.config, ..copy(details) };
        let transport = self.open(&to_proxy)?;
        Ok(transport.map(|transport| -> Box<dyn Transport> {
            Box::new(ForwardProxyTransport::new(transport, details.uri, proxy))
        }))
    }
}

impl Connector for HttpConnector {
    type Out = RedactingTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<RedactingTransport>, ureq::Error> {
        // Each request has options of its own for its time limit. Their TLS options are the same,
        // so one TLS configuration serves all of them; `ureq` keeps it only for requests with the
        // options of the agent. Without this, each connection would load the root certificates.
        let details = ConnectionDetails { request_level: false, ..copy(details) };
        let is_plain = details.uri.scheme() == Some(&Scheme::HTTP);
        let transport = match details.config.proxy() {
            Some(proxy) if is_plain && is_http(proxy) => self.open_to_forward_proxy(&details, proxy)?,
            _ => self.open(&details)?,
        };
        let Some(transport) = transport else { return Ok(None) };
        // Relaxed: the agent compares the counts on the thread that made the request.
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Some(RedactingTransport::new(transport, Arc::clone(&self.redactor))))
    }
}

fn is_http(proxy: &ureq::Proxy) -> bool {
    matches!(proxy.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https)
}

impl fmt::Debug for HttpConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnector").finish_non_exhaustive()
    }
}
