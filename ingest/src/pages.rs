//! Templates of pages and mails, part of the binary.

use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior, Value};
use rust_embed::Embed;

#[derive(Embed)]
#[folder = "templates/"]
struct Templates;

/// The templates. Names end in `.html` (values are escaped) or `.txt` (they are not).
#[derive(Clone, Debug)]
pub struct Pages(Arc<Environment<'static>>);

impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}

impl Pages {
    /// All templates. One that cannot be read fails when it is rendered, and a test renders or parses each.
    #[must_use]
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_loader(|name| {
            Ok(Templates::get(name).map(|file| String::from_utf8_lossy(&file.data).into_owned()))
        });
        environment.add_global("has_destinations", false);
        Self(Arc::new(environment))
    }

    /// … of an installation whose tickets go on to somewhere, or not: the head of the desk's pages says where leads see how that goes.
    #[must_use]
    pub fn with_destinations(self, has_destinations: bool) -> Self {
        let mut environment = Arc::unwrap_or_clone(self.0);
        environment.add_global("has_destinations", has_destinations);
        Self(Arc::new(environment))
    }

    /// Renders a template.
    ///
    /// # Errors
    /// When it is not there, or a value that it needs is not.
    pub fn render(&self, name: &str, values: impl Into<Value>) -> Result<String, minijinja::Error> {
        self.0.get_template(name)?.render(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        let pages = Pages::new();
        for name in Templates::iter() {
            pages
                .0
                .get_template(&name)
                .unwrap_or_else(|error| panic!("{name}: {error:#}"));
        }
    }
}
