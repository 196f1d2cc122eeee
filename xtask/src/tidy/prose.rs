//! Openings, words and widths of comments and documents.

use proc_macro2::LexError;

use super::{
    comments::{Comment, Kind, comments},
    measure::Finding,
};

/// The last column of a comment.
const COLUMNS: usize = 100;

/// First words of a documentation comment that ask for a noun or a verb instead.
const OPENINGS: [(&str, &str); 7] = [
    ("what", "start with a noun, or a verb in the third person"),
    ("who", "start with a noun"),
    ("that", "start with a verb in the third person"),
    ("how", "start with a noun, or a verb in the third person"),
    ("something", "start with a noun"),
    ("somebody", "start with a noun"),
    ("whether", "write \"Returns whether …\", or \"`true` if …\" for a field"),
];

/// Words that have a plainer one.
const WORDS: [(&str, &str); 22] = [
    ("who", "name the subject: the caller, the waiting thread"),
    ("whom", "name the subject: the caller, the waiting thread"),
    ("whoever", "name the subject: any caller"),
    ("somebody", "name the subject: another process, a user"),
    ("is told", "write: is reported to, is notified"),
    ("are told", "write: are reported to, are notified"),
    ("be told", "write: be notified"),
    ("told of", "write: notified of"),
    ("tells of", "write: reports, describes"),
    ("tell of", "write: report, describe"),
    ("goes by", "write: uses, follows"),
    ("go by", "write: use, follow"),
    ("none", "write: no …, nothing, not one"),
    ("but in", "write: except in"),
    ("but for", "write: except for"),
    ("but on", "write: except on"),
    ("but with", "write: except with"),
    ("but at", "write: except at"),
    ("all but", "write: all except"),
    ("nothing but", "write: only"),
    ("set forth", "write: list, state"),
    ("as follows", "write: a colon"),
];

/// Checks the comments of a Rust file.
pub(super) fn check_rust(file: &str, source: &str) -> Result<Prose, LexError> {
    let found = comments(source)?;
    let mut prose = Prose::default();
    let mut text = Text::new(file);
    let mut before: Option<&Comment<'_>> = None;
    for comment in &found {
        let goes_on =
            before.is_some_and(|before| before.kind == comment.kind && before.line + 1 == comment.line);
        if !goes_on {
            text.end(&mut prose.words);
            if comment.kind == Kind::Doc {
                prose.words.extend(opening(file, comment));
            }
        }
        text.line(comment.line, comment.text);
        if comment.end_column > COLUMNS && can_wrap(comment.text, text.is_code) {
            prose.wide.push(Finding {
                file: file.to_owned(),
                line: comment.line,
                fix: format!("wrap at {COLUMNS} columns; it ends at {}", comment.end_column),
            });
        }
        before = Some(comment);
    }
    text.end(&mut prose.words);
    prose.words.sort_by_key(|finding| finding.line);
    Ok(prose)
}

/// Checks a Markdown file. Its lines are not limited: tables need long ones.
pub(super) fn check_markdown(file: &str, source: &str) -> Prose {
    let mut prose = Prose::default();
    let mut text = Text::new(file);
    for (index, line) in source.lines().enumerate() {
        text.line(index + 1, line);
    }
    text.end(&mut prose.words);
    prose.words.sort_by_key(|finding| finding.line);
    prose
}

/// The places to change in the text of a file.
#[derive(Default)]
pub(super) struct Prose {
    /// Openings and words.
    pub(super) words: Vec<Finding>,
    /// Comments over the last column.
    pub(super) wide: Vec<Finding>,
}

fn opening(file: &str, comment: &Comment<'_>) -> Option<Finding> {
    let first = comment.text.split_whitespace().next()?.to_lowercase();
    let (_, fix) = OPENINGS.iter().find(|(word, _)| *word == first)?;
    Some(Finding {
        file: file.to_owned(),
        line: comment.line,
        fix: format!("documentation opens with \"{first}\": {fix}"),
    })
}

/// Tables, code and addresses cannot be wrapped.
fn can_wrap(text: &str, is_code: bool) -> bool {
    !is_code && !text.trim_start().starts_with('|') && !text.contains("://")
}

/// A run of lines, in which a phrase may go over the end of a line.
struct Text<'a> {
    file: &'a str,
    is_code: bool,
    words: Vec<(usize, String)>,
}

