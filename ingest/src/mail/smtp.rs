//! Conversations with the mail server.
//!
//! Lettre's own transport tells that a mail was refused, not what was refused: the sender, the recipient or the message. It also waits for an
//! answer without end. So the conversation is held here, command by command, on lettre's connection.

pub mod address;

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::DEFAULT_MECHANISMS,
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};

use tokio::net::TcpStream;

use address::{Encryption, SmtpAddress};

/// A mail server that takes our mail, and the conversations with it that may be used again.
#[derive(Debug)]
pub struct Relay {
    address: SmtpAddress,
    patience: Duration,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}

/// What the server did not take; the words are ours and hold codes only.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// There was no conversation: not reached, no answer, no encryption, refused before it was about a mail. Says nothing about the mail.
    Server(String),
    /// It got all of the mail and did not answer: it may have taken it, or not.
    Unanswered,
    /// This mail not now (4xx).
    NotNow(String),
    /// Nobody can be reached under the recipient's address (5xx to `RCPT`).
    Recipient(String),
    /// This mail never (5xx to anything else).
    Refused(String),
}

/// How far a conversation was when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connect,
    Sender,
    Recipient,
    Message,
    /// The mail itself is on its way, and then the answer to it.
    Content,
}

/// What went wrong.
#[derive(Debug)]
enum Trouble {
    /// The server did not answer in time.
    Late,
    /// There is no way to it.
    Unreached,
    /// It answered with a no, or not as a mail server does, or not at all.
    Smtp(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Smtp(error)
    }
}

