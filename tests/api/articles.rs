//! Help before the form: what is imported is offered, and what readers say is counted without them.

use std::{fs, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, Client},
    eventually,
    help::import,
    on_both_databases,
    product::Product,
    scratch,
    service::{SITE, Setup},
};
use serde_json::{Value, json};

const HELP: [(&str, &str); 4] = [
    (
        "billing/totals.md",
        "# Invoice totals that are doubled\n\nWhen a discount counts twice.\n\n## Discounts\n",
    ),
    (
        "login/index.md",
        "---\ntitle: Signing in\n---\n# I forgot my *password*\n\nAsk for a `new` one.\n",
    ),
    (
        "de/summen.md",
        "---\nlocale: de\nurl: https://hilfe.acme.example/summen\n---\n# Doppelte Summen\n",
    ),
    (".git/config.md", "not looked at"),
];

pub async fn ask(client: &Client, text: &str, locale: &str) -> Answer {
    let request = client.request("POST", &client.path("articles/search"));
    let request = request.json(&json!({ "q": text, "locale": locale }));
    Answer::of(request.send().await.expect("an answer")).await
}

/// The addresses that are offered.
pub async fn offered(client: &Client, text: &str, locale: &str) -> Vec<String> {
    let answer = ask(client, text, locale).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let articles = answer.json()["articles"]
        .as_array()
        .expect("a list")
        .clone();
    articles
        .iter()
        .map(|article| article["url"].as_str().expect("an address").to_owned())
        .collect()
}

async fn vote(client: &Client, article: &str, said: &Value) -> Answer {
    let path = client.path(&format!("articles/{article}/votes"));
    let request = client.request("POST", &path).json(said);
    Answer::of(request.send().await.expect("an answer")).await
}

