//! The written notice that something goes. Pure. It goes to people of the customer whom the operator has named, so the operator's words may be in it.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use lettre::{Address, Message};
use minijinja::context;

use super::{Identity, draft::Draft, notice::RenderError};
use crate::{
    deprecation::Deprecation,
    pages::Pages,
    site::Site,
    words::{self, Table, Words},
};

/// Writes it in the site's language. `id` is the left side of the Message-ID: the same for every attempt.
///
/// # Errors
/// [`RenderError`].
#[expect(
    clippy::too_many_arguments,
    reason = "what is said, to whom, and what it is written with"
)]
pub fn render(
    announced: &Deprecation,
    site: &Site,
    to: &Address,
    id: &str,
    now: Timestamp,
    words: &Words,
    pages: &Pages,
    identity: &Identity,
) -> Result<Message, RenderError> {
    let locale = words::shipped_or_english(&site.locale);
    let (formats, dir) = (words.formats(locale), words.direction(locale));
    let day = |date: Date| {
        let midnight = date.to_zoned(TimeZone::UTC).map(|day| day.timestamp());
        midnight.map_or_else(|_| date.to_string(), |at| words::day(formats, at))
    };
    let supported_until = announced.supported_until.map(day).unwrap_or_default();
    let [feature, name] = [&announced.feature, &site.name].map(|text| words::apart(text, dir));
    let (notice_on, ends_on) = (day(announced.notice_on), day(announced.ends_on));
    let values = [
        ("feature", feature.as_str()),
        ("site_name", name.as_str()),
        ("notice_on", notice_on.as_str()),
        ("ends_on", ends_on.as_str()),
        ("supported_until", supported_until.as_str()),
    ];
    let words: Table = words
        .of_site(&site.words, "deprecation", locale)
        .iter()
        .map(|(key, text)| (key.clone(), words::fill(text, &values)))
        .collect();
    let values = context! {
        words => &words,
        locale,
        dir,
        accent => site.accent.to_hex(),
        is_supported => announced.supported_until.is_some(),
    };
    let text = pages.render("mail/deprecation.txt", values.clone())?;
    let html = pages.render("mail/deprecation.html", values)?;
    let draft = Draft {
        identity,
        to,
        reply_to: identity.reply_to.as_ref(),
        subject: words.get("subject").cloned().unwrap_or_default(),
        date: now,
        id,
        locale,
        text: &text,
        html: &html,
        thread: None,
        is_of_a_person: false,
    };
    Ok(draft.into_message()?)
}
