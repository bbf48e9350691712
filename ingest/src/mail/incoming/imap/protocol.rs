//! As much of IMAP as it takes to read mails and mark them (RFC 3501, RFC 2177, RFC 6851).

use std::{io, time::Duration};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use crate::mail::incoming::MOST_BYTES;

/// Longest answer besides the mails in it, in octets.
const LINE_MOST_OCTETS: usize = 1024 * 1024;
/// A server ends an IDLE that lasts longer (RFC 2177).
const IDLE_MOST: Duration = Duration::from_secs(25 * 60);

/// What a connection runs on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a server can do besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Can {
    pub idles: bool,
    pub moves: bool,
}

/// An answer: its line, and the literals that stood in it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    line: String,
    literals: Vec<Vec<u8>>,
}

/// A conversation with a server.
pub(super) struct Connection {
    stream: BufReader<Box<dyn Stream>>,
    number: u32,
}

impl Connection {
    /// Waits for the server's greeting.
    pub(super) async fn greeted(stream: Box<dyn Stream>) -> io::Result<Self> {
        let mut connection = Self {
            stream: BufReader::new(stream),
            number: 0,
        };
        let greeting = connection.answer().await?;
        if greeting.line.to_ascii_uppercase().starts_with("* OK") {
            Ok(connection)
        } else {
            Err(refused())
        }
    }

    pub(super) async fn log_in(&mut self, user: &str, password: &str) -> io::Result<()> {
        let command = format!("LOGIN {} {}", quoted(user)?, quoted(password)?);
        self.ask(&command).await.map(drop)
    }

    pub(super) async fn capabilities(&mut self) -> io::Result<Can> {
        let answers = self.ask("CAPABILITY").await?;
        let has = |wanted: &str| {
            let lines = answers
                .iter()
                .map(|answer| answer.line.to_ascii_uppercase());
            lines
                .filter(|line| line.starts_with("* CAPABILITY"))
                .any(|line| line.split_whitespace().any(|word| word == wanted))
        };
        Ok(Can {
            idles: has("IDLE"),
            moves: has("MOVE"),
        })
    }

    pub(super) async fn select(&mut self, folder: &str) -> io::Result<()> {
        let command = format!("SELECT {}", quoted(folder)?);
        self.ask(&command).await.map(drop)
    }

