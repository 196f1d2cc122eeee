//! The pages, except the rules of one flag (`flag_page`). `maud` escapes all texts.

use configcat::{Config, Flag, Snapshot, User, trace::Trace};
use maud::{DOCTYPE, Markup, html};

use crate::{
    app::App,
    changes::{Change, Entry},
    explain, flag_page,
    flag_page::flag_link,
    health,
    visitor::{Field, Fields, Kind, Preset, Visitor, encoded, presets},
};

// The flags that the application itself uses.
pub(crate) static GREETING: Flag<&str> = Flag::new("greeting", "Hello!");
pub(crate) static IS_SALE_RUNNING: Flag<bool> = Flag::new("isSaleRunning", false);
pub(crate) static DISCOUNT: Flag<f64> = Flag::new("discount", 0.0);

/// The data of a page: the flags of one moment, for one user.
pub(crate) struct View<'a> {
    app: &'a App,
    version: u64,
    snapshot: Snapshot,
    fields: Fields,
    visitor: Visitor,
    user: Option<User>,
}

impl<'a> View<'a> {
    /// Takes the current flags for the user of this query. Never blocks.
    pub(crate) fn new(app: &'a App, query: Vec<(String, String)>) -> Self {
        // The version is read before the snapshot. If a config is published between the two, the
        // page has an old version and updates itself. In the other order it would miss the change.
        let version = app.changes.version();
        let snapshot = app.client.snapshot();
        let fields = Fields::new(snapshot.config().map(|config| &**config), &query);
        let visitor = Visitor::new(query, &fields);
        let user = visitor.user(&fields);
        Self { app, version, snapshot, fields, visitor, user }
    }

