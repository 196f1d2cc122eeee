//! Problems as compilers print them: the line of the document, underlined, with reason and fix.

use std::fmt::Display;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use configcat_analysis::Severity;

use crate::{excerpt::Excerpt, screen::shown};

/// A problem with an input, in a certain place of it or as a whole.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    /// The name of the rule that was broken, if it has a name.
    pub(crate) id: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) excerpt: Option<Excerpt>,
    /// The reason, if the message alone does not say it.
    pub(crate) note: Option<String>,
    /// A sentence that says what to do.
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn error(message: impl Display) -> Self {
        let message = shown(&message.to_string());
        Self { severity: Severity::Error, id: None, message, excerpt: None, note: None, help: None }
    }

    pub(crate) fn at(self, excerpt: Excerpt) -> Self {
        Self { excerpt: Some(excerpt), ..self }
    }

    pub(crate) fn help(self, help: impl Display) -> Self {
        Self { help: Some(shown(&help.to_string())), ..self }
    }
}

/// Returns the problem as text of some lines, with colours, for a terminal of that width.
pub(crate) fn render(problem: &Problem, width: usize) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut title = level.primary_title(problem.message.as_str());
    if let Some(id) = problem.id {
        title = title.id(id);
    }
    let mut group = Group::with_title(title);
    if let Some(excerpt) = &problem.excerpt {
        let label = (!excerpt.label.is_empty()).then_some(excerpt.label.as_str());
        let annotation = AnnotationKind::Primary.span(excerpt.range.clone()).label(label);
        let snippet = Snippet::source(excerpt.text.as_str()).line_start(excerpt.start.line);
        // A label below a long range would be far from it, so reasons stand in notes.
        group = group.element(snippet.path(excerpt.name.as_str()).annotation(annotation));
    }
    if let Some(note) = &problem.note {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let text = Renderer::styled().term_width(width).render(&[group]);
    match &problem.excerpt {
        Some(excerpt) => with_column(&text, excerpt),
        None => text,
    }
}

/// Replaces the column in the excerpt, which may be a part of its line, by the one in the document.
fn with_column(text: &str, excerpt: &Excerpt) -> String {
    let Excerpt { name, start, .. } = excerpt;
    // As the renderer counts it, which gets no more than the excerpt.
    let before = excerpt.text.get(..excerpt.range.start).unwrap_or_default();
    let column = before.chars().count() + 1;
    text.replacen(
        &format!("{name}:{}:{column}", start.line),
        &format!("{name}:{}:{}", start.line, start.column),
        1,
    )
}
