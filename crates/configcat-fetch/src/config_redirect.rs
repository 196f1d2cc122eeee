//! Which way to go after a config has come: the data governance redirect, as a pure function.

use crate::endpoint::BaseUrl;
use crate::error::FetchErrorKind;
use crate::preferences::{Preferences, RedirectMode};

/// How many requests one fetch may make before it gives up following preferences.
const MAX_ROUNDS: u8 = 3;

/// What decides whether a fetcher may move.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RedirectPolicy {
    /// The user has set a base URL, so only a forced redirect is followed.
    pub(crate) is_base_url_set: bool,
    /// The SDK key is for a ConfigCat Proxy, so no redirect is followed.
    pub(crate) is_proxy_key: bool,
}

/// What follows from a config.
#[derive(Debug, PartialEq)]
pub(crate) struct Decision {
    /// The URL to fetch from next, now or in the next fetch.
    pub(crate) move_to: Option<BaseUrl>,
    /// The data governance option is not what the organization has chosen.
    pub(crate) is_out_of_sync: bool,
    pub(crate) step: RedirectStep,
}

/// What to do with the config that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RedirectStep {
    Use,
    FetchAgain,
    /// Use it, though it should be fetched again: this goes on for too long.
    Loop,
    /// Use it, and stay: it should come over plain HTTP from now on.
    Downgrade,
}

impl RedirectStep {
    /// What to report, beside the config.
    pub(crate) fn error(self) -> Option<FetchErrorKind> {
        match self {
            Self::Use | Self::FetchAgain => None,
            Self::Loop => Some(FetchErrorKind::RedirectLoop),
            Self::Downgrade => Some(FetchErrorKind::Downgrade),
        }
    }
}

