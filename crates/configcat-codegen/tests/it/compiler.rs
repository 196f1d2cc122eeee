//! Tests with the compiler: the warnings that generated modules cause, and enums of all values of
//! whole configs.
//!
//! The modules are compiled beside a `configcat` of a few lines, which takes a fraction of a
//! second; the modules in this folder are compiled with the real one.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use configcat_codegen::Generator;
use configcat_eval::Config;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::{SAMPLE, path};

/// Parts of `configcat` that generated modules and their users need.
const STUB: &str = r"
pub trait AnyFlag {}
pub struct Flag<T>(pub &'static str, pub T);
impl<T> Flag<T> {
    pub const fn new(key: &'static str, default: T) -> Self { Self(key, default) }
}
impl<T> AnyFlag for Flag<T> {}
pub mod flag { pub struct Parsed<T>(pub T); }
pub mod json {
    pub struct Json<T>(pub fn() -> T);
    impl<T> Json<T> { pub const fn new(default: fn() -> T) -> Self { Self(default) } }
}
pub fn get<T>(_: &Flag<T>) {}
pub fn check(_: &[&dyn AnyFlag]) {}
";

/// The argument for programs that use the stub.
const EXTERN: &str = "--extern=configcat=libconfigcat.rlib";

/// A folder with a compiled stub.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("configcat.rs", STUB);
        let built = project.rustc("configcat.rs", &["--crate-type", "lib"]);
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        project
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.path().join(file), text).unwrap();
    }

    /// Compiles a file.
    fn rustc(&self, file: &str, args: &[&str]) -> Output {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition", "2024", "--error-format", "json"]).args(args).arg(file);
        command.current_dir(self.0.path()).output().unwrap()
    }

    /// Compiles `main.rs`, and returns the result and what the compiler reports: file, line, lint
    /// and message.
    fn reports(&self, args: &[&str]) -> (bool, Vec<(String, u64, String, String)>) {
        let output = self.rustc("main.rs", &[&["--emit", "metadata", EXTERN], args].concat());
        let lines = String::from_utf8(output.stderr).unwrap();
        let reports = lines.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        let reports = reports.filter_map(|report| {
            let span = &report["spans"][0];
            let (file, lint) = (span["file_name"].as_str()?, report["code"]["code"].as_str()?);
            let message = report["message"].as_str()?;
            Some((file.to_owned(), span["line_start"].as_u64()?, lint.to_owned(), message.to_owned()))
        });
        (output.status.success(), reports.collect())
    }
}

const CONFIG: &str = r#"{"f": {
    "isDone": {"t": 0, "v": {"b": true}},
    "isNew": {"t": 0, "v": {"b": false}, "p": [{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]},
    "isForgotten": {"t": 0, "v": {"b": true}, "p": [{"p": 50, "v": {"b": true}}, {"p": 50, "v": {"b": false}}]},
    "layout": {"t": 1, "v": {"s": "classic"}, "p": [{"p": 100, "v": {"s": "one-page"}}]}}}"#;

const MAIN: &str = r"mod flags;
fn main() {
    configcat::check(&flags::all());
    configcat::get(&flags::IS_NEW);
    configcat::get(&flags::IS_DONE);
    configcat::get(&flags::LAYOUT);
}
";

#[test]
fn the_compiler_points_at_uses_of_constants_and_at_unused_flags() {
    let project = Project::new();
    project.write("main.rs", MAIN);
    let generator = Generator::new().deprecate_constant().private().enums(3);
    let code = generator.generate(CONFIG).unwrap();
    project.write("flags.rs", &code);
    let unused = code.lines().position(|line| line.contains("static IS_FORGOTTEN:")).unwrap() + 1;
    let is_done = "use of deprecated static `flags::IS_DONE`: always `true` in this config";
    let expected = [
        ("main.rs", 5, "deprecated", is_done),
        ("flags.rs", u64::try_from(unused).unwrap(), "dead_code", "static `IS_FORGOTTEN` is never used"),
    ];
    let expected =
        expected.map(|(file, line, lint, text)| (file.to_owned(), line, lint.to_owned(), text.to_owned()));
    assert_eq!(project.reports(&[]), (true, expected.to_vec()));
    let (is_built, reports) = project.reports(&["-D", "warnings"]);
    assert!(!is_built && reports.len() == 2, "{reports:?}");

    // Without the options there is nothing to report.
    project.write("flags.rs", &Generator::new().generate(CONFIG).unwrap());
    assert_eq!(project.reports(&["-D", "warnings"]), (true, Vec::new()));
}

