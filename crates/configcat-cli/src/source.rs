//! Texts that a command reads, and places in them.

use std::{
    fs::{self, File},
    io::{self, Read},
    ops::Range,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::{
    excerpt::{Excerpt, Position},
    failure::Failure,
    screen::shown,
};

/// The largest input in bytes: the largest config that the SDK accepts from the CDN.
pub(crate) const MAX_BYTES: usize = 64 << 20;
/// The distance of the bytes whose position is stored. A search from one of them is short, and
/// there are few of them.
const MARK_DISTANCE: usize = 1024;
/// The most lines and the most bytes before and after its start that an excerpt shows. The CDN
/// serves documents in one line, so an excerpt is a part of a line.
const SHOWN_LINES: usize = 6;
const SHOWN_BEFORE: usize = 100;
const SHOWN_AFTER: usize = 400;

/// `true` if standard input was read. It is empty then, and a message about that would mislead.
static IS_STDIN_READ: AtomicBool = AtomicBool::new(false);

/// A text with its name.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path, or `<stdin>`.
    pub(crate) name: String,
    pub(crate) text: String,
    /// The line of the file at which the text starts: 1, or 3 in a cache entry.
    first_line: usize,
    /// The positions of the bytes 0, [`MARK_DISTANCE`], ….
    marks: Vec<Position>,
}

impl Source {
    /// Reads a file, or standard input for `-`, of at most [`MAX_BYTES`].
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let (name, bytes) = if path == Path::new("-") {
            if IS_STDIN_READ.swap(true, Ordering::Relaxed) {
                return Err(
                    Failure::new("standard input is named twice").help("name a file in place of one of them")
                );
            }
            ("<stdin>".to_owned(), limited(io::stdin().lock()))
        } else {
            (path.display().to_string(), open(path).and_then(limited))
        };
        let bytes = bytes.map_err(|cause| Failure::cannot(format_args!("read {name}"), cause))?;
        Self::from_bytes(name, bytes)
    }

    /// Checks that the bytes are UTF-8, and leaves out a byte order mark.
    pub(crate) fn from_bytes(name: String, mut bytes: Vec<u8>) -> Result<Self, Failure> {
        // Shells and editors of Windows write it, and its error as UTF-8 would help nobody.
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(Failure::new(format_args!("{name} is UTF-16")).help("save it as UTF-8"));
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let text = String::from_utf8(bytes).map_err(|cause| {
            let (valid, _) = cause.as_bytes().split_at(cause.utf8_error().valid_up_to());
            let Position { line, column } = Position::START.after(&String::from_utf8_lossy(valid));
            Failure::new(format_args!("{name} is not UTF-8, at line {line} column {column}"))
        })?;
        Ok(Self::new(name, text, 1))
    }

    pub(crate) fn new(name: String, text: String, first_line: usize) -> Self {
        let (mut marks, mut position, mut start) = (Vec::new(), Position::START, 0);
        for end in (0..=text.len()).step_by(MARK_DISTANCE) {
            // A character may lie over the mark: its position is that of its first byte.
            let end = floor_boundary(&text, end);
            position = position.after(text.get(start..end).unwrap_or_default());
            marks.push(position);
            start = end;
        }
        Self { name, text, first_line, marks }
    }

    /// Returns the position of a byte of the text.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = floor_boundary(&self.text, offset.min(self.text.len()));
        let mark = offset / MARK_DISTANCE;
        let start = floor_boundary(&self.text, mark * MARK_DISTANCE);
        let position = self.marks.get(mark).copied().unwrap_or(Position::START);
        let Position { line, column } = position.after(self.text.get(start..offset).unwrap_or_default());
        Position { line: line + self.first_line - 1, column }
    }

    /// Returns the byte at a line and a column in bytes, both counted from 1, as `serde_json` has
    /// them. Its column is 0 for the line break before the line.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        // Only for errors, so it may read the whole text.
        let mut lines = self.text.split_inclusive('\n');
        let start: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
        let length = lines.next().map_or(0, str::len);
        start + column.saturating_sub(1).min(length)
    }

    /// Returns what to show of a range.
    pub(crate) fn excerpt(&self, range: Range<usize>, label: impl Into<String>) -> Excerpt {
        let text = self.text.as_str();
        let start = floor_boundary(text, range.start.min(text.len()));
        let end = floor_boundary(text, range.end.clamp(start, text.len()));
        let marked = text.get(start..end).unwrap_or_default();
        // The first line of a long value is enough to find it.
        let is_long = marked.len() > SHOWN_AFTER || marked.lines().count() > SHOWN_LINES;
        let shown_end = if is_long { start + first_line(marked, SHOWN_AFTER).len() } else { end };
        // Only the bytes before the mark that are shown are searched for the start of the line.
        let nearest = floor_boundary(text, start.saturating_sub(SHOWN_BEFORE));
        let before = text.get(nearest..start).unwrap_or_default();
        let line_start = before.rfind('\n').map(|line_break| nearest + line_break + 1);
        let window_start = line_start.unwrap_or(nearest);
        let rest = first_line(text.get(shown_end..).unwrap_or_default(), SHOWN_AFTER).trim_end_matches('\r');
        let cut = if line_start.is_none() && nearest > 0 { "…" } else { "" };
        let window = text.get(window_start..shown_end + rest.len()).unwrap_or_default();
        Excerpt {
            name: shown(&self.name),
            start: self.position(start),
            // A space stands for the end of the text, so that there is a line to show. Control
            // characters are shown as symbols by `annotate-snippets`.
            text: if window.is_empty() { " ".to_owned() } else { format!("{cut}{window}") },
            range: cut.len() + start - window_start..cut.len() + shown_end - window_start,
            label: shown(&label.into()),
        }
    }
}

