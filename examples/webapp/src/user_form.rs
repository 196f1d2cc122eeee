//! The form for the user of a page, and the sample users to choose from.

use maud::{Markup, html};

use flag_html::{
    query::encoded,
    user_inputs::{datalists, inputs},
    visitor::{Preset, Visitor},
};

use crate::view::View;

impl View<'_> {
    /// Shows the form. Its result, and that of the links, is the page at this path for that user.
    pub(crate) fn user_form(&self, path: &str, button: &str) -> Markup {
        html! {
            section.user aria-labelledby="user-title" {
                h2 #user-title { "User" }
                // Live, since the links have the filter, which the script changes.
                div #presets data-live {
                    (self.preset_links(path, "Sample users", &self.visitor, |visitor| self.query_of(visitor)))
                }
                form.edit #user-form action=(path) {
                    (inputs(&self.fields, &self.visitor, ""))
                    // The inputs of the filter are on the page of all flags.
                    @if path != "/" {
                        @for (name, value) in self.filter.pairs() { input type="hidden" name=(name) value=(value); }
                    }
                    button { (button) }
                    (datalists(&self.fields))
                }
                p.beside { a href={ "/compare?" (self.visitor.query()) } { "Compare with another user" } }
            }
        }
    }

    /// Shows links to the page at this path for each of the sample users.
    pub(crate) fn preset_links(
        &self,
        path: &str,
        label: &str,
        current: &Visitor,
        query: impl Fn(&Visitor) -> String,
    ) -> Markup {
        html! {
            nav aria-label=(label) {
                ul.presets {
                    @for Preset { name, about, visitor } in &self.presets {
                        @let is_current = (visitor == current).then_some("true");
                        @let id = format!("{}-{name}", encoded(label));
                        li { a #(id) href={ (path) "?" (query(visitor)) } title=(about) aria-current=[is_current] { (name) } }
                    }
                }
            }
        }
    }
}
