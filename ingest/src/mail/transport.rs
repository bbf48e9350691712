//! The way out for mail: an SMTP server, or a folder for demos and trials.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cornerdesk_shared::reference::Reference;
use jiff::{SignedDuration, Timestamp};
use lettre::{Address, Message, address::Envelope, message::Mailbox};

use super::{
    Identity,
    dkim::Signer,
    machine::OwnAddresses,
    smtp::{Fault, Relay, address::SmtpAddress},
    verp::Verp,
};
use crate::{
    clock::Clock,
    config::Config,
    ids,
    outbox::breaker::{Breaker, Change, Sign},
    store::jobs::UNANSWERED,
};

/// Sends mails.
#[derive(Debug)]
pub struct Mailer {
    identity: Identity,
    bounce_address: Option<Address>,
    verp: Option<Verp>,
    /// Where answers go that are to reach their ticket.
    replies: Option<Verp>,
    own_addresses: OwnAddresses,
    signer: Option<Signer>,
    transport: Transport,
    /// The mail server came back after long, and nobody asked yet.
    is_back: AtomicBool,
}

/// Secrets of the installation with which addresses are made that only we can make.
#[derive(Clone)]
pub struct Secrets {
    /// [`crate::secrets::Name::ReturnPath`].
    pub return_path: [u8; 32],
    /// [`crate::secrets::Name::ReplyAddress`].
    pub reply_address: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

#[derive(Debug)]
enum Transport {
    Smtp {
        relay: Box<Relay>,
        breaker: Mutex<Breaker>,
        clock: Clock,
    },
    Folder(PathBuf),
}

/// Why a mail was not sent; the text is ours and holds codes, never a server's words, in which an address may stand.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may work later.
    #[error("{0}")]
    Temporary(String),
    /// The server got all of it and did not answer: it may have taken it, or not (RFC 1047).
    #[error("{UNANSWERED}")]
    Unanswered,
    /// The server will never take this mail.
    #[error("{0}")]
    Permanent(String),
    /// Nobody can be reached under the recipient's address.
    #[error("{0}")]
    Undeliverable(String),
}

impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Server(reason) | Fault::NotNow(reason) => Self::Temporary(reason),
            Fault::Unanswered => Self::Unanswered,
            Fault::Refused(reason) => Self::Permanent(reason),
            Fault::Recipient(reason) => Self::Undeliverable(reason),
        }
    }
}

impl Mailer {
    /// The way out that the configuration names.
    ///
    /// # Errors
    /// Says which key is wrong.
    pub fn new(config: &Config, secrets: &Secrets, clock: &Clock) -> Result<Self, String> {
        let mailbox = |key: &str, text: &str| {
            text.parse::<Mailbox>()
                .map_err(|error| format!("mail.{key}: {error}"))
        };
        let optional = |key: &str, text: &str| {
            if text.is_empty() {
                Ok(None)
            } else {
                mailbox(key, text).map(Some)
            }
        };
        let from = mailbox("from", &config.mail.from)?;
        let identity = Identity {
            domain: from.email.domain().to_owned(),
            reply_to: optional("reply_to", &config.mail.reply_to)?,
            from,
        };
        let bounce_address =
            optional("bounce_address", &config.mail.bounce_address)?.map(|mailbox| mailbox.email);
        let verp = bounce_address
            .as_ref()
            .filter(|_| config.mail.verp)
            .map(|address| Verp::new(address, &secrets.return_path));
        let reply_address = super::reply_address(config);
        let replies = (reply_address.as_ref())
            .map(|address| Verp::for_replies(address, &secrets.reply_address));
        let own_addresses = OwnAddresses::new(
            [Some(&identity.from), identity.reply_to.as_ref()]
                .into_iter()
                .flatten()
                .map(|mailbox| &mailbox.email)
                .chain(&bounce_address)
                .chain(&reply_address)
                .map(AsRef::as_ref),
        );
        let transport = match config.mail.transport.as_str() {
            "smtp" => Transport::Smtp {
                relay: Box::new(relay(config)?),
                breaker: Mutex::new(breaker(config)),
                clock: clock.clone(),
            },
            _ => {
                let folder = config.mail_folder();
                std::fs::create_dir_all(&folder)
                    .map_err(|error| format!("mail.folder: {}: {error}", folder.display()))?;
                Transport::Folder(folder)
            }
        };
        Ok(Self {
            identity,
            bounce_address,
            verp,
            replies,
            own_addresses,
            signer: Signer::load(&config.mail).map_err(|error| error.to_string())?,
            transport,
            is_back: AtomicBool::new(false),
        })
    }

    /// Who we are in a mail.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Who we are in a mail about a ticket: an answer to it reaches the ticket where `mail.reply_address` is set.
    #[must_use]
    pub fn identity_about(&self, about: Reference) -> Identity {
        let to_ticket = self.reply_to(about);
        let reply_to =
            to_ticket.map(|address| Mailbox::new(self.identity.from.name.clone(), address));
        Identity {
            reply_to: reply_to.or_else(|| self.identity.reply_to.clone()),
            ..self.identity.clone()
        }
    }

    /// The address under which an answer reaches its ticket, where there is one.
    #[must_use]
    pub fn reply_to(&self, about: Reference) -> Option<Address> {
        let replies = self.replies.as_ref()?;
        // The configuration was checked: there is room for the token.
        replies.return_path(about).ok()
    }

    /// Is the address one of ours: what we write from, where answers go, where bounces go?
    #[must_use]
    pub fn is_ours(&self, address: &str) -> bool {
        self.own_addresses.contain(address)
    }

