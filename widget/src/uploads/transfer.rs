//! Makes the requests of the uploads. Files stay handles of the browser: their bytes never enter the module's memory.

use std::{cell::RefCell, mem};

use cornerdesk_shared::{
    problem::ProblemKind,
    upload::{OFFSET_OCTET_STREAM, TUS_VERSION},
};
use web_sys::File;

use super::{Outcome, Step, UploadNumber};
use crate::{
    api,
    messages::{Silence, why_silent},
    session::Session,
    transport::{self, Body, Request, Response, Running},
    words,
};

/// A small request that has no answer by then gets none.
const TIMEOUT_MS: u32 = 30_000;

/// The files of the uploads and their running requests.
#[derive(Default)]
pub struct Transfers(RefCell<Vec<Transfer>>);

struct Transfer {
    number: UploadNumber,
    /// Not there when it could not be kept through a reload.
    file: Option<File>,
    /// The same picture in another size.
    other: Option<File>,
    running: Option<Running>,
    pause: i32,
}

impl Transfers {
    /// Keeps a file, where there is one, for its upload.
    pub fn keep(&self, number: UploadNumber, file: Option<File>) {
        self.drop(number);
        self.0.borrow_mut().push(Transfer {
            number,
            file,
            other: None,
            running: None,
            pause: 0,
        });
    }

    /// Stops an upload; its file stays.
    pub fn stop(&self, number: UploadNumber) {
        self.with(number, |transfer| transfer.stop());
    }

    /// Keeps another size of a picture for the person to choose.
    pub fn offer(&self, number: UploadNumber, copy: File) {
        self.with(number, |transfer| transfer.other = Some(copy));
    }

    /// The file of an upload, if it is a picture that can be drawn on. A drawing of lines may hold more than what is seen, and of a film
    /// only one picture would be left.
    pub fn picture(&self, number: UploadNumber) -> Option<File> {
        let file = self.with(number, |transfer| transfer.file.clone())??;
        matches!(
            file.type_().as_str(),
            "image/png" | "image/jpeg" | "image/webp"
        )
        .then_some(file)
    }

    /// Stops an upload and puts the other size in its place. Gives the file that is sent now.
    pub fn swap(&self, number: UploadNumber) -> Option<File> {
        self.with(number, |transfer| {
            transfer.stop();
            mem::swap(&mut transfer.file, &mut transfer.other);
            transfer.file.clone()
        })?
    }

    fn with<T>(&self, number: UploadNumber, act: impl FnOnce(&mut Transfer) -> T) -> Option<T> {
        let mut transfers = self.0.borrow_mut();
        let transfer = transfers
            .iter_mut()
            .find(|transfer| transfer.number == number);
        transfer.map(act)
    }

    /// Stops an upload and lets go of its file.
    pub fn drop(&self, number: UploadNumber) {
        self.0.borrow_mut().retain(|transfer| {
            if transfer.number == number {
                transfer.stop();
            }
            transfer.number != number
        });
    }

    /// Stops all uploads and lets go of their files.
    pub fn drop_all(&self) {
        for transfer in self.0.take() {
            transfer.stop();
        }
    }

    /// Takes the next step of an upload and reports how it ended to the session.
    pub fn take_step(
        &self,
        session: Session,
        number: UploadNumber,
        location: Option<&str>,
        step: &Step,
    ) {
        let mut transfers = self.0.borrow_mut();
        let Some(transfer) = transfers
            .iter_mut()
            .find(|transfer| transfer.number == number)
        else {
            return;
        };
        transport::cancel(transfer.pause);
        if let Step::Rest { pause_s } = step {
            transfer.pause = transport::after(
                *pause_s,
                Box::new(move || session.upload_moved(number, Outcome::Rested)),
            );
            return;
        }
        if transfer.file.is_none() && needs_bytes(step) {
            transfer.report(session, Outcome::Lost);
            return;
        }
        transfer.running = transfer.request(session, location.unwrap_or_default(), step);
        if transfer.running.is_none() {
            // The browser would not even begin; that is an interruption like any other.
            transfer.report(session, Outcome::Interrupted);
        }
    }
}

/// An upload is not even created for a file that cannot be sent.
const fn needs_bytes(step: &Step) -> bool {
    matches!(step, Step::Create | Step::Append { .. })
}

impl Transfer {
    fn stop(&self) {
        transport::cancel(self.pause);
        if let Some(running) = &self.running {
            running.stop();
        }
    }

    /// Reports when nothing is borrowed any more.
    fn report(&mut self, session: Session, outcome: Outcome) {
        let number = self.number;
        self.pause = transport::after(0, Box::new(move || session.upload_moved(number, outcome)));
    }

