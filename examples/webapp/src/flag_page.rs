//! The page of one flag: its value for the user, the rules, and what another value needs.

use flag_html::{
    flag::{explained, result},
    query::encoded,
};
use maud::{Markup, html};

use crate::view::View;

impl View<'_> {
    /// Shows one flag. Returns `None` if the config does not have this key.
    pub(crate) fn flag(&self, key: &str) -> Option<Markup> {
        let config = self.snapshot.config()?;
        let setting = config.describe(key)?;
        let trace = config.explain(key, self.user.as_ref());
        let name = self.name_of(&self.visitor);
        Some(self.layout(
            key,
            &html! {
                (self.back())
                h1.key { (key) }
                // Before the form of the user, so that both are on the first screen of a phone.
                div #result data-live { (result(&setting, &trace, &name, &self.change_mark(key))) }
                div.columns {
                    (self.user_form(&format!("/flag/{}", encoded(key)), "Show the flag"))
                    div #flag data-live data-key=(key) {
                        (explained(&setting, &trace, &self.visitor, &self.fields, self.links()))
                    }
                }
            },
        ))
    }
}
