//! The command line with the configuration of a service under test.

use std::{
    fs,
    process::{Command, Output},
    time::Duration,
};

use serde_json::Value;

use super::{STAFF_EMAIL, STAFF_PASSWORD, Service};
use crate::eventually;

impl Service {
    /// Runs a command such as `["ticket", "list", "--json"]` with this service's configuration.
    ///
    /// # Panics
    ///
    /// When the command fails.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = self.try_command(arguments, "");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} failed: {complaint}");
        String::from_utf8(output.stdout).expect("commands print UTF-8")
    }

    /// A command with this service's configuration, for a test to run.
    pub fn prepared_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.executable();
        command.args(arguments).args(self.flags());
        command
    }

    /// Runs a command with `input` on its standard input and returns what came of it.
    pub fn try_command(&self, arguments: &[&str], input: &str) -> Output {
        let input_file = self.folder.join("input");
        fs::write(&input_file, input).expect("the input can be written");
        let mut command = self.executable();
        command
            .args(arguments)
            .args(self.flags())
            .stdin(fs::File::open(&input_file).expect("the input was written"));
        command.output().expect("the binary can be run")
    }

    /// Like [`Self::try_command`], while the test answers what the command asks of it.
    pub async fn command_meanwhile(&self, arguments: &[&str]) -> Output {
        let mut command = self.prepared_command(arguments);
        let running = tokio::task::spawn_blocking(move || command.output());
        running
            .await
            .expect("no panic")
            .expect("the binary can be run")
    }

    /// `staff add` for [`STAFF_EMAIL`].
    pub fn add_staff(&self) {
        self.add_colleague(STAFF_EMAIL, &["--name", "Sam"]);
    }

    /// `staff add` for somebody, with the password of all of them. The first one is an admin, unless the arguments say otherwise.
    pub fn add_colleague(&self, email: &str, arguments: &[&str]) {
        let command = ["staff", "add", email, "--password-stdin"];
        let output = self.try_command(&[&command, arguments].concat(), STAFF_PASSWORD);
        assert!(output.status.success(), "{output:?}");
    }

    /// `ticket show --json`.
    pub fn ticket(&self, reference: &str) -> Value {
        json(&self.command(&["ticket", "show", reference, "--json"]))
    }

    /// `ticket show --json` of many, in this order.
    pub fn tickets_by(&self, references: &[String]) -> Vec<Value> {
        // A command line holds so many.
        let shown = references.chunks(1_000).map(|references| {
            let mut arguments = vec!["ticket", "show", "--json"];
            arguments.extend(references.iter().map(String::as_str));
            self.command(&arguments)
        });
        let objects = shown.collect::<String>();
        serde_json::Deserializer::from_str(&objects)
            .into_iter()
            .map(|object| object.expect("one object after the other"))
            .collect()
    }

    /// `ticket list --json`, all of them.
    pub fn tickets(&self) -> Vec<Value> {
        list(&self.command(&["ticket", "list", "--json", "--most", "100000"]))
    }

    /// Waits until the acknowledgement of a ticket was sent.
    pub async fn acknowledged(&self, reference: &str) {
        eventually(Duration::from_secs(10), "the acknowledgement", async || {
            let timeline = self.ticket(reference)["timeline"].to_string();
            timeline.contains("\"acknowledged\"").then_some(())
        })
        .await;
    }

    /// Waits until everything that is done with the files of a ticket is done, and returns the ticket.
    pub async fn ticket_with_examined_files(&self, reference: &str) -> Value {
        eventually(
            Duration::from_secs(60),
            "the files to be examined",
            async || {
                let ticket = self.ticket(reference);
                let files = ticket["attachments"].as_array().expect("a list");
                let is_examined = |file: &Value| {
                    let has_end_of_preview =
                        file["has_preview"] == true || !file["preview_fault"].is_null();
                    let is_drawn = ["image/jpeg", "image/png", "image/webp", "image/gif"]
                        .map(Value::from)
                        .contains(&file["content_type"]);
                    file["examination"] == "done"
                        && file["scan"] != "pending"
                        && (has_end_of_preview || !is_drawn)
                };
                files.iter().all(is_examined).then_some(ticket)
            },
        )
        .await
    }

    /// `ticket list --held --json`, all of them.
    pub fn held_tickets(&self) -> Vec<Value> {
        let arguments = ["ticket", "list", "--held", "--json", "--most", "100000"];
        list(&self.command(&arguments))
    }

    /// `jobs list --json` of the jobs in a state: `ready`, `done` or `dead`.
    pub fn jobs(&self, state: &str) -> Vec<Value> {
        let arguments = [
            "jobs", "list", "--json", "--most", "100000", "--state", state,
        ];
        list(&self.command(&arguments))
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("not JSON ({error}): {text}"))
}

fn list(text: &str) -> Vec<Value> {
    match json(text) {
        Value::Array(items) => items,
        other => panic!("not a list: {other}"),
    }
}