    fn request(&self, session: Session, location: &str, step: &Step) -> Option<Running> {
        let number = self.number;
        let file = self.file.clone();
        let end = move |outcome_of: fn(&Response) -> Outcome| -> Box<dyn FnOnce(&Response)> {
            Box::new(move |response| {
                if response.status() == 0 {
                    why_silent(
                        file.as_ref(),
                        Box::new(move |why| session.upload_moved(number, after_silence(why))),
                    );
                } else {
                    session.upload_moved(number, outcome_of(response));
                }
            })
        };
        match step {
            Step::Create => {
                let file = self.file.as_ref()?;
                // The size of a file is a whole number below 2⁵³.
                let length = words::digits(file.size() as u64);
                let metadata = metadata(file);
                let headers = [
                    ("Tus-Resumable", TUS_VERSION),
                    ("Upload-Length", &length),
                    ("Upload-Metadata", &metadata),
                ];
                let request = Request {
                    method: "POST",
                    url: &session.uploads_url(),
                    headers: &headers,
                    timeout_ms: TIMEOUT_MS,
                };
                transport::send(&request, &Body::Empty, None, end(creation_outcome))
            }
            Step::AskOffset => {
                let request = Request {
                    method: "HEAD",
                    url: location,
                    headers: &[("Tus-Resumable", TUS_VERSION)],
                    timeout_ms: TIMEOUT_MS,
                };
                transport::send(&request, &Body::Empty, None, end(offset_outcome))
            }
            Step::Append { offset_bytes } => {
                let from = *offset_bytes;
                let rest = self.file.as_ref()?;
                let rest = rest.slice_with_f64(from as f64).ok()?;
                let offset = words::digits(from);
                let headers = [
                    ("Tus-Resumable", TUS_VERSION),
                    ("Upload-Offset", &offset),
                    ("Content-Type", OFFSET_OCTET_STREAM),
                ];
                let request = Request {
                    method: "PATCH",
                    url: location,
                    headers: &headers,
                    timeout_ms: 0,
                };
                let on_progress = move |bytes| {
                    session.upload_moved(
                        number,
                        Outcome::Progress {
                            sent_bytes: from + bytes,
                        },
                    );
                };
                transport::send(
                    &request,
                    &Body::Bytes(&rest),
                    Some(Box::new(on_progress)),
                    end(offset_outcome),
                )
            }
            Step::Rest { .. } => None,
        }
    }
}

/// Name and type of a file as tus wants them: keys in the clear, values in base64 of UTF-8.
fn metadata(file: &File) -> String {
    let mut metadata = ["filename ", &base64(&file.name())].concat();
    let media_type = file.type_();
    if !media_type.is_empty() {
        metadata.push_str(",filetype ");
        metadata.push_str(&base64(&media_type));
    }
    metadata
}

/// Base64 of the text's UTF-8. `btoa` reads one byte from each character, so every byte becomes the character of its number.
fn base64(text: &str) -> String {
    let octets: String = text.bytes().map(char::from).collect();
    web_sys::window()
        .and_then(|window| window.btoa(&octets).ok())
        .unwrap_or_default()
}

fn creation_outcome(response: &Response) -> Outcome {
    match response.header("Location") {
        Some(location) if response.status() == 201 => Outcome::Created { location },
        _ => failure(response),
    }
}

fn offset_outcome(response: &Response) -> Outcome {
    match response.number("Upload-Offset") {
        Some(offset_bytes) if matches!(response.status(), 200 | 204) => {
            Outcome::Arrived { offset_bytes }
        }
        _ => failure(response),
    }
}

const fn after_silence(why: Silence) -> Outcome {
    match why {
        Silence::NoFile => Outcome::Lost,
        Silence::NoNetwork => Outcome::Offline,
        Silence::Unknown | Silence::Blocked => Outcome::Interrupted,
    }
}

fn failure(response: &Response) -> Outcome {
    match response.status() {
        404 | 410 => Outcome::Gone,
        409 => Outcome::OffsetMismatch,
        // Success without what tus demands is as useless as no answer.
        0..=399 | 408 | 423 | 425 | 500.. => Outcome::Interrupted,
        429 => Outcome::TooMany,
        413 if api::problem_of(response) == Some(ProblemKind::StorageFull) => Outcome::NoRoom,
        _ => Outcome::Refused,
    }
}

/// Removes an upload from the service. Nobody waits for it: what is left behind expires there.
pub fn delete(location: &str) {
    let request = Request {
        method: "DELETE",
        url: location,
        headers: &[("Tus-Resumable", TUS_VERSION)],
        timeout_ms: TIMEOUT_MS,
    };
    transport::send(&request, &Body::Empty, None, Box::new(|_| {}));
}