impl RedirectPolicy {
    /// Decides after the round of that number, which counts from 1.
    pub(crate) fn decide(self, in_use: &BaseUrl, preferences: Option<Preferences>, round: u8) -> Decision {
        let stay = Decision { move_to: None, is_out_of_sync: false, step: RedirectStep::Use };
        let Some(Preferences { base_url, redirect }) = preferences else { return stay };
        let may_move = !self.is_proxy_key && (!self.is_base_url_set || redirect == RedirectMode::Force);
        if base_url == *in_use || !may_move {
            return stay;
        }
        // It would send the SDK key in the clear, and let whoever is on the way write the flags from then on.
        if in_use.is_https() && !base_url.is_https() {
            return Decision { step: RedirectStep::Downgrade, ..stay };
        }
        Decision {
            move_to: Some(base_url),
            is_out_of_sync: redirect == RedirectMode::Should,
            step: match redirect {
                RedirectMode::No => RedirectStep::Use,
                RedirectMode::Should | RedirectMode::Force if round < MAX_ROUNDS => RedirectStep::FetchAgain,
                RedirectMode::Should | RedirectMode::Force => RedirectStep::Loop,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, RedirectPolicy, RedirectStep};
    use crate::endpoint::BaseUrl;
    use crate::preferences::{Preferences, RedirectMode};

    const STAY: Decision = Decision { move_to: None, is_out_of_sync: false, step: RedirectStep::Use };

    fn url(host: &str) -> BaseUrl {
        BaseUrl::parse(&format!("https://{host}.example")).unwrap()
    }

    fn to_b(is_out_of_sync: bool, step: RedirectStep) -> Decision {
        Decision { move_to: Some(url("b")), is_out_of_sync, step }
    }

    /// From `https` to `http` nothing moves, whatever the mode; in all other directions the scheme does not count.
    #[test]
    fn a_config_never_redirects_from_https_to_http() {
        use RedirectMode::{Force, No, Should};
        let refused = Decision { step: RedirectStep::Downgrade, ..STAY };
        for (from, to, is_refused) in [
            ("https://a.example", "http://a.example", true),
            ("https://a.example", "http://a.example:443", true),
            ("https://a.example", "HTTP://b.example", true),
            ("https://a.example", "https://b.example", false),
            ("http://a.example", "http://b.example", false),
            ("http://a.example", "https://a.example", false),
        ] {
            for redirect in [No, Should, Force] {
                let preferences = || Some(Preferences { base_url: BaseUrl::parse(to).unwrap(), redirect });
                let in_use = BaseUrl::parse(from).unwrap();
                let case = format!("{from} {to} {redirect:?}");
                let decision = RedirectPolicy { is_base_url_set: false, is_proxy_key: false }.decide(
                    &in_use,
                    preferences(),
                    1,
                );
                assert_eq!(decision == refused, is_refused, "{case}: {decision:?}");
                assert_eq!(decision.move_to.is_none(), is_refused, "{case}: {decision:?}");
                // Where nothing would move anyway, there is nothing to complain of.
                let policy = RedirectPolicy { is_base_url_set: true, is_proxy_key: false };
                let decision = policy.decide(&in_use, preferences(), 1);
                assert_eq!(decision == refused, is_refused && redirect == Force, "{case}: {decision:?}");
                let policy = RedirectPolicy { is_base_url_set: true, is_proxy_key: true };
                assert_eq!(policy.decide(&in_use, preferences(), 1), STAY, "{case}");
            }
        }
    }

    /// The whole table: mode, base URL set, key of a proxy; for a document that names another URL.
    #[test]
    fn every_combination_in_the_first_round() {
        use RedirectMode::{Force, No, Should};
        for (redirect, is_base_url_set, is_proxy_key, decision) in [
            (No, false, false, to_b(false, RedirectStep::Use)),
            (No, true, false, STAY),
            (No, false, true, STAY),
            (No, true, true, STAY),
            (Should, false, false, to_b(true, RedirectStep::FetchAgain)),
            (Should, true, false, STAY),
            (Should, false, true, STAY),
            (Should, true, true, STAY),
            (Force, false, false, to_b(false, RedirectStep::FetchAgain)),
            (Force, true, false, to_b(false, RedirectStep::FetchAgain)),
            (Force, false, true, STAY),
            (Force, true, true, STAY),
        ] {
            let policy = RedirectPolicy { is_base_url_set, is_proxy_key };
            let preferences = |base_url| Some(Preferences { base_url, redirect });
            let case = format!("{redirect:?} {policy:?}");
            assert_eq!(policy.decide(&url("a"), preferences(url("b")), 1), decision, "{case}");
            assert_eq!(policy.decide(&url("b"), preferences(url("b")), 1), STAY, "same URL: {case}");
            assert_eq!(policy.decide(&url("a"), None, 1), STAY, "no preferences: {case}");
        }
    }

    /// Walks through documents that each name the next host; gives the number of requests, whether there is
    /// something to warn of, how it ended, and where the next fetch goes.
    fn walk(hosts: &[(&str, RedirectMode)]) -> (u8, bool, RedirectStep, BaseUrl) {
        let policy = RedirectPolicy { is_base_url_set: false, is_proxy_key: false };
        let (mut in_use, mut is_out_of_sync) = (url("a"), false);
        for (round, (host, redirect)) in (1..).zip(hosts.iter().cycle()) {
            let preferences = Preferences { base_url: url(host), redirect: *redirect };
            let decision = policy.decide(&in_use, Some(preferences), round);
            in_use = decision.move_to.unwrap_or(in_use);
            is_out_of_sync |= decision.is_out_of_sync;
            if decision.step != RedirectStep::FetchAgain {
                return (round, is_out_of_sync, decision.step, in_use);
            }
        }
        unreachable!("the rounds are limited");
    }

    #[test]
    fn chains_and_loops_end_within_three_requests() {
        use RedirectMode::{Force, No, Should};
        for (hosts, requests, is_out_of_sync, step, next_time) in [
            (vec![("a", Force)], 1, false, RedirectStep::Use, "a"),
            (vec![("b", No)], 1, false, RedirectStep::Use, "b"),
            (vec![("b", Should), ("b", Should)], 2, true, RedirectStep::Use, "b"),
            (vec![("b", Force), ("b", No)], 2, false, RedirectStep::Use, "b"),
            (vec![("b", Should), ("c", No)], 2, true, RedirectStep::Use, "c"),
            (vec![("b", Should), ("c", Force), ("c", Force)], 3, true, RedirectStep::Use, "c"),
            (vec![("b", Force), ("c", Force), ("d", No)], 3, false, RedirectStep::Use, "d"),
            (vec![("b", Should), ("a", Should)], 3, true, RedirectStep::Loop, "b"),
            (vec![("b", Force), ("a", Force)], 3, false, RedirectStep::Loop, "b"),
            (vec![("b", Force), ("c", Force), ("d", Should)], 3, true, RedirectStep::Loop, "d"),
        ] {
            assert_eq!(walk(&hosts), (requests, is_out_of_sync, step, url(next_time)), "{hosts:?}");
        }
    }
}
