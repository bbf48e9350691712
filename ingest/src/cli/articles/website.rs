//! Articles that are pages of a website, which its sitemap lists.
//!
//! Nothing is removed because a page failed: an article goes only with an import in which every page could be read, or was said by the
//! website to be gone or not to be found.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use anyhow::{Context, bail, ensure};
use futures_util::{StreamExt, stream};
use url::Url;

use super::{
    progress::Progress,
    visits::{Answer, Fault, Visitor, Wanted},
};
use crate::{
    articles::{
        Article, page,
        sitemap::{self, ADDRESSES_MOST, Sitemap, Website},
    },
    cli::Records,
    site::SiteConfig,
    store,
    words::shipped_locale,
};

/// So many pages are asked for at once: a person with a browser does not ask for fewer.
const VISITS_AT_ONCE: usize = 4;
/// More text in all is no help that people read, and does not belong into memory.
const TEXT_MOST_BYTES: usize = 200 * 1024 * 1024;
/// So few pages may be the same as others, however few there are.
const LUMPED_LEAST: usize = 4;

/// Why a page that answered is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Gone,
    Hidden,
    OtherLanguage,
    NoPage,
    Twice,
    Elsewhere,
}

impl Left {
    const fn words(self) -> &'static str {
        match self {
            Self::Gone => "gone (404, 410)",
            Self::Hidden => "not to be found (noindex)",
            Self::OtherLanguage => "in a language that the panel does not speak",
            Self::NoPage => "no page (another type than text/html)",
            Self::Twice => "the same as another by its canonical address",
            Self::Elsewhere => "of another website",
        }
    }
}

/// What came of the pages.
#[derive(Debug)]
struct Harvest {
    articles: Vec<Article>,
    /// How many bytes of text may still come.
    room: usize,
    ids: HashSet<uuid::Uuid>,
    /// How many were left out, and the first of them.
    left: BTreeMap<Left, (usize, String)>,
    faults: Vec<String>,
    /// How many were left out because they say, by their canonical address or by leading there, that they are an article which is there already.
    lumped: usize,
}

impl Harvest {
    fn with_room(bytes: usize) -> Self {
        Self {
            articles: Vec::new(),
            room: bytes,
            ids: HashSet::new(),
            left: BTreeMap::new(),
            faults: Vec::new(),
            lumped: 0,
        }
    }

    /// Whether so many of the `pages` are said to be the same that this is rather a mistake of the website, such as one canonical address in
    /// all of its pages.
    const fn is_lumped(&self, pages: usize) -> bool {
        self.lumped > LUMPED_LEAST && self.lumped > pages / 2
    }

    fn leave(&mut self, why: Left, address: &str) {
        let (count, _) = self.left.entry(why).or_insert((0, address.to_owned()));
        *count += 1;
    }

    /// # Errors
    /// When there is no room left.
    fn take(
        &mut self,
        address: &Url,
        read: Result<Result<Article, Left>, String>,
    ) -> anyhow::Result<()> {
        match read {
            Ok(Ok(article)) if self.ids.insert(article.id) => {
                let bytes = article.title.len() + article.headings.len() + article.body.len();
                self.room = self.room.checked_sub(bytes).with_context(|| {
                    format!(
                        "nothing was changed: the pages have more than {} MB of text; --under PATH takes the help only",
                        TEXT_MOST_BYTES / (1024 * 1024)
                    )
                })?;
                self.articles.push(article);
            }
            Ok(Ok(article)) => {
                self.lumped += usize::from(article.url != address.as_str());
                self.leave(Left::Twice, address.as_str());
            }
            Ok(Err(why)) => self.leave(why, address.as_str()),
            Err(fault) => self.faults.push(format!("{address}: {fault}")),
        }
        Ok(())
    }
}

/// Whether this names a sitemap, not a folder.
pub fn is_sitemap(from: &str) -> bool {
    let ends = |ending| from.to_ascii_lowercase().ends_with(ending);
    is_address(from) || ((ends(".xml") || ends(".xml.gz")) && !Path::new(from).is_dir())
}

fn is_address(from: &str) -> bool {
    let from = from.to_ascii_lowercase();
    from.starts_with("https://") || from.starts_with("http://")
}