impl Relay {
    /// The server has `patience` for all that comes before a mail, and as much again for the mail.
    #[must_use]
    pub const fn new(address: SmtpAddress, patience: Duration) -> Self {
        Self {
            address,
            patience,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Hands one mail over; `Ok` when the server has it. A conversation that fails or is given up (dropped) is closed and never used again, so
    /// that no mail is sent to another one's recipient.
    ///
    /// It ends within twice the patience: once for all that comes before the mail, and once for the mail and the answer to it. Whoever gives up
    /// later than that never interrupts a mail that may have arrived.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn hand_over(&self, envelope: &Envelope, mail: &[u8]) -> Result<(), Fault> {
        let announced = tokio::time::timeout(self.patience, self.announced(envelope, mail)).await;
        let mut connection = announced
            .unwrap_or(Err((Stage::Connect, Trouble::Late)))
            .map_err(|(stage, trouble)| fault(stage, &trouble))?;
        let sent = tokio::time::timeout(self.patience, connection.message(mail)).await;
        sent.map_or(Err(Trouble::Late), |answer| answer.map_err(Trouble::Smtp))
            .map_err(|trouble| fault(Stage::Content, &trouble))?;
        self.keep(connection);
        Ok(())
    }

    /// A conversation in which the server waits for the mail.
    async fn announced(
        &self,
        envelope: &Envelope,
        mail: &[u8],
    ) -> Result<AsyncSmtpConnection, (Stage, Trouble)> {
        if let Some(mut connection) = self.take_idle() {
            match announce(&mut connection, envelope, mail).await {
                // The server may have closed it while nobody looked (lettre#743); then nothing was said about this mail.
                Err((Stage::Sender, Trouble::Smtp(error)))
                    if error.status().is_none_or(is_closing) => {}
                ended => return ended.map(|()| connection),
            }
        }
        let connected = self.connect().await;
        let mut connection = connected.map_err(|trouble| (Stage::Connect, trouble))?;
        announce(&mut connection, envelope, mail).await?;
        Ok(connection)
    }

    /// Keeps a conversation that went well.
    fn keep(&self, connection: AsyncSmtpConnection) {
        let since = Instant::now();
        self.idle().push(Idle { connection, since });
    }

    /// Servers close conversations that say nothing, so they are not kept for long.
    fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        const KEEP: Duration = Duration::from_secs(10);
        let mut idle = self.idle();
        idle.retain(|idle| idle.since.elapsed() < KEEP);
        idle.pop().map(|idle| idle.connection)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let address = &self.address;
        let hello = address
            .hello
            .clone()
            .map_or_else(ClientId::default, ClientId::Domain);
        let tls = || TlsParameters::new(address.host.clone());
        let mut connection = match address.encryption {
            // Lettre makes such a connection only by itself, and each mail over it may cost the 40 ms that `at_once` saves.
            Encryption::Immediate => {
                let to = (address.host.as_str(), address.port);
                AsyncSmtpConnection::connect_tokio1(to, None, &hello, Some(tls()?), None).await?
            }
            _ => {
                let stream = Box::new(self.at_once().await?);
                AsyncSmtpConnection::connect_with_transport(stream, &hello).await?
            }
        };
        let upgrade = match address.encryption {
            Encryption::Required => true,
            Encryption::Opportunistic => connection.can_starttls(),
            Encryption::None | Encryption::Immediate => false,
        };
        if upgrade {
            connection.starttls(tls()?, &hello).await?;
        }
        if let Some(credentials) = &address.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// A connection that sends each packet at once. Lettre writes a mail and the dot behind it one after the other; without `TCP_NODELAY` the dot
    /// waits for the acknowledgement of the mail's last packet, which the other side puts off by 40 ms or more.
    async fn at_once(&self) -> Result<TcpStream, Trouble> {
        let to = (self.address.host.as_str(), self.address.port);
        let connecting = TcpStream::connect(to).await;
        let stream = connecting.map_err(|_| Trouble::Unreached)?;
        stream.set_nodelay(true).map_err(|_| Trouble::Unreached)?;
        Ok(stream)
    }
}

/// Says who gets a mail from whom, and that it comes now.
async fn announce(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &[u8],
) -> Result<(), (Stage, Trouble)> {
    let server = connection.server_info();
    let mut parameters = Vec::new();
    // To a server without SMTPUTF8 such an address is sent as it is, and the server says what it thinks of it.
    let is_ascii = envelope
        .to()
        .iter()
        .chain(envelope.from())
        .all(|address| AsRef::<str>::as_ref(address).is_ascii());
    if !is_ascii && server.supports_feature(Extension::SmtpUtfEight) {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !mail.is_ascii() && server.supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let at = |stage| move |error| (stage, Trouble::Smtp(error));
    let sender = Mail::new(envelope.from().cloned(), parameters);
    let answer = connection.command(sender).await;
    answer.map_err(at(Stage::Sender))?;
    for recipient in envelope.to() {
        let recipient = Rcpt::new(recipient.clone(), Vec::new());
        let answer = connection.command(recipient).await;
        answer.map_err(at(Stage::Recipient))?;
    }
    let answer = connection.command(Data).await;
    answer.map_err(at(Stage::Message))?;
    Ok(())
}

/// 421: the server closes the conversation (RFC 5321 §3.8).
fn is_closing(code: lettre::transport::smtp::response::Code) -> bool {
    u16::from(code) == 421
}

fn fault(stage: Stage, trouble: &Trouble) -> Fault {
    let status = match trouble {
        Trouble::Smtp(error) => error.status(),
        _ => None,
    };
    // Whether all of it had left is not known either; to the person who gets a mail twice it is the same.
    if stage == Stage::Content && status.is_none() {
        return Fault::Unanswered;
    }
    let error = match trouble {
        Trouble::Late => {
            return Fault::Server("the mail server did not answer in time".to_owned());
        }
        Trouble::Unreached => {
            return Fault::Server("the mail server cannot be reached".to_owned());
        }
        Trouble::Smtp(error) => error,
    };
    let Some(code) = error.status() else {
        return Fault::Server(unanswered(error).to_owned());
    };
    let text = std::error::Error::source(error).map(ToString::to_string);
    let enhanced = text.as_deref().and_then(enhanced_code);
    judge(stage, u16::from(code), enhanced)
}

fn unanswered(error: &Error) -> &'static str {
    if error.is_tls() {
        "no encrypted connection to the mail server"
    } else if error.is_client() {
        "the mail server does not offer what is needed (encryption, a way to sign in)"
    } else {
        "the mail server cannot be reached"
    }
}

/// What an answer at a stage means. An answer before the mail is spoken of is about us and may pass, even a 5xx: a wrong password or a
/// block of our address must not cost a single mail. A 5xx about the mail is final (RFC 5321 §4.2.1).
fn judge(stage: Stage, code: u16, enhanced: Option<&str>) -> Fault {
    let shown = enhanced.map_or_else(|| code.to_string(), |enhanced| format!("{code} {enhanced}"));
    match (stage, code) {
        (Stage::Connect, _) | (_, 421 | 530 | 535) => {
            Fault::Server(format!("the mail server does not talk to us now: {shown}"))
        }
        (_, ..500) => Fault::NotNow(format!(
            "the mail server cannot take the message now: {shown}"
        )),
        (Stage::Recipient, _) if is_about_the_address(enhanced) => Fault::Recipient(format!(
            "the mail server says that the address cannot be reached: {shown}"
        )),
        _ => Fault::Refused(format!("the mail server refused the message: {shown}")),
    }
}

/// Subject 1 is the address, 2 the mailbox (RFC 3463 §3). A server without such codes answered the address, so it is taken at its word; one that
/// speaks of policy (5.7.1, relaying denied) speaks of us.
fn is_about_the_address(enhanced: Option<&str>) -> bool {
    enhanced.is_none_or(|code| !code.starts_with("5.7.") && !code.starts_with("5.3.4"))
}

/// `5.1.1` at the beginning of an answer's text.
fn enhanced_code(text: &str) -> Option<&str> {
    let first = text.split_whitespace().next()?;
    let mut numbers = first.split('.');
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let is_code = matches!(numbers.next(), Some("4" | "5"))
        && is_number(numbers.next())
        && is_number(numbers.next())
        && numbers.next().is_none();
    is_code.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_means_what_it_was_an_answer_to() {
        let kind = |stage, code, enhanced| match judge(stage, code, enhanced) {
            Fault::Server(_) => "server",
            Fault::NotNow(_) => "not now",
            Fault::Recipient(_) => "recipient",
            Fault::Unanswered => "unanswered",
            Fault::Refused(_) => "refused",
        };
        for (stage, code, enhanced, meaning) in [
            (Stage::Connect, 421, None, "server"),
            (Stage::Connect, 535, Some("5.7.8"), "server"),
            (Stage::Connect, 554, None, "server"),
            (Stage::Sender, 421, None, "server"),
            (Stage::Sender, 451, None, "not now"),
            (Stage::Sender, 530, Some("5.7.0"), "server"),
            (Stage::Sender, 553, Some("5.1.8"), "refused"),
            (Stage::Recipient, 450, Some("4.2.1"), "not now"),
            (Stage::Recipient, 550, None, "recipient"),
            (Stage::Recipient, 550, Some("5.1.1"), "recipient"),
            (Stage::Recipient, 500, Some("5.3.0"), "recipient"),
            (Stage::Recipient, 554, Some("5.7.1"), "refused"),
            (Stage::Message, 452, Some("4.3.1"), "not now"),
            (Stage::Message, 554, Some("5.6.0"), "refused"),
            (Stage::Content, 451, Some("4.7.1"), "not now"),
            (Stage::Content, 554, Some("5.6.0"), "refused"),
        ] {
            assert_eq!(kind(stage, code, enhanced), meaning, "{stage:?} {code}");
        }
    }

    #[test]
    fn no_answer_means_more_when_the_mail_had_left() {
        for (stage, is_ambiguous) in [
            (Stage::Connect, false),
            (Stage::Recipient, false),
            (Stage::Message, false),
            (Stage::Content, true),
        ] {
            let fault = fault(stage, &Trouble::Late);
            assert_eq!(
                matches!(fault, Fault::Unanswered),
                is_ambiguous,
                "{stage:?}"
            );
        }
    }

    #[test]
    fn only_the_code_of_an_answer_is_kept() {
        assert_eq!(
            enhanced_code("5.1.1 <ada@x.example>: unknown"),
            Some("5.1.1")
        );
        for text in [
            "",
            "no such user",
            "5.1",
            "5.1.1.1 x",
            "2.1.5 ok",
            "5.a.1 x",
            "5.1234.1",
        ] {
            assert_eq!(enhanced_code(text), None, "{text}");
        }
    }
}