    /// Mails that nobody has dealt with, the oldest first.
    pub(super) async fn unread(&mut self) -> io::Result<Vec<u32>> {
        let answers = self.ask("UID SEARCH UNSEEN UNFLAGGED UNDELETED").await?;
        let mut found: Vec<u32> = answers
            .iter()
            .filter_map(|answer| {
                let line = answer.line.to_ascii_uppercase();
                line.strip_prefix("* SEARCH").map(str::to_owned)
            })
            .flat_map(|numbers| {
                let numbers = numbers
                    .split_whitespace()
                    .filter_map(|word| word.parse().ok());
                numbers.collect::<Vec<u32>>()
            })
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// How long a mail is; nothing when it is gone.
    pub(super) async fn size(&mut self, uid: u32) -> io::Result<Option<u64>> {
        let answers = self
            .ask(&format!("UID FETCH {uid} (UID RFC822.SIZE)"))
            .await?;
        let mut sizes = answers.iter().filter(|answer| is_about(answer, uid));
        Ok(sizes.find_map(|answer| number_after(&answer.line, "RFC822.SIZE")))
    }

    /// A mail, which stays unread.
    pub(super) async fn fetch(&mut self, uid: u32) -> io::Result<Option<Vec<u8>>> {
        let answers = self
            .ask(&format!("UID FETCH {uid} (UID BODY.PEEK[])"))
            .await?;
        let mut mails = answers.into_iter().filter(|answer| is_about(answer, uid));
        Ok(mails.find_map(|mut answer| answer.literals.pop()))
    }

    pub(super) async fn flag(&mut self, uid: u32, flag: &str) -> io::Result<()> {
        let command = format!("UID STORE {uid} +FLAGS.SILENT ({flag})");
        self.ask(&command).await.map(drop)
    }

    pub(super) async fn put_away(
        &mut self,
        uid: u32,
        folder: &str,
        can_move: bool,
    ) -> io::Result<()> {
        let folder = quoted(folder)?;
        if can_move {
            return self
                .ask(&format!("UID MOVE {uid} {folder}"))
                .await
                .map(drop);
        }
        self.ask(&format!("UID COPY {uid} {folder}")).await?;
        self.flag(uid, "\\Deleted").await
    }

    pub(super) async fn nothing(&mut self) -> io::Result<()> {
        self.ask("NOOP").await.map(drop)
    }

    /// Waits until the server says something, or so long.
    pub(super) async fn idle(&mut self, most: Duration, patience: Duration) -> io::Result<()> {
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let tag = self.send("IDLE").await?;
        let begun = async {
            loop {
                let answer = self.answer().await?;
                if answer.line.starts_with('+') {
                    return Ok(());
                }
                if answer.line.starts_with(&tag) {
                    return Err(refused());
                }
            }
        };
        tokio::time::timeout(patience, begun)
            .await
            .map_err(|_| late())??;
        let told = async {
            loop {
                let answer = self.answer().await?;
                let line = answer.line.to_ascii_uppercase();
                if line.starts_with("* BYE") {
                    return Err(refused());
                }
                // "Still here" is nothing.
                if !line.starts_with("* OK") {
                    return Ok(());
                }
            }
        };
        if let Ok(ended) = tokio::time::timeout(most.min(IDLE_MOST), told).await {
            ended?;
        }
        self.stream.write_all(b"DONE\r\n").await?;
        self.stream.flush().await?;
        let done = tokio::time::timeout(patience, self.ended(&tag)).await;
        done.map_err(|_| late())?.map(drop)
    }

    async fn ask(&mut self, command: &str) -> io::Result<Vec<Answer>> {
        let tag = self.send(command).await?;
        self.ended(&tag).await
    }

    async fn send(&mut self, command: &str) -> io::Result<String> {
        self.number = self.number.wrapping_add(1);
        let tag = format!("c{} ", self.number);
        let line = format!("{tag}{command}\r\n");
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.flush().await?;
        Ok(tag)
    }

    /// Everything up to the answer that ends a command.
    async fn ended(&mut self, tag: &str) -> io::Result<Vec<Answer>> {
        let mut answers = Vec::new();
        loop {
            let answer = self.answer().await?;
            if let Some(verdict) = answer.line.strip_prefix(tag) {
                return if verdict.to_ascii_uppercase().starts_with("OK") {
                    Ok(answers)
                } else {
                    Err(refused())
                };
            }
            answers.push(answer);
        }
    }

    /// A line, with the literals in it (RFC 3501 §4.3).
    async fn answer(&mut self) -> io::Result<Answer> {
        let mut answer = Answer::default();
        loop {
            let mut line = Vec::new();
            let room = LINE_MOST_OCTETS.saturating_sub(answer.line.len());
            let mut limited = (&mut self.stream).take(room as u64);
            if limited.read_until(b'\n', &mut line).await? == 0 || !line.ends_with(b"\r\n") {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            line.truncate(line.len() - 2);
            let line = String::from_utf8_lossy(&line).into_owned();
            let Some((before, size)) = literal(&line) else {
                answer.line.push_str(&line);
                return Ok(answer);
            };
            answer.line.push_str(before);
            if size > MOST_BYTES || answer.literals.len() >= 10 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut bytes = vec![0; size];
            self.stream.read_exact(&mut bytes).await?;
            answer.literals.push(bytes);
        }
    }
}

/// A refusal of the server, without its words.
fn refused() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

/// `* 1 FETCH (BODY[] {12}` is what stands before, and twelve octets.
fn literal(line: &str) -> Option<(&str, usize)> {
    let (before, size) = line.strip_suffix('}')?.rsplit_once('{')?;
    Some((before, size.trim_end_matches('+').parse().ok()?))
}

fn is_about(answer: &Answer, uid: u32) -> bool {
    answer.line.to_ascii_uppercase().contains(" FETCH ")
        && number_after(&answer.line, "UID") == Some(u64::from(uid))
}

fn number_after(line: &str, name: &str) -> Option<u64> {
    let mut words = line.split([' ', '(', ')']);
    words.find(|word| word.eq_ignore_ascii_case(name))?;
    words.find(|word| !word.is_empty())?.parse().ok()
}

/// A string as it stands in a command.
fn quoted(text: &str) -> io::Result<String> {
    if text.contains(char::is_control) || !text.is_ascii() {
        let fault = "the mailbox's user, password and folders are ASCII";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, fault));
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &'static [u8]) -> io::Result<Answer> {
        let (mut theirs, ours) = tokio::io::duplex(1 << 16);
        theirs.write_all(bytes).await?;
        drop(theirs);
        let mut connection = Connection {
            stream: BufReader::new(Box::new(ours)),
            number: 0,
        };
        connection.answer().await
    }

    #[tokio::test]
    async fn a_mail_is_a_literal_whatever_stands_in_it() {
        let answer = read(b"* 1 FETCH (UID 7 BODY[] {13}\r\nc1 OK\r\n)\r\n{9} FLAGS ())\r\n").await;
        let answer = answer.unwrap();
        assert_eq!(answer.literals, [b"c1 OK\r\n)\r\n{9}".to_vec()]);
        assert!(is_about(&answer, 7) && !is_about(&answer, 8), "{answer:?}");
    }

    #[tokio::test]
    async fn what_is_too_long_or_cut_off_is_a_fault() {
        for bytes in [
            &b"* 1 FETCH (BODY[] {99999999}\r\n"[..],
            b"* OK",
            b"",
            b"* 1 FETCH (BODY[] {4}\r\nab",
        ] {
            assert!(read(bytes).await.is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_size_is_found_wherever_it_stands() {
        let line = "* 12 FETCH (RFC822.SIZE 345 UID 7)";
        assert_eq!(number_after(line, "rfc822.size"), Some(345));
        assert_eq!(number_after(line, "UID"), Some(7));
        assert_eq!(number_after(line, "FLAGS"), None);
    }

    #[test]
    fn a_password_cannot_end_its_command() {
        assert_eq!(quoted("a\"b\\c").unwrap(), "\"a\\\"b\\\\c\"");
        assert!(quoted("a\r\nb").is_err() && quoted("ä").is_err());
    }
}