    /// Shows all flags.
    pub(crate) fn index(&self) -> Markup {
        let greeting = self.snapshot.get(&GREETING, self.user.as_ref());
        self.layout(
            "Flags",
            &html! {
                div #hero data-live {
                    h1 { (greeting) }
                    @if self.snapshot.get(&IS_SALE_RUNNING, self.user.as_ref()) {
                        @let discount = self.snapshot.get(&DISCOUNT, self.user.as_ref());
                        p.sale { "The sale is on: " (format!("{:.0}", discount * 100.0)) " % off for you." }
                    }
                }
                div.columns {
                    (self.user_form())
                    section #flags data-live aria-labelledby="flags-title" {
                        h2 #flags-title { "Flags" }
                        @match self.snapshot.config() {
                            Some(config) => (self.flags(config)),
                            None => p { "There is no config yet. This page shows the flags as soon as the config arrives." },
                        }
                    }
                    (self.log())
                }
            },
        )
    }

    /// Shows one flag. Returns `None` if the config does not have this key.
    pub(crate) fn flag(&self, key: &str) -> Option<Markup> {
        let config = self.snapshot.config()?;
        let setting = config.describe(key)?;
        let trace = config.explain(key, self.user.as_ref());
        let setting_type = setting.setting_type.map(|kind| kind.to_string());
        Some(self.layout(
            key,
            &html! {
                p.back { a href={ "/?" (self.visitor.query()) } { "← All flags" } }
                div #flag data-live {
                    h1.key { (key) }
                    p.facts {
                        (explain::value(trace.result().ok())) " for " strong { (self.name()) }
                        span.variation {
                            (setting_type.as_deref().unwrap_or("unknown type"))
                            @if let Some(id) = trace.variation_id() { " · variation " (id) }
                        }
                    }
                    p.lead { (explain::reason(&trace)) }
                    (warnings(&trace))
                    h2 { "Rules" }
                    (flag_page::rules(&setting, &trace, &self.visitor))
                    h2 { "As the SDK logs it" }
                    pre tabindex="0" role="region" aria-label="Evaluation log" { (trace.to_string()) }
                }
            },
        ))
    }

    pub(crate) fn no_flag(&self, key: &str) -> Markup {
        self.layout(
            "No such flag",
            &html! {
                div #flag data-live {
                    h1 { "No such flag" }
                    p.lead { "The config has no flag with the key " code { (key) } "." }
                }
                p.back { a href={ "/?" (self.visitor.query()) } { "← All flags" } }
            },
        )
    }

    /// Returns the name of the user of the page.
    fn name(&self) -> String {
        let preset = presets(&self.fields).into_iter().find(|preset| preset.visitor == self.visitor);
        let typed = [User::IDENTIFIER, User::EMAIL].map(|name| self.visitor.get(name));
        match (preset, &self.user) {
            (Some(preset), _) => preset.name,
            (None, None) => "no user".to_owned(),
            (None, Some(_)) => typed.into_iter().find(|text| !text.is_empty()).unwrap_or("a user").to_owned(),
        }
    }

    fn flags(&self, config: &Config) -> Markup {
        // One budget of work for the whole page, however expensive the config is.
        let mut all = config.evaluate_all(self.user.as_ref());
        html! {
            ul.flags {
                @for key in config.keys() {
                    @let trace = all.explain(key);
                    @let id = encoded(key).to_string();
                    li.flag #{ "flag-" (id) } {
                        h3 { a #{ "link-" (id) } href=(flag_link(key, &self.visitor)) { (key) } }
                        p.gets {
                            (explain::value(trace.result().ok())) " "
                            @if let Some(id) = trace.variation_id() {
                                span.variation { span.hidden { "variation " } (id) }
                            }
                        }
                        details #{ "why-" (id) } {
                            summary #{ "summary-" (id) } { (explain::reason(&trace)) span.hidden { ": why " (key) } }
                            (explain::tree(trace.evaluation()))
                            (warnings(&trace))
                        }
                    }
                }
            }
        }
    }

    fn user_form(&self) -> Markup {
        html! {
            section.user aria-labelledby="user-title" {
                h2 #user-title { "User" }
                nav aria-label="Sample users" {
                    ul.presets {
                        @for Preset { name, about, visitor } in presets(&self.fields) {
                            @let current = (visitor == self.visitor).then_some("true");
                            li { a href={ "/?" (visitor.query()) } title=(about) aria-current=[current] { (name) } }
                        }
                    }
                }
                form.edit action="/" {
                    @for field in self.fields.iter() { (self.input(field)) }
                    button { "Show the flags" }
                }
            }
        }
    }

    fn input(&self, Field { name, kind }: &Field) -> Markup {
        let id = format!("field-{}", encoded(name));
        let hint = matches!(kind, Kind::List).then(|| format!("{id}-hint"));
        html! {
            div.field {
                label for=(id) { (name) }
                input #(id) name=(name) value=(self.visitor.get(name)) type=(if *kind == Kind::Date { "date" } else { "text" })
                    autocomplete="off" spellcheck="false" aria-describedby=[hint.as_deref()];
                @if let Some(hint) = &hint { p.hint #(hint) { "separated by commas" } }
            }
        }
    }

    fn log(&self) -> Markup {
        html! {
            section #log.log data-live aria-labelledby="log-title" {
                h2 #log-title { "Changes" }
                ol {
                    @for Entry { time, changes } in self.app.changes.latest() {
                        li {
                            time { (health::clock(time)) }
                            ul {
                                @for Change { key, what } in changes {
                                    li { @if let Some(key) = key { strong { (key) } " " } (what) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn layout(&self, title: &str, main: &Markup) -> Markup {
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
                    script src="/live.js" defer {}
                }
                body data-version=(self.version) {
                    a.skip href="#main" { "Skip to the flags" }
                    header { p { a href={ "/?" (self.visitor.query()) } { "ConfigCat for Rust" } " · sample web application" } }
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

fn warnings(trace: &Trace) -> Markup {
    html! {
        @for warning in trace.warnings() { p.warning { (warning.to_string()) } }
    }
}
