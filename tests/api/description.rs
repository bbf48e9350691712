//! The service does what `/openapi.json` says of it, whatever is sent: schemathesis with a fixed seed.

use std::process::Command;

use cornerdesk_tests::{
    Database, Service,
    client::{File, upload_id},
    installed, on_both_databases, scratch,
    service::Setup,
};

const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemathesis");

on_both_databases! {
    async fn no_generated_request_is_answered_otherwise_than_described(database: Database) {
        let service = Service::start_with(Setup::new(database).log_level("warn")).await;
        let mut uploads = Vec::new();
        for _ in 0..3 {
            let path = service.client().create_upload(&File::binary("a.bin", 100_000, 1)).await;
            uploads.push(upload_id(&path));
        }
        let mut schemathesis = Command::new(installed::folder("SCHEMATHESIS_DIR").join("bin/schemathesis"));
        schemathesis
            .current_dir(scratch::folder("schemathesis"))
            .args(["--config-file", &format!("{SETTINGS}/schemathesis.toml"), "run", "--no-color", "--continue-on-failure", &service.url("/openapi.json")])
            .env("PYTHONPATH", SETTINGS)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        for (number, upload) in (1..).zip(&uploads) {
            schemathesis.env(format!("UPLOAD_{number}"), upload);
        }
        let output = tokio::task::spawn_blocking(move || schemathesis.output()).await;
        let output = output.expect("a task that ends").expect("schemathesis can be run");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        // Without tests nothing would fail.
        for said_of in ["16 selected / 16 total", "Coverage", "Fuzzing", "generated"] {
            assert!(said.contains(said_of), "{said_of}: {said}");
        }
        let faults: Vec<_> = service.log().lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}
