//! Filters, views and full text at the desk.

use cornerdesk_tests::{
    Database, Service,
    client::{Answer, a_submission_with},
    on_both_databases,
    service::{Setup, Staff},
};
use serde_json::json;

const METEORAGE: &str = "policy = \"meteorage\"\noverlay = \"meteorage-fr\"\n";

async fn ask(service: &Service, submission: serde_json::Value) -> String {
    let submission = a_submission_with(submission);
    service.client().submit(&submission).await.reference()
}

/// The references on a page of the desk, from the top.
pub fn references(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, 200, "{}", page.text);
    let links = page
        .text
        .split("<a class=\"reference\" href=\"/desk/tickets/");
    let reference = |link: &str| link.split('"').next().map(str::to_owned);
    links.skip(1).filter_map(reference).collect()
}

async fn listed(staff: &Staff, path: &str) -> Vec<String> {
    references(&staff.get(path).await)
}

/// Sends a form.
pub async fn send(staff: &Staff, path: &str, body: &str) -> Answer {
    let request = staff
        .request("POST", path)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.to_owned());
    Answer::of(request.send().await.expect("an answer")).await
}

/// Where a form leads.
pub fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").expect("an address")
}

on_both_databases! {
    async fn a_filter_stands_in_the_address_and_leads_back(database: Database) {
        let service = Service::start_with(Setup::new(database).site_setting(METEORAGE)).await;
        let staff = service.sign_in_staff().await;
        let high = ask(&service, json!({ "category": "technical_assistance" })).await;
        let other = ask(&service, json!({ "category": "general_question" })).await;
        service.command(&["ticket", "classify", &high, "--priority", "high", "--by", "Kim"]);
        service.command(&["ticket", "status", &other, "--to", "closed", "--by", "Kim"]);
        for (path, found) in [
            ("/desk?priority=high", vec![high.as_str()]),
            ("/desk?priority=low", vec![]),
            ("/desk?category=technical_assistance&status=open&assignee=nobody", vec![&high]),
            ("/desk/tickets?status=closed", vec![&other]),
            ("/desk/tickets?category=general_question", vec![&other]),
            ("/desk/tickets?status=closed&priority=high", vec![]),
            ("/desk/tickets?assignee=me", vec![]),
            ("/desk/tickets?site=none&tag=%27%22%3E%00&plan=%F0%9F%98%80", vec![]),
        ] {
            assert_eq!(listed(&staff, path).await, found, "{path}");
        }
        let page = staff.get("/desk/tickets?status=closed&priority=high").await;
        assert!(page.text.contains("No ticket fits this filter"), "{}", page.text);
        for one_less in ["href=\"/desk/tickets?priority=high\"", "href=\"/desk/tickets?status=closed\""] {
            assert!(page.text.replace("&#x2f;", "/").contains(one_less), "{one_less} in {}", page.text);
        }
        let page = staff.get("/desk/tickets?status=closed").await;
        assert!(page.text.contains("1 ticket with this filter"), "{}", page.text);
    }

    async fn a_view_is_saved_shared_renamed_and_deleted(database: Database) {
        let service = Service::start(database).await;
        let staff = service.sign_in_staff().await;
        let saved = send(&staff, "/desk/views", "path=/desk&query=page%3D3%26status%3Dopen%26x%3Dy&name=+Open+%3Cb%3E+&is_shared=on").await;
        let address = leads_to(&saved).to_owned();
        assert!(address.starts_with("/desk?status=open&view="), "{address}");
        let page = staff.get(&address).await;
        assert!(page.text.contains("Open &lt;b&gt;") && !page.text.contains("Open <b>"));
        let (_, id) = address.split_once("view=").expect("a view");
        let renamed = send(&staff, &format!("/desk/views/{id}"), "name=Mine").await;
        assert_eq!(leads_to(&renamed), address);
        assert!(staff.get("/desk").await.text.contains("Mine"));
        for (path, body) in [
            ("/desk/views", "path=/desk&name=+"),
            ("/desk/views", "path=/elsewhere&name=x"),
            ("/desk/views/nothing", "name=x"),
            ("/desk/views/00000000000000000000000000000007/delete", ""),
        ] {
            assert!(send(&staff, path, body).await.status.is_client_error(), "{path} {body}");
        }
        let deleted = send(&staff, &format!("/desk/views/{id}/delete"), "").await;
        assert_eq!(leads_to(&deleted), "/desk?status=open");
        assert!(!staff.get("/desk").await.text.contains("Mine"));
    }

    async fn a_search_marks_what_it_found_and_never_as_markup(database: Database) {
        let service = Service::start(database).await;
        let staff = service.sign_in_staff().await;
        let attack = ask(&service, json!({ "summary": "Totals <script>alert(1)</script>", "description": "They are counted & <b>doubled</b>." })).await;
        let other = ask(&service, json!({ "summary": "Another one", "description": "No such thing" })).await;
        let page = staff.get("/desk/search?q=script+doubl").await;
        assert!(page.text.contains("&lt;<mark>script</mark>&gt;alert"), "{}", page.text);
        assert!(page.text.contains("&lt;b&gt;<mark>doubled</mark>&lt;"), "{}", page.text);
        assert!(page.text.contains(&attack) && !page.text.contains(&other));
        assert!(!page.text.contains("<script>alert"));
        for q in ["%22", "%27+OR+1%3D1", "NEAR(", "*", "%00", "a%3A*", "-x", "%5C", "%24%24", "%E8%AB%8B", &"x+".repeat(500)] {
            let page = staff.get(&format!("/desk/search?q={q}")).await;
            assert_eq!(page.status, 200, "{q}");
        }
        let found = staff.get(&format!("/desk/search?q={}", other.to_lowercase())).await;
        assert_eq!(leads_to(&found), format!("/desk/tickets/{other}"));
        assert_eq!(staff.get("/desk/search").await.status, 200);
    }

    async fn an_address_is_found_as_a_whole_and_its_beginning_by_its_words(database: Database) {
        let service = Service::start(database).await;
        let staff = service.sign_in_staff().await;
        let whole = ask(&service, json!({ "email": "lovelace@pilot.example" })).await;
        let longer = ask(&service, json!({ "email": "lovelace@pilot.example.com" })).await;
        let found = staff.get("/desk/search?q=Lovelace%40pilot.example").await.text;
        assert!(found.contains(&whole) && !found.contains(&longer), "{found}");
        assert!(found.contains("<mark>lovelace@pilot.example</mark>"), "{found}");
        let found = staff.get("/desk/search?q=lovelace%40pilot.exam").await.text;
        assert!(found.contains(&whole) && found.contains(&longer), "{found}");
    }

    async fn what_was_found_goes_on_on_another_page_which_leads_back(database: Database) {
        let service = Service::start(database).await;
        let staff = service.sign_in_staff().await;
        let oldest = ask(&service, json!({ "summary": "Invoice & totals", "description": "The first of many" })).await;
        for number in 0..20 {
            ask(&service, json!({ "summary": format!("Invoice {number}"), "description": "Totals" })).await;
        }
        let first = staff.get("/desk/search?q=invoice+totals").await.text;
        assert!(!first.contains(&oldest));
        let (_, next) = first.split_once("rel=\"next\" href=\"").expect("a link");
        let (next, _) = next.split_once('"').expect("an address");
        let second = staff.get(&next.replace("&amp;", "&").replace("&#x2f;", "/")).await;
        assert_eq!(second.status, 200, "{}", second.text);
        assert!(second.text.contains(&oldest) && second.text.contains("q=invoice+totals\">Back to the top"), "{}", second.text);
    }
}

