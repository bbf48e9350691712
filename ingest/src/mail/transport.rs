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

use jiff::{SignedDuration, Timestamp};
use lettre::{Address, Message, address::Envelope, message::Mailbox};

use super::{
    Identity,
    breaker::{Breaker, Change, Sign},
    smtp::{Fault, Relay, address::SmtpAddress},
};
use crate::{clock::Clock, config::Config, ids};

/// Sends mails.
#[derive(Debug)]
pub struct Mailer {
    identity: Identity,
    bounce_address: Option<Address>,
    transport: Transport,
    /// The mail server came back after long, and nobody asked yet.
    is_back: AtomicBool,
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
    pub fn new(config: &Config, clock: &Clock) -> Result<Self, String> {
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
            transport,
            is_back: AtomicBool::new(false),
        })
    }

    /// Who we are in a mail.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
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

    /// Hands a mail over; `Ok` when the server or the disk has it.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: Message) -> Result<(), SendError> {
        let bytes = message.formatted();
        match &self.transport {
            Transport::Smtp { relay, .. } => {
                // RFC 3834 §3.3: an automatic message has a return path that nobody answers: the null path, or the operator's bounce address.
                let envelope = Envelope::new(
                    self.bounce_address.clone(),
                    message.envelope().to().to_vec(),
                )
                .map_err(|error| SendError::Permanent(error.to_string()))?;
                let ended = relay.hand_over(&envelope, &bytes).await;
                self.note(sign(&ended, &bytes));
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
        Err(Fault::Server(_)) => Sign::Failed,
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
