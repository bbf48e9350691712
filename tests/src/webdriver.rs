//! The part of the WebDriver protocol that the tests need, spoken to `chromedriver`.
//!
//! A crate for it would bring a dozen others and switch features of `serde_json` on in the binary under test.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::eventually;

/// How long something on a page may take to appear.
pub const APPEARANCE: Duration = Duration::from_secs(15);

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const SHADOW: &str = "shadow-6066-11e4-a52e-4f735466cecf";

/// Keys without a character.
pub mod key {
    /// Tab.
    pub const TAB: char = '\u{E004}';
    /// Enter.
    pub const ENTER: char = '\u{E007}';
    /// Escape.
    pub const ESCAPE: char = '\u{E00C}';
    /// Shift, held down.
    pub const SHIFT: char = '\u{E008}';
}

/// One browser window.
#[derive(Clone, Debug)]
pub struct Session {
    http: reqwest::Client,
    url: Arc<str>,
}

impl Session {
    /// Asks the driver at `driver_url` for a browser with `capabilities`.
    pub async fn open(driver_url: &str, capabilities: &Value) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let opened = post(&http, &format!("{driver_url}/session"), &body).await?;
        let id = opened["sessionId"]
            .as_str()
            .context("a session has an id")?;
        Ok(Self {
            http,
            url: format!("{driver_url}/session/{id}").into(),
        })
    }

    /// Ends the browser.
    pub async fn close(&self) -> Result<()> {
        value(self.http.delete(&*self.url).send().await?).await?;
        Ok(())
    }

    /// Loads a page and waits for its `load` event.
    pub async fn goto(&self, url: &str) -> Result<()> {
        self.post("url", &json!({ "url": url })).await?;
        Ok(())
    }

    /// The address of the page.
    pub async fn address(&self) -> Result<String> {
        text(self.get("url").await?)
    }

    /// Waits for the first element that matches `css`.
    pub async fn find(&self, css: &str) -> Result<Element> {
        self.find_below("", css).await
    }

    /// The elements that match `css` now.
    pub async fn find_all(&self, css: &str) -> Result<Vec<Element>> {
        self.find_all_below("", css).await
    }

    /// The element with the focus.
    pub async fn focused(&self) -> Result<Element> {
        let found = self.get("element/active").await?;
        self.element(&found)
    }

    /// Runs a function body in the page, as in `return document.title`, with `arguments`.
    pub async fn run(&self, script: &str, arguments: &[Value]) -> Result<Value> {
        let body = json!({ "script": script, "args": arguments });
        self.post("execute/sync", &body).await
    }

    /// Presses keys one after another where the focus is, as a keyboard does.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let mut strokes = Vec::new();
        for key in keys.chars() {
            strokes.push(json!({ "type": "keyDown", "value": key }));
            if key != key::SHIFT {
                strokes.push(json!({ "type": "keyUp", "value": key }));
            }
        }
        if keys.contains(key::SHIFT) {
            strokes.push(json!({ "type": "keyUp", "value": key::SHIFT }));
        }
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("actions", &json!({ "actions": [keyboard] }))
            .await?;
        Ok(())
    }

    /// Looks at the page around all frames.
    pub async fn enter_page(&self) -> Result<()> {
        self.post("frame", &json!({ "id": null })).await?;
        Ok(())
    }

    /// The window's handle.
    pub async fn windows(&self) -> Result<Vec<String>> {
        let handles = self.get("window/handles").await?;
        Ok(serde_json::from_value(handles)?)
    }

    /// Looks at another window.
    pub async fn enter_window(&self, handle: &str) -> Result<()> {
        self.post("window", &json!({ "handle": handle })).await?;
        Ok(())
    }

    /// A picture of the visible part of the page, in base64.
    pub async fn screenshot(&self) -> Result<String> {
        text(self.get("screenshot").await?)
    }

    /// What was written to the console of the page since the last call, one text per message, and the problems the browser reported
    /// there. What a frame of another site writes to its console is not heard.
    pub async fn console(&self) -> Result<Vec<String>> {
        let entries = self.post("se/log", &json!({ "type": "browser" })).await?;
        let entries = entries.as_array().context("a log is a list")?;
        let line = |entry: &Value| {
            let level = entry["level"].as_str().unwrap_or_default();
            let message = entry["message"].as_str().unwrap_or_default();
            format!("{level} {message}")
        };
        Ok(entries.iter().map(line).collect())
    }

    /// Sends a command of the Chrome `DevTools` protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        let body = json!({ "cmd": command, "params": parameters });
        self.post("goog/cdp/execute", &body).await
    }

    async fn find_below(&self, parent: &str, css: &str) -> Result<Element> {
        let mut last_error = None;
        let what = format!("an element {css}");
        eventually(APPEARANCE, &what, async || {
            match self.find_all_below(parent, css).await {
                Ok(found) => found.into_iter().next().map(Ok),
                // A frame whose document is being replaced is worth another look.
                Err(error) if last_error.is_none() => {
                    last_error = Some(error);
                    None
                }
                Err(error) => Some(Err(error)),
            }
        })
        .await
    }

    async fn find_all_below(&self, parent: &str, css: &str) -> Result<Vec<Element>> {
        let path = format!("{parent}elements");
        let body = json!({ "using": "css selector", "value": css });
        let found = self.post(path.trim_start_matches('/'), &body).await?;
        let found = found.as_array().context("elements are a list")?;
        found
            .iter()
            .map(|reference| self.element(reference))
            .collect()
    }

    fn element(&self, reference: &Value) -> Result<Element> {
        let id = reference[ELEMENT].as_str().context("not an element")?;
        Ok(Element {
            session: self.clone(),
            path: format!("element/{id}"),
            reference: reference.clone(),
        })
    }

    async fn get(&self, path: &str) -> Result<Value> {
        value(self.http.get(format!("{}/{path}", self.url)).send().await?).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        post(&self.http, &format!("{}/{path}", self.url), body).await
    }
}

/// An element of a page, or a shadow root.
#[derive(Clone, Debug)]
pub struct Element {
    session: Session,
    path: String,
    reference: Value,
}

impl Element {
    /// Clicks in the middle of it, as a pointer does.
    pub async fn click(&self) -> Result<()> {
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

    /// Its shadow root.
    pub async fn shadow_root(&self) -> Result<Self> {
        let root = self.get("shadow").await?;
        let id = root[SHADOW].as_str().context("not a shadow root")?;
        Ok(Self {
            session: self.session.clone(),
            path: format!("shadow/{id}"),
            reference: root.clone(),
        })
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

async fn post(http: &reqwest::Client, url: &str, body: &Value) -> Result<Value> {
    value(http.post(url).json(body).send().await?).await
}

async fn value(response: reqwest::Response) -> Result<Value> {
    let mut answer: Value = response.json().await?;
    let value = answer["value"].take();
    if let Some(error) = value["error"].as_str() {
        bail!("{error}: {}", value["message"].as_str().unwrap_or_default());
    }
    Ok(value)
}

fn text(value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        other => bail!("not a text: {other}"),
    }
}