/// Puts the pages of a sitemap in place of the articles of a site.
///
/// # Errors
/// When the sitemap cannot be read or has nothing to offer: then nothing was changed. When a page could not be read: then the others are
/// offered.
pub async fn import(
    records: &Records,
    config: &SiteConfig,
    from: &str,
    under: Option<&str>,
) -> anyhow::Result<()> {
    let mut harvest = Harvest::with_room(TEXT_MOST_BYTES);
    let (website, first) = begin(from, under)?;
    let visitor = Visitor::of(website.clone(), records.clock.clone()).await?;
    let pages = list(&visitor, &website, from, first, &mut harvest).await?;
    visit(&visitor, &website, &config.locale, &pages, &mut harvest).await?;
    for fault in &harvest.faults {
        eprintln!("{fault}");
    }
    ensure!(
        !harvest.articles.is_empty(),
        "nothing was changed: of {} pages in {from}, none can be offered{}; `articles remove` takes all articles away",
        pages.len(),
        account(&harvest)
    );
    let (failed, lumped) = (harvest.faults.len(), harvest.lumped);
    let is_lumped = harvest.is_lumped(pages.len());
    let account = account(&harvest);
    let keep_others = failed > 0 || is_lumped;
    let offered = put(records, &config.key, harvest.articles, keep_others).await?;
    println!("{}{account}", super::offered(offered, &config.key));
    ensure!(
        failed == 0,
        "{failed} of {} pages could not be read; the others are offered, and no article was removed",
        pages.len()
    );
    ensure!(
        !is_lumped,
        "{lumped} of {} pages say that they are another one which is offered already, so no article was removed; look at their canonical addresses, or list fewer of them",
        pages.len()
    );
    Ok(())
}

/// The website, and the sitemap where it is a file.
fn begin(from: &str, under: Option<&str>) -> anyhow::Result<(Website, Option<Sitemap>)> {
    let website = |address: &str| {
        let address = Url::parse(address).with_context(|| format!("{address:?} is no address"))?;
        Website::of(&address, under).map_err(anyhow::Error::msg)
    };
    if is_address(from) {
        return Ok((website(from)?, None));
    }
    let bytes = std::fs::read(from).with_context(|| format!("{from} cannot be read"))?;
    let sitemap =
        sitemap::read(&bytes).map_err(|fault| anyhow::anyhow!("{from} cannot be used: {fault}"))?;
    let (Sitemap::Pages(addresses) | Sitemap::Sitemaps(addresses)) = &sitemap;
    let first = addresses
        .first()
        .with_context(|| format!("{from} lists nothing"))?;
    Ok((website(first)?, Some(sitemap)))
}

/// The pages that a sitemap lists, or the sitemaps that it lists; each once.
async fn list(
    visitor: &Visitor,
    website: &Website,
    from: &str,
    first: Option<Sitemap>,
    harvest: &mut Harvest,
) -> anyhow::Result<Vec<Url>> {
    let first = match first {
        Some(first) => first,
        None => fetch_sitemap(visitor, &Url::parse(from)?).await?,
    };
    let (mut pages, mut seen) = (Vec::new(), HashSet::new());
    let mut add = |addresses: Vec<String>, harvest: &mut Harvest| {
        for address in addresses {
            let Some(page) = Url::parse(&address).ok().filter(|page| website.has(page)) else {
                harvest.leave(Left::Elsewhere, &address);
                continue;
            };
            let page = without_fragment(page);
            if website.wants(&page) && seen.insert(page.clone()) {
                pages.push(page);
            }
        }
        ensure!(
            pages.len() <= ADDRESSES_MOST,
            "{from} lists more than {ADDRESSES_MOST} pages; --under PATH takes the help only"
        );
        Ok(())
    };
    match first {
        Sitemap::Pages(addresses) => add(addresses, harvest)?,
        Sitemap::Sitemaps(sitemaps) => {
            let mut progress = Progress::of(sitemaps.len(), "sitemaps");
            for address in sitemaps {
                let url = Url::parse(&address).ok().filter(|url| website.has(url));
                let url = url.with_context(|| {
                    format!("{from} lists {address:?}, which is no sitemap of this website")
                })?;
                match fetch_sitemap(visitor, &url).await? {
                    Sitemap::Pages(addresses) => add(addresses, harvest)?,
                    Sitemap::Sitemaps(_) => {
                        bail!("{url} is a sitemap of sitemaps, and so is {from}")
                    }
                }
                progress.step();
            }
        }
    }
    Ok(pages)
}

async fn fetch_sitemap(visitor: &Visitor, url: &Url) -> anyhow::Result<Sitemap> {
    let answer = visitor
        .fetch(url, Wanted::Sitemap)
        .await
        .with_context(|| format!("nothing was changed: {url}"))?;
    sitemap::read(&answer.body)
        .map_err(|fault| anyhow::anyhow!("nothing was changed: {url} cannot be used: {fault}"))
}

