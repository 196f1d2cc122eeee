//! Reader of feature files: the part of Gherkin that the files here use. Anything else is an error.

/// A scenario with the values of its outline, and the steps of the background before its own.
#[derive(Debug, PartialEq)]
pub struct Scenario {
    pub name: String,
    pub steps: Vec<String>,
}

/// The part of a file that a line belongs to.
enum Part {
    Top,
    Background,
    Steps,
    Examples,
}

/// A scenario as written: with a table of examples, one scenario for each row.
#[derive(Default)]
struct Outline {
    name: String,
    steps: Vec<String>,
    table: Vec<Vec<String>>,
}

pub fn read(text: &str) -> Result<Vec<Scenario>, String> {
    let mut background = Vec::new();
    let mut outlines: Vec<Outline> = Vec::new();
    let mut part = Part::Top;
    let lines = text.lines().map(str::trim).enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let (keyword, rest) = line.split_once([' ', ':']).unwrap_or((line, ""));
        let outline = outlines.last_mut();
        match (keyword, &part, outline) {
            ("Feature", Part::Top, _) => {}
            ("Background", Part::Top, _) => part = Part::Background,
            ("Scenario", _, _) => {
                part = Part::Steps;
                let name = rest.trim_start_matches("Outline:").trim().to_owned();
                outlines.push(Outline { name, ..Outline::default() });
            }
            ("Given" | "When" | "Then" | "And", Part::Background, _) => background.push(rest.to_owned()),
            ("Given" | "When" | "Then" | "And", Part::Steps, Some(outline)) => {
                outline.steps.push(rest.to_owned());
            }
            ("Examples", Part::Steps, Some(_)) => part = Part::Examples,
            ("|", Part::Examples, Some(outline)) => outline.table.push(cells(line)),
            _ => return Err(format!("line {}: `{line}` is not expected here", index + 1)),
        }
    }
    let mut scenarios = Vec::new();
    for outline in outlines {
        scenarios.extend(outline.fill_in(&background)?);
    }
    Ok(scenarios)
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

impl Outline {
    fn fill_in(self, background: &[String]) -> Result<Vec<Scenario>, String> {
        let scenario = |row: &[(&String, &String)]| {
            let mut steps = [background, &self.steps].concat();
            for (column, cell) in row {
                steps.iter_mut().for_each(|step| *step = step.replace(&format!("<{column}>"), cell));
            }
            let cells: Vec<&str> = row.iter().map(|(_, cell)| cell.as_str()).collect();
            let name = [&self.name, &*cells.join(", ")].join(if row.is_empty() { "" } else { ": " });
            match steps.iter().find(|step| step.contains('<')) {
                None => Ok(Scenario { name, steps }),
                Some(step) => Err(format!("{name}: `{step}` has no example")),
            }
        };
        match self.table.split_first() {
            None => Ok(vec![scenario(&[])?]),
            Some((columns, rows)) if !rows.is_empty() => rows
                .iter()
                .map(|row| match row.len() == columns.len() {
                    true => scenario(&columns.iter().zip(row).collect::<Vec<_>>()),
                    false => Err(format!("{}: a row has {} cells", self.name, row.len())),
                })
                .collect(),
            Some(_) => Err(format!("{}: no examples", self.name)),
        }
    }
}

/// Returns the text at each `{}` of a pattern, if the step matches it. Quotes around `{}` belong to
/// the pattern.
pub fn matched<'s, const N: usize>(step: &'s str, pattern: &str) -> Option<[&'s str; N]> {
    let mut literals = pattern.split("{}");
    let mut rest = step.strip_prefix(literals.next()?)?;
    let mut found = [""; N];
    let mut literals = literals.peekable();
    for place in &mut found {
        let literal = literals.next()?;
        let end = match literals.peek() {
            Some(_) => rest.find(literal)?,
            None => rest.strip_suffix(literal)?.len(),
        };
        (*place, rest) = (&rest[..end], &rest[end + literal.len()..]);
    }
    (literals.next().is_none() && rest.is_empty()).then_some(found)
}

#[test]
fn outlines_are_filled_in_after_the_background() {
    let text = "Feature: f\n# a remark\nBackground:\n Given a\nScenario: s\n When b\nScenario Outline: o\n Then <x> and <y>\n\
                Examples:\n | x | y |\n | 1 | 2 |\n | 3 |  |\n";
    let scenario = |name: &str, steps: [&str; 2]| Scenario {
        name: name.to_owned(),
        steps: steps.map(str::to_owned).to_vec(),
    };
    let expected = [
        scenario("s", ["a", "b"]),
        scenario("o: 1, 2", ["a", "1 and 2"]),
        scenario("o: 3, ", ["a", "3 and "]),
    ];
    assert_eq!(read(text).unwrap(), expected);
}

#[test]
fn what_is_not_understood_is_an_error() {
    for (text, cause) in [
        ("Feature: f\nRule: r", "line 2: `Rule: r` is not expected here"),
        ("Given a", "line 1: `Given a` is not expected here"),
        ("Scenario: s\nThen <x>", "s: `<x>` has no example"),
        ("Scenario: s\nThen <x>\nExamples:\n| x |", "s: no examples"),
        ("Scenario: s\nThen <x>\nExamples:\n| x |\n| 1 | 2 |", "s: a row has 2 cells"),
    ] {
        assert_eq!(read(text).unwrap_err(), cause);
    }
}

#[test]
fn steps_match_by_their_form() {
    assert_eq!(matched("the flag \"a b\" of 1", "the flag \"{}\" of {}"), Some(["a b", "1"]));
    assert_eq!(matched("the flag \"a\" of", "the flag \"{}\" of {}"), None::<[&str; 2]>);
    assert_eq!(matched("is it", "is it"), Some([]));
    assert_eq!(matched("is it so", "is it"), None::<[&str; 0]>);
}
