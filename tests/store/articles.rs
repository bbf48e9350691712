//! What is found in the help of a site, the same on both databases, and what readers said of it.

use cornerdesk_ingest::{
    articles::{Article, Verdict},
    store::{self, Store},
};
use cornerdesk_tests::{Database, on_both_databases};

use crate::{OTHER_SITE, SITE, open, read, write};

fn article(path: &str, locale: &str, title: &str, headings: &[&str], body: &str) -> Article {
    let headings: Vec<_> = headings.iter().map(ToString::to_string).collect();
    let url = format!("https://help.acme.example/{path}");
    Article::parse(&url, locale, title, &headings, body).expect("an article")
}

fn help() -> Vec<Article> {
    vec![
        article(
            "totals",
            "en",
            "Invoice totals that are doubled",
            &["Discounts"],
            "When a discount counts twice, an invoice shows a wrong total.",
        ),
        article(
            "export",
            "en",
            "Export your data",
            &["CSV", "Invoices as PDF"],
            "Choose a format, then press Export.",
        ),
        article(
            "login",
            "en",
            "Signing in",
            &["I forgot my password"],
            "Ask for a new one. The link is good for an hour.",
        ),
        article(
            "umsatz",
            "de",
            "Doppelte Summen auf Rechnungen",
            &["Rabatte"],
            "Wenn ein Rabatt zweimal zählt.",
        ),
        article(
            "seikyu",
            "ja",
            "請求書の金額が二重になる",
            &["割引"],
            "割引が二回計算された場合。",
        ),
        article(
            "fatura",
            "ar",
            "المبالغ المكررة في الفواتير",
            &[],
            "عندما يُحسب الخصم مرتين.",
        ),
        article(
            "fr",
            "fr",
            "Montants en double sur les factures",
            &[],
            "Quand une remise compte deux fois.",
        ),
    ]
}

async fn with_help(database: Database) -> Store {
    let store = open(database).await;
    put(&store, SITE, &help()).await;
    store
}

async fn put(store: &Store, site: &str, articles: &[Article]) {
    let mut tx = write(store).await;
    store::articles::replace(&mut tx, site, articles)
        .await
        .expect("articles");
    tx.commit().await.expect("a commit");
}

/// The ends of the addresses that are found.
async fn found(store: &Store, site: &str, locale: &str, text: &str) -> Vec<String> {
    let mut tx = read(store).await;
    let found = store::articles::search(&mut tx, site, locale, text, None).await;
    let found = found.unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
    tx.rollback().await.expect("a rollback");
    let end = |url: String| url.rsplit('/').next().unwrap_or_default().to_owned();
    found.into_iter().map(|article| end(article.url)).collect()
}

async fn said(store: &Store, site: &str) -> Vec<(String, i64)> {
    let mut tx = read(store).await;
    let said = store::articles::report(&mut tx, site)
        .await
        .expect("a report");
    tx.rollback().await.expect("a rollback");
    said.into_iter()
        .map(|said| (said.verdict, said.votes))
        .collect()
}

async fn vote(store: &Store, site: &str, article: &Article, verdict: Verdict) -> bool {
    let mut tx = write(store).await;
    let counted = store::articles::vote(&mut tx, site, article.id, verdict, None).await;
    tx.commit().await.expect("a commit");
    counted.expect("an answer")
}

