//! To and from the loader in the host page, through the boot script that came with the form.
//!
//! The boot script checks who speaks and answers `shown`, `prefill` and `identify` by itself: they work without the panel. What the host page says
//! about itself goes to `widget/modules/departure.js`, which shows it and writes it into the request.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::File;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = post)]
    fn post(kind: &str, data: &JsValue);
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = takeFiles)]
    fn take_files(on_files: &JsValue);
    /// Makes a smaller copy of a large photo; the listener gets it, or hears nothing.
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = smaller)]
    pub fn make_smaller(file: &File, listener: &JsValue);
    /// Lets the person mark a picture; the listener gets the marked one, null when they do not want it, or false when it cannot be done.
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = mark)]
    pub fn mark(file: &File, listener: &JsValue);
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = whySilent)]
    fn tell_why_silent(file: Option<&File>, listener: &JsValue);
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = work)]
    fn work_in_worker(challenge: &str, on_message: &JsValue) -> Function;
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = identityToken)]
    fn token_of_identity() -> String;
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = renewIdentity)]
    fn renew(listener: &JsValue);
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = mayGo)]
    fn may_it_go(go: &JsValue) -> bool;
    /// What goes along about the host page, as JSON; empty when nothing does.
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = context)]
    pub fn context() -> String;
    /// What stands in a field that the site's policy adds to the form; nothing where it adds none.
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = field)]
    pub fn field(name: &str) -> Option<String>;
    /// What the person has decided about it, as a text: other decisions, another text.
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = choices)]
    pub fn choices() -> String;
}

/// Tells the loader that a request goes out.
pub fn post_submit() {
    post("submit", &JsValue::UNDEFINED);
}

/// Tells the loader that a request did not arrive, and why.
pub fn post_error(kind: &str) {
    post("error", &object("kind", &kind.into()));
}

/// Tells the loader that a ticket was made.
pub fn post_sent(reference: &str) {
    post("sent", &object("reference", &reference.into()));
}

/// Tells the loader whether something is still on its way.
pub fn post_busy(busy: bool) {
    post("busy", &object("busy", &busy.into()));
}

/// May the request go as it is? If not, the document says why, and `go` is called when the person has decided.
pub fn may_go(mut go: Box<dyn FnMut()>) -> bool {
    may_it_go(&callback(Box::new(move |_| go())))
}

/// Files that wait and all that come: chosen, dropped, pasted. Folders come by name.
pub fn on_files(mut listener: Box<dyn FnMut(Vec<File>, Vec<String>)>) {
    take_files(&callback(Box::new(move |came| {
        let came = came.unchecked_into::<Array>();
        let folders = came.iter().filter_map(|name| name.as_string()).collect();
        let files = came.iter().filter_map(|file| file.dyn_into().ok());
        listener(files.collect(), folders);
    })));
}

/// Why a request had no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Its file cannot be read.
    NoFile,
    /// The browser says that there is no network.
    NoNetwork,
    /// Something between us and the service refuses this one request: the service answers others.
    Blocked,
    /// The network or the service; nobody knows.
    Unknown,
}

/// Asks why a request, perhaps with a file, had no answer.
pub fn why_silent(file: Option<&File>, mut listener: Box<dyn FnMut(Silence)>) {
    let on_answer = callback(Box::new(move |said| {
        listener(match said.as_bool() {
            None if said.is_string() => Silence::Blocked,
            None => Silence::NoFile,
            Some(false) => Silence::NoNetwork,
            Some(true) => Silence::Unknown,
        });
    }));
    tell_why_silent(file, &on_answer);
}

/// A function for the boot script. One type for all: each type of its own costs glue.
#[must_use]
pub fn callback(function: Box<dyn FnMut(JsValue)>) -> JsValue {
    Closure::wrap(function).into_js_value()
}

/// The token of the person whom the product vouches for; empty when there is none.
#[must_use]
pub fn identity_token() -> String {
    token_of_identity()
}

/// Asks the host page for another token, and says whether one came that the service believes.
pub fn renew_identity(mut listener: Box<dyn FnMut(bool)>) {
    renew(&callback(Box::new(move |is_fresh| {
        listener(is_fresh.is_truthy());
    })));
}

/// What the worker says that does the work of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerSaid {
    /// It goes on; so likely, in percent, it would be done by now.
    Percent(u32),
    /// It is done.
    Proof(String),
    /// The challenge could not be fetched.
    Unreachable,
    /// This browser cannot do it.
    Impossible,
}

impl WorkerSaid {
    /// From what crosses the boundary: a number, a text, `false` or null.
    fn read(said: &JsValue) -> Self {
        if let Some(percent) = said.as_f64() {
            // Whole, from 0 to 100.
            return Self::Percent(percent as u32);
        }
        match said.as_string() {
            Some(proof) => Self::Proof(proof),
            None if said.is_null() => Self::Impossible,
            None => Self::Unreachable,
        }
    }
}

/// Does the work of the challenge at an address and answers what stops it.
pub fn work(challenge: &str, mut on_message: Box<dyn FnMut(WorkerSaid)>) -> Function {
    let listener = callback(Box::new(move |said| on_message(WorkerSaid::read(&said))));
    work_in_worker(challenge, &listener)
}

fn object(name: &str, value: &JsValue) -> JsValue {
    let object = Object::new();
    // Setting a member of a fresh object cannot fail.
    Reflect::set(&object, &name.into(), value).ok();
    object.into()
}