/// Returns the start of the first line, of at most `limit` bytes.
fn first_line(text: &str, limit: usize) -> &str {
    let end = text.bytes().take(limit).position(|byte| byte == b'\n').unwrap_or(text.len().min(limit));
    text.get(..floor_boundary(text, end)).unwrap_or_default()
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    (0..=offset).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0)
}

/// Opens a file, or a pipe that a shell makes, as in `<(…)`.
fn open(path: &Path) -> io::Result<File> {
    // Not all systems refuse to open a folder, and the error of reading one differs.
    if fs::metadata(path)?.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    File::open(path)
}

fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    // One byte more than the limit tells a larger file from one of that length.
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_BYTES { Err(io::Error::other("it is larger than 64 MiB")) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::{MARK_DISTANCE, Position, Source};

    fn source(text: &str) -> Source {
        Source::new("a.json".to_owned(), text.to_owned(), 1)
    }

    #[test]
    fn positions_count_lines_and_characters() {
        let text = format!("é{}\nab\n{}", "xé\n".repeat(MARK_DISTANCE), "é".repeat(3 * MARK_DISTANCE));
        let source = source(&text);
        let (mut line, mut column) = (1, 1);
        for (offset, c) in text.char_indices() {
            assert_eq!(source.position(offset), Position { line, column }, "{offset}");
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        assert_eq!(source.position(text.len() + 9), Position { line, column });
    }

    #[test]
    fn lines_and_columns_of_a_parser_are_bytes() {
        let source = source("é\n ab");
        for ((line, column), offset) in [((1, 1), 0), ((2, 0), 3), ((2, 2), 4), ((2, 9), 6), ((9, 9), 6)] {
            assert_eq!(source.offset(line, column), offset, "{line}:{column}");
        }
    }

    #[test]
    fn excerpts_of_documents_in_one_line_are_short() {
        let text = format!("{}[1,2]{}", "é".repeat(9_000), "x".repeat(9_000));
        let excerpt = source(&text).excerpt(18_000..18_005, "here");
        assert!(excerpt.text.len() < 600 && excerpt.text.starts_with('…'), "{}", excerpt.text);
        assert_eq!(excerpt.text.get(excerpt.range), Some("[1,2]"));
        assert_eq!(excerpt.start, Position { line: 1, column: 9_001 });
    }

    #[test]
    fn excerpts_of_many_lines_mark_the_first() {
        let text = format!("{{\n  \"a\": [\n{}  ]\n}}", "    1,\n".repeat(20));
        let excerpt = source(&text).excerpt(9..text.len() - 2, "");
        assert_eq!((excerpt.text.as_str(), excerpt.range), ("  \"a\": [", 7..8));
    }
}
