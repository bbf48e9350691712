//! What somebody wrote, without the earlier mails that their mail program put below, and without their signature. Pure.
//!
//! Only what stands below what they wrote is cut, and a quotation above it; whoever answers between the lines is kept with the lines. Nothing is lost: what was cut
//! is handed back too. And never everything: where nothing would be left, all of it stays.

use super::markup::EARLIER;

mod attribution;
mod heads;

/// A text in two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// What they wrote.
    pub own: String,
    /// What was cut, in its order.
    pub rest: String,
}

/// Longest signature that is cut, in lines.
const SIGNATURE_MOST_LINES: usize = 15;
/// What phones write below a mail, in small letters.
const PHONES: [&str; 24] = [
    "sent from my ",
    "sent from mail for windows",
    "sent from outlook",
    "sent with proton mail",
    "get outlook for ",
    "von meinem ",
    "gesendet von ",
    "gesendet mit ",
    "outlook für ",
    "holen sie sich outlook",
    "envoyé de mon ",
    "envoyé depuis ",
    "télécharger outlook",
    "obtenez outlook",
    "enviado desde mi ",
    "enviado desde ",
    "obtener outlook",
    "odesláno z ",
    "získat outlook",
    "أُرسلت من ",
    "أرسلت من ",
    "iphoneから送信",
    "ipadから送信",
    "outlook for ",
];

/// Cuts. `ours` are our addresses in small letters: a line that names one of them is most likely about a mail of ours.
#[must_use]
pub fn cut(text: &str, ours: &[String]) -> Cut {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.lines().collect();
    let mut end = below(&lines, ours);
    let start = above(&lines[..end], ours);
    end = without_signature(&lines[start..end]) + start;
    let own = joined(&lines[start..end]);
    if own.is_empty() {
        return Cut {
            own: whole(&text),
            rest: String::new(),
        };
    }
    let rest = [joined(&lines[..start]), joined(&lines[end..])];
    Cut {
        own,
        rest: rest.join("\n\n").trim().to_owned(),
    }
}

/// All of a text.
#[must_use]
pub fn whole(text: &str) -> String {
    text.replace(EARLIER, "").trim().to_owned()
}

fn joined(lines: &[&str]) -> String {
    let lines = lines.iter().filter(|line| **line != EARLIER.to_string());
    let text = lines.map(|line| line.trim_end()).collect::<Vec<_>>();
    text.join("\n").trim_matches('\n').to_owned()
}

/// Is the line quoted?
fn is_quote(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Where the earlier mails begin that stand below.
fn below(lines: &[&str], ours: &[String]) -> usize {
    // Whatever stands below such a head is an earlier mail, quoted or not.
    let head = (0..lines.len()).find(|at| heads::begins(&lines[*at..], ours));
    let end = head.unwrap_or(lines.len());
    // An attribution without marks below it: "On … wrote:" of programs that do not quote.
    let bare = (0..end).find(|at| {
        let taken = attribution::lines(&lines[*at..end], ours, false);
        taken.is_some_and(|taken| {
            let mut below = lines[*at + taken..end].iter();
            !below.any(|line| is_quote(line)) && end > *at + taken
        })
    });
    let end = bare.unwrap_or(end);
    // The quotation at the very end.
    let own = lines[..end]
        .iter()
        .rposition(|line| !is_quote(line) && !is_blank(line));
    let Some(own) = own else {
        // Nothing but a quotation, or nothing.
        return if lines[..end].iter().any(|line| is_quote(line)) {
            0
        } else {
            end
        };
    };
    if !lines[own + 1..end].iter().any(|line| is_quote(line)) {
        return end;
    }
    // The lines just above it that say whose words they are.
    (own.saturating_sub(3)..=own)
        .find(|at| attribution::lines(&lines[*at..=own], ours, true) == Some(own + 1 - at))
        .unwrap_or(own + 1)
}

/// Where a quotation ends that stands above everything, with the words of whoever answers below it only.
fn above(lines: &[&str], ours: &[String]) -> usize {
    let Some(first) = lines.iter().position(|line| !is_blank(line)) else {
        return 0;
    };
    let taken = if is_quote(lines[first]) {
        0
    } else {
        match attribution::lines(&lines[first..], ours, true) {
            Some(taken) => taken,
            None => return 0,
        }
    };
    let from = first + taken;
    let quoted = lines[from..]
        .iter()
        .position(|line| !is_quote(line) && !is_blank(line));
    let Some(quoted) = quoted.filter(|quoted| *quoted > 0) else {
        return 0;
    };
    let start = from + quoted;
    let has_mark = lines[from..start].iter().any(|line| is_quote(line));
    // Answers between the lines stay with the lines.
    let is_between = lines[start..].iter().any(|line| is_quote(line));
    if has_mark && !is_between { start } else { 0 }
}

/// How many of the lines are no signature.
fn without_signature(lines: &[&str]) -> usize {
    let mut end = lines.len();
    let least = end.saturating_sub(SIGNATURE_MOST_LINES + 1);
    // RFC 3676 §4.3; many programs lose the blank.
    let mark = (least..end)
        .rev()
        .find(|at| matches!(lines[*at], "-- " | "--" | "—"));
    if let Some(mark) = mark {
        end = mark;
    }
    while let Some(last) = lines[..end].iter().rposition(|line| !is_blank(line)) {
        let line = lines[last].trim().to_lowercase();
        let is_short = line.chars().count() <= 60;
        if !(is_short && PHONES.iter().any(|phone| line.starts_with(phone))) {
            break;
        }
        end = last;
    }
    end
}

#[cfg(test)]
mod tests;
