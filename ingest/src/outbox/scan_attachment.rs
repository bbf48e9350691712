//! Asks a scanner for malware about a file, when one is configured.

use std::{io, time::Duration};

use clamav_client::tokio::{Socket, Tcp, scan_stream};
use futures_util::TryStreamExt;

use super::{JobError, file_job, new_blob, tools::Tools};
use crate::{
    blobs::Reading,
    care::Scan,
    store::{self, jobs::Job},
    ticket::{Attachment, Fact},
};

/// The job's name.
pub const KIND: &str = "scan_attachment";

/// Attempts before a file is handed out unscanned: with the usual waits, about ten minutes. Staff must get at a customer's file some time.
const ATTEMPTS_MOST: i32 = 8;

/// What a scanner said.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    Infected(String),
    /// It does not want the file, and never will.
    Refused(&'static str),
}

/// Asks and writes the answer down. A second run finds that it is done.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<(), JobError> {
    let found = file_job::attachment_of(tools, job).await?;
    let Some(attachment) = found.filter(|found| found.care.scan == Scan::Pending) else {
        return Ok(());
    };
    let (scan, detail) = match ask(tools, &attachment).await {
        Ok(Verdict::Clean) => (Scan::Clean, None),
        Ok(Verdict::Infected(name)) => (Scan::Infected, Some(name)),
        Ok(Verdict::Refused(reason)) => (Scan::Unscanned, Some(reason.to_owned())),
        Err(_) if job.attempts >= ATTEMPTS_MOST => (
            Scan::Unscanned,
            Some("the scanner could not be asked".to_owned()),
        ),
        Err(error) => return Err(error),
    };
    write_down(tools, &job.site, &attachment, scan, detail).await
}

async fn ask(tools: &Tools, attachment: &Attachment) -> Result<Verdict, JobError> {
    let file = tools.blobs.read(&attachment.blob).await;
    let file = file.map_err(|error| new_blob::later(&error))?;
    let most = Duration::from_millis(tools.clamav.timeout_ms);
    let asked = tokio::time::timeout(most, send(&tools.clamav.address, file)).await;
    let answer = asked
        .map_err(|_| JobError::Retry("the scanner did not answer in time".to_owned()))?
        .map_err(|error| JobError::Retry(format!("the scanner cannot be asked: {error}")))?;
    verdict(&answer).ok_or_else(|| JobError::Retry("the scanner answered with an error".to_owned()))
}

/// A path is a socket of this machine, everything else host and port.
async fn send(address: &str, file: Reading) -> io::Result<Vec<u8>> {
    let file = file.map_err(io::Error::other);
    if address.starts_with('/') {
        scan_stream(
            file,
            Socket {
                socket_path: address,
            },
            None,
        )
        .await
    } else {
        scan_stream(
            file,
            Tcp {
                host_address: address,
            },
            None,
        )
        .await
    }
}

/// `stream: OK`, `stream: NAME FOUND` or `INSTREAM size limit exceeded. ERROR` (clamd, INSTREAM).
fn verdict(answer: &[u8]) -> Option<Verdict> {
    let answer = String::from_utf8_lossy(answer);
    let answer = answer.trim_end_matches(['\0', '\n']);
    if answer.contains("size limit exceeded") {
        return Some(Verdict::Refused("larger than the scanner takes"));
    }
    let said = answer.strip_prefix("stream: ")?;
    match said.strip_suffix(" FOUND") {
        Some(name) => {
            let is_plain = |c: &char| c.is_ascii_graphic() || *c == ' ';
            Some(Verdict::Infected(
                name.chars().filter(is_plain).take(100).collect(),
            ))
        }
        None if said == "OK" => Some(Verdict::Clean),
        None => None,
    }
}

async fn write_down(
    tools: &Tools,
    site: &str,
    attachment: &Attachment,
    scan: Scan,
    detail: Option<String>,
) -> Result<(), JobError> {
    let mut tx = tools.store.write_for(site).await?;
    let scanned =
        store::attachments::scanned(&mut tx, site, attachment.id, scan, detail.as_deref()).await?;
    if let (Some(ticket), Scan::Infected) = (scanned, scan) {
        let fact = Fact::MalwareFound {
            file: attachment.name.clone(),
            name: detail.unwrap_or_default(),
        };
        store::timeline::append(&mut tx, site, ticket, tools.clock.now(), &fact).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_verdict_or_none() {
        for (answer, expected) in [
            (&b"stream: OK\0"[..], Some(Verdict::Clean)),
            (
                b"stream: Eicar-Test FOUND\0",
                Some(Verdict::Infected("Eicar-Test".to_owned())),
            ),
            (
                b"INSTREAM size limit exceeded. ERROR\0",
                Some(Verdict::Refused("larger than the scanner takes")),
            ),
            (b"stream: NOT OK\0", None),
            (b"stream: Can't allocate memory ERROR\0", None),
            (b"OK", None),
            (b"", None),
        ] {
            assert_eq!(verdict(answer), expected, "{}", answer.escape_ascii());
        }
    }
}
