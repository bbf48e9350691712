//! The form that the service has sent. Its controls exist once, in the document: the panel reads and marks them and never makes them,
//! so nothing typed, no focus and no composition of an input method is lost when the panel arrives.

use cornerdesk_shared::validation::Field;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    Element, Event, EventTarget, HtmlElement, HtmlFormElement, HtmlInputElement,
    HtmlTextAreaElement,
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

/// The elements of the form that match a selector.
#[must_use]
pub fn all(selector: &str) -> Vec<Element> {
    let found = by_id("form").and_then(|form| form.query_selector_all(selector).ok());
    let Some(found) = found else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|at| found.get(at)?.dyn_into().ok())
        .collect()
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

    /// Makes the form ready for another request. The address stays: nobody should type it twice. So does what the host page has filled and
    /// locked: nobody could write it again.
    pub fn clear(&self) {
        if !self.summary.has_attribute("data-locked") {
            self.summary.set_value("");
        }
        if !self.description.has_attribute("data-locked") {
            self.description.set_value("");
        }
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
        // Those that the host page has filled and locked stay so.
        let locked = |control: &Element| read_only || control.has_attribute("data-locked");
        self.summary.set_read_only(locked(&self.summary));
        self.description.set_read_only(locked(&self.description));
        self.email.set_read_only(locked(&self.email));
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
}

/// The id of the control of a field.
#[must_use]
pub fn control_id(field: Field) -> &'static str {
    match field {
        Field::UploadIds => "attachments",
        field => field.as_str(),
    }
}

/// The fields that can be marked, with a slot for what is wrong. A form without a policy has not all of them.
pub const MARKED: [Field; 7] = [
    Field::Summary,
    Field::Description,
    Field::Category,
    Field::Impact,
    Field::Tried,
    Field::Attachments,
    Field::Email,
];

/// Whether a person can change the field.
#[must_use]
pub fn has_control(field: Field) -> bool {
    field == Field::UploadIds || MARKED.contains(&field)
}

/// The field of a control's name. Not of its id: of the buttons of a category only the first one has the field's.
#[must_use]
pub fn field_of(event: &Event) -> Option<Field> {
    let control = event.target()?.dyn_into::<HtmlElement>().ok()?;
    Field::from_wire(&control.get_attribute("name")?)
}
