//! The HTML of the page, in the parts that the script replaces.

use configcat_eval::{Config, User};
use flag_html::{
    compare::{Side, both, comparison},
    difference,
    fields::Fields,
    flag::{explained, result},
    list::{List, filter_inputs},
    query::{Filter, Links, OTHER, Pairs, written},
    user_inputs::{datalists, inputs},
    visitor::Visitor,
};
use maud::{Markup, html};

use crate::loaded::{Loaded, Place, Problem};

/// The name in the fragment of the flag whose page is shown.
pub(crate) const FLAG: &str = ".flag";
/// The name in the fragment that makes the page compare two users.
pub(crate) const COMPARE: &str = ".compare";

/// The way to the flags that a page has no room for.
const ALL: &str = "The filter finds them.";

/// The data of a page: a config, one or two users, and the filter.
pub(crate) struct View<'a> {
    loaded: Option<&'a Loaded>,
    fields: Fields,
    filter: Filter,
    visitor: Visitor,
    other: Visitor,
    user: Option<User>,
    /// The end of links to pages for this user.
    after: String,
}

impl<'a> View<'a> {
    pub(crate) fn new(loaded: Option<&'a Loaded>, user: Pairs, other: Pairs, filter: Filter) -> Self {
        let fields = Fields::new(loaded.map(|loaded| &*loaded.config), [&user, &other].into_iter());
        let (visitor, other) = (Visitor(user), Visitor(other));
        let user = visitor.user(&fields);
        let after = after(&visitor, &filter);
        Self { loaded, fields, filter, visitor, other, user, after }
    }

    pub(crate) fn page(
        &self,
        problem: Option<&Problem>,
        refused: Option<&str>,
        flag: Option<&str>,
        is_comparison: bool,
    ) -> Markup {
        let title = match flag {
            Some(key) => key,
            None if is_comparison => "Two users side by side",
            None => "Playground",
        };
        html! {
            div #head data-live {
                @if flag.is_some() || is_comparison { p.back { a href={ "#" (self.after.trim_start_matches('&')) } { "← All flags" } } }
                h1.key { (title) }
            }
            div #problem data-live {
                @if let Some(problem) = problem { (self.problem(problem)) }
                @if let Some(refused) = refused { p.warning { (refused) } }
            }
            div #body {
                @match self.loaded {
                    None => p { "There is no config yet. Paste a config JSON above, or open a file." },
                    Some(loaded) => {
                        @match flag {
                            Some(key) => (self.flag(loaded, key)),
                            None if is_comparison => (self.comparison(&loaded.config)),
                            None => (self.index(loaded)),
                        }
                    }
                }
            }
        }
    }

    fn problem(&self, Problem { text, place }: &Problem) -> Markup {
        html! {
            div.warning {
                p { (text) @if self.loaded.is_some() { ". The flags are those of the last text without this fault." } }
                @if let Some(Place { line, around: [before, after], offset }) = place {
                    p { "Line " (line) ": " code { (before) mark { (after) } } }
                    button #fault data-offset=(offset) { "Go to line " (line) }
                }
            }
        }
    }

    fn index(&self, loaded: &Loaded) -> Markup {
        let mark = |key: &str| change_mark(loaded, key);
        let list = List::new(&loaded.config, self.user.as_ref(), &self.filter, self.links(), mark);
        html! {
            div.columns {
                (self.user_form(None))
                section #flags aria-labelledby="flags-title" {
                    h2 #flags-title { "Flags" }
                    (filter_inputs(&self.filter))
                    (list.count())
                    div #list data-live { (list.flags(ALL)) }
                }
                div #log.log data-live { (notes(loaded)) }
            }
        }
    }

    fn flag(&self, loaded: &Loaded, key: &str) -> Markup {
        let Some(setting) = loaded.config.describe(key) else {
            return html! {
                p.lead { "The config has no flag with the key " code { (key) } "." }
                @if let Some(similar) = loaded.config.similar_key(key) {
                    p #similar { "Did you mean " a href=(self.links().flag(similar)) { (similar) } "?" }
                }
            };
        };
        let trace = loaded.config.explain(key, self.user.as_ref());
        let name = self.visitor.name(&[], &self.fields);
        html! {
            div #result data-live { (result(&setting, &trace, &name, &change_mark(loaded, key))) }
            div.columns {
                (self.user_form(Some(key)))
                div #flag data-live { (explained(&setting, &trace, &self.visitor, &self.fields, self.links())) }
            }
        }
    }

    fn user_form(&self, flag: Option<&str>) -> Markup {
        html! {
            section.user aria-labelledby="user-title" {
                h2 #user-title { "User" }
                form.edit #user-form {
                    (inputs(&self.fields, &self.visitor, ""))
                    // The inputs of the filter are on the page of all flags.
                    @if let Some(key) = flag {
                        input type="hidden" name=(FLAG) value=(key);
                        @for (name, value) in self.filter.pairs() { input type="hidden" name=(name) value=(value); }
                    }
                    (datalists(&self.fields))
                }
                p.beside #beside data-live {
                    a #compare href={ "#" (COMPARE) "&" (both(&self.visitor, &self.other)) } { "Compare with another user" }
                }
            }
        }
    }

    fn comparison(&self, config: &Config) -> Markup {
        let other = self.other.user(&self.fields);
        let names = [&self.visitor, &self.other].map(|visitor| visitor.name(&[], &self.fields));
        let [name, other_name] = &names;
        let other_after = after(&self.other, &self.filter);
        let sides = [
            Side { name, user: self.user.as_ref(), links: self.links() },
            Side { name: other_name, user: other.as_ref(), links: links(&other_after) },
        ];
        html! {
            form.two #user-form {
                input type="hidden" name=(COMPARE);
                (self.side("First user", &self.visitor, ""))
                (self.side("Second user", &self.other, OTHER))
                (datalists(&self.fields))
            }
            div #compared data-live { (comparison(config, &sides, ALL)) }
        }
    }

    fn side(&self, label: &str, visitor: &Visitor, prefix: &str) -> Markup {
        html! {
            section aria-label=(label) {
                h2 { (label) }
                div.edit { (inputs(&self.fields, visitor, prefix)) }
            }
        }
    }

    fn links(&self) -> Links<'_> {
        links(&self.after)
    }
}

fn links(after: &str) -> Links<'_> {
    Links { before: "#.flag=", after }
}

/// Returns the end of links to pages for this user.
fn after(visitor: &Visitor, filter: &Filter) -> String {
    format!("&{}", written(visitor.0.iter().chain(&filter.pairs())))
}

fn change_mark(loaded: &Loaded, key: &str) -> Markup {
    html! { @if loaded.changed.contains(key) { " " span.mark.new { "changed" } } }
}

/// Shows the changes of the config, and the faults of its settings.
fn notes(loaded: &Loaded) -> Markup {
    let (faults, more) = &loaded.faults;
    html! {
        @if !loaded.changes.is_empty() {
            section #changes aria-labelledby="changes-title" {
                h2 #changes-title { "Changes" }
                (difference::list(&loaded.changes))
            }
        }
        @if !faults.is_empty() {
            section #faults aria-labelledby="faults-title" {
                h2 #faults-title { "Faults" }
                ul { @for fault in faults { li { (fault) } } }
                @if *more > 0 { p.muted { "and " (more) " more" } }
            }
        }
    }
}