#[test]
fn a_match_that_misses_a_value_does_not_compile() {
    let project = Project::new();
    project.write("flags.rs", &Generator::new().enums(3).generate(CONFIG).unwrap());
    let main = |arms: &str| {
        let main = format!(
            "mod flags;\nfn main() {{\n    let layout: flags::Layout = \"x\".parse().unwrap();\n    match layout {{ {arms} }}\n}}\n"
        );
        project.write("main.rs", &main);
        project.reports(&["-A", "dead_code"])
    };
    let all = "flags::Layout::Classic => {} flags::Layout::OnePage => {} flags::Layout::Other(_) => {}";
    assert_eq!(main(all), (true, Vec::new()));
    let (is_built, reports) = main("flags::Layout::Classic => {} flags::Layout::Other(_) => {}");
    assert!(!is_built && reports[0].1 == 4 && reports[0].2 == "E0004", "{reports:?}");
}

/// Keys and values come from the dashboard, and may be any word that the generated code has.
#[test]
fn keys_and_values_may_be_words_of_the_code() {
    let keys = [
        "all",
        "any-flag",
        "bool",
        "clone",
        "configcat",
        "convert",
        "core",
        "debug",
        "default",
        "eq",
        "err",
        "flag",
        "fn",
        "from-str",
        "hash",
        "infallible",
        "json",
        "none",
        "ok",
        "option",
        "other",
        "parsed",
        "partial-eq",
        "result",
        "self",
        "some",
        "std",
        "str",
        "string",
        "to-owned",
        "u64",
        "vec",
    ];
    let values = ["", "empty", "1", "as_str", "Hex", "h-e-x", "A", "a", "a-b", "a_b", "ö", "uf6"];
    let rules: Vec<_> = values
        .iter()
        .chain(&keys)
        .map(|value| {
            let condition = format!(r#"{{"u": {{"a": "A", "c": 28, "s": "{value}"}}}}"#);
            format!(r#"{{"c": [{condition}], "s": {{"v": {{"s": "{value}"}}}}}}"#)
        })
        .collect();
    let (rules, mut settings) = (rules.join(","), vec![r#""x": {"t": 1, "v": {"s": "[]"}}"#.to_owned()]);
    settings.extend(
        keys.iter().map(|key| format!(r#""{key}": {{"t": 1, "v": {{"s": "{key}"}}, "r": [{rules}]}}"#)),
    );
    let (config, project) = (crate::config(&settings.join(",")), Project::new());
    project.write("main.rs", "mod flags;\nfn main() { configcat::check(&flags::all()); }\n");
    let public = Generator::new().deprecate_constant().enums(100).json("x", "Vec<Option<u64>>");
    for generator in [public.clone(), public.private()] {
        let code = generator.generate(&config).unwrap();
        generator.check(&config, &code).unwrap();
        project.write("flags.rs", &code);
        assert_eq!(project.reports(&["-D", "warnings", "-A", "dead_code"]), (true, Vec::new()));
    }
}

/// The configs of the repository, and those of the folder that `CONFIGCAT_CONFIGS` names.
fn configs() -> Vec<PathBuf> {
    let own = [SAMPLE, "tests/it/choices.json", "tests/it/hostile.json"].map(path);
    let golden = path("../configcat-eval/tests/data/golden.json");
    let folder = env::var_os("CONFIGCAT_CONFIGS").map(|folder| fs::read_dir(folder).unwrap());
    let others = folder.into_iter().flatten().map(|entry| entry.unwrap().path());
    own.into_iter().chain([golden]).chain(others).collect()
}

/// Returns the text values of a config that get an enum, by key.
fn texts(config: &Config) -> BTreeMap<String, Vec<String>> {
    let settings = config.settings().map(|setting| {
        let values = setting.served_values().filter_map(|served| served.value().as_text().map(str::to_owned));
        (setting.key().to_owned(), values.collect::<Vec<_>>())
    });
    settings.filter(|(_, values)| !values.is_empty()).collect()
}

#[test]
fn enums_have_each_value_that_a_config_serves() {
    let project = Project::new();
    let (mut main, mut calls, mut checked) = (String::new(), String::new(), 0);
    for (number, file) in configs().iter().enumerate() {
        let text = fs::read(file).unwrap();
        // A broken setting has no flag.
        let Ok(config) = Config::parse_overrides(&text) else { continue };
        let broken = config.settings().filter(|setting| setting.setting_type().is_none());
        let broken: Vec<String> = broken.map(|setting| setting.key().to_owned()).collect();
        let code = match Generator::new().enums(usize::MAX).skip(broken).generate(&text) {
            Ok(code) => code,
            Err(error) => {
                println!("{}: {error}", file.display());
                continue;
            }
        };
        project.write(&format!("flags{number}.rs"), &code);
        writeln!(main, "mod flags{number};").unwrap();
        let enums: BTreeMap<String, String> = code.lines().filter_map(enum_of).collect();
        for (key, values) in texts(&config) {
            let Some(name) = enums.get(&key) else {
                assert!(values.iter().any(|value| value.chars().count() > 60), "{key:?} has no enum");
                continue;
            };
            checked += values.len();
            for value in values {
                writeln!(calls, "    known!(flags{number}::{name}, {value:?});").unwrap();
            }
            writeln!(calls, "    unknown!(flags{number}::{name}, \"\\u{{1}} unknown\");").unwrap();
        }
    }
    let head = r"
macro_rules! known { ($name:path, $text:expr) => {
    let value: $name = $text.parse().unwrap();
    assert_eq!(value.as_str(), $text);
    use $name as Name;
    assert!(!matches!(value, Name::Other(_)), $text);
} }
macro_rules! unknown { ($name:path, $text:expr) => {
    let value: $name = $text.parse().unwrap();
    use $name as Name;
    assert_eq!(value, Name::Other($text.to_owned()));
} }
";
    let calls = calls.lines().map(|call| format!("    {{{call}}}\n")).collect::<String>();
    project.write("main.rs", &format!("#![allow(dead_code)]\n{main}{head}fn main() {{\n{calls}}}\n"));
    let built = project.rustc("main.rs", &["-o", "main", EXTERN]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let ran = Command::new(project.0.path().join("main")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    println!("{checked} values");
    assert!(checked > 30, "{checked}");
}

/// Returns the key and the name of the enum in a line that declares a flag.
fn enum_of(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.strip_prefix("pub static ")?.split_once("Flag<Parsed<")?;
    let (name, rest) = rest.split_once(">> = Flag::new(")?;
    let (key, _) = rest.split_once(", Parsed(")?;
    Some((unescaped(key.strip_prefix('"')?.strip_suffix('"')?), name.to_owned()))
}

/// Returns the text of a literal.
fn unescaped(literal: &str) -> String {
    let (mut text, mut rest) = (String::new(), literal);
    while let Some((before, escape)) = rest.split_once('\\') {
        text += before;
        rest = escape.get(1..).unwrap();
        text.push(match escape.chars().next().unwrap() {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (code, behind) = escape.strip_prefix("u{").unwrap().split_once('}').unwrap();
                rest = behind;
                char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap()
            }
            other => other,
        });
    }
    text + rest
}
