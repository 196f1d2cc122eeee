//! The mistakes of a first hour, each in the program of the README, with the words that say what to
//! do.

use std::{error::Error, process::Output, time::Duration};

use super::{
    project::Project,
    server::{Response, serve},
};
use crate::workspace::run as run_command;

const VARIABLE: &str = "CONFIGCAT_SDK_KEY";

/// A key of the right form.
const KEY: (&str, &str) = (VARIABLE, "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012");

/// A proxy at a port where nothing listens.
const NO_NETWORK: (&str, &str) = ("HTTPS_PROXY", "http://127.0.0.1:1");

/// Warnings are shown too.
const WARNINGS: (&str, &str) = ("RUST_LOG", "configcat=warn");

/// A config with the flag of the README: on for users of the plan `pro`, off for others. The
/// attribute is `Plan`.
const CONFIG: &str = r#"{"f": {"isNewCheckoutEnabled": {"t": 0, "v": {"b": false}, "r": [
    {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"b": true}}}]}}}"#;

/// Prints the reason for the value, with hints.
const EXPLAIN: &str = r#"eprintln!("{:#}", client.explain("isNewCheckoutEnabled", &user).unwrap());"#;

/// Uses the client after its end.
const CLOSE: &str = "client.close();\n    eprintln!(\"{}\", client.force_refresh().unwrap_err());";

/// The name of a mistake, its program, the environment that it runs in, and words of its standard
/// error.
type Mistake<'a> = (&'a str, Edited, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// Makes each mistake. The program is that of the README.
pub(super) fn make(project: &Project, program: &str) -> Result<(), Box<dyn Error>> {
    let base = Response { status: "200 OK", body: CONFIG, delay: Duration::ZERO };
    // The executor of the last mistake.
    run_command(project.cargo("add --quiet tokio --features macros,rt"))?;
    let cdn = serve(base)?;
    let wrong_key = serve(Response { status: "404 Not Found", body: "", ..base })?;
    let slow = serve(Response { delay: Duration::from_millis(300), ..base })?;
    let program = Edited(program.to_owned());

    let right = program.at(&cdn)?.change(r#"country("HU")"#, r#"custom("Plan", "pro")"#)?;
    let out = run(project, &right, &[KEY])?;
    let printed = String::from_utf8_lossy(&out.stdout);
    if !out.status.success() || !printed.starts_with("the new checkout, for ") {
        return Err(format!("the program of README.md prints {printed} {}", text(&out)).into());
    }
    print!("    {printed}");

    for (name, program, env, says) in mistakes(&program, &cdn, &wrong_key, &slow)? {
        let said = text(&run(project, &program, env)?);
        println!("    {name}: {}", said.trim_end());
        if let Some(missing) = says.iter().find(|word| !said.contains(**word)) {
            return Err(format!("{name}: the text does not say `{missing}`").into());
        }
    }
    Ok(())
}

fn mistakes<'a>(
    right: &Edited,
    cdn: &str,
    wrong_key: &str,
    slow: &str,
) -> Result<[Mistake<'a>; 11], Box<dyn Error>> {
    let here = right.at(cdn)?;
    let before = |statement: &str| here.change("if client", &format!("{statement}\n    if client"));
    let lower_case = here.change(r#"country("HU")"#, r#"custom("plan", "pro")"#)?;
    Ok([
        ("no key", right.clone(), &[], &["CONFIGCAT_SDK_KEY", "set"]),
        ("malformed key", right.clone(), &[(VARIABLE, "my-key")], &["write `configcat-sdk-1/`"]),
        (
            "wrong key",
            right.at(wrong_key)?,
            &[KEY],
            &["1100", "https://app.configcat.com/sdkkey", "base URL"],
        ),
        ("no network", right.clone(), &[KEY, NO_NETWORK], &["1103", "proxy"]),
        ("no logger", right.at(wrong_key)?.without("env_logger::init()")?, &[KEY], &["1100", "env_logger"]),
        (
            "wrong type",
            here.change("Enabled\", false, &user)", "Enabled\", 0, &user) == 1")?,
            &[KEY],
            &["2002", "bool"],
        ),
        (
            "unknown key",
            here.change("isNewCheckoutEnabled", "isNewCheckoutenabled")?,
            &[KEY],
            &["1001", "Did you mean 'isNewCheckoutEnabled'?"],
        ),
        (
            "wrong attribute case",
            lower_case.change("if client", &format!("{EXPLAIN}\n    if client"))?,
            &[KEY, WARNINGS],
            &["3003", "'plan'", "case-sensitive"],
        ),
        (
            "forgotten refresh",
            here.build(".polling_mode(configcat::PollingMode::manual())")?,
            &[KEY],
            &["1000", "force_refresh"],
        ),
        (
            "client dropped",
            before(CLOSE)?,
            &[KEY, WARNINGS],
            &["3201", "the client is closed; build a new one"],
        ),
        (
            "inside a current-thread executor",
            right.at(slow)?.in_executor()?,
            &[KEY, WARNINGS],
            &["ready()", "wait_for_ready"],
        ),
    ])
}

fn run(project: &Project, program: &Edited, env: &[(&str, &str)]) -> Result<Output, Box<dyn Error>> {
    let mut command = project.build(&program.0)?;
    // The servers are on this machine, which a proxy cannot reach.
    Ok(command.env("NO_PROXY", "127.0.0.1").envs(env.iter().copied()).output()?)
}

/// Returns the standard error.
fn text(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// The program of the README with a change.
#[derive(Clone)]
struct Edited(String);

impl Edited {
    /// Replaces a part, which must be there.
    fn change(&self, from: &str, to: &str) -> Result<Self, Box<dyn Error>> {
        if !self.0.contains(from) {
            return Err(format!("the program of README.md has no `{from}`").into());
        }
        Ok(Self(self.0.replace(from, to)))
    }

    /// Fetches from this server.
    fn at(&self, url: &str) -> Result<Self, Box<dyn Error>> {
        self.change("from_env()?", &format!("builder_from_env().base_url({url:?}).build()?"))
    }

    /// Adds an option.
    fn build(&self, option: &str) -> Result<Self, Box<dyn Error>> {
        self.change(".build()", &format!("{option}.build()"))
    }

    /// Removes the lines with this text.
    fn without(&self, part: &str) -> Result<Self, Box<dyn Error>> {
        self.change(part, "")?;
        let lines = self.0.lines().filter(|line| !line.contains(part));
        Ok(Self(lines.flat_map(|line| [line, "\n"]).collect()))
    }

    /// Runs `main` in an executor of one thread.
    fn in_executor(&self) -> Result<Self, Box<dyn Error>> {
        self.change("fn main()", "#[tokio::main(flavor = \"current_thread\")]\nasync fn main()")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_edited_where_the_part_is() {
        let program = Edited("a();\nlet b = from_env()?;\n".to_owned());
        assert_eq!(program.without("a()").unwrap().0, "let b = from_env()?;\n");
        let at = program.at("http://c").unwrap().build(".d()").unwrap();
        assert_eq!(at.0, "a();\nlet b = builder_from_env().base_url(\"http://c\").d().build()?;\n");
        assert!(program.change("c", "d").is_err());
    }
}
