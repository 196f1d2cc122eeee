//! The application in a process of its own, with a copy of the sample config.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

pub(crate) const SAMPLE: &str = include_str!("../../../flags.json");

/// The process. Dropping it ends the application.
pub(crate) struct App {
    /// The address of the first page, with a slash at its end.
    pub(crate) url: String,
    folder: TempDir,
    process: Child,
}

impl App {
    pub(crate) fn start() -> Self {
        Self::with(SAMPLE, &[])
    }

    /// Starts the application with this config and these variables.
    pub(crate) fn with(config: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flags.json");
        fs::write(&path, config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_webapp"));
        let command = command.arg(path).env_remove("CONFIGCAT_SDK_KEY").env_remove("PORT");
        let command = command.envs(variables.iter().copied()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().unwrap_or_default().to_owned();
        let app = Self { url, folder, process };
        assert!(app.url.starts_with("http://127.0.0.1:"), "it has printed {line:?}");
        app
    }

    /// Replaces the served config, in one step.
    pub(crate) fn edit(&self, edit: impl FnOnce(String) -> String) {
        let path = self.folder.path().join("flags.json");
        let aside = self.folder.path().join("edited.json");
        fs::write(&aside, edit(fs::read_to_string(&path).unwrap())).unwrap();
        fs::rename(&aside, &path).unwrap();
    }

    /// Starts the sale, which changes two flags.
    pub(crate) fn start_sale(&self) {
        const WITHOUT: &str = r#"{ "b": false }, "i": "5f1a90c2""#;
        const WITH: &str = r#"{ "b": true }, "i": "d7064eb8""#;
        self.edit(|config| {
            assert!(config.contains(WITHOUT), "{config}");
            config.replace(WITHOUT, WITH)
        });
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}
