//! Events of the server, as lines of text or of JSON.

use std::{io, io::Write};

use configcat_analysis::Comparison;
use hyper::{Response, header};
use serde_json::{Value as Json, json};

use super::{answer::Sent, call::Call, fault::Strike};
use crate::{
    changes,
    failure::Failure,
    format::Format,
    screen::{GREEN, RED, Screen, YELLOW, shown, styled},
    snippet,
};

/// An event of the server.
#[derive(Debug)]
pub(super) enum Event {
    Handled(Handled),
    /// The file was saved with another content, which is served from now on.
    Saved(Comparison),
    /// The file was saved, and cannot be served. The last content stays.
    Invalid(Failure),
    /// After that, the file is again as it is served.
    ValidAgain,
    /// The server has ended.
    Ended(io::Result<()>),
}

/// A request with its answer.
#[derive(Debug)]
pub(super) struct Handled {
    call: Call,
    strike: Strike,
    /// `None` if there is no answer.
    status: Option<u16>,
    bytes: usize,
    is_gzip: bool,
}

impl Handled {
    pub(super) fn new(call: Call, strike: Strike, response: Option<&Response<Sent>>) -> Self {
        Self {
            call,
            strike,
            status: response.map(|response| response.status().as_u16()),
            bytes: response.map_or(0, |response| response.body().length()),
            is_gzip: response
                .is_some_and(|response| response.headers().contains_key(header::CONTENT_ENCODING)),
        }
    }

    fn text(&self) -> String {
        let Self { call, strike, .. } = self;
        let status = match self.status {
            Some(status) if status < 400 => styled(GREEN, status),
            Some(status) => styled(RED, status),
            None => styled(RED, "no answer"),
        };
        let mut line = format!("{} {}  {}  {status}", call.method, shown(&call.path), shown(&call.sdk));
        if self.bytes > 0 {
            line += &format!("  {} bytes{}", self.bytes, if self.is_gzip { " of gzip" } else { "" });
        }
        let delay = (!strike.delay.is_zero()).then(|| format!("delayed by {:?}", strike.delay));
        let fault = strike.answer.map(|fault| format!("fault {}", fault.name()));
        for note in [delay, fault].into_iter().flatten() {
            line += &format!("  {}", styled(YELLOW, note));
        }
        line
    }

    fn json(&self) -> Json {
        let Self { call, strike, .. } = self;
        json!({
            "event": "request",
            "method": call.method.as_str(),
            "path": call.path,
            "sdk": call.sdk,
            "status": self.status,
            "bytes": self.bytes,
            "gzip": self.is_gzip,
            "delay": strike.delay.as_secs_f64(),
            "fault": strike.answer.map(super::fault::FaultKind::name),
        })
    }
}

/// Writes an event about the file of that name. Returns `false` after the last event.
pub(super) fn write(event: Event, name: &str, format: Format, screen: &mut Screen) -> Result<bool, Failure> {
    let (text, json) = match event {
        Event::Handled(handled) => (handled.text(), handled.json()),
        Event::Saved(comparison) => (
            format!("{} was saved. {}", shown(name), changes::text(&comparison)),
            json!({"event": "saved", "changes": changes::json(&comparison)}),
        ),
        Event::Invalid(Failure::OutputClosed) => return Ok(false),
        Event::Invalid(Failure::Wrong(problem)) => {
            // Standard error has the place in the file, also with the output in JSON. If it is
            // closed, the event is still printed.
            let _ = writeln!(anstream::stderr(), "{}", snippet::render(&problem, screen.width()));
            let text = format!("{} was saved, and cannot be served: the last valid flags stay.", shown(name));
            (text, json!({"event": "invalid", "message": problem.message}))
        }
        Event::ValidAgain => (
            format!("{} was saved, and is valid again. No flag has changed.", shown(name)),
            json!({"event": "saved", "changes": []}),
        ),
        Event::Ended(result) => {
            return result.map(|()| false).map_err(|cause| Failure::cannot("serve", cause));
        }
    };
    match format {
        Format::Text => writeln!(screen, "{text}")?,
        Format::Json => screen.json(&json)?,
    }
    screen.flush()?;
    Ok(true)
}