async fn visit(
    visitor: &Visitor,
    website: &Website,
    locale: &str,
    pages: &[Url],
    harvest: &mut Harvest,
) -> anyhow::Result<()> {
    let mut progress = Progress::of(pages.len(), "pages");
    // In the order of the sitemap, so that of two pages with one address it is always the same one.
    let mut answers = stream::iter(pages)
        .map(async |url| (url, visitor.fetch(url, Wanted::Page).await))
        .buffered(VISITS_AT_ONCE);
    while let Some((url, answer)) = answers.next().await {
        let read = match answer {
            Ok(answer) => article(&answer, website, locale),
            Err(Fault::Gone(_)) => Ok(Err(Left::Gone)),
            Err(Fault::Unreadable(fault)) => Err(fault),
        };
        harvest.take(url, read)?;
        progress.step();
    }
    Ok(())
}

/// The article of a page; why it is left out; or what is wrong with it.
fn article(
    answer: &Answer,
    website: &Website,
    site_locale: &str,
) -> Result<Result<Article, Left>, String> {
    if !website.wants(&answer.url) {
        return Err(format!(
            "it leads to {}, which was not asked for",
            answer.url
        ));
    }
    let kind = answer.content_type.to_ascii_lowercase();
    if !["text/html", "application/xhtml+xml"]
        .contains(&kind.split(';').next().unwrap_or_default().trim())
    {
        return Ok(Err(Left::NoPage));
    }
    let page = page::read(&page::decoded(&answer.body, &answer.content_type));
    if page.is_hidden || page::is_noindex(&answer.robots) {
        return Ok(Err(Left::Hidden));
    }
    let locale = match &page.lang {
        None => site_locale,
        Some(said) => match shipped_locale(said) {
            Some(shipped) => shipped,
            None => return Ok(Err(Left::OtherLanguage)),
        },
    };
    let canonical = page.canonical.as_deref();
    let canonical = canonical.and_then(|said| answer.url.join(said).ok());
    let url = canonical.filter(|url| website.wants(url));
    let url = without_fragment(url.unwrap_or_else(|| answer.url.clone()));
    Article::parse(
        url.as_str(),
        locale,
        &page.title,
        &page.headings,
        &page.body,
    )
    .map(Ok)
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

/// What was left out, and why.
fn account(harvest: &Harvest) -> String {
    let lines = harvest.left.iter().map(|(why, (count, first))| {
        // A sitemap may list anything as an address.
        let first = first.escape_debug();
        format!("\n  left out: {count} {}, such as {first}", why.words())
    });
    lines.collect()
}

/// Puts the articles in place of the site's, beside those that it has when `keep_others`. Returns how many it has then.
async fn put(
    records: &Records,
    site: &str,
    mut articles: Vec<Article>,
    keep_others: bool,
) -> anyhow::Result<usize> {
    let mut tx = records.store.write_for(site).await?;
    if keep_others {
        let new: HashSet<_> = articles.iter().map(|article| article.id).collect();
        let before = store::articles::all(&mut tx, site).await?;
        articles.extend(before.into_iter().filter(|old| !new.contains(&old.id)));
    }
    store::articles::replace(&mut tx, site, &articles).await?;
    tx.commit().await?;
    Ok(articles.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(harvest: &mut Harvest, address: &str, of: &str) -> anyhow::Result<()> {
        let article = Article::parse(of, "en", "Totals", &[], "12345678");
        harvest.take(&Url::parse(address).unwrap(), article.map(Ok))
    }

    #[test]
    fn more_text_than_there_is_room_for_ends_an_import() {
        let mut harvest = Harvest::with_room(30);
        for path in ["a", "b"] {
            let address = format!("https://x.example/{path}");
            taken(&mut harvest, &address, &address).unwrap();
        }
        let third = "https://x.example/c";
        let fault = taken(&mut harvest, third, third).unwrap_err().to_string();
        assert!(
            fault.contains("nothing was changed: the pages have more than 200 MB"),
            "{fault}"
        );
    }

    #[test]
    fn most_pages_by_one_address_are_a_mistake_of_the_website() {
        for (others, own, wanted) in [(5, 0, true), (6, 4, true), (6, 5, false), (4, 0, false)] {
            let mut harvest = Harvest::with_room(TEXT_MOST_BYTES);
            let first = "https://x.example/";
            taken(&mut harvest, first, first).unwrap();
            for other in 0..others {
                taken(&mut harvest, &format!("{first}{other}"), first).unwrap();
            }
            for own in 0..own {
                let address = format!("{first}own/{own}");
                taken(&mut harvest, &address, &address).unwrap();
            }
            assert_eq!(
                harvest.is_lumped(1 + others + own),
                wanted,
                "{others} {own}"
            );
        }
    }
}
