//! Data governance redirects, which a config asks for: the decision, as a pure function.

use crate::endpoint::BaseUrl;
use crate::error::FetchErrorKind;
use crate::preferences::{Preferences, RedirectMode};

/// Limit of requests in one fetch.
// From the specification, 4.4, and the same in all ConfigCat SDKs. Two configs that name each other
// would redirect without end.
const MAX_ROUNDS: u8 = 3;

/// Options that decide whether a fetcher follows redirects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RedirectPolicy {
    /// The user has set a base URL, so only a forced redirect is followed.
    pub(crate) is_base_url_set: bool,
    /// The SDK key is for a ConfigCat Proxy, so no redirect is followed.
    pub(crate) is_proxy_key: bool,
}

/// Consequences of a config for this fetch and the next one.
#[derive(Debug, PartialEq)]
pub(crate) struct Decision {
    /// The URL to fetch from next, now or in the next fetch.
    pub(crate) move_to: Option<BaseUrl>,
    /// `true` if the data governance option differs from the choice of the organization.
    pub(crate) is_out_of_sync: bool,
    pub(crate) step: RedirectStep,
}

/// Next step of a fetch that has got a config.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RedirectStep {
    /// Ends with this config.
    Use,
    /// Requests the config again, from the URL that it names.
    FetchAgain,
    /// Ends with this config after too many redirects.
    Loop,
    /// Ends with this config, and ignores its redirect from `https` to `http`.
    Downgrade,
}

impl RedirectStep {
    /// Returns the error to report beside the config.
    pub(crate) fn error(self) -> Option<FetchErrorKind> {
        match self {
            Self::Use | Self::FetchAgain => None,
            Self::Loop => Some(FetchErrorKind::RedirectLoop),
            Self::Downgrade => Some(FetchErrorKind::Downgrade),
        }
    }
}

impl RedirectPolicy {
    /// Decides after the request of number `round`, counted from 1.
    pub(crate) fn decide(self, in_use: &BaseUrl, preferences: Option<Preferences>, round: u8) -> Decision {
        let stay = Decision { move_to: None, is_out_of_sync: false, step: RedirectStep::Use };
        let Some(Preferences { base_url, redirect }) = preferences else { return stay };
        // A base URL has a reason, such as a firewall, so only a forced redirect leads away. The
        // config of a ConfigCat Proxy names the CDN, which does not know the key of the proxy.
        let may_move = !self.is_proxy_key && (!self.is_base_url_set || redirect == RedirectMode::Force);
        if base_url == *in_use || !may_move {
            return stay;
        }
        // Plain HTTP would send the SDK key in the clear, and let any host on the way write the
        // flags from then on.
        if in_use.is_https() && !base_url.is_https() {
            return Decision { step: RedirectStep::Downgrade, ..stay };
        }
        Decision {
            move_to: Some(base_url),
            is_out_of_sync: redirect == RedirectMode::Should,
            step: match redirect {
                // The move is for the next fetch: this config is the right one.
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

    /// Nothing moves from `https` to `http`, in any mode. In all other directions the scheme does
    /// not count.
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
                // If nothing would move anyway, no error is reported.
                let policy = RedirectPolicy { is_base_url_set: true, is_proxy_key: false };
                let decision = policy.decide(&in_use, preferences(), 1);
                assert_eq!(decision == refused, is_refused && redirect == Force, "{case}: {decision:?}");
                let policy = RedirectPolicy { is_base_url_set: true, is_proxy_key: true };
                assert_eq!(policy.decide(&in_use, preferences(), 1), STAY, "{case}");
            }
        }
    }

    /// All combinations of mode, base URL and key, for a config that names another URL.
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

    /// Follows configs that each name the next host. Returns the number of requests, whether there
    /// is a warning, the last step, and the URL of the next fetch.
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
