//! Elements of a page.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Session, text};

const SHADOW: &str = "shadow-6066-11e4-a52e-4f735466cecf";

/// An element of a page, or a shadow root.
#[derive(Clone, Debug)]
pub struct Element {
    session: Session,
    path: String,
    reference: Value,
}

impl Element {
    /// The element that the driver knows under `path`.
    pub(super) fn new(session: &Session, path: String, reference: &Value) -> Self {
        Self {
            session: session.clone(),
            path,
            reference: reference.clone(),
        }
    }

    /// Clicks in the middle of it, as a pointer does.
    pub async fn click(&self) -> Result<()> {
        let clicked = self.post("click", &json!({})).await;
        let Err(covered) = clicked else { return Ok(()) };
        if !covered.to_string().contains("element click intercepted") {
            return Err(covered);
        }
        // Something that stays in sight covers it: people scroll on.
        let script = "arguments[0].scrollIntoView({ block: 'center' })";
        self.session.run(script, &[self.as_argument()]).await?;
        self.post("click", &json!({})).await?;
        Ok(())
    }

    /// Moves the pointer to its middle.
    pub async fn hover(&self) -> Result<()> {
        let there = json!({ "type": "pointerMove", "origin": self.reference, "x": 0, "y": 0 });
        let pointer = json!({ "type": "pointer", "id": "mouse", "actions": [there] });
        self.session
            .post("actions", &json!({ "actions": [pointer] }))
            .await?;
        Ok(())
    }

    /// Moves the mouse through places, counted in CSS pixels from its middle, with the button down between the first and the last.
    pub async fn drag(&self, places: &[(i32, i32)]) -> Result<()> {
        let to = |&(x, y): &(i32, i32)| json!({ "type": "pointerMove", "origin": self.reference, "x": x, "y": y });
        let mut actions: Vec<_> = places.iter().map(to).collect();
        actions.insert(1, json!({ "type": "pointerDown", "button": 0 }));
        actions.push(json!({ "type": "pointerUp", "button": 0 }));
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.session
            .post("actions", &json!({ "actions": [mouse] }))
            .await?;
        Ok(())
    }

    /// Empties a field.
    pub async fn clear(&self) -> Result<()> {
        self.post("clear", &json!({})).await?;
        Ok(())
    }

    /// Focuses it and types; on a file input, names the file.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        self.post("value", &json!({ "text": text })).await?;
        Ok(())
    }

    /// The text as it is rendered.
    pub async fn text(&self) -> Result<String> {
        text(self.get("text").await?)
    }

    /// A property, such as `value`.
    pub async fn property(&self, name: &str) -> Result<Value> {
        self.get(&format!("property/{name}")).await
    }

    /// The property `value`.
    pub async fn value(&self) -> Result<String> {
        text(self.property("value").await?)
    }

    /// An attribute; `None` when it is not there.
    pub async fn attribute(&self, name: &str) -> Result<Option<String>> {
        let value = self.get(&format!("attribute/{name}")).await?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// Whether a person can see it.
    pub async fn is_displayed(&self) -> Result<bool> {
        let shown = self.get("displayed").await?;
        shown.as_bool().context("not a truth value")
    }

    /// Its accessible name, as the browser tells assistive technology.
    pub async fn accessible_name(&self) -> Result<String> {
        text(self.get("computedlabel").await?)
    }

    /// Its role, as the browser tells assistive technology.
    pub async fn accessible_role(&self) -> Result<String> {
        text(self.get("computedrole").await?)
    }

    /// Its shadow root.
    pub async fn shadow_root(&self) -> Result<Self> {
        let root = self.get("shadow").await?;
        let id = root[SHADOW].as_str().context("not a shadow root")?;
        Ok(Self::new(&self.session, format!("shadow/{id}"), &root))
    }

    /// Waits for the first element below it that matches `css`.
    pub async fn find(&self, css: &str) -> Result<Self> {
        self.session
            .find_below(&format!("{}/", self.path), css)
            .await
    }

    /// The elements below it that match `css` now.
    pub async fn find_all(&self, css: &str) -> Result<Vec<Self>> {
        let path = format!("{}/", self.path);
        self.session.find_all_below(&path, css).await
    }

    /// Looks into this frame.
    pub async fn enter(&self) -> Result<()> {
        let body = json!({ "id": self.reference });
        self.session.post("frame", &body).await?;
        Ok(())
    }

    /// What scripts get as an argument for this element.
    pub fn as_argument(&self) -> Value {
        self.reference.clone()
    }

    async fn get(&self, path: &str) -> Result<Value> {
        self.session.get(&format!("{}/{path}", self.path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.session
            .post(&format!("{}/{path}", self.path), body)
            .await
    }
}
