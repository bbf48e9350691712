//! The head of an earlier mail, as Outlook and others put it below an answer. Pure.

use super::{EARLIER, is_blank};

/// "From", in small letters, by language.
const FROM: [&str; 14] = [
    "from",
    "von",
    "de",
    "da",
    "van",
    "od",
    "odesílatel",
    "من",
    "差出人",
    "送信元",
    "发件人",
    "寄件者",
    "от",
    "fra",
];
/// "Sent" and "Date".
const SENT: [&str; 22] = [
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "envoyé le",
    "enviado",
    "enviado el",
    "fecha",
    "odesláno",
    "posláno",
    "تاريخ الإرسال",
    "تم الإرسال",
    "التاريخ",
    "送信日時",
    "日付",
    "日時",
    "inviato",
    "verzonden",
    "发送时间",
    "отправлено",
    "data",
];
/// "To".
const TO: [&str; 13] = [
    "to",
    "an",
    "à",
    "a",
    "para",
    "komu",
    "pro",
    "إلى",
    "宛先",
    "aan",
    "收件人",
    "кому",
    "til",
];
/// "Subject".
const SUBJECT: [&str; 13] = [
    "subject",
    "betreff",
    "objet",
    "asunto",
    "předmět",
    "الموضوع",
    "件名",
    "oggetto",
    "onderwerp",
    "assunto",
    "主题",
    "тема",
    "emne",
];
/// What stands between dashes above an earlier mail.
const TITLES: [&str; 18] = [
    "original message",
    "original appointment",
    "forwarded message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "message d’origine",
    "message original",
    "message transféré",
    "mensaje original",
    "mensaje reenviado",
    "původní zpráva",
    "přeposlaná zpráva",
    "الرسالة الأصلية",
    "元のメッセージ",
    "転送メッセージ",
    "reply message",
];
/// As far as a head is looked for.
const MOST_LINES: usize = 12;

/// Does an earlier mail begin here?
pub(super) fn begins(lines: &[&str], ours: &[String]) -> bool {
    let Some(first) = lines.first() else {
        return false;
    };
    let first = first.trim();
    if first.chars().eq([EARLIER]) {
        return true;
    }
    if is_title(first) {
        return true;
    }
    // Outlook on phones draws a line of its own above the head.
    let is_rule = first.chars().count() >= 10 && first.chars().all(|c| c == '_' || c == '-');
    if is_rule {
        let next = lines.iter().skip(1).position(|line| !is_blank(line));
        return next.is_some_and(|next| next < 3 && is_head(&lines[next + 1..], ours));
    }
    is_head(lines, ours)
}

fn is_title(line: &str) -> bool {
    let inner = line.trim_matches(['-', '_', ' ', '*']);
    let has_dashes = line.starts_with("--") && line.ends_with("--");
    has_dashes && TITLES.contains(&inner.to_lowercase().as_str())
}

/// A line "From: …", and shortly below it when and about what. Where it is from us, one of the two will do.
fn is_head(lines: &[&str], ours: &[String]) -> bool {
    let Some((label, value)) = lines.first().and_then(|line| field(line)) else {
        return false;
    };
    if !FROM.contains(&label.as_str()) || value.is_empty() {
        return false;
    }
    let (mut has_date, mut has_subject, mut has_recipient) = (false, false, false);
    let mut names_us = false;
    for line in lines.iter().take(MOST_LINES).filter(|line| !is_blank(line)) {
        let lower = line.to_lowercase();
        names_us |= ours.iter().any(|address| lower.contains(address.as_str()));
        if let Some((label, _)) = field(line) {
            has_date |= SENT.contains(&label.as_str());
            has_subject |= SUBJECT.contains(&label.as_str());
            has_recipient |= TO.contains(&label.as_str());
        }
    }
    let has = u8::from(has_date) + u8::from(has_subject) + u8::from(has_recipient);
    has >= 2 || (names_us && has >= 1)
}

/// `*Von:* Acme` is `von` and `Acme`.
fn field(line: &str) -> Option<(String, &str)> {
    let line = line.trim().trim_start_matches('*');
    let (label, value) = line.split_once([':', '：'])?;
    let label = label.trim_matches(['*', ' ', '\u{a0}', '\u{202f}']);
    let is_label = !label.is_empty() && label.chars().count() <= 20;
    is_label.then(|| (label.to_lowercase(), value.trim_matches(['*', ' '])))
}
