//! ALTCHA as somebody else has written it: the npm package `altcha-lib`.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::installed;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Lets `altcha-lib` solve a challenge, and returns the payload.
pub fn solve(challenge: &Value) -> String {
    let payload = run("solve", &challenge.to_string());
    payload.as_str().expect("a payload").to_owned()
}

/// Lets our worker solve a challenge that `altcha-lib` has made and signed, and returns its verdict.
pub fn verdict_on_our_worker() -> Value {
    run("judge", "")
}

fn run(task: &str, input: &str) -> Value {
    let mut child = Command::new("node")
        .arg(format!("{ROOT}/tests/src/altcha.mjs"))
        .arg(task)
        .arg(installed::folder("NPM_TOOLS_DIR").join("node_modules"))
        .arg(format!("{ROOT}/public/proof.js"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node can be run");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("node reads");
    drop(stdin);
    let output = child.wait_with_output().expect("node ends");
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("not JSON ({error}): {text}"))
}
