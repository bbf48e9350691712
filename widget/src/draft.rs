//! What is kept of the request until there is a receipt. The boot script keeps it, so that it works without this module; what the panel adds
//! goes through here.

use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::File;

use crate::{api, messages, session::Session, uploads::UploadNumber};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["cornerdeskBoot", "draft"], js_name = adopted)]
    fn adopted(listener: &JsValue);
    #[wasm_bindgen(js_namespace = ["cornerdeskBoot", "draft"], js_name = note)]
    fn note(member: &str, value: &JsValue);
    /// Keeps a file for the case of a reload.
    #[wasm_bindgen(js_namespace = ["cornerdeskBoot", "draft"], js_name = keepFile)]
    pub fn keep_file(number: UploadNumber, file: &File);
    /// Lets go of it.
    #[wasm_bindgen(js_namespace = ["cornerdeskBoot", "draft"], js_name = dropFile)]
    pub fn drop_file(number: UploadNumber);
    /// Gives the request another key.
    #[wasm_bindgen(js_namespace = ["cornerdeskBoot", "draft"], js_name = renew)]
    pub fn renew_key();
    /// There is a receipt: nothing is kept any more.
    #[wasm_bindgen(js_namespace = ["cornerdeskBoot", "draft"], js_name = done)]
    pub fn done();
}

/// The uploads, as [`kept`](crate::uploads::kept) writes them.
pub fn note_uploads(lines: &str) {
    note("uploads", &lines.into());
}

/// Whether the person has pressed Send and has no receipt yet: then it is sent after a reload.
pub fn note_pending(pending: bool) {
    note("pending", &pending.into());
}

/// A request whose answer is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// What the person has said: the request without the details of the page.
    pub essence: String,
    /// The request as it was sent.
    pub body: String,
}

/// The request that is sent now and may never be answered; empty when there was an answer.
pub fn note_unanswered(request: &Unanswered) {
    note("essence", &request.essence.as_str().into());
    note("body", &request.body.as_str().into());
}

/// Takes over what was kept, and hears what becomes of it: an object is a draft, `true` says that it is to be sent, null that it was emptied.
pub fn listen(session: Session) {
    adopted(&messages::callback(Box::new(move |said| {
        if said.is_object() {
            let text = |name| api::text(&said, name).unwrap_or_default();
            let unanswered = Unanswered {
                essence: text("essence"),
                body: text("body"),
            };
            let files = api::member(&said, "files").unchecked_into();
            session.take_draft(&text("uploads"), &files, unanswered);
        } else if said.is_truthy() {
            session.resume();
        } else {
            session.emptied();
        }
    })));
}
