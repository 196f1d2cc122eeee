//! The programs of the page `docs::from_python`: each runs in Python and in Rust with a CDN of its
//! own, and has to print what the page says.

mod page;
mod project;

use std::{
    error::Error,
    ffi::OsStr,
    io::{self, Read},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use configcat_testkit::{Cdn, Reply, SDK_KEY};

use self::page::{PAGE, Pair};

/// The longest run of a program. The slowest one polls for a second; the rest is for a busy
/// machine.
const LIMIT: Duration = Duration::from_secs(30);

/// The variables that lead to a proxy. The CDN is reached directly.
const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

/// The file that an SDK asks for, and its content: the flags that the page lists.
struct Config {
    file: &'static str,
    json: &'static str,
}

const PYTHON: Config = Config { file: "config_v4.json", json: include_str!("config_v4.json") };
const RUST: Config = Config { file: "config_v6.json", json: include_str!("config_v6.json") };

/// Runs all programs, and prints each output that is not the one of the page. Returns their number.
///
/// # Errors
///
/// The page has no pair of programs with outputs, a program does not compile or fails, or a program
/// asks for another config than its SDK should.
pub fn run(python: &OsStr) -> Result<usize, Box<dyn Error>> {
    let mut pairs = Vec::new();
    for part in PAGE {
        pairs.extend(page::pairs(part)?);
    }
    let binary = project::build(&pairs)?;
    let mut differences = 0;
    for (number, pair) in pairs.iter().enumerate() {
        let mut command = Command::new(python);
        command.args(["-c", &page::local_python(pair.python)]);
        differences += usize::from(!prints(pair, "Python", command, &PYTHON, pair.output_of_python())?);

        let mut command = Command::new(&binary);
        command.arg(number.to_string());
        differences += usize::from(!prints(pair, "Rust", command, &RUST, pair.output_of_rust())?);
    }
    println!("{} programs in Python and in Rust", pairs.len());
    Ok(differences)
}

/// Runs a program. Returns `true` if it prints what it should.
fn prints(
    pair: &Pair<'_>,
    language: &str,
    mut command: Command,
    config: &Config,
    expected: &str,
) -> Result<bool, Box<dyn Error>> {
    let cdn = Cdn::empty();
    let second = config.json.replace("Hello", "Good day");
    cdn.serve_at(&format!("/configuration-files/{SDK_KEY}/{}", config.file), &second);
    cdn.script([Reply::body(config.json)]);

    let start = Instant::now();
    for name in PROXIES {
        command.env_remove(name);
    }
    let output = output(command.env("CDN", cdn.url()))?;
    println!("    {} in {language}: {:.1} s", pair.section, start.elapsed().as_secs_f64());

    let path = format!("/{SDK_KEY}/{}", config.file);
    if let Some(other) = cdn.requests().iter().find(|request| !request.path.ends_with(&path)) {
        return Err(format!("{} in {language} asks for {}", pair.section, other.path).into());
    }
    if output != expected {
        println!("DIFFERENT. The page says:\n{expected}The program prints:\n{output}");
    }
    Ok(output == expected)
}

/// Returns what a program prints. Its errors go to the terminal.
fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().ok_or("the program has no output")?;
    // On a thread of its own: the output of a program that hangs does not end.
    let reader = thread::spawn(move || -> io::Result<String> {
        let mut text = String::new();
        stdout.read_to_string(&mut text)?;
        Ok(text)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Err(format!("killed after {LIMIT:?}: {command:?}").into());
        }
        thread::sleep(Duration::from_millis(5));
    };
    let text = reader.join().map_err(|_| "the reader of the output panicked")??;
    if status.success() { Ok(text) } else { Err(format!("{status}: {command:?}\n{text}").into()) }
}
