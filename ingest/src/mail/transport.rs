//! The way out for mail: an SMTP server, or a folder for demos and trials.

use std::{io, path::PathBuf, time::Duration};

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, address::Envelope,
    message::Mailbox, transport::smtp::PoolConfig,
};

use super::Identity;
use crate::config::Config;

/// Sends mails.
#[derive(Debug)]
pub struct Mailer {
    identity: Identity,
    bounce_address: Option<Address>,
    transport: Transport,
}

#[derive(Debug)]
enum Transport {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(PathBuf),
}

/// Why a mail was not sent; the text is ours and holds no address (a server's own words may).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may work later.
    #[error("{0}")]
    Temporary(String),
    /// The server will never take this mail.
    #[error("{0}")]
    Permanent(String),
}

impl Mailer {
    /// The way out that the configuration names.
    ///
    /// # Errors
    /// Says which key is wrong.
    pub fn new(config: &Config) -> Result<Self, String> {
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
            "smtp" => Transport::Smtp(Box::new(smtp(config)?)),
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
        })
    }

    /// Who we are in a mail.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Hands a mail over; `Ok` when the server or the disk has it.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, message: Message) -> Result<(), SendError> {
        let bytes = message.formatted();
        match &self.transport {
            Transport::Smtp(transport) => {
                // RFC 3834 §3.3: an automatic message has a return path that nobody answers: the null path, or the operator's bounce address.
                let envelope = Envelope::new(
                    self.bounce_address.clone(),
                    message.envelope().to().to_vec(),
                )
                .map_err(|error| SendError::Permanent(error.to_string()))?;
                // A task of its own, which nobody aborts: a conversation that is given up half-way would go back to the pool as it is, and
                // the next mail would be sent to this one's recipient too. It ends by its own timeout.
                let transport = transport.clone();
                let sent = tokio::spawn(async move { transport.send_raw(&envelope, &bytes).await });
                match sent.await {
                    Ok(sent) => sent.map(drop).map_err(|error| verdict(&error)),
                    Err(_) => Err(SendError::Temporary("the service is ending".to_owned())),
                }
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
}

fn smtp(config: &Config) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    // A pooled connection that the server closed fails the next mail (lettre#743), so connections are not kept for long.
    const KEEP_IDLE: Duration = Duration::from_secs(10);
    let pool = PoolConfig::new().max_size(4).idle_timeout(KEEP_IDLE);
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(config.mail.smtp_url.reveal())
        .map_err(|_| "mail.smtp_url: not an address such as smtp://host:25".to_owned())?;
    Ok(builder
        .pool_config(pool)
        .timeout(Some(Duration::from_millis(config.mail.timeout_ms)))
        .build())
}

/// A 5xx answer is final (RFC 5321 §4.2.1); everything else may pass.
fn verdict(error: &lettre::transport::smtp::Error) -> SendError {
    match error.status() {
        Some(code) if error.is_permanent() => {
            SendError::Permanent(format!("the mail server refused the message: {code}"))
        }
        Some(code) => SendError::Temporary(format!(
            "the mail server cannot take the message now: {code}"
        )),
        None if error.is_timeout() => {
            SendError::Temporary("the mail server did not answer in time".to_owned())
        }
        None if error.is_tls() => {
            SendError::Temporary("no encrypted connection to the mail server".to_owned())
        }
        None => SendError::Temporary("the mail server cannot be reached".to_owned()),
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