on_both_databases! {
    async fn what_somebody_writes_finds_the_articles_that_fit(database: Database) {
        let store = with_help(database).await;
        for (locale, text, first) in [
            ("en", "The totals on my invoice are doubled", "totals"),
            ("en", "wrong total twice", "totals"),
            ("en", "discounts", "totals"),
            ("en", "tota", "totals"),
            ("en", "How do I export?", "export"),
            ("en", "forgot password", "login"),
            ("de", "Summen doppelt auf der Rechnung", "umsatz"),
            ("fr", "montant en double sur une facture", "fr"),
            ("ja", "請求書が二重です", "seikyu"),
            ("ja", "割引", "seikyu"),
            ("ar", "المبالغ مكررة", "fatura"),
        ] {
            let found = found(&store, SITE, locale, text).await;
            assert_eq!(found.first().map(String::as_str), Some(first), "{locale} {text:?}: {found:?}");
        }
    }

    async fn what_does_not_fit_is_not_offered(database: Database) {
        let store = with_help(database).await;
        for (locale, text) in [
            ("en", ""), ("en", "the and of"), ("en", "my keyboard is broken"), ("en", "hour"), ("ja", "です"), ("de", "totals"), ("cs", "totals"),
        ] {
            // "hour" is in a text only: with one word, all words fit.
            let found = found(&store, SITE, locale, text).await;
            assert!(found.is_empty() || text == "hour", "{locale} {text:?}: {found:?}");
        }
        assert!(found(&store, OTHER_SITE, "en", "totals").await.is_empty(), "another site's");
    }

    async fn nothing_that_is_written_is_syntax(database: Database) {
        let store = with_help(database).await;
        let long = "word ".repeat(10_000);
        for text in [
            "\"", "title:*", "a AND NOT b OR (", "NEAR(x y, 2)", "* ^ - + { }", "' or 1=1 --", "totals & | ! <-> :* \\", "\u{0}totals\u{0}", "٣²①Ⅷ ﷺ 😀",
            "%_%", "-- /* */", &long, "ａｂｃ ½½½ ǅǅǅ ßßß İİİ",
        ] {
            found(&store, SITE, "en", text).await;
        }
        assert_eq!(found(&store, SITE, "en", "\"totals\" AND (").await, ["totals"]);
    }

    async fn five_are_offered_at_most_and_a_title_counts_more_than_a_text(database: Database) {
        let store = open(database).await;
        let mut articles: Vec<_> = (0..9).map(|number| article(&format!("text-{number}"), "en", "Something else", &[], "The bicycle is mentioned here.")).collect();
        articles.push(article("heading", "en", "Of other things", &["Your bicycle"], "Nothing."));
        articles.push(article("title", "en", "Bicycle", &[], "Nothing."));
        put(&store, SITE, &articles).await;
        let found = found(&store, SITE, "en", "bicycle").await;
        assert_eq!(found.len(), 5);
        assert_eq!(found[..2], ["title", "heading"]);
    }

    async fn a_new_import_takes_the_place_of_the_old_one_and_keeps_what_readers_said(database: Database) {
        let store = with_help(database).await;
        let totals = help().remove(0);
        assert!(vote(&store, SITE, &totals, Verdict::Helped).await);
        assert!(vote(&store, SITE, &totals, Verdict::Helped).await);
        assert!(vote(&store, SITE, &totals, Verdict::HardToFollow).await);
        assert!(!vote(&store, OTHER_SITE, &totals, Verdict::Helped).await, "another site's article");
        put(&store, SITE, &[]).await;
        assert!(found(&store, SITE, "en", "totals").await.is_empty());
        assert!(said(&store, SITE).await.is_empty() && !vote(&store, SITE, &totals, Verdict::Other).await);
        put(&store, SITE, &[article("totals", "en", "Sums", &[], "")]).await;
        assert_eq!(said(&store, SITE).await, [("hard_to_follow".to_owned(), 1), ("helped".to_owned(), 2)]);
        assert!(found(&store, SITE, "en", "doubled").await.is_empty(), "the old words are gone");
        put(&store, OTHER_SITE, &help()).await;
        assert_eq!(found(&store, SITE, "en", "sums").await, ["totals"], "another site's import takes nothing away");
        let mut tx = read(&store).await;
        assert_eq!(store::articles::sites(&mut tx).await.expect("sites").len(), 2);
    }

    async fn every_verdict_can_be_kept(database: Database) {
        let store = with_help(database).await;
        for verdict in Verdict::ALL {
            assert!(vote(&store, SITE, &help()[1], verdict).await);
        }
        assert_eq!(said(&store, SITE).await.len(), Verdict::ALL.len());
    }
}

#[tokio::test]
async fn articles_that_were_moved_to_another_database_are_found_there() {
    let from = with_help(Database::Sqlite).await;
    let to = Store::open(&Database::Postgres.new_url(), 2)
        .await
        .expect("a new database");
    store::moving::everything(&from, &to).await.expect("a move");
    assert_eq!(
        found(&to, SITE, "en", "invoice totals").await,
        ["totals", "export"]
    );
    assert_eq!(found(&to, SITE, "ja", "割引").await, ["seikyu"]);
}
