//! A real mail server between us and the requester, which takes every mail and finds out later.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::a_submission,
    client::a_submission_with,
    eventually,
    postfix::Postfix,
    scratch,
    service::{self, Setup},
    smtp::SmtpSink,
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(30);

/// What `nobody` needs to run `cornerdesk bounce`: the binary, the configuration and an empty data folder, where they can be read.
struct Reachable {
    folder: PathBuf,
}

impl Reachable {
    fn new() -> Self {
        let folder = scratch::folder_reachable_by_others("bounce", false);
        let binary = folder.join("cornerdesk");
        fs::hard_link(service::binary(), &binary)
            .or_else(|_| fs::copy(service::binary(), &binary).map(drop))
            .expect("the binary can be brought there");
        Self { folder }
    }

    fn command(&self) -> String {
        let folder = self.folder.display();
        format!(
            "{folder}/cornerdesk --config {folder}/cornerdesk.toml --data {folder} bounce --recipient ${{original_recipient}} --sender ${{sender}}"
        )
    }

    fn configure(&self, setup: &Setup) {
        fs::write(self.folder.join("cornerdesk.toml"), setup.to_toml()).expect("the configuration");
        // Whoever reads return paths needs the key that seals what makes them.
        let key = self.folder.join("sealing.key");
        fs::copy(service::shared_key(), &key).expect("the key can be copied");
        let readable = fs::Permissions::from_mode(0o644);
        fs::set_permissions(&key, readable).expect("the key can be read by nobody");
    }
}

#[tokio::test]
async fn what_postfix_cannot_deliver_is_told_on_the_ticket() {
    let sink = SmtpSink::start().await;
    sink.do_not_know("gone@customer.example");
    let reachable = Reachable::new();
    let postfix = Postfix::start(&sink, "bounces@acme.example", &reachable.command());
    let setup = Setup::new(Database::Postgres)
        .mail_to_server(&postfix.url())
        .mail_setting("bounce_address = \"bounces@acme.example\"\nverp = true\n");
    reachable.configure(&setup);
    let service = Service::start_with(setup).await;
    let to = |email: &str| a_submission_with(json!({ "email": email }));
    let good = service.client().submit(&a_submission()).await.reference();
    let bad = service
        .client()
        .submit(&to("gone@customer.example"))
        .await
        .reference();

    let arrived = sink.message_to("ada@customer.example").await;
    assert!(arrived.mail().header("Subject").contains(&good));
    assert!(arrived.sender.starts_with("bounces+"), "{}", arrived.sender);
    let timeline = eventually(SOON, "the report on the ticket", async || {
        let timeline = service.ticket(&bad)["timeline"].to_string();
        timeline.contains("delivery_failed").then_some(timeline)
    })
    .await;
    assert!(timeline.contains("5.1.1"), "{timeline}");
    // Postfix took it, and then said that it came back: quicker, maybe, than we wrote down that it took it.
    service.acknowledged(&bad).await;
    assert!(
        !service.ticket(&good)["timeline"]
            .to_string()
            .contains("delivery_failed")
    );
    assert_eq!(
        (service.tickets().len(), sink.count()),
        (2, 1),
        "{}",
        postfix.log()
    );
    eventually(SOON, "Postfix to have an empty queue", async || {
        (postfix.log().matches(": removed").count() >= 3).then_some(())
    })
    .await;
}
