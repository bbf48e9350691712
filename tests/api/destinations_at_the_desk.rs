//! What staff see of destinations, and what they can do: at the desk, and on the command line.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission},
    eventually, on_both_databases,
    receiver::{Receiver, Reply},
    service::{Setup, Staff},
};
use serde_json::Value;

use crate::people::OTHER_SITE;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PAGE: &str = "/desk/destinations/orders";
const SOON: Duration = Duration::from_secs(20);

/// A webhook of this name for some sites, or for all.
fn destination(name: &str, receiver: &Receiver, more: &str) -> String {
    format!(
        "[[destinations]]\nname = \"{name}\"\nkind = \"webhook\"\n{more}\n[destinations.webhook]\nurl = \"{}\"\n",
        receiver.url()
    )
}

fn setup(database: Database) -> Setup {
    let second = format!(
        "[outbound]\nprivate_networks = [\"127.0.0.0/8\"]\n[[sites]]\nkey = \"{OTHER_SITE}\"\nname = \"Second\"\nallowed_origins = [\"self\"]"
    );
    Setup::new(database).section(&second).waits_ms(1, 1)
}

async fn post(staff: &Staff, path: &str, fields: &str) -> Answer {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(fields.to_owned());
    Answer::of(request.send().await.expect("an answer")).await
}

/// Does it, and sees the page that says so.
async fn done(staff: &Staff, fields: &str, words: &str) {
    let answer = post(staff, PAGE, fields).await;
    assert_eq!(answer.status, 303, "{fields}: {}", answer.text);
    let page = staff
        .get(answer.header("location").expect("a page"))
        .await
        .text;
    assert!(page.contains(words), "{words} in {page}");
}

/// The page, once it says this.
async fn shows(staff: &Staff, path: &str, words: &str) -> String {
    eventually(SOON, words, async || {
        let page = staff.get(path).await.text;
        page.contains(words).then_some(page)
    })
    .await
}

/// What was done about destinations, by the log.
fn acts(service: &Service) -> Vec<String> {
    let lines = service.command(&["audit", "list", "--most", "1000"]);
    assert!(!lines.contains(SECRET), "{lines}");
    let rows = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a row"));
    let acts = rows.map(|row| row["act"].as_str().expect("an act").to_owned());
    acts.filter(|act| act.starts_with("destination_")).collect()
}

