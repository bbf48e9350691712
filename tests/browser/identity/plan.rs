//! Articles for some plans only: offered to people of whom the product says that they have one (requirement 60).

use std::time::Duration;

use cornerdesk_tests::{
    Database,
    browser::{Visitor, journey},
    eventually, help,
    service::SITE,
    widget::{self, wait_for_text},
};

use super::{Place, wait_until_known};

const TERMS: &str = "policy = \"m3ter\"\noverlay = \"m3ter-no-holidays\"\n";

#[tokio::test]
async fn an_article_of_a_plan_is_offered_to_whom_the_product_says_has_it() {
    let place = Place::open(Database::Sqlite, TERMS, "").await;
    let beta = "---\nplans: [\"Gold\"]\n---\n# Totals of the beta\n\nText.\n";
    let help = [("beta.md", beta), ("all.md", "# Totals for all\n\nText.\n")];
    help::import(&place.service, SITE, "https://help.acme.example", &help);
    let client = place.service.client();
    eventually(Duration::from_secs(10), "the form to know", async || {
        let form = client.get(&format!("/help/{SITE}")).await.text().await;
        form.ok()?.contains(" data-articles").then_some(())
    })
    .await;
    for (plan, is_offered) in [("silver", false), ("gold", true)] {
        journey(
            &format!("articles-{plan}"),
            Visitor::DESKTOP,
            async |session| {
                session.goto(&place.page).await?;
                let mut claims = place.product.claims();
                claims["plan"] = plan.into();
                let identify = "Cornerdesk('identify', { email: 'mara@customer.example', token: arguments[0] })";
                let token = place.product.token_of(&claims);
                session.run(identify, &[token.into()]).await?;
                widget::open(session).await?;
                wait_until_known(session).await;
                let summary = widget::field(session, "summary").await?;
                summary.type_text("Totals are wrong").await?;
                let text = wait_for_text(session, "the articles", |text| {
                    text.contains("Totals for all").then(|| text.to_owned())
                })
                .await;
                assert_eq!(text.contains("Totals of the beta"), is_offered, "{text}");
                Ok(())
            },
        )
        .await;
    }
}
