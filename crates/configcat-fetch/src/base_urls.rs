//! Base URL of the next fetch: a state machine without I/O.
//!
//! A config may name a URL that is wrong or dead. So a URL is kept for later fetches only after it
//! has answered, and after three failures in a row the first URL takes its place.
//!
//! | failures in a row | the next fetch starts at |
//! |---|---|
//! | 0, 1, 2 | the URL that a config has named for it, or else the last one that has answered |
//! | 3 | the first URL |
//! | 4 | the last one that has answered; if it fails too, the first URL again, and so on |

use crate::endpoint::BaseUrl;

/// Limit of failures in a row, after which the first URL takes the place of a URL.
// From the specification, 4.4. One or two failures are an outage that may be over at the next poll;
// a wrong URL must not keep a client from its flags for longer than three.
const MAX_FAILURES: u8 = 3;

/// URLs that a fetcher knows.
#[derive(Debug, Clone)]
pub(crate) struct BaseUrls {
    /// The URL of the options.
    first: BaseUrl,
    /// The last URL that has answered; at the start the first one.
    in_use: BaseUrl,
    /// The URL that a config has named for the next fetch, until it answers.
    candidate: Option<BaseUrl>,
    /// Failed fetches in a row, at most one more than [`MAX_FAILURES`].
    failures: u8,
    /// `true` if the last config has named a URL that failed in the same fetch.
    has_failed_to_move: bool,
}

impl BaseUrls {
    pub(crate) fn new(first: BaseUrl) -> Self {
        Self { in_use: first.clone(), first, candidate: None, failures: 0, has_failed_to_move: false }
    }

    /// The URL at which the next fetch starts.
    pub(crate) fn next(&self) -> &BaseUrl {
        match (self.failures, &self.candidate) {
            (MAX_FAILURES, _) => &self.first,
            (_, Some(candidate)) => candidate,
            (_, None) => &self.in_use,
        }
    }

    /// Keeps a URL that has answered with a config or with "not modified".
    pub(crate) fn answered(&mut self, url: &BaseUrl) {
        self.in_use.clone_from(url);
        self.candidate = None;
        self.failures = 0;
        self.has_failed_to_move = false;
    }

    /// Records that the URL that the last config has named failed in the same fetch.
    pub(crate) fn failed_to_move(&mut self) {
        self.has_failed_to_move = true;
    }

    /// Returns whether the next fetch must get the config itself, without an ETag.
    pub(crate) fn needs_config(&self) -> bool {
        // Only the config says where to move. "Not modified" would end the fetch, and the move
        // would not be tried again until the config changes.
        self.has_failed_to_move
    }

    /// Takes a URL, which the config that came last has named, for the next fetch.
    pub(crate) fn named(&mut self, url: BaseUrl) {
        self.candidate = Some(url);
    }

    /// Counts a fetch that started at `url` and failed. A fetch does not count if a concurrent
    /// fetch has moved away from that URL meanwhile.
    pub(crate) fn failed(&mut self, url: &BaseUrl) {
        // The only URL has no other to take its place. A count there would delay the move away from
        // a URL that a config names later.
        let has_choice = self.candidate.is_some() || self.in_use != self.first;
        if url != self.next() || !has_choice {
            return;
        }
        // Alternates between the limit and one more, as the table says: each failure after the
        // third changes between the first URL and the last one that has answered.
        self.failures = if self.failures > MAX_FAILURES { MAX_FAILURES } else { self.failures + 1 };
        if self.failures == MAX_FAILURES {
            self.candidate = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrls;
    use crate::endpoint::BaseUrl;

    fn url(host: &str) -> BaseUrl {
        BaseUrl::parse(&format!("https://{host}.example")).unwrap()
    }

    /// Plays events: `+a` a has answered, `>a` a config has named a, `-a` a fetch that started at a
    /// has failed, `.` the next fetch starts. Returns the hosts at which fetches started.
    fn play(events: &str) -> String {
        let mut urls = BaseUrls::new(url("a"));
        let mut starts = String::new();
        for event in events.split(' ') {
            match event.split_at(1) {
                ("+", host) => urls.answered(&url(host)),
                (">", host) => urls.named(url(host)),
                ("-", host) => urls.failed(&url(host)),
                _ => starts += urls.next().host().trim_end_matches(".example"),
            }
        }
        starts
    }

    #[test]
    fn a_url_that_answers_is_kept_until_it_fails_three_times() {
        for (events, starts) in [
            (".", "a"),
            // The first one has no other to leave it for.
            ("-a -a -a -a -a .", "a"),
            ("+b . -b . -b . -b . +a .", "bbbaa"),
            // A success in between.
            ("+b -b -b +b -b -b . -b .", "ba"),
            // Named, for the next fetch.
            ("+a >b . +b .", "bb"),
            ("+a >b . -b . -b . -b . +a .", "bbbaa"),
            // The config that names it comes again.
            ("+a >b -b -b -b . +a >b .", "ab"),
            // The first one is gone, and b is there again after a while.
            ("+b -b -b -b . -a . -b . -a . +b .", "ababb"),
            // c never answers, and the first one is gone.
            ("+b >c . -c -c -c . -a . +b .", "cabb"),
            // The first one is named, and is gone.
            ("+b >a . -a -a -a . -a . +b .", "aabb"),
            // Failures of fetches that started before a URL was left.
            ("+b -b -b -b -b -b -b .", "a"),
            ("+b -b -b +c -b -b . -c -c . -c .", "cca"),
            ("+b -a -a -a -a .", "b"),
        ] {
            assert_eq!(play(events), starts, "{events}");
        }
    }
}
