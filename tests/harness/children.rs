//! Nothing that a test process started outlives it.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use cornerdesk_tests::{
    browser::{Visitor, journey},
    eventually_blocking,
    postgres::{Durability, Postgres},
    process::{self, Signal},
};

const READY: &str = "everything runs";

/// Not a test by itself: the process that the test below kills.
#[tokio::test]
#[ignore = "started by everything_dies_with_a_killed_test_process"]
async fn a_test_process_with_children() {
    let _ = Postgres::shared(Durability::None).create_database();
    journey("children", Visitor::DESKTOP, async |_| {
        journey("children-of-firefox", Visitor::FIREFOX, async |_| {
            println!("{READY}");
            std::future::pending().await
        })
        .await;
        Ok(())
    })
    .await;
}

#[test]
fn everything_dies_with_a_killed_test_process() {
    let mut command = Command::new(std::env::current_exe().expect("we know where we are"));
    command
        .args(["--ignored", "--nocapture", "--exact"])
        .arg("children::a_test_process_with_children")
        .stdout(Stdio::piped());
    let mut victim = process::spawn(command, Signal::Kill).expect("we can be started");
    let output = BufReader::new(victim.stdout.take().expect("the output is piped"));
    let ready = output
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains(READY));
    assert!(ready, "the process with children did not come up");
    let children = descendants(victim.id());
    assert!(
        children.len() >= 5,
        "a database, two drivers, two browsers: {children:?}"
    );

    process::send(Signal::Kill, victim.id());
    victim.wait().expect("a killed child can be waited for");

    eventually_blocking(Duration::from_secs(10), "all children to be gone", || {
        children.iter().all(|&pid| is_gone(pid)).then_some(())
    });
}

fn descendants(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(
            processes()
                .into_iter()
                .filter(|&pid| parent_of(pid) == Some(parent)),
        );
        next += 1;
    }
    found.split_off(1)
}

fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc is there").flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    status(pid)?.1.parse().ok()
}

/// Gone, or dead and not yet waited for by whoever inherited it.
fn is_gone(pid: u32) -> bool {
    status(pid).is_none_or(|(state, _)| state == "Z")
}

/// The state and the parent of a process.
fn status(pid: u32) -> Option<(String, String)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
}
