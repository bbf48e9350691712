//! What is said to those who do not see the page. A screen reader says what the live region holds when it has time: what is put there too
//! soon after something else is all that is heard. So what happens together is said together, and the next thing a second later.

use std::cell::{Cell, RefCell};

use crate::{form::by_id, transport};

/// What is said as one, and how long the live region then keeps it.
const REST_S: u32 = 1;

thread_local! {
    // One document, one live region.
    static WAITING: RefCell<Waiting> = const { RefCell::new(Waiting(Vec::new())) };
    static IS_RESTING: Cell<bool> = const { Cell::new(false) };
}

/// What waits to be said: about whom or what, and the words.
#[derive(Debug, Default)]
struct Waiting(Vec<(String, String)>);

impl Waiting {
    /// The newest about something replaces what waits about the same: nobody needs to hear a quarter when it is already a half.
    fn put(&mut self, about: &str, text: &str) {
        self.0.retain(|(known, _)| known != about);
        self.0.push((about.to_owned(), text.to_owned()));
    }

    fn take(&mut self) -> String {
        let texts: Vec<_> = self.0.drain(..).map(|(_, text)| text).collect();
        texts.join(" ")
    }
}

/// Says something about a file or about the request.
pub fn announce(about: &str, text: &str) {
    WAITING.with_borrow_mut(|waiting| waiting.put(about, text));
    if !IS_RESTING.replace(true) {
        transport::after(0, Box::new(say));
    }
}

/// Takes back what was said and what waits.
pub fn fall_silent() {
    WAITING.take();
    write("");
}

fn say() {
    let text = WAITING.with_borrow_mut(Waiting::take);
    if text.is_empty() {
        IS_RESTING.set(false);
        return;
    }
    write(&text);
    transport::after(REST_S, Box::new(say));
}

fn write(text: &str) {
    if let Some(region) = by_id("announcer") {
        region.set_text_content(Some(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_together_is_said_together_and_the_newest_of_each() {
        let mut waiting = Waiting::default();
        waiting.put("a.png", "a.png: 25 %.");
        waiting.put("b.png", "b.png is uploaded.");
        waiting.put("a.png", "a.png is uploaded.");
        assert_eq!(waiting.take(), "b.png is uploaded. a.png is uploaded.");
        assert_eq!(waiting.take(), "");
    }
}
