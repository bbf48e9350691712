//! One connection of a mail server.

use std::{io, time::Duration};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_util::sync::CancellationToken;

use super::command::{self, Command};
use crate::{
    mail::incoming::{
        MOST_BYTES,
        receive::{Envelope, Receiver, Refused},
    },
    telemetry::chain,
};

/// Longest line of a command, in octets (RFC 5321 §4.5.3.1.4, with room for extensions).
const LINE_MOST_OCTETS: u64 = 2_048;
/// Most recipients of one mail (RFC 5321 §4.5.3.1.8).
const MOST_RECIPIENTS: usize = 100;
/// To an address that is none of ours.
const NOBODY: &str = "550 5.1.1 nobody of that name";
/// To a mail that comes again.
const NOT_NOW: &str = "451 4.3.0 not now";
/// Most commands that are none, before we hang up.
const MOST_FAULTS: u32 = 20;

/// What a connection runs on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A mail on its way.
#[derive(Debug, Default)]
struct Transaction {
    sender: Option<String>,
    recipients: Vec<String>,
}

/// Speaks with a mail server until it goes, is silent for `idle`, or we stop; a mail that has come is answered first.
pub(super) async fn serve(
    stream: Box<dyn Stream>,
    receiver: &Receiver,
    stop: &CancellationToken,
    idle: Duration,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut is_known, mut faults) = (false, 0);
    let mut transaction = Transaction::default();
    say(&mut stream, "220 cornerdesk LMTP").await?;
    loop {
        let line = tokio::select! {
            line = tokio::time::timeout(idle, line(&mut stream)) => line,
            () = stop.cancelled() => return say(&mut stream, "421 4.3.2 we stop").await,
        };
        let Ok(line) = line else {
            return say(&mut stream, "421 4.4.2 silent for too long").await;
        };
        let Some(line) = line? else { return Ok(()) };
        let command = command::read(&line);
        let answer = match command {
            Command::Quit => return say(&mut stream, "221 2.0.0 bye").await,
            Command::Hello => {
                (is_known, transaction) = (true, Transaction::default());
                greeting()
            }
            Command::OtherProtocol => "500 5.5.1 this is LMTP: LHLO".to_owned(),
            Command::Reset => {
                transaction = Transaction::default();
                "250 2.0.0 forgotten".to_owned()
            }
            Command::Nothing => "250 2.0.0 so be it".to_owned(),
            Command::Verify => "252 2.5.0 send and see".to_owned(),
            Command::Malformed => "501 5.5.4 no address that can be read".to_owned(),
            Command::Unknown => "500 5.5.2 no such command".to_owned(),
            _ if !is_known => "503 5.5.1 LHLO first".to_owned(),
            Command::From { size, .. } if size.is_some_and(|size| size > MOST_BYTES as u64) => {
                "552 5.3.4 too long".to_owned()
            }
            Command::From { .. } if transaction.sender.is_some() => {
                "503 5.5.1 one mail at a time".to_owned()
            }
            Command::From { sender, .. } => {
                transaction.sender = Some(sender);
                "250 2.1.0 go on".to_owned()
            }
            Command::To(recipient) => transaction.add(recipient, receiver).await,
            Command::Data if transaction.recipients.is_empty() => "503 5.5.1 for whom?".to_owned(),
            Command::Data => {
                let taken = std::mem::take(&mut transaction);
                say(&mut stream, "354 end with a dot").await?;
                let raw = tokio::time::timeout(idle, body(&mut stream)).await;
                let Ok(raw) = raw else {
                    return say(&mut stream, "421 4.4.2 too slow").await;
                };
                let Some(raw) = raw? else { return Ok(()) };
                for recipient in &taken.recipients {
                    let answer = take(receiver, recipient, &taken, &raw).await;
                    say(&mut stream, &answer).await?;
                }
                continue;
            }
        };
        if answer.starts_with('5') {
            faults += 1;
        }
        if faults > MOST_FAULTS {
            return say(&mut stream, "421 4.7.0 too many faults").await;
        }
        say(&mut stream, &answer).await?;
    }
}

impl Transaction {
    async fn add(&mut self, recipient: String, receiver: &Receiver) -> String {
        if self.sender.is_none() {
            return "503 5.5.1 from whom?".to_owned();
        }
        if self.recipients.len() >= MOST_RECIPIENTS {
            return "452 4.5.3 too many recipients".to_owned();
        }
        let answer = match receiver.place(&recipient).await {
            Ok(Some(_)) => {
                self.recipients.push(recipient);
                "250 2.1.5 go on"
            }
            Ok(None) => NOBODY,
            Err(error) => {
                tracing::warn!(error = chain(&error), "nobody knows for whom a mail is");
                NOT_NOW
            }
        };
        answer.to_owned()
    }
}

