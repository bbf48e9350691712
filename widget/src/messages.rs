//! To and from the loader in the host page, through the boot script that came with the form.
//!
//! The boot script checks who speaks, answers `shown`, `prefill` and `identify` by itself (they work without the panel) and keeps what
//! the host page says about itself.

use cornerdesk_shared::page_context::{PageContext, VALUE_MOST_OCTETS};
use js_sys::{Function, Object, Reflect};
use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = post)]
    fn post(kind: &str, data: &JsValue);
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = adopted)]
    fn adopted();
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = work)]
    fn work_in_worker(challenge: &str, on_message: &JsValue) -> Function;
    #[wasm_bindgen(js_namespace = cornerdeskBoot, js_name = pageContext)]
    fn page_context(on_change: &JsValue) -> JsValue;
}

/// Tells the loader that a ticket was made.
pub fn post_sent(reference: &str) {
    post("sent", &object("reference", &reference.into()));
}

/// Tells the loader whether something is still on its way.
pub fn post_busy(busy: bool) {
    post("busy", &object("busy", &busy.into()));
}

/// Tells the boot script that the panel shows chosen files from now on.
pub fn say_adopted() {
    adopted();
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
    let listener =
        Closure::<dyn FnMut(JsValue)>::new(move |said| on_message(WorkerSaid::read(&said)));
    work_in_worker(challenge, &listener.into_js_value())
}

/// What the host page says about itself, now and whenever it says something new. Nothing on the stand-alone form.
pub fn on_page_context(mut listener: Box<dyn FnMut(PageContext)>) {
    let on_change = Closure::<dyn FnMut(JsValue)>::new(move |said: JsValue| listener(read(&said)));
    let on_change = on_change.into_js_value();
    page_context(&on_change);
}

fn read(said: &JsValue) -> PageContext {
    let text = |name: &str| {
        Reflect::get(said, &name.into())
            .ok()?
            .as_string()
            .and_then(fitting)
    };
    let navigator = web_sys::window().map(|window| window.navigator());
    PageContext {
        page_url: text("url"),
        page_title: text("title"),
        browser: navigator
            .as_ref()
            .and_then(|navigator| navigator.user_agent().ok())
            .and_then(fitting),
        viewport: text("viewport"),
        language: navigator
            .and_then(|navigator| navigator.language())
            .and_then(fitting),
        time_zone: time_zone().and_then(fitting),
        app_version: text("appVersion"),
    }
}

/// A text that is there and within the limit of the wire; a longer one is no loss worth failing for.
fn fitting(text: String) -> Option<String> {
    (!text.is_empty() && text.len() <= VALUE_MOST_OCTETS).then_some(text)
}

fn time_zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::default();
    Reflect::get(&format.resolved_options(), &"timeZone".into())
        .ok()?
        .as_string()
}

fn object(name: &str, value: &JsValue) -> JsValue {
    let object = Object::new();
    // Setting a member of a fresh object cannot fail.
    Reflect::set(&object, &name.into(), value).ok();
    object.into()
}