on_both_databases! {
    async fn what_did_not_arrive_is_seen_and_sent_again(database: Database) {
        let receiver = Receiver::start(0).await;
        let service = Service::start_with(setup(database).section(&destination("orders", &receiver, ""))).await;
        let admin = service.sign_in_staff().await;
        shows(&admin, "/desk/destinations", "Not used yet").await;
        let page = admin.get(PAGE).await.text;
        assert!(page.contains("Every ticket.") && page.contains("nothing works without it"), "{page}");

        let refused = post(&admin, PAGE, "deed=test").await;
        assert!(refused.status == 422 && refused.text.contains("did not arrive"), "{}", refused.text);
        for (fields, words) in [
            ("deed=secret&field=signing_secret&secret=Kuckuck", "24 to 64 octets"),
            ("deed=secret&field=token&secret=Kuckuck", "its secrets are"),
            ("deed=secret&field=signing_secret&secret=++", "nothing was given"),
        ] {
            let refused = post(&admin, PAGE, fields).await;
            assert!(refused.status == 422 && refused.text.contains(words), "{fields}: {}", refused.text);
            assert!(!refused.text.contains("Kuckuck"), "{}", refused.text);
        }
        done(&admin, &format!("deed=secret&field=signing_secret&secret={SECRET}"), "Kept.").await;
        let tried = post(&admin, PAGE, "deed=test").await;
        assert!(tried.status == 200 && tried.text.contains("The test arrived. It answered 204"), "{}", tried.text);

        receiver.answer_with(Reply::Status(503));
        let reference = service.client().submit(&a_submission()).await.reference();
        // The button, not the word: an attempt stands in the log before its job has ended.
        let page = shows(&admin, PAGE, "Send again: ").await;
        assert!(page.contains(&reference) && page.contains("it answers 503"), "{page}");
        assert!(!page.contains(SECRET) && page.contains("Given <time") && page.contains("Sam"), "{page}");
        shows(&admin, "/desk/destinations", "1 given up").await;
        let queue = admin.get("/desk").await.text;
        assert!(queue.contains("Destinations that need somebody") && queue.contains("1 delivery was given up"), "{queue}");
        let ticket = admin.get(&format!("/desk/tickets/{reference}")).await.text;
        assert!(ticket.contains("Forwarded to") && ticket.contains("Given up"), "{ticket}");

        let tried = receiver.webhooks().len();
        receiver.answer_with(Reply::Status(204));
        let (_, job) = page.split_once("name=\"job\" value=\"").expect("a button");
        let job = job.split('"').next().expect("an id");
        assert_eq!(post(&admin, PAGE, "deed=replay&job=00000000-0000-7000-8000-000000000000").await.status, 303);
        done(&admin, &format!("deed=replay&job={job}"), "It goes again").await;
        let again = eventually(SOON, "it to come again", async || receiver.webhooks().get(tried).cloned()).await;
        let before = &receiver.webhooks()[tried - 1];
        assert_eq!((again.header("webhook-id"), &again.body), (before.header("webhook-id"), &before.body));
        shows(&admin, &format!("/desk/tickets/{reference}"), "Arrived").await;
        let page = shows(&admin, PAGE, "Delivered").await;
        assert!(!page.contains("Send again"), "{page}");
        let queue = admin.get("/desk").await.text;
        assert!(!queue.contains("that need somebody") && queue.contains("href=\"/desk/destinations\""), "{queue}");
        assert_eq!(acts(&service), ["destination_replayed", "destination_tried", "destination_secret_kept", "destination_tried"], "the newest first");
        assert!(!service.log().contains(SECRET));
    }

    async fn what_is_paused_or_stopped_waits_until_somebody_lets_it_go_on(database: Database) {
        let receiver = Receiver::start(0).await;
        let service = Service::start_with(setup(database).section(&destination("orders", &receiver, ""))).await;
        let admin = service.sign_in_staff().await;
        let given = service.try_command(&["destination", "secret", "orders", "signing_secret"], SECRET);
        assert!(given.status.success(), "{given:?}");
        done(&admin, "deed=pause", "until you let it go on").await;
        let reference = service.client().submit(&a_submission()).await.reference();
        let page = shows(&admin, PAGE, "1 delivery waits").await;
        assert!(page.contains("<strong>Paused</strong> by <bdi>Sam</bdi>"), "{page}");
        shows(&admin, &format!("/desk/tickets/{reference}"), "The destination is paused").await;
        assert!(service.command(&["destination", "list"]).contains("paused    1 waiting"));
        assert!(service.command(&["destination", "resume", "orders"]).contains("goes on"));
        eventually(SOON, "what waited", async || (receiver.webhooks().len() == 1).then_some(())).await;

        receiver.answer_with(Reply::Status(410));
        service.client().submit(&a_submission()).await;
        let page = shows(&admin, PAGE, "It stopped itself").await;
        assert!(page.contains("it answers 410"), "{page}");
        receiver.answer_with(Reply::Status(204));
        let tried = service.command_meanwhile(&["destination", "test", "orders"]).await;
        assert!(tried.status.success(), "{tried:?}");
        done(&admin, "deed=resume", "It goes on").await;
        // The first, the one that stopped it, the test, and that one again.
        eventually(SOON, "what was refused", async || (receiver.webhooks().len() == 4).then_some(())).await;
        let shown: Value = serde_json::from_str(&service.command(&["destination", "show", "orders", "--json"])).expect("JSON");
        assert_eq!(shown["secrets"][0]["given_by"], "the command line");
        assert!(!shown.to_string().contains(SECRET));
        let acts = acts(&service);
        for act in ["destination_paused", "destination_resumed", "destination_secret_kept", "destination_tried"] {
            assert!(acts.iter().any(|one| one == act), "{act}: {acts:?}");
        }
    }

    async fn leads_look_at_what_goes_from_their_sites_and_only_admins_act(database: Database) {
        let receiver = Receiver::start(0).await;
        let second = format!("sites = [\"{OTHER_SITE}\"]");
        let setup = setup(database).section(&destination("orders", &receiver, "")).section(&destination("theirs", &receiver, &second));
        let service = Service::start_with(setup).await;
        for name in ["orders", "theirs"] {
            let given = service.try_command(&["destination", "secret", name, "signing_secret"], SECRET);
            assert!(given.status.success(), "{given:?}");
        }
        let own = service.client().submit(&a_submission()).await.reference();
        let foreign = service.client().at_site(OTHER_SITE).submit(&a_submission()).await.reference();
        eventually(SOON, "all three", async || (receiver.webhooks().len() == 3).then_some(())).await;
        let admin = service.sign_in_staff().await;
        shows(&admin, PAGE, &own).await;
        shows(&admin, PAGE, &foreign).await;

        let lead = service.sign_in_as("lee@acme.example", &["--role", "lead", "--site", "acme"]).await;
        let page = lead.get(PAGE).await;
        assert!(page.status == 200 && page.text.contains(&own) && !page.text.contains(&foreign), "{}", page.text);
        assert!(!page.text.contains("name=\"deed\""), "{}", page.text);
        let list = lead.get("/desk/destinations").await.text;
        assert!(list.contains("orders") && !list.contains("theirs"), "{list}");
        assert_eq!(lead.get("/desk/destinations/theirs").await.status, 404);
        assert_eq!(lead.get("/desk/destinations/nobody").await.status, 404);
        let agent = service.sign_in_as("kim@acme.example", &["--role", "agent"]).await;
        for path in ["/desk/destinations", PAGE] {
            assert_eq!(agent.get(path).await.status, 403, "{path}");
        }
        assert!(!agent.get("/desk").await.text.contains("/desk/destinations"));
        for deed in ["pause", "resume", "replay-all", "test", "secret&field=signing_secret&secret=x", "forget-secret&field=signing_secret"] {
            for staff in [&agent, &lead] {
                assert_eq!(post(staff, PAGE, &format!("deed={deed}")).await.status, 403, "{deed}");
            }
        }
        assert_eq!(acts(&service), ["destination_secret_kept"; 2]);
    }
}
