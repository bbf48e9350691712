//! `cornerdesk articles import|remove|report`.

mod folder;
mod plans;
mod progress;
mod visits;
mod website;

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;

use super::Records;
use crate::{
    articles::{Article, Verdict},
    site::SiteConfig,
    store,
};

/// What to do with articles.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put a folder of Markdown, or the pages of a sitemap, in place of all articles of a site. A running service offers them after two
    /// seconds.
    Import {
        /// The site's key.
        #[arg(long)]
        site: String,
        /// Where the articles are read: each at this address and its path without ".md", unless its front matter has a url.
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// Of a sitemap only the pages at and below this path, such as /help.
        #[arg(long, value_name = "PATH")]
        under: Option<String>,
        /// A folder of Markdown; or a sitemap, by its address (https://…) or as a file (.xml, .xml.gz).
        #[arg(value_name = "FOLDER_OR_SITEMAP")]
        from: String,
    },
    /// Take all articles of a site away: nothing is offered any more.
    Remove {
        /// The site's key.
        #[arg(long)]
        site: String,
    },
    /// What readers said.
    Report {
        /// The site's key.
        #[arg(long)]
        site: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// When there is no such site, an article cannot be read, or the database fails; then nothing was changed, or for a sitemap nothing removed.
pub async fn run(records: &Records, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Import {
            site,
            base_url,
            under,
            from,
        } => {
            let config = find(records, &site).await?;
            let wants_sitemap = website::is_sitemap(&from);
            anyhow::ensure!(
                base_url.is_none() || !wants_sitemap,
                "--base-url is for a folder; a sitemap has its addresses"
            );
            anyhow::ensure!(
                under.is_none() || wants_sitemap,
                "--under is for a sitemap; of a folder, name the folder below it"
            );
            if wants_sitemap {
                return website::import(records, &config, &from, under.as_deref()).await;
            }
            let articles = folder::read(&PathBuf::from(from), base_url.as_deref(), &config.locale)?;
            let articles = plans::known(records, &config, articles).await?;
            replace(records, &site, &articles).await?;
            println!("{}", offered(articles.len(), &site));
            Ok(())
        }
        Command::Remove { site } => {
            find(records, &site).await?;
            replace(records, &site, &[]).await?;
            println!("nothing is offered at \"{site}\" any more");
            Ok(())
        }
        Command::Report { site, json } => report(records, &site, json).await,
    }
}

/// How many articles a site has now, in words.
fn offered(count: usize, site: &str) -> String {
    match count {
        1 => format!("1 article is offered at \"{site}\""),
        count => format!("{count} articles are offered at \"{site}\""),
    }
}

async fn find(records: &Records, site: &str) -> anyhow::Result<SiteConfig> {
    let mut tx = records.store.read().await?;
    let found = store::sites::find(&mut tx, site).await?;
    tx.rollback().await?;
    let (config, _) = found.with_context(|| format!("no site has the key \"{site}\""))?;
    Ok(config)
}

async fn replace(records: &Records, site: &str, articles: &[Article]) -> anyhow::Result<()> {
    let mut tx = records.store.write_for(site).await?;
    store::articles::replace(&mut tx, site, articles).await?;
    tx.commit().await?;
    Ok(())
}

async fn report(records: &Records, site: &str, as_json: bool) -> anyhow::Result<()> {
    find(records, site).await?;
    let mut tx = records.store.read_for(site).await?;
    let said = store::articles::report(&mut tx, site).await?;
    tx.rollback().await?;
    if as_json {
        let rows: Vec<_> = said
            .iter()
            .map(|said| json!({ "title": said.title, "url": said.url, "verdict": said.verdict, "votes": said.votes }))
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    if said.is_empty() {
        println!("nobody has said anything yet");
    }
    let mut urls: Vec<_> = said.iter().map(|said| &said.url).collect();
    urls.dedup();
    for url in urls {
        let of_article = || said.iter().filter(|said| said.url == *url);
        let title = of_article().next().map_or("", |said| &said.title);
        println!("{title}  {url}");
        for verdict in Verdict::ALL {
            let votes = of_article().find(|said| said.verdict == verdict.as_str());
            if let Some(said) = votes {
                println!("  {:>6}  {}", said.votes, verdict.as_str());
            }
        }
    }
    Ok(())
}
