//! The form that the service has sent. Its controls exist once, in the document: the panel reads and marks them and never makes them,
//! so nothing typed, no focus and no composition of an input method is lost when the panel arrives.

use cornerdesk_shared::validation::Field;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    Event, EventTarget, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement,
};

/// The element with this id.
#[must_use]
pub fn by_id(id: &str) -> Option<HtmlElement> {
    web_sys::window()?
        .document()?
        .get_element_by_id(id)?
        .dyn_into()
        .ok()
}

/// Listens for as long as the document lives.
pub fn listen(target: &EventTarget, event: &str, listener: impl FnMut(Event) + 'static) {
    let listener = Closure::<dyn FnMut(Event)>::new(listener).into_js_value();
    // Adding a listener cannot fail: the name is a constant and the listener a function.
    target
        .add_event_listener_with_callback(event, listener.unchecked_ref())
        .ok();
}

/// The form's controls.
#[derive(Clone, Debug)]
pub struct Form {
    /// The form itself.
    pub element: HtmlFormElement,
    /// The button that sends.
    pub send: HtmlElement,
    /// The text of the button that sends.
    pub send_label: HtmlElement,
    /// The control for files.
    pub attachments: HtmlInputElement,
    summary: HtmlInputElement,
    description: HtmlTextAreaElement,
    email: HtmlInputElement,
    key: HtmlInputElement,
    token: Option<HtmlInputElement>,
    trap: Option<HtmlInputElement>,
}

impl Form {
    /// Finds the controls. `None` when one is missing: then the form stays what it is.
    #[must_use]
    pub fn adopt() -> Option<Self> {
        let element: HtmlFormElement = by_id("form")?.dyn_into().ok()?;
        let hidden = |selector| -> Option<HtmlInputElement> {
            element.query_selector(selector).ok()??.dyn_into().ok()
        };
        let key = hidden("[name=idempotency_key]")?;
        let (token, trap) = (hidden("[name=form_token]"), hidden("[name=website]"));
        Some(Self {
            send: by_id("send")?,
            send_label: by_id("send-label")?,
            attachments: by_id("attachments")?.dyn_into().ok()?,
            summary: by_id("summary")?.dyn_into().ok()?,
            description: by_id("description")?.dyn_into().ok()?,
            email: by_id("email")?.dyn_into().ok()?,
            key,
            token,
            trap,
            element,
        })
    }

    /// What stands in a field of text. Empty for fields that are not text.
    #[must_use]
    pub fn value(&self, field: Field) -> String {
        match field {
            Field::Summary => self.summary.value(),
            Field::Description => self.description.value(),
            Field::Email => self.email.value(),
            _ => String::new(),
        }
    }

    /// Makes the form ready for another request. The address stays: nobody should type it twice.
    pub fn clear(&self) {
        self.summary.set_value("");
        self.description.set_value("");
    }

    /// Marks a field as wrong or right for assistive technology and for the eye.
    pub fn mark(&self, field: Field, wrong: bool) {
        let Some(control) = by_id(control_id(field)) else {
            return;
        };
        if wrong {
            control.set_attribute("aria-invalid", "true").ok();
        } else {
            control.remove_attribute("aria-invalid").ok();
        }
    }

    /// Keeps the texts from being changed while they are on their way. They stay readable, selectable and focusable.
    pub fn set_read_only(&self, read_only: bool) {
        self.summary.set_read_only(read_only);
        self.description.set_read_only(read_only);
        self.email.set_read_only(read_only);
    }

    /// The idempotency key of this request.
    #[must_use]
    pub fn key(&self) -> String {
        self.key.value()
    }

    /// The token that says when the form was handed out.
    #[must_use]
    pub fn token(&self) -> String {
        self.token
            .as_ref()
            .map(HtmlInputElement::value)
            .unwrap_or_default()
    }

    /// Whether the field is filled that people do not see.
    #[must_use]
    pub fn is_trapped(&self) -> bool {
        self.trap
            .as_ref()
            .is_some_and(|trap| !trap.value().is_empty())
    }

    /// A key for another request.
    pub fn renew_key(&self) {
        self.key.set_value(&new_key());
    }
}

/// The id of the control of a field.
#[must_use]
pub fn control_id(field: Field) -> &'static str {
    match field {
        Field::UploadIds => "attachments",
        field => field.as_str(),
    }
}

/// Whether a person can change the field.
#[must_use]
pub fn has_control(field: Field) -> bool {
    matches!(
        field,
        Field::Summary | Field::Description | Field::Email | Field::Attachments | Field::UploadIds
    )
}

/// The field of a control's name.
#[must_use]
pub fn field_of(event: &Event) -> Option<Field> {
    Field::from_wire(&event.target()?.dyn_into::<HtmlElement>().ok()?.id())
}

/// A random UUID, version 4. By hand, because `crypto.randomUUID` is missing on pages without TLS.
fn new_key() -> String {
    let mut key = String::with_capacity(36);
    for place in 0..36 {
        // Below 16, so the cast keeps everything.
        let random = (js_sys::Math::random() * 16.0) as u32;
        key.push(match place {
            8 | 13 | 18 | 23 => '-',
            14 => '4',
            19 => char::from_digit(random & 3 | 8, 16).unwrap_or('8'),
            _ => char::from_digit(random, 16).unwrap_or('0'),
        });
    }
    key
}