/// More pieces of a ticket than are looked at one by one, with one of two words each.
const MANY: &str = "
    insert into search_pieces (site_id, ticket_id, piece_id, words)
    select site_id, ticket_id, gen_random_uuid(), array_to_tsvector(array[case when number % 2 = 0 then 'invoice' else 'totals' end])
    from tickets cross join generate_series(1, 30000) as number
    where tickets.reference = $1
";

/// SQLite always searches everything.
#[tokio::test(flavor = "multi_thread")]
async fn words_of_very_many_tickets_are_searched_among_the_newest_and_further_when_asked() {
    let url = Database::Postgres.new_url();
    let service = Service::start_with(Setup::new(Database::Postgres).database_url(&url)).await;
    let staff = service.sign_in_staff().await;
    let both = ask(
        &service,
        json!({ "summary": "Invoice", "description": "Totals" }),
    )
    .await;
    let other = ask(
        &service,
        json!({ "summary": "Another", "description": "No such thing" }),
    )
    .await;
    let database = sqlx::PgPool::connect(&url)
        .await
        .expect("the database is there");
    let mut tx = database.begin().await.expect("a transaction");
    for (sql, given) in [
        ("select set_config('cornerdesk.site', $1, true)", "*"),
        (MANY, &other),
    ] {
        let done = sqlx::query(sql).bind(given).execute(&mut *tx).await;
        done.expect("it is done");
    }
    tx.commit().await.expect("a commit");

    let newest = staff.get("/desk/search?q=invoice+totals").await.text;
    assert!(!newest.contains(&both), "{newest}");
    assert!(
        newest.contains("Nothing among the newest")
            && !newest.contains("No ticket has these words"),
        "{newest}"
    );
    let (rest, _) = newest
        .split_once("\">Search older tickets too</a>")
        .expect("a way on");
    let (_, older) = rest.rsplit_once("href=\"").expect("an address");
    let older = older.replace("&amp;", "&").replace("&#x2f;", "/");
    let older = staff.get(&older).await.text;
    assert!(
        older.contains(&both) && !older.contains("Search older tickets too"),
        "{older}"
    );
    let rare = staff.get("/desk/search?q=invoice+nowhere").await.text;
    assert!(
        rare.contains("No ticket has these words"),
        "a rare word is searched to the end: {rare}"
    );
}