on_both_databases! {
    async fn articles_of_a_plan_are_offered_to_that_plan_and_to_nobody_else(database: Database) {
        let product = Product::new(SITE);
        let policy = format!("policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n{}", product.settings());
        let service = Service::start_with(Setup::new(database).site_setting(&policy)).await;
        let help = [("beta.md", "---\nplans = [\"Pro\"]\n---\n# Totals of the beta\n"), ("all.md", "# Totals for all\n")];
        import(&service, SITE, "https://help.acme.example", &help);
        let client = service.client();
        let token_of = |plan: &str| {
            let mut claims = product.claims();
            claims["plan"] = json!(plan);
            product.token_of(&claims)
        };
        let offered_to = async |plan: Option<&str>| {
            let request = client.request("POST", &client.path("articles/search")).json(&json!({ "q": "totals" }));
            let request = match plan {
                Some(plan) => request.header("Identity-Token", token_of(plan)),
                None => request,
            };
            let answer = Answer::of(request.send().await.expect("an answer")).await;
            assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, Some("no-store")), "{}", answer.text);
            (answer.text.contains("Totals for all"), answer.text.contains("Totals of the beta"))
        };
        // The policy's own name, and the former one that the article has.
        assert_eq!(offered_to(Some("gold")).await, (true, true));
        assert_eq!(offered_to(Some("pro")).await, (true, true));
        for plan in [Some("silver"), Some("enterprise_2019"), None] {
            assert_eq!(offered_to(plan).await, (true, false), "{plan:?}");
        }
        // A token that is over, or nobody's, takes no help away.
        let request = client.request("POST", &client.path("articles/search")).json(&json!({ "q": "totals" }));
        let answer = Answer::of(request.header("Identity-Token", "a.b.c").send().await.expect("an answer")).await;
        assert!(answer.text.contains("Totals for all") && !answer.text.contains("Totals of the beta"), "{}", answer.text);
        // Who may not see it is told what everybody is told of an article that is not there.
        let article = cornerdesk_ingest::articles::id_of("https://help.acme.example/beta");
        let vote = |id: String| client.request("POST", &client.path(&format!("articles/{id}/votes"))).json(&json!({ "verdict": "helped" }));
        let voted = async |request: reqwest::RequestBuilder| Answer::of(request.send().await.expect("an answer")).await;
        let hidden = voted(vote(article.to_string())).await;
        let missing = voted(vote("00000000-0000-4000-8000-000000000000".to_owned())).await;
        let (hidden, missing) = (hidden.problem(404, "not-found"), missing.problem(404, "not-found"));
        assert_eq!(hidden["detail"], missing["detail"]);
        let gold = vote(article.to_string()).header("Identity-Token", token_of("gold"));
        assert_eq!(voted(gold).await.status, 204);
        // A plan that the policy does not have is a fault, and nothing is changed.
        let folder = scratch::folder("help");
        fs::write(folder.join("a.md"), "---\nplans: [\"Platinum\"]\n---\n# A\n").expect("an article");
        let folder = folder.display().to_string();
        let refused = service.try_command(&["articles", "import", "--site", SITE, "--base-url", "https://help.acme.example", &folder], "");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("has no plan \"Platinum\"; it has Silver, Gold"), "{said}");
        assert_eq!(offered_to(Some("gold")).await, (true, true));
    }

    async fn the_help_of_a_folder_is_offered_to_whoever_writes_about_it(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        assert!(offered(&client, "totals", "en").await.is_empty());
        let said = import(&service, SITE, "https://help.acme.example/a/", &HELP);
        assert!(said.contains('3'), "{said}");
        let totals = "https://help.acme.example/a/billing/totals";
        assert_eq!(offered(&client, "My invoice totals are doubled", "en").await, [totals]);
        assert_eq!(offered(&client, "password", "en-GB").await, ["https://help.acme.example/a/login"]);
        assert_eq!(offered(&client, "Summen", "de").await, ["https://hilfe.acme.example/summen"]);
        // Nothing in the person's language: the site's own is better than nothing.
        assert_eq!(offered(&client, "totals", "cs").await, [totals]);
        let answer = ask(&client, "password", "en").await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["articles"][0]["title"], "Signing in");
        let long = ask(&client, &"long ".repeat(1000), "en").await;
        assert_eq!(long.json()["articles"], json!([]), "its first 200 characters count");
        ask(&client, &"long ".repeat(2000), "en").await.problem(413, "payload-too-large");
        service.command(&["articles", "remove", "--site", SITE]);
        assert!(offered(&client, "totals", "en").await.is_empty());
    }

    async fn what_readers_say_is_counted_and_nothing_of_them_is_kept(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        import(&service, SITE, "https://help.acme.example", &HELP);
        let article = ask(&client, "totals", "en").await.json()["articles"][0]["id"].as_str().expect("an id").to_owned();
        for verdict in ["helped", "helped", "off_topic", "hard_to_follow", "feature_lacking", "other"] {
            assert_eq!(vote(&client, &article, &json!({ "verdict": verdict })).await.status, 204);
        }
        vote(&client, &article, &json!({ "verdict": "great" })).await.problem(400, "malformed-request");
        vote(&client, &article, &json!({ "verdict": "helped", "email": "ada@customer.example" })).await.problem(400, "malformed-request");
        vote(&client, "00000000-0000-4000-8000-000000000000", &json!({ "verdict": "helped" })).await.problem(404, "not-found");
        vote(&client, "nonsense", &json!({ "verdict": "helped" })).await.problem(404, "not-found");
        let report: Value = serde_json::from_str(&service.command(&["articles", "report", "--site", SITE, "--json"])).expect("JSON");
        let counts: Vec<_> = report.as_array().expect("rows").iter().map(|row| (row["verdict"].as_str().expect("a verdict"), row["votes"].as_u64().expect("a number"))).collect();
        assert_eq!(counts, [("feature_lacking", 1), ("hard_to_follow", 1), ("helped", 2), ("off_topic", 1), ("other", 1)]);
        assert!(service.command(&["articles", "report", "--site", SITE]).contains("Invoice totals"));
    }

    async fn a_folder_with_a_fault_changes_nothing_and_every_fault_is_said(database: Database) {
        let service = Service::start(database).await;
        import(&service, SITE, "https://help.acme.example", &HELP);
        let folder = scratch::folder("faulty");
        for (name, text) in [("a.md", "no heading"), ("b.md", "# Good"), ("c.md", "---\nurl: javascript:alert(1)\n---\n# Bad\n")] {
            fs::write(folder.join(name), text).expect("an article");
        }
        let folder = folder.display().to_string();
        let output = service.try_command(&["articles", "import", "--site", SITE, "--base-url", "https://x.example", &folder], "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("a.md: ") && said.contains("c.md: "), "{said}");
        assert_eq!(offered(&service.client(), "totals", "en").await.len(), 1);
        let unknown = service.try_command(&["articles", "import", "--site", "none", &folder], "");
        assert!(String::from_utf8_lossy(&unknown.stderr).contains("no site has the key"));
    }

    async fn two_files_with_one_address_are_a_fault_and_nothing_is_changed(database: Database) {
        let service = Service::start(database).await;
        import(&service, SITE, "https://help.acme.example", &HELP);
        let folder = scratch::folder("twice");
        fs::create_dir_all(folder.join("a")).expect("a folder");
        for (name, text) in [
            ("a.md", "# One"),
            ("a/index.md", "# Two"),
            ("b.md", "---\nurl: https://x.example/same\n---\n# Three"),
            ("c.md", "---\nurl: https://x.example/same\n---\n# Four"),
        ] {
            fs::write(folder.join(name), text).expect("an article");
        }
        let folder = folder.display().to_string();
        let output = service.try_command(&["articles", "import", "--site", SITE, "--base-url", "https://x.example", &folder], "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("its address https://x.example/a is that of a"), "{said}");
        assert!(said.contains("c.md: its address https://x.example/same is that of b.md, too"), "{said}");
        assert_eq!(offered(&service.client(), "totals", "en").await.len(), 1);
    }

    async fn the_form_says_whether_there_is_help(database: Database) {
        let service = Service::start(database).await;
        let client = service.client();
        let form = async || Answer::of(client.get(&format!("/help/{SITE}")).await).await.text;
        assert!(!form().await.contains(" data-articles"));
        import(&service, SITE, "https://help.acme.example", &HELP);
        eventually(Duration::from_secs(10), "the form to know", async || form().await.contains(" data-articles").then_some(())).await;
    }
}

#[tokio::test]
async fn who_votes_without_end_is_put_off_and_is_still_offered_articles() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    import(&service, SITE, "https://help.acme.example", &HELP);
    let answer = ask(&client, "totals", "en").await.json();
    let article = answer["articles"][0]["id"].as_str().expect("an id");
    let verdict = json!({ "verdict": "helped" });
    // A minute may end between them; two do not.
    for _ in 0..20 {
        vote(&client, article, &verdict).await;
    }
    let refused = vote(&client, article, &verdict).await;
    refused.problem(429, "too-many-requests");
    assert_eq!(offered(&client, "totals", "en").await.len(), 1);
}

#[tokio::test]
async fn who_asks_without_end_is_put_off_and_can_still_send() {
    let service = Service::start(Database::Sqlite).await;
    let client = service.client();
    let mut refused = None;
    for _ in 0..130 {
        let answer = ask(&client, "totals", "en").await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("an end");
    assert!(refused.header("retry-after").is_some());
    refused.problem(429, "too-many-requests");
    client
        .submit(&cornerdesk_tests::client::a_submission())
        .await
        .reference();
}
