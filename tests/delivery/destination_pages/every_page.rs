//! What holds of every page: nothing in it is read with a fault, no command is unknown, and what it quotes is said by the program.

use std::path::{Path, PathBuf};

use cornerdesk_tests::{Database, Service, scratch, service::Setup};

use super::page::Page;

/// Secrets that can be those of each kind, by their variables.
const VARIABLES: [(&str, &str); 13] = [
    ("ORDERS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("JIRA_TOKEN", "t0k"),
    ("JIRA_HOOK_SECRET", "s3cret"),
    ("ZAMMAD_TOKEN", "t0k"),
    ("ZAMMAD_HOOK_SECRET", "s3cret"),
    ("ZENDESK_TOKEN", "t0k"),
    ("SLACK_BOT_TOKEN", "xoxb-1-2-a"),
    (
        "SLACK_WEBHOOK_URL",
        "https://hooks.slack.com/services/T1/B1/x",
    ),
    ("PAGERDUTY_ROUTING_KEY", "0123456789abcdef0123456789abcdef"),
    ("JSM_API_KEY", "a1b2c3d4"),
    ("GITHUB_TOKEN", "t0k"),
    ("GITHUB_HOOK_SECRET", "s3cret"),
    ("GITLAB_TOKEN", "t0k"),
];

/// A block that says only what is otherwise in the last section of another, laid over that.
fn laid_over(first: &str, more: &str) -> String {
    let (header, more) = more.split_once('\n').expect("a section");
    assert!(first.contains(header), "{header}: {first}");
    let key = |line: &str| line.split(" = ").next().map(str::to_owned);
    let keys: Vec<_> = more.lines().map(key).collect();
    let kept = first.lines().filter(|line| !keys.contains(&key(line)));
    let kept: Vec<&str> = kept.collect();
    format!("{}\n{more}", kept.join("\n"))
}

#[test]
fn every_block_of_configuration_is_read_without_a_fault() {
    let file = scratch::folder("pages").join("secret");
    std::fs::write(&file, "https://a.example/workflows/1?sig=x").expect("a file");
    for page in Page::all() {
        let blocks = page.blocks("toml");
        for block in &blocks {
            let is_whole = block.starts_with("[[destinations]]");
            let block = if is_whole {
                block.clone()
            } else {
                laid_over(&blocks[0], block)
            };
            let block = block.replace("/run/secrets/teams-workflow", &file.display().to_string());
            let setup = Setup::new(Database::Sqlite).section(&block);
            let set = |setup: Setup, (name, value)| setup.variable(name, value);
            let setup = VARIABLES.into_iter().fold(setup, set);
            let setup = setup.variable("GITLAB_HOOK_SECRET", "s3cret");
            let checked = Service::prepare(&setup).try_command(&["config", "check"], "");
            assert!(
                checked.status.success(),
                "{}: {block}\n{checked:?}",
                page.name
            );
        }
    }
}

#[test]
fn every_command_that_is_named_is_one() {
    let service = Service::prepare(&Setup::new(Database::Sqlite));
    for page in Page::all() {
        for words in page.named() {
            let [group, deeds, rest @ ..] = words.as_slice() else {
                panic!("{}: {words:?}", page.name);
            };
            // How all of them are called.
            if group == "--config" {
                continue;
            }
            // Some name several at once.
            for deed in deeds.split('|') {
                let help = service.try_command(&[group.as_str(), deed, "--help"], "");
                let said = String::from_utf8_lossy(&help.stdout).into_owned();
                assert!(help.status.success(), "{}: {words:?}", page.name);
                for flag in rest.iter().filter(|word| word.starts_with("--")) {
                    assert!(
                        said.contains(flag.as_str()),
                        "{}: {words:?}\n{said}",
                        page.name
                    );
                }
            }
        }
    }
}

/// The program as it is written, where it speaks of destinations.
fn program() -> String {
    fn all(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                all(&path, into);
            } else {
                into.push_str(&std::fs::read_to_string(&path).expect("a file"));
            }
        }
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/src");
    let mut program = String::new();
    for part in ["destination", "outbound", "desk/destinations"] {
        all(&source.join(part), &mut program);
    }
    program
}

#[test]
fn what_a_page_quotes_of_the_log_is_what_the_program_says() {
    let program = program();
    for (name, vendor) in [
        ("slack.md", "Slack"),
        ("teams.md", "Teams"),
        ("pagerduty.md", "PagerDuty"),
        ("jsm-operations.md", "JSM"),
        ("jira.md", "Jira"),
        ("zendesk.md", "Zendesk"),
        ("zammad.md", "Zammad"),
        ("github.md", "GitHub"),
        ("gitlab.md", "GitLab"),
    ] {
        let variables = VARIABLES.iter().map(|(name, _)| *name);
        let said = program.replace("{name}", vendor);
        let said = variables.fold(said, |said, name| {
            let line = format!("the variable {name} is not set");
            format!("{said}\n{line}")
        });
        assert!(
            said.contains("the variable {variable} is not set"),
            "{name}"
        );
        let page = Page::read(name);
        let cells = page
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
        let quotes = cells.flat_map(|cell| cell.split('“').skip(1));
        let quotes: Vec<&str> = quotes
            .filter_map(|rest| Some(rest.split_once('”')?.0))
            .collect();
        assert!(quotes.len() >= 3, "{name}: {quotes:?}");
        for quote in quotes {
            assert!(said.contains(quote), "{name}: nothing says “{quote}”");
        }
    }
}