fn greeting() -> String {
    let extensions = ["PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"];
    let lines = extensions.map(|extension| format!("250-{extension}\r\n"));
    format!("250-cornerdesk\r\n{}250 SIZE {MOST_BYTES}", lines.concat())
}

/// Brings a mail to one recipient; each has an answer of its own (RFC 2033 §4.2).
async fn take(
    receiver: &Receiver,
    recipient: &str,
    transaction: &Transaction,
    raw: &[u8],
) -> String {
    let envelope = Envelope {
        recipient: Some(recipient),
        sender: transaction.sender.as_deref(),
    };
    match receiver.receive(envelope, raw.to_vec()).await {
        Ok(taken) => {
            tracing::info!(what = taken.describe(), "a mail came in");
            "250 2.0.0 taken".to_owned()
        }
        Err(error) => {
            tracing::warn!(
                error = chain(&error),
                is_for_good = error.is_for_good(),
                "a mail was not taken"
            );
            answer(&error)
        }
    }
}

/// What the mail server is told of a mail that was not taken. It tells the sender of what begins with a 5: so nothing that a program wrote is answered so.
fn answer(refused: &Refused) -> String {
    match refused {
        Refused::Unreadable(_) => "554 5.6.0 no mail that can be read".to_owned(),
        Refused::NoToken | Refused::NoTicket => NOBODY.to_owned(),
        Refused::Automatic => format!("250 2.0.0 dropped: {refused}"),
        Refused::NoSender | Refused::NoRequest => format!("550 5.6.0 {refused}"),
        Refused::IdentityRequired | Refused::NotEntitled => format!("550 5.7.1 {refused}"),
        Refused::TooMany => "451 4.7.1 too many within an hour".to_owned(),
        Refused::Files(_) | Refused::NotNow | Refused::Store(_) => NOT_NOW.to_owned(),
    }
}

/// A line without its end; nothing at the end of the connection.
async fn line(stream: &mut BufReader<Box<dyn Stream>>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut limited = stream.take(LINE_MOST_OCTETS);
    if limited.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        let fault = "a line that does not end";
        return Err(io::Error::new(io::ErrorKind::InvalidData, fault));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

/// A mail up to the dot, dots unstuffed (RFC 5321 §4.5.2). It ends with CR LF, a dot and CR LF, and with nothing else: a lone LF ends no line, so nobody can
/// slip a second mail in. What is longer than a mail may be is read and thrown away: reading the rest tells that it is too long.
async fn body(stream: &mut BufReader<Box<dyn Stream>>) -> io::Result<Option<Vec<u8>>> {
    let mut raw: Vec<u8> = Vec::new();
    let mut line = Vec::new();
    let (mut is_begin, mut last) = (true, 0);
    loop {
        line.clear();
        // A line may be as long as the mail; in pieces, so that none is in memory twice.
        let mut limited = (&mut *stream).take(64 * 1024);
        if limited.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if is_begin && line == b".\r\n" {
            return Ok(Some(raw));
        }
        let kept = if is_begin && line.first() == Some(&b'.') {
            &line[1..]
        } else {
            &line[..]
        };
        if raw.len() <= MOST_BYTES {
            raw.extend_from_slice(kept);
        }
        // The two may have come in two pieces.
        is_begin = line.ends_with(b"\r\n") || (line == b"\n" && last == b'\r');
        last = line.last().copied().unwrap_or_default();
    }
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, answer: &str) -> io::Result<()> {
    stream.write_all(answer.as_bytes()).await?;
    stream.write_all(b"\r\n").await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &'static [u8]) -> Option<Vec<u8>> {
        let (mut ours, theirs) = tokio::io::duplex(1 << 20);
        ours.write_all(bytes).await.unwrap();
        drop(ours);
        let theirs: Box<dyn Stream> = Box::new(theirs);
        body(&mut BufReader::new(theirs)).await.unwrap()
    }

    #[tokio::test]
    async fn a_mail_ends_with_a_dot_between_whole_line_ends_and_with_nothing_else() {
        let cases: [(&[u8], Option<&[u8]>); 7] = [
            (b"a\r\n.\r\nQUIT\r\n", Some(b"a\r\n")),
            (b".\r\n", Some(b"")),
            (b"a\r\n..b\r\n.\r\n", Some(b"a\r\n.b\r\n")),
            (b"a\n.\nMAIL\r\n.\r\n", Some(b"a\n.\nMAIL\r\n")),
            (b"a\n.\r\nMAIL\r\n.\r\n", Some(b"a\n.\r\nMAIL\r\n")),
            (b"a\r\n.\nb\r\n.\r\n", Some(b"a\r\n\nb\r\n")),
            (b"a\r\n", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(bytes).await.as_deref(), expected, "{bytes:?}");
        }
    }
}
