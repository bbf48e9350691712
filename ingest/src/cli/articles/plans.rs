//! The plans that articles are for, held against the policy of their site.

use crate::{
    articles::Article, cli::Records, policies::Policies, policy::Policy, site::SiteConfig,
};
use std::sync::Arc;

/// The articles with the ids of their plans; all faults at once.
///
/// # Errors
/// When an article names a plan that no policy in force at the site has, or the database fails.
pub(super) async fn known(
    records: &Records,
    site: &SiteConfig,
    mut articles: Vec<Article>,
) -> anyhow::Result<Vec<Article>> {
    if articles.iter().all(|article| article.plans.is_empty()) {
        return Ok(articles);
    }
    let mut tx = records.store.read().await?;
    let mut in_force = Policies::default().all_in_force(&mut tx).await?;
    tx.rollback().await?;
    let of_site = in_force.remove(&site.key).unwrap_or_default();
    let policies: Vec<Arc<Policy>> = (of_site.into_iter())
        .filter(|(policy, ..)| site.policy.as_ref() == Some(policy))
        .map(|(.., version)| version.policy)
        .collect();
    let mut faults = Vec::new();
    for article in &mut articles {
        for plan in &mut article.plans {
            match policies.iter().find_map(|policy| policy.plan(plan)) {
                Some(found) => plan.clone_from(&found.id),
                None => faults.push(fault(&article.url, plan, &policies)),
            }
        }
    }
    anyhow::ensure!(
        faults.is_empty(),
        "nothing was imported:\n  - {}",
        faults.join("\n  - ")
    );
    Ok(articles)
}

fn fault(url: &str, plan: &str, policies: &[Arc<Policy>]) -> String {
    let Some(policy) = policies.first() else {
        return format!("{url}: for the plan \"{plan}\", and no policy is in force at the site");
    };
    let known: Vec<&str> = policy
        .plans()
        .iter()
        .map(|plan| plan.title.as_str())
        .collect();
    let known = match known.is_empty() {
        true => "no plans".to_owned(),
        false => known.join(", "),
    };
    format!(
        "{url}: the policy \"{}\" has no plan \"{plan}\"; it has {known}",
        policy.id()
    )
}
