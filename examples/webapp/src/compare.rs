//! The page that compares the values of all flags for two users.

use configcat::Config;
use flag_html::{
    compare::{Side, both, comparison},
    query::OTHER,
    user_inputs::{datalists, inputs},
    visitor::Visitor,
};
use maud::{Markup, html};

use crate::{
    list::ALL,
    view::{View, links},
};

const PATH: &str = "/compare";

impl View<'_> {
    pub(crate) fn compare(&self) -> Markup {
        self.layout(
            "Two users side by side",
            &html! {
                (self.back())
                h1.key { "Two users side by side" }
                (self.compare_form())
                div #compared data-live {
                    @match self.snapshot.config() {
                        None => (self.no_config()),
                        Some(config) => (self.compared(config)),
                    }
                }
            },
        )
    }

    fn compared(&self, config: &Config) -> Markup {
        let users = [&self.visitor, &self.other];
        let [name, other_name] = &users.map(|visitor| self.name_of(visitor));
        let [query, other_query] = &users.map(|visitor| format!("?{}", self.query_of(visitor)));
        let other = self.other.user(&self.fields);
        let sides = [
            Side { name, user: self.user.as_ref(), links: links(query) },
            Side { name: other_name, user: other.as_ref(), links: links(other_query) },
        ];
        comparison(config, &sides, ALL)
    }

    fn compare_form(&self) -> Markup {
        let first = |visitor: &Visitor| both(visitor, &self.other);
        let second = |visitor: &Visitor| both(&self.visitor, visitor);
        html! {
            form.two #user-form action=(PATH) {
                (self.side("First user", &self.visitor, "", first))
                (self.side("Second user", &self.other, OTHER, second))
                button { "Compare" }
                (datalists(&self.fields))
            }
        }
    }

    fn side(
        &self,
        label: &str,
        visitor: &Visitor,
        prefix: &str,
        query: impl Fn(&Visitor) -> String,
    ) -> Markup {
        html! {
            section aria-label=(label) {
                h2 { (label) ": " (self.name_of(visitor)) }
                (self.preset_links(PATH, &format!("Sample users: {label}"), visitor, query))
                details {
                    summary { "Change the attributes" span.hidden { ": " (label) } }
                    div.edit { (inputs(&self.fields, visitor, prefix)) }
                }
            }
        }
    }
}
