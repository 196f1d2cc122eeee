//! The playground: a page that evaluates a config JSON in the browser, without a server.
//!
//! This library makes the HTML of the page from a config and from the fragment of the address. The
//! folder `module` makes it a WebAssembly module, and `page` has the other files of the page.

mod loaded;
mod view;

use std::rc::Rc;

use configcat_eval::{Config, ParseError};
use flag_html::query::{PageQuery, check, read};

use self::{
    loaded::{Loaded, Problem},
    view::{COMPARE, FLAG, View},
};

/// The config that is shown first, and its user.
pub const SAMPLE: &str = include_str!("../../flags.json");
/// The fragment of the address for [`SAMPLE`].
pub const SAMPLE_FRAGMENT: &str = "Identifier=%231001&Email=jane%40example.com&Country=HU&Company=Acme&\
    Plan=enterprise&AppVersion=2.3.0&RegisteredAt=2021-05-04T00%3A00&Orders=42&Roles=admin%2C%20editor";

/// The state of the page: the config, and the config that it is compared with.
#[derive(Default)]
pub struct Playground {
    loaded: Option<Loaded>,
    base: Option<Rc<Config>>,
    problem: Option<Problem>,
}

impl Playground {
    /// Reads a config JSON of any version, or the simple form of overrides. If it cannot be read,
    /// the page shows the reason, and the flags of the config before.
    pub fn load(&mut self, json: &[u8]) {
        let read = |json| match Config::parse(json) {
            Err(ParseError::NotAConfig { has_flags: true }) => Config::parse_overrides(json),
            result => result,
        };
        match read(json) {
            Ok(config) => {
                self.problem = None;
                let config = Rc::new(config);
                let base = self.base.get_or_insert_with(|| Rc::clone(&config));
                self.loaded = Some(Loaded::new(config, base));
            }
            Err(error) => self.problem = Some(Problem::new(json, &error)),
        }
    }

    /// Compares later configs with the current one.
    pub fn keep_as_base(&mut self) {
        if let Some(loaded) = self.loaded.take() {
            let base = self.base.insert(Rc::clone(&loaded.config));
            self.loaded = Some(Loaded::new(loaded.config, base));
        }
    }

    /// Returns the HTML of the page for the fragment of its address.
    #[must_use]
    pub fn page(&self, fragment: &str) -> String {
        let (mut flag, mut is_comparison) = (None, false);
        let mut pairs = read(fragment);
        pairs.retain(|(name, value)| match name.as_str() {
            FLAG => {
                flag = Some(value.clone());
                false
            }
            COMPARE => {
                is_comparison = true;
                false
            }
            _ => true,
        });
        let refused = check(&pairs).err();
        if refused.is_some() {
            pairs.clear();
        }
        let PageQuery { user, other, filter, .. } = PageQuery::new(pairs);
        let view = View::new(self.loaded.as_ref(), user, other, filter);
        view.page(self.problem.as_ref(), refused.as_deref(), flag.as_deref(), is_comparison).into_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Playground, SAMPLE, SAMPLE_FRAGMENT};

    fn loaded(json: &str) -> Playground {
        let mut playground = Playground::default();
        playground.load(json.as_bytes());
        playground
    }

    #[test]
    fn each_form_of_a_config_is_read() {
        for json in [
            r#"{"f": {"key": {"t": 1, "v": {"s": "value"}}}}"#,
            r#"{"f": {"key": {"t": 1, "v": "value"}}}"#,
            r#"{"key": {"t": 1, "v": "value"}}"#,
            r#"{"flags": {"key": "value"}}"#,
        ] {
            let page = loaded(json).page("");
            assert!(page.contains(r#"<span class="value text">value</span>"#), "{page}");
        }
    }

    #[test]
    fn the_sample_has_its_user() {
        let page = loaded(SAMPLE).page(SAMPLE_FRAGMENT);
        assert!(page.contains("Jó napot!") && page.contains("2021-05-04T00:00"), "{page}");
    }

    #[test]
    fn a_text_that_is_no_config_leaves_the_flags() {
        let mut playground = loaded(r#"{"f": {"key": {"t": 0, "v": {"b": true}}}}"#);
        playground.load(b"{\n oops");
        let page = playground.page("");
        assert!(page.contains("Line 2: ") && page.contains(r#"data-offset="3""#), "{page}");
        assert!(page.contains("flag-key") && page.contains("The flags are those of the last text"), "{page}");
        let page = Playground::default().page("");
        assert!(page.contains("There is no config yet."), "{page}");
    }

    #[test]
    fn the_fragment_of_the_address_has_limits() {
        let playground = loaded(r#"{"f": {"key": {"t": 0, "v": {"b": true}}}}"#);
        let many: Vec<_> = (0..129).map(|number| format!("a{number}=1")).collect();
        let page = playground.page(&many.join("&"));
        assert!(page.contains("The limits are 128 attributes") && !page.contains("field-a1"), "{page}");
    }

    #[test]
    fn changes_are_those_since_the_base() {
        let config = |on: bool| format!(r#"{{"f": {{"key": {{"t": 0, "v": {{"b": {on}}}}}}}}}"#);
        let mut playground = loaded(&config(false));
        assert!(!playground.page("").contains("Changes"));
        playground.load(config(true).as_bytes());
        assert!(playground.page("").contains("for all other users false → true"));
        playground.keep_as_base();
        assert!(!playground.page("").contains("Changes"));
    }

    #[test]
    fn an_unknown_flag_has_a_similar_one() {
        let page = loaded(SAMPLE).page(".flag=Greting&Country=HU");
        assert!(page.contains("Did you mean") && page.contains("#.flag=greeting&amp;Country=HU"), "{page}");
    }
}