impl<'a> Text<'a> {
    fn new(file: &'a str) -> Self {
        Self { file, is_code: false, words: Vec::new() }
    }

    fn line(&mut self, number: usize, line: &str) {
        if line.trim_start().starts_with("```") {
            self.is_code = !self.is_code;
        } else if !self.is_code {
            // A cell of a table is no sentence, so it has no plainer word for this.
            let is_row = line.trim_start().starts_with('|');
            let cells = line.split('|').filter(|cell| !is_row || cell.trim() != "none");
            let line = cells.collect::<Vec<_>>().join("|");
            // Spans of code, every second part, are names and not words.
            for (index, part) in line.split('`').enumerate() {
                let part = if index % 2 == 0 { part } else { "." };
                self.words.extend(words(part).map(|word| (number, word)));
            }
        }
    }

    /// Searches the phrases, and forgets the run.
    fn end(&mut self, findings: &mut Vec<Finding>) {
        for (phrase, fix) in WORDS {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            for window in self.words.windows(phrase.len()) {
                if let Some((line, _)) =
                    window.first().filter(|_| window.iter().map(|(_, word)| word).eq(&phrase))
                {
                    let fix = format!("\"{}\": {fix}", phrase.join(" "));
                    findings.push(Finding { file: self.file.to_owned(), line: *line, fix });
                }
            }
        }
        self.words.clear();
        self.is_code = false;
    }
}

/// Lower-case words; the end of a sentence or a cell is a word of its own, so that no phrase goes
/// over it.
fn words(text: &str) -> impl Iterator<Item = String> {
    let spaced = text.replace(['.', ':', ';', '?', '!', '|', '(', ')'], " . ");
    let is_mark = |c: char| !c.is_alphanumeric() && c != '\'' && c != '.';
    let words: Vec<String> =
        spaced.split(is_mark).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(findings: &[Finding]) -> Vec<(usize, &str)> {
        findings.iter().map(|finding| (finding.line, finding.fix.split('"').nth(1).unwrap_or(""))).collect()
    }

    fn in_rust(source: &str) -> Vec<(usize, String)> {
        let prose = check_rust("a.rs", source).unwrap();
        places(&prose.words).into_iter().map(|(line, word)| (line, word.to_owned())).collect()
    }

    #[test]
    fn openings_count_in_the_first_line_of_documentation_only() {
        let source = "/// Returns\n/// that much.\nfn a() {}\n/// That\nfn b() {}\n// What is not documentation\n//! How\n";
        assert_eq!(in_rust(source), [(4, "that".to_owned()), (7, "how".to_owned())]);
    }

    #[test]
    fn words_are_found_in_comments_and_over_line_ends() {
        let source =
            "// The thread is\n// told so.\nlet who = \"who\"; // who\n/// Works but\n/// in a child\n";
        let expected =
            [(1, "is told"), (3, "who"), (4, "but in")].map(|(line, word)| (line, word.to_owned()));
        assert_eq!(in_rust(source), expected);
    }

    #[test]
    fn code_and_sentence_ends_break_phrases() {
        let source = "/// `None` but. In `who` is. Told\n/// ```\n/// // none\n/// ```\n";
        assert_eq!(in_rust(source), []);
    }

    #[test]
    fn markdown_has_words_too() {
        let prose = check_markdown("a.md", "# Who\n\n```sh\nwho\n```\nall\nbut one\n| none | none |\nnone\n");
        assert_eq!(places(&prose.words), [(1, "who"), (6, "all but"), (9, "none")]);
    }

    #[test]
    fn comments_end_at_the_last_column() {
        let long = "x ".repeat(50);
        let wide = |source: &str| check_rust("a.rs", source).unwrap().wide.len();
        assert_eq!(wide(&format!("// {long}")), 1);
        assert_eq!(wide(&format!("//{}", &long[..98])), 0);
        assert_eq!(wide(&format!("/// | {long} |")), 0);
        assert_eq!(wide(&format!("/// ```\n/// {long}\n/// ```")), 0);
        assert_eq!(wide(&format!("// <https://a> {long}")), 0);
        assert_eq!(wide(&format!("let x = \"{long}\";")), 0);
    }
}
