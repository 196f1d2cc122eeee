//! The mistakes of a first hour, each in the program of the README, with the words that say what to
//! do.

use std::{error::Error, process::Output, time::Duration};

use super::{
    project::Project,
    server::{Response, serve},
};
use crate::workspace::run as run_command;

/// A key of the right form.
const KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";

/// A proxy at a port where nothing listens.
const NO_NETWORK: &str = "http://127.0.0.1:1";

/// A config with the flag of the README: on for users of the plan `pro`, off for others. The
/// attribute is `Plan`.
const CONFIG: &str = r#"{"f": {"isNewCheckoutEnabled": {"t": 0, "v": {"b": false}, "r": [
    {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"b": true}}}]}}}"#;

/// Prints the reason for the value, with hints.
const EXPLAIN: &str = r#"eprintln!("{:#}", client.explain("isNewCheckoutEnabled", &user).unwrap());"#;

/// Uses the client after its end.
const CLOSE: &str = "client.close();\n    eprintln!(\"{}\", client.force_refresh().unwrap_err());";

/// A program, the environment that it runs in, and its output.
struct Mistake<'a> {
    name: &'a str,
    program: String,
    env: Vec<(&'a str, &'a str)>,
    /// The words of its standard error.
    says: &'a [&'a str],
}

/// Makes each mistake. The program is that of the README.
pub(super) fn make(project: &Project, program: &str) -> Result<(), Box<dyn Error>> {
    let base = Response { status: "200 OK", body: CONFIG, delay: Duration::ZERO };
    // The executor of the last mistake.
    run_command(project.cargo("add --quiet tokio --features macros,rt"))?;
    let cdn = serve(base)?;
    let wrong_key = serve(Response { status: "404 Not Found", body: "", ..base })?;
    let slow = serve(Response { delay: Duration::from_millis(300), ..base })?;
    let program = Edited(program.to_owned());
    let key = ("CONFIGCAT_SDK_KEY", KEY);

    let right = program.at(&cdn)?.change(r#"country("HU")"#, r#"custom("Plan", "pro")"#)?;
    let out = run(project, &right.0, &[key])?;
    let printed = String::from_utf8_lossy(&out.stdout);
    if !out.status.success() || !printed.starts_with("the new checkout, for ") {
        return Err(format!("the program of README.md prints {printed} {}", text(&out)).into());
    }
    print!("    {printed}");

    for Mistake { name, program, env, says } in [
        Mistake {
            name: "no key",
            program: program.0.clone(),
            env: vec![],
            says: &["CONFIGCAT_SDK_KEY", "set"],
        },
        Mistake {
            name: "malformed key",
            program: program.0.clone(),
            env: vec![("CONFIGCAT_SDK_KEY", "my-key")],
            says: &["write `configcat-sdk-1/`"],
        },
        Mistake {
            name: "wrong key",
            program: program.at(&wrong_key)?.0,
            env: vec![key],
            says: &["1100", "https://app.configcat.com/sdkkey", "base URL"],
        },
        Mistake {
            name: "no network",
            program: program.0.clone(),
            env: vec![key, ("HTTPS_PROXY", NO_NETWORK)],
            says: &["1103", "proxy"],
        },
        Mistake {
            name: "no logger",
            program: program.at(&wrong_key)?.without("env_logger::init()")?.0,
            env: vec![key],
            says: &["1100", "env_logger"],
        },
        Mistake {
            name: "wrong type",
            program: program.at(&cdn)?.change("Enabled\", false, &user)", "Enabled\", 0, &user) == 1")?.0,
            env: vec![key],
            says: &["2002", "bool"],
        },
        Mistake {
            name: "unknown key",
            program: program.at(&cdn)?.change("isNewCheckoutEnabled", "isNewCheckoutenabled")?.0,
            env: vec![key],
            says: &["1001", "Did you mean 'isNewCheckoutEnabled'?"],
        },
        Mistake {
            name: "wrong attribute case",
            program: program
                .at(&cdn)?
                .change(r#"country("HU")"#, r#"custom("plan", "pro")"#)?
                .change(
                    "if client",
                    &format!(
                        "{EXPLAIN}
    if client"
                    ),
                )?
                .0,
            env: vec![key, ("RUST_LOG", "configcat=warn")],
            says: &["3003", "'plan'", "case-sensitive"],
        },
        Mistake {
            name: "forgotten refresh",
            program: program.at(&cdn)?.build(".polling_mode(configcat::PollingMode::manual())")?.0,
            env: vec![key],
            says: &["1000", "force_refresh"],
        },
        Mistake {
            name: "client dropped",
            program: program
                .at(&cdn)?
                .change(
                    "if client",
                    &format!(
                        "{CLOSE}
    if client"
                    ),
                )?
                .0,
            env: vec![key, ("RUST_LOG", "configcat=warn")],
            says: &["3201", "the client is closed; build a new one"],
        },
        Mistake {
            name: "inside a current-thread executor",
            program: program.at(&slow)?.in_executor()?.0,
            env: vec![key, ("RUST_LOG", "configcat=warn")],
            says: &["ready()", "wait_for_ready"],
        },
    ] {
        let said = text(&run(project, &program, &env)?);
        println!("    {name}: {}", said.trim_end());
        if let Some(missing) = says.iter().find(|word| !said.contains(**word)) {
            return Err(format!("{name}: the text does not say `{missing}`").into());
        }
    }
    Ok(())
}

fn run(project: &Project, program: &str, env: &[(&str, &str)]) -> Result<Output, Box<dyn Error>> {
    let mut command = project.build(program)?;
    // The servers are on this machine, which a proxy cannot reach.
    Ok(command.env("NO_PROXY", "127.0.0.1").envs(env.iter().copied()).output()?)
}

/// Returns the standard error.
fn text(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// The program of the README with a change.
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
