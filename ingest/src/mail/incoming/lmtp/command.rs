//! What a mail server may say (RFC 2033, RFC 5321 §4.1). Pure.

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `LHLO`.
    Hello,
    /// `HELO` and `EHLO`: another protocol (RFC 2033 §4.1).
    OtherProtocol,
    /// `MAIL FROM:<…>`, with the size that it announces.
    From { sender: String, size: Option<u64> },
    /// `RCPT TO:<…>`.
    To(String),
    /// `DATA`.
    Data,
    /// `RSET`.
    Reset,
    /// `NOOP`.
    Nothing,
    /// `VRFY`.
    Verify,
    /// `QUIT`.
    Quit,
    /// An address or parameter that cannot be read.
    Malformed,
    /// Anything else.
    Unknown,
}

/// Reads a line without its end.
pub(super) fn read(line: &str) -> Command {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb.to_ascii_uppercase().as_str() {
        "LHLO" => Command::Hello,
        "HELO" | "EHLO" => Command::OtherProtocol,
        "MAIL" => match path(rest, "FROM:") {
            Some((sender, parameters)) => Command::From {
                sender,
                size: size(parameters),
            },
            None => Command::Malformed,
        },
        "RCPT" => match path(rest, "TO:") {
            Some((recipient, _)) if !recipient.is_empty() => Command::To(recipient),
            _ => Command::Malformed,
        },
        "DATA" => Command::Data,
        "RSET" => Command::Reset,
        "NOOP" => Command::Nothing,
        "VRFY" => Command::Verify,
        "QUIT" => Command::Quit,
        _ => Command::Unknown,
    }
}

/// `FROM:<a@b> SIZE=1` is the address, and what follows.
fn path<'a>(text: &'a str, keyword: &str) -> Option<(String, &'a str)> {
    let text = text.trim_start();
    let (found, rest) = text.split_at_checked(keyword.len())?;
    if !found.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let rest = rest.trim_start().strip_prefix('<')?;
    let (address, parameters) = rest.split_once('>')?;
    let is_plain = address
        .chars()
        .all(|c| !c.is_control() && !c.is_whitespace() && c != '<');
    (is_plain && address.len() <= 320).then(|| (address.to_owned(), parameters))
}

fn size(parameters: &str) -> Option<u64> {
    let mut parameters = parameters.split_whitespace();
    parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_it = name.eq_ignore_ascii_case("SIZE");
        is_it.then(|| value.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case() {
        let from = |sender: &str, size| Command::From {
            sender: sender.to_owned(),
            size,
        };
        for (line, command) in [
            ("LHLO relay.example", Command::Hello),
            ("ehlo relay.example", Command::OtherProtocol),
            ("MAIL FROM:<a@b.example>", from("a@b.example", None)),
            ("mail from: <> SIZE=12 BODY=8BITMIME", from("", Some(12))),
            (
                "RCPT TO:<a+b@c.example>",
                Command::To("a+b@c.example".to_owned()),
            ),
            ("RCPT TO:<>", Command::Malformed),
            ("RCPT TO:a@b", Command::Malformed),
            ("MAIL FROM:<a b@c>", Command::Malformed),
            ("MAIL", Command::Malformed),
            ("data", Command::Data),
            ("RSET", Command::Reset),
            ("NOOP x", Command::Nothing),
            ("QUIT", Command::Quit),
            ("BDAT 1", Command::Unknown),
            ("", Command::Unknown),
        ] {
            assert_eq!(read(line), command, "{line}");
        }
    }
}
