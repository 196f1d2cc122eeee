//! The data of a page, and the parts that all pages share. `maud` escapes all texts.

use configcat::{
    Snapshot, User,
    request::{Overrides, OverridesError},
};
use console::users::users;
use flag_html::{
    fields::Fields,
    query::{Filter, Links, PageQuery, Pairs, written},
    visitor::{Preset, Visitor, presets},
};
use maud::{DOCTYPE, Markup, html};

use crate::{app::App, changes::LastChange, health};

/// The index of the second user of a comparison among the sample users, if the query has no second
/// user.
const SECOND_PRESET: usize = 1;

/// The data of a page: the flags of one moment, for one user.
pub(crate) struct View<'a> {
    pub(crate) app: &'a App,
    version: String,
    /// For the user of the page, with the overrides of the page.
    pub(crate) snapshot: Snapshot,
    overrides: Option<Result<Overrides, OverridesError>>,
    pub(crate) last_change: Option<LastChange>,
    pub(crate) fields: Fields,
    pub(crate) presets: Vec<Preset>,
    pub(crate) filter: Filter,
    pub(crate) visitor: Visitor,
    pub(crate) user: Option<User>,
    /// The query of links to pages for this user, with its question mark.
    pub(crate) query: String,
    /// The second user of the page that compares two.
    pub(crate) other: Visitor,
}

impl<'a> View<'a> {
    /// Takes the current flags for the users of this query. Never blocks.
    pub(crate) fn new(app: &'a App, query: Pairs) -> Self {
        // The version is read before the snapshot. If a config is published between the two, the
        // page has an old version and updates itself. In the other order it would miss the change.
        let version = app.version();
        let mut snapshot = app.client.snapshot();
        let PageQuery { user, other, filter, flags } = PageQuery::new(query);
        let overrides = flags.map(|text| Overrides::parse(&text));
        if let Some(Ok(overrides)) = &overrides {
            snapshot = snapshot.with_overrides(overrides);
        }
        let fields = Fields::new(snapshot.config().map(|config| &**config), [&user, &other].into_iter());
        let presets = presets(&users(), &fields);
        let visitor = Visitor::new(user, presets.first());
        let other = Visitor::new(other, presets.get(SECOND_PRESET));
        let user = visitor.user(&fields);
        if let Some(user) = &user {
            snapshot = snapshot.for_user(user);
        }
        let query = format!("?{}", written(visitor.0.iter().chain(&filter.pairs())));
        let last_change = app.changes.last();
        Self {
            app,
            version,
            snapshot,
            overrides,
            last_change,
            fields,
            presets,
            filter,
            visitor,
            user,
            query,
            other,
        }
    }

    /// Returns the query of a link to a page for this user, with the filter of the list.
    pub(crate) fn query_of(&self, visitor: &Visitor) -> String {
        written(visitor.0.iter().chain(&self.filter.pairs()))
    }

    /// Returns the links to the pages of flags for this user.
    pub(crate) fn links(&self) -> Links<'_> {
        links(&self.query)
    }

    /// Returns the name of a user to show.
    pub(crate) fn name_of(&self, visitor: &Visitor) -> String {
        visitor.name(&self.presets, &self.fields)
    }

    pub(crate) fn back(&self) -> Markup {
        html! { p.back { a href={ "/" (self.query) } { "← All flags" } } }
    }

    /// Shows that the last config has changed this flag.
    pub(crate) fn change_mark(&self, key: &str) -> Markup {
        let change = self.last_change.as_ref().filter(|change| change.keys.contains(key));
        html! { @if let Some(change) = change { " " span.mark.new { "changed " (health::clock(change.time)) } } }
    }

    /// Shows the place of the fault in the file of the flags, if it cannot be read.
    fn file_problem(&self) -> Markup {
        html! {
            div #problem data-live {
                @if let Some(problem) = self.app.file.get() {
                    p.warning {
                        (problem)
                        @if self.snapshot.config().is_some() { ". The flags are those of the last file without this fault." }
                    }
                }
            }
        }
    }

    fn is_overridden(&self, key: &str) -> bool {
        self.snapshot.config().is_some_and(|config| config.is_overlaid(key))
    }

    /// Returns the keys of the flags that have another value on this page, or the error of the text
    /// of the overrides.
    pub(crate) fn overridden(&self) -> Result<Vec<&str>, &OverridesError> {
        match &self.overrides {
            Some(Ok(overrides)) => Ok(overrides.keys().filter(|key| self.is_overridden(key)).collect()),
            Some(Err(error)) => Err(error),
            None => Ok(Vec::new()),
        }
    }

    /// Shows which flags have another value on this page.
    fn overrides_banner(&self) -> Markup {
        let config = self.snapshot.config();
        html! {
            div #overrides data-live {
                @match &self.overrides {
                    Some(Ok(overrides)) if config.is_some() && !overrides.is_empty() => p.warning role="status" {
                        "On this page only, these flags are overridden: "
                        @for key in overrides.keys().filter(|key| self.is_overridden(key)) { code { (key) } " " }
                        @for key in overrides.keys().filter(|key| !self.is_overridden(key)) {
                            "(not " code { (key) } ", which is of another type) "
                        }
                        a href={ "/" (self.query) } { "Show the real flags" }
                    },
                    Some(Err(error)) => p.warning role="status" { "No flag is overridden: " (error) "." },
                    Some(Ok(_)) | None => {}
                }
            }
        }
    }

    pub(crate) fn layout(&self, title: &str, main: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · ConfigCat for Rust" }
                    link rel="icon" href="/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/style.css";
                    script src="/page.js" defer {}
                    script src="/live.js" defer {}
                }
                body data-version=(self.version) {
                    a.skip href="#main" { "Skip to the flags" }
                    header { p { a href={ "/?" (self.visitor.query()) } { "ConfigCat for Rust" } " · sample web application" } }
                    (self.file_problem())
                    (self.overrides_banner())
                    main #main { (main) }
                    p #news.news role="status" {}
                    footer {
                        p { span #health { (health::line(&self.app.client)) } }
                        form method="post" action={ "/refresh?" (self.visitor.query()) } { button { "Refresh now" } }
                        p.muted { "Flags from " (self.app.source) }
                    }
                }
            }
        }
    }
}

/// Returns the links to the pages of flags, with this query.
pub(crate) fn links(query: &str) -> Links<'_> {
    Links { before: "/flag/", after: query }
}
