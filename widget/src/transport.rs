//! One HTTP request of the panel.
//!
//! `XMLHttpRequest` for everything: only it reports the progress of an upload, and one way to the network is smaller than two.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventTarget, ProgressEvent, XmlHttpRequest};

/// A request without its body.
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// Where to.
    pub url: &'a str,
    /// The headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// When to stop waiting for an answer; zero waits for as long as the browser does.
    pub timeout_ms: u32,
}

/// What a request carries.
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// A text.
    Text(&'a str),
    /// Bytes that the browser reads from the file by itself: they never enter the module's memory.
    Bytes(&'a web_sys::Blob),
}

/// The answer. Status 0 when there was none.
pub struct Response(XmlHttpRequest);

impl Response {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status().unwrap_or(0)
    }

    /// The body.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.response_text().ok().flatten().unwrap_or_default()
    }

    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        self.0.get_response_header(name).ok().flatten()
    }

    /// A header that is a whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.parse().ok()
    }
}

/// A request that is on its way.
pub struct Running(XmlHttpRequest);

impl Running {
    /// Stops it; nothing is reported any more.
    pub fn stop(&self) {
        self.0.set_onloadend(None);
        if let Ok(upload) = self.0.upload() {
            upload.set_onprogress(None);
        }
        self.0.abort().ok();
    }
}

/// Opens a request; nothing leaves.
pub fn open(method: &str, url: &str, headers: &[(&str, &str)]) -> Option<XmlHttpRequest> {
    let xhr = XmlHttpRequest::new().ok()?;
    xhr.open_with_async(method, url, true).ok()?;
    for (name, value) in headers {
        xhr.set_request_header(name, value).ok()?;
    }
    Some(xhr)
}

/// Sends a request. `on_progress` hears how many bytes of the body have left, `on_end` hears the answer exactly once.
pub fn send(
    request: &Request<'_>,
    body: &Body<'_>,
    on_progress: Option<Box<dyn FnMut(u64)>>,
    on_end: Box<dyn FnOnce(&Response)>,
) -> Option<Running> {
    let xhr = open(request.method, request.url, request.headers)?;
    xhr.set_timeout(request.timeout_ms);
    if let (Some(mut on_progress), Ok(upload)) = (on_progress, xhr.upload()) {
        // Sizes of files are whole numbers far below 2⁵³.
        let listener = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            on_progress(event.loaded() as u64);
        });
        upload.set_onprogress(Some(listener.into_js_value().unchecked_ref()));
    }
    let response = Response(xhr.clone());
    let listener: JsValue = Closure::once_into_js(move || on_end(&response));
    // Fires after success, failure, time-out and interruption alike.
    xhr.set_onloadend(Some(listener.unchecked_ref()));
    let sent = match body {
        Body::Empty => xhr.send(),
        Body::Text(text) => xhr.send_with_opt_str(Some(text)),
        Body::Bytes(bytes) => xhr.send_with_opt_blob(Some(bytes)),
    };
    sent.ok()?;
    Some(Running(xhr))
}

/// Whether there may be a network. A "no" of the browser can be trusted, a "yes" cannot.
#[must_use]
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Listens for the network's return.
pub fn on_online(listener: impl FnMut() + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let mut listener = listener;
    let target: &EventTarget = &window;
    crate::form::listen(target, "online", move |_| listener());
}

/// Calls once after a pause; gives the number by which [`cancel`] stops it.
pub fn after(pause_s: u32, call: Box<dyn FnOnce()>) -> i32 {
    let callback: JsValue = Closure::once_into_js(call);
    let pause_ms = i32::try_from(pause_s.saturating_mul(1000)).unwrap_or(i32::MAX);
    web_sys::window()
        .and_then(|window| {
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(
                    callback.unchecked_ref(),
                    pause_ms,
                )
                .ok()
        })
        .unwrap_or(0)
}

/// Stops what [`after`] was to call.
pub fn cancel(timer: i32) {
    if let Some(window) = web_sys::window() {
        window.clear_timeout_with_handle(timer);
    }
}
