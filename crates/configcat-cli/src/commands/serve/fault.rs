//! Faults on purpose: the argument `--fault`, and the requests that a fault strikes.

use std::{str::FromStr, time::Duration};

/// The longest delay of a fault.
// Ten times the request timeout that ConfigCat SDKs have by default. A longer delay is `hang`.
const MAX_DELAY: Duration = Duration::from_secs(300);

const FORMS: &str = "write a status from 300 to 599, delay=2s, delay=500ms, rubbish, empty, half, reset or hang, \
                     perhaps with a share before it, as 50%:503";

/// A fault, and the share of the requests that it strikes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    /// In percent, from 1 to 100.
    share: u8,
    kind: FaultKind,
}

/// The kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum FaultKind {
    /// This status instead of the config.
    Status(u16),
    /// The answer, after this time.
    Delay(Duration),
    /// 200 with a body that is not JSON.
    Rubbish,
    /// 200 with an empty body.
    Empty,
    /// The first half of the body, and then the end of the connection.
    Half,
    /// A reset of the connection, without an answer.
    Reset,
    /// No answer at all.
    Hang,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (share, kind) = match text.split_once("%:") {
            Some((share, kind)) => (share.parse().ok().filter(|share| (1..=100).contains(share)), kind),
            None => (Some(100), text),
        };
        let share = share.ok_or("the share is a whole number from 1 to 100, as in 50%:503")?;
        let kind = FaultKind::parse(kind).ok_or(FORMS)?;
        Ok(Self { share, kind })
    }
}

impl FaultKind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "rubbish" => Self::Rubbish,
            "empty" => Self::Empty,
            "half" => Self::Half,
            "reset" => Self::Reset,
            "hang" => Self::Hang,
            _ => match text.strip_prefix("delay=") {
                Some(delay) => Self::Delay(duration(delay)?),
                None => Self::Status(text.parse().ok().filter(|status| (300..=599).contains(status))?),
            },
        })
    }

    /// Returns the name in the log of requests.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Delay(_) => "delay",
            Self::Rubbish => "rubbish",
            Self::Empty => "empty",
            Self::Half => "half",
            Self::Reset => "reset",
            Self::Hang => "hang",
        }
    }
}

/// Reads a duration such as `2s` or `500ms`.
fn duration(text: &str) -> Option<Duration> {
    let duration = match text.strip_suffix("ms") {
        Some(milliseconds) => Duration::from_millis(milliseconds.parse().ok()?),
        None => Duration::from_secs(text.strip_suffix('s')?.parse().ok()?),
    };
    (duration <= MAX_DELAY).then_some(duration)
}

/// All faults of a server, and the requests that they strike.
///
/// A fault of 25 % strikes every fourth request. Its share is that of the requests that earlier
/// faults of the list leave.
// Not at random, so that a run can be repeated.
#[derive(Debug)]
pub(super) struct Schedule(Vec<(Fault, u8)>);

/// The faults of one request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Strike {
    pub(super) delay: Duration,
    /// The fault of the answer itself.
    pub(super) answer: Option<FaultKind>,
}

impl Schedule {
    pub(super) fn new(faults: &[Fault]) -> Self {
        Self(faults.iter().map(|fault| (fault.clone(), 0)).collect())
    }

    /// Returns the faults of the next request.
    pub(super) fn next(&mut self) -> Strike {
        let mut strike = Strike::default();
        for (fault, sum) in &mut self.0 {
            *sum += fault.share;
            if *sum < 100 {
                continue;
            }
            *sum -= 100;
            match fault.kind {
                FaultKind::Delay(delay) => strike.delay += delay,
                kind => {
                    strike.answer = Some(kind);
                    break;
                }
            }
        }
        strike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(u8, FaultKind), String> {
        text.parse().map(|fault: Fault| (fault.share, fault.kind))
    }

    #[test]
    fn the_grammar_has_statuses_delays_and_names_with_a_share() {
        assert_eq!(parsed("503"), Ok((100, FaultKind::Status(503))));
        assert_eq!(parsed("50%:429"), Ok((50, FaultKind::Status(429))));
        assert_eq!(parsed("delay=2s"), Ok((100, FaultKind::Delay(Duration::from_secs(2)))));
        assert_eq!(parsed("1%:delay=500ms"), Ok((1, FaultKind::Delay(Duration::from_millis(500)))));
        for kind in [FaultKind::Rubbish, FaultKind::Empty, FaultKind::Half, FaultKind::Reset, FaultKind::Hang]
        {
            assert_eq!(parsed(kind.name()), Ok((100, kind)));
        }
    }

    #[test]
    fn other_texts_are_errors_that_name_the_forms() {
        for text in
            ["", "200", "600", "delay", "delay=", "delay=2", "delay=301s", "delay=-1s", "Reset", "50:503"]
        {
            assert_eq!(parsed(text), Err(FORMS.to_owned()), "{text}");
        }
        for text in ["0%:503", "101%:503", "%:503", "x%:503", "256%:503"] {
            assert!(parsed(text).unwrap_err().starts_with("the share"), "{text}");
        }
    }

    #[test]
    fn a_share_is_spread_evenly() {
        let struck = |faults: &[&str]| {
            let faults: Vec<Fault> = faults.iter().map(|fault| fault.parse().unwrap()).collect();
            let mut schedule = Schedule::new(&faults);
            let statuses = (0..8).map(|_| match schedule.next() {
                Strike { answer: Some(FaultKind::Status(status)), delay } if delay.is_zero() => status,
                Strike { answer: None, delay } => u16::try_from(delay.as_millis()).unwrap(),
                strike => panic!("{strike:?}"),
            });
            statuses.collect::<Vec<u16>>()
        };
        assert_eq!(struck(&[]), [0; 8]);
        assert_eq!(struck(&["503"]), [503; 8]);
        assert_eq!(struck(&["25%:503"]), [0, 0, 0, 503, 0, 0, 0, 503]);
        assert_eq!(struck(&["50%:503", "429"]), [429, 503, 429, 503, 429, 503, 429, 503]);
        assert_eq!(struck(&["50%:503", "50%:429"]), [0, 503, 429, 503, 0, 503, 429, 503]);
        assert_eq!(struck(&["delay=2ms", "delay=3ms"]), [5; 8]);
    }

    #[test]
    fn a_delay_goes_with_the_next_fault() {
        let mut schedule = Schedule::new(&["delay=2s".parse().unwrap(), "reset".parse().unwrap()]);
        let strike = Strike { delay: Duration::from_secs(2), answer: Some(FaultKind::Reset) };
        assert_eq!(schedule.next(), strike);
    }
}