    /// How many mails may be under way now; a mail server that is away gets one now and then.
    #[must_use]
    pub fn room(&self, now: Timestamp) -> usize {
        match &self.transport {
            Transport::Smtp { breaker, .. } => breaker
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .room(now),
            Transport::Folder(_) => usize::MAX,
        }
    }

    /// RFC 3834 §3.3: an automatic message has a return path that nobody answers: the null path, the operator's bounce address, or that with a
    /// token for the ticket.
    fn return_path(&self, about: Reference) -> Result<Option<Address>, SendError> {
        match &self.verp {
            Some(verp) => verp
                .return_path(about)
                .map(Some)
                .map_err(|error| SendError::Permanent(format!("mail.bounce_address: {error}"))),
            None => Ok(self.bounce_address.clone()),
        }
    }

    /// Hands a mail about a ticket over; `Ok` when the server or the disk has it.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: Message, about: Reference) -> Result<(), SendError> {
        let return_path = self.return_path(about)?;
        self.hand_over(message, return_path).await
    }

    /// Hands over what a person wrote. That it cannot be delivered must reach somebody: without an address for bounces it comes back to where answers go.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_of_a_person(
        &self,
        message: Message,
        about: Reference,
    ) -> Result<(), SendError> {
        let return_path = self.return_path(about)?.or_else(|| self.reply_to(about));
        self.hand_over(message, return_path).await
    }

    /// Hands a mail to our own staff over; a bounce of it is about no requester.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_to_staff(&self, message: Message) -> Result<(), SendError> {
        self.hand_over(message, self.bounce_address.clone()).await
    }

    async fn hand_over(
        &self,
        message: Message,
        return_path: Option<Address>,
    ) -> Result<(), SendError> {
        let mut bytes = message.formatted();
        if let Some(signer) = &self.signer {
            bytes = signer
                .sign(&bytes)
                .map_err(|error| SendError::Temporary(error.to_string()))?;
        }
        match &self.transport {
            Transport::Smtp { relay, .. } => {
                let recipients = message.envelope().to().to_vec();
                let envelope = Envelope::new(return_path, recipients)
                    .map_err(|error| SendError::Permanent(error.to_string()))?;
                let mut attempt = Attempt {
                    mailer: self,
                    sign: Sign::Failed,
                };
                let ended = relay.hand_over(&envelope, &bytes).await;
                attempt.sign = sign(&ended, &bytes);
                Ok(ended?)
            }
            Transport::Folder(folder) => {
                let id = message.headers().get_raw("Message-ID").unwrap_or_default();
                write_file(folder.clone(), file_name(id), bytes)
                    .await
                    .map_err(|error| {
                        SendError::Temporary(format!(
                            "the mail folder cannot be written: {}",
                            error.kind()
                        ))
                    })
            }
        }
    }

    fn note(&self, sign: Sign) {
        let Transport::Smtp { breaker, clock, .. } = &self.transport else {
            return;
        };
        let change = breaker.lock().unwrap_or_else(PoisonError::into_inner).note(
            sign,
            clock.now(),
            ids::new_fraction(),
        );
        match change {
            Change::None => {}
            Change::Away => {
                tracing::warn!("the mail server is away; mails wait, one is tried now and then");
            }
            Change::Back { after_long } => {
                tracing::info!("the mail server is back");
                if after_long {
                    self.is_back.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// Did the mail server come back after long since this was asked last? Then mails that were put off need wait no longer.
    pub fn came_back(&self) -> bool {
        self.is_back.swap(false, Ordering::Relaxed)
    }
}

/// An attempt to send. One that is given up half-way is a failure of the server too.
struct Attempt<'a> {
    mailer: &'a Mailer,
    sign: Sign,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.mailer.note(self.sign);
    }
}

fn relay(config: &Config) -> Result<Relay, String> {
    let address = SmtpAddress::parse(config.mail.smtp_url.reveal())
        .ok_or("mail.smtp_url: not an address such as smtp://host:25")?;
    Ok(Relay::new(
        address,
        Duration::from_millis(config.mail.timeout_ms),
    ))
}

fn breaker(config: &Config) -> Breaker {
    let first_wait = i64::try_from(config.outbox.backoff_base_ms).unwrap_or(i64::MAX);
    Breaker::new(
        config.outbox.workers,
        SignedDuration::from_millis(first_wait),
    )
}

/// What the end of a conversation says about the server.
fn sign(ended: &Result<(), Fault>, mail: &[u8]) -> Sign {
    match ended {
        Ok(()) | Err(Fault::Recipient(_) | Fault::Refused(_)) => Sign::Works,
        Err(Fault::Server(_) | Fault::Unanswered) => Sign::Failed,
        Err(Fault::NotNow(_)) => {
            let mut hasher = DefaultHasher::new();
            mail.hash(&mut hasher);
            Sign::PutOff(hasher.finish())
        }
    }
}

/// The same message has the same file name, so that sending twice leaves one file.
fn file_name(message_id: &str) -> String {
    let kept: String = message_id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-.@".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!("{}.eml", kept.trim_matches(['_', '.']))
}

async fn write_file(folder: PathBuf, name: String, bytes: Vec<u8>) -> io::Result<()> {
    let (part, whole) = (folder.join(format!(".{name}.part")), folder.join(name));
    tokio::fs::write(&part, bytes).await?;
    tokio::fs::File::open(&part).await?.sync_all().await?;
    tokio::fs::rename(part, whole).await
}
