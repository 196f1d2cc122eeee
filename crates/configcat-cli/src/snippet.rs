//! Problems as compilers print them: the line of the document, underlined, with reason and fix.

use std::fmt::Display;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::{screen::shown, source::Excerpt};

/// A problem with an input, in a certain place of it or as a whole.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) is_error: bool,
    /// The name of the rule that was broken, if it has a name.
    pub(crate) id: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) excerpt: Option<Excerpt>,
    /// Sentences that say what to do.
    pub(crate) help: Vec<String>,
}

impl Problem {
    pub(crate) fn error(message: impl Display) -> Self {
        let message = shown(&message.to_string());
        Self { is_error: true, id: None, message, excerpt: None, help: Vec::new() }
    }

    pub(crate) fn at(self, excerpt: Excerpt) -> Self {
        Self { excerpt: Some(excerpt), ..self }
    }

    pub(crate) fn help(mut self, help: impl Display) -> Self {
        self.help.push(shown(&help.to_string()));
        self
    }
}

/// Returns the problem as text of some lines, with colours, for a terminal of that width.
pub(crate) fn render(problem: &Problem, width: usize) -> String {
    let level = if problem.is_error { Level::ERROR } else { Level::WARNING };
    let mut title = level.primary_title(problem.message.as_str());
    if let Some(id) = problem.id {
        title = title.id(id);
    }
    let mut group = Group::with_title(title);
    if let Some(excerpt) = &problem.excerpt {
        let label = (!excerpt.label.is_empty()).then_some(excerpt.label.as_str());
        let annotation = AnnotationKind::Primary.span(excerpt.range.clone()).label(label);
        let snippet = Snippet::source(excerpt.text.as_str()).line_start(excerpt.start.line);
        group = group.element(snippet.path(excerpt.name.as_str()).annotation(annotation));
    }
    for help in &problem.help {
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
    let before = excerpt.text.get(..excerpt.range.start).unwrap_or_default();
    let column = before.chars().count() + 1;
    text.replacen(
        &format!("{name}:{}:{column}", start.line),
        &format!("{name}:{}:{}", start.line, start.column),
        1,
    )
}
