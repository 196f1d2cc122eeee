//! The faults between a client and the CDN.

use std::time::Duration;

use configcat_testkit::Reply;

use super::super::{
    cell::{MAX_INIT_WAIT, REQUEST_TIMEOUT, State},
    trial::{Through, Trial, config, config_naming},
};
use crate::own_transport;

/// A fault between a client and the CDN.
#[derive(Clone)]
pub(in crate::faults) struct Fault {
    pub(super) name: &'static str,
    act: Act,
    /// One of these events is logged. Empty for a fault without an effect.
    events: &'static [u64],
    /// `true` if a client gets the config of the CDN in spite of the fault.
    pub(super) brings_config: bool,
    /// `true` if the answer says that the config of the client is the latest: no fault for a client
    /// that has one.
    confirms_config: bool,
    /// `true` if the client notices the fault only at the request timeout.
    pub(super) is_slow: bool,
    pub(super) through: Through,
}

#[derive(Clone)]
enum Act {
    Reply(Reply),
    RefuseConnections,
    /// Two base URLs whose configs name each other.
    RedirectByConfigs,
    /// A fault of the transport. The CDN works.
    Transport(own_transport::Act),
}

impl Fault {
    /// Returns the events of which one is logged; empty if the fault has no effect in this state.
    pub(super) fn events(&self, state: State) -> &'static [u64] {
        if self.confirms_config && state != State::Cold { &[] } else { self.events }
    }

    /// Begins the fault, and puts the config of `value` on the CDN.
    pub(super) fn begin(&self, trial: &Trial, value: &str) {
        let cdn = &trial.cdn;
        cdn.serve(&config(value));
        match &self.act {
            Act::Reply(reply) => cdn.set_always(reply.clone()),
            Act::RefuseConnections => cdn.refuse_connections(),
            Act::Transport(act) => trial.transport.iter().for_each(|transport| transport.set(*act)),
            Act::RedirectByConfigs => {
                let to = |base: &str| config_naming(value, &format!("{}{base}", cdn.url()), 2);
                cdn.serve(&to("/a"));
                cdn.serve_at("/a", &to("/b"));
                cdn.serve_at("/b", &to("/a"));
            }
        }
    }

    /// Ends any fault, and serves the config of `value` at each base URL.
    pub(super) fn end(trial: &Trial, value: &str) {
        let cdn = &trial.cdn;
        trial.transport.iter().for_each(|transport| transport.set(own_transport::Act::Work));
        cdn.accept_connections();
        cdn.set_always(Reply::content());
        for base in ["", "/a", "/b"] {
            cdn.serve_at(base, &config(value));
        }
    }
}

fn fault(name: &'static str, events: &'static [u64], reply: Reply, through: Through) -> Fault {
    Fault {
        name,
        act: Act::Reply(reply),
        events,
        brings_config: false,
        confirms_config: false,
        is_slow: false,
        through,
    }
}

/// Returns the faults of a transport of the application itself.
pub(in crate::faults) fn transport_faults() -> Vec<Fault> {
    use own_transport::Act::{EndlessBody, Fail, Hang, HangInBody, Late, Panic, PanicInBody};
    let fault = |name, events, is_slow, act| Fault {
        act: Act::Transport(act),
        is_slow,
        ..fault(name, events, Reply::content(), Through::OwnTransport)
    };
    vec![
        fault("an error that quotes the SDK key", &[1103], false, Fail),
        fault("a panic", &[1103], false, Panic),
        fault("a panic in the body", &[1103], false, PanicInBody),
        // The limit of size or that of time comes first: that depends on the machine.
        fault("a body without end", &[1102, 1105], true, EndlessBody),
        fault("hangs", &[1102], true, Hang),
        fault("hangs in the body", &[1102], true, HangInBody),
        fault("ignores its deadline", &[1102], true, Late(REQUEST_TIMEOUT * 2)),
    ]
}

/// Returns all faults of the network, and the name `none` for comparison.
pub(in crate::faults) fn faults(through: Through) -> Vec<Fault> {
    let fault = |name, events, reply| fault(name, events, reply, through);
    let harmless = |name, reply| Fault { brings_config: true, ..fault(name, &[], reply) };
    let disconnected = |name, reply| fault(name, &[1103], reply);
    let invalid = |name, reply| fault(name, &[1105], reply);
    let late = |name, reply| Fault { is_slow: true, ..fault(name, &[1102], reply) };
    let rejected = |name, status| fault(name, &[1100], Reply::status(status));
    let content = Reply::content;
    vec![
        harmless("none", content()),
        harmless("the answer takes a while", content().delay(MAX_INIT_WAIT / 8)),
        harmless("reset after the body", content().then_reset()),
        Fault { act: Act::RefuseConnections, ..disconnected("connection refused", content()) },
        disconnected("closed without an answer", Reply::close()),
        disconnected("reset without an answer", Reply::reset()),
        disconnected("reset in the body", content().half_of_body().then_reset()),
        disconnected("closed in the body", content().half_of_body()),
        disconnected("content length too long, then closed", content().content_length(100_000).then_close()),
        disconnected("garbage instead of HTTP", Reply::raw("SSH-2.0-OpenSSH_9.6\r\n\r\n")),
        invalid("content length too short", content().content_length(10)),
        invalid("a body that is empty", Reply::body("")),
        invalid("a body that is a login page", Reply::body("<html>Please log in</html>")),
        // The limit of size (1105) or that of time (1102) comes first: that depends on the machine.
        Fault { events: &[1102, 1105], ..late("a gzip bomb", Reply::gzip_bomb(65 << 20)) },
        late("silence", Reply::hang()),
        late("silence in the body", content().half_of_body().then_hang()),
        late("content length too long, then silence", content().content_length(100_000)),
        late("a byte every 5 ms", content().drip(Duration::from_millis(5))),
        late("an answer that is too late", content().delay(REQUEST_TIMEOUT * 2)),
        Fault { confirms_config: true, ..fault("304 to whatever is asked", &[1106], Reply::status(304)) },
        rejected("403", 403),
        rejected("404", 404),
        fault("429 with Retry-After", &[1101], Reply::status(429).header("Retry-After", "2")),
        fault("500", &[1101], Reply::status(500)),
        fault("503 with Retry-After", &[1101], Reply::status(503).header("Retry-After", "2")),
        fault("HTTP redirects in a circle", &[1101], Reply::redirect(302, "/round-and-round")),
        Fault {
            act: Act::RedirectByConfigs,
            events: &[1104],
            ..harmless("data governance redirects in a circle", content())
        },
    ]
}
