//! The part of the WebDriver protocol that the tests need, spoken to `chromedriver`.
//!
//! A crate for it would bring a dozen others and switch features of `serde_json` on in the binary under test.

mod element;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

pub use element::Element;

use crate::eventually;

/// How long something on a page may take to appear.
pub const APPEARANCE: Duration = Duration::from_secs(15);

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

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
    /// Down.
    pub const DOWN: char = '\u{E015}';
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

    /// For how long [`Session::goto`] waits for a page.
    pub async fn give_up_loading_after(&self, time: Duration) -> Result<()> {
        let timeouts = json!({ "pageLoad": time.as_millis() });
        self.post("timeouts", &timeouts).await?;
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

    /// Opens another tab and gives its handle; the one that is looked at stays the same.
    pub async fn new_window(&self) -> Result<String> {
        let opened = self.post("window/new", &json!({ "type": "tab" })).await?;
        text(opened["handle"].clone())
    }

    /// Looks at another window.
    pub async fn enter_window(&self, handle: &str) -> Result<()> {
        self.post("window", &json!({ "handle": handle })).await?;
        Ok(())
    }

    /// Closes the window that is looked at. Another one has to be entered next.
    pub async fn close_window(&self) -> Result<()> {
        let url = format!("{}/window", self.url);
        value(self.http.delete(url).send().await?).await?;
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
        Ok(Element::new(self, format!("element/{id}"), reference))
    }

    async fn get(&self, path: &str) -> Result<Value> {
        value(self.http.get(format!("{}/{path}", self.url)).send().await?).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        post(&self.http, &format!("{}/{path}", self.url), body).await
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
