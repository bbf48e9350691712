//! A new user who does what a page says.

use std::{cell::RefCell, time::Duration};

use cornerdesk_tests::{
    Database, Service,
    client::a_submission,
    eventually,
    service::{Setup, Staff},
};

use super::page::Page;

pub const SOON: Duration = Duration::from_secs(30);
/// Where the pages say that the service is.
const HERE: &str = "https://help.acme.example";

/// What of a page is otherwise here.
#[derive(Debug)]
pub struct Trial {
    page: Page,
    section: RefCell<String>,
    variables: Vec<(&'static str, String)>,
    called: Vec<(&'static str, &'static str)>,
}

impl Trial {
    /// The page, and which of its blocks is the configuration.
    pub fn of(page: &str, block: usize) -> Self {
        let page = Page::read(page);
        let section = page.blocks("toml").swap_remove(block);
        Self {
            page,
            section: section.into(),
            variables: Vec::new(),
            called: Vec::new(),
        }
    }

    /// Something of the configuration is otherwise: where the vendor is, or what a fault of it asks for.
    pub fn write(&self, there: &str, here: &str) {
        let mut section = self.section.borrow_mut();
        assert_eq!(section.matches(there).count(), 1, "{there}: {section}");
        *section = section.replace(there, here);
    }

    /// … such as where the vendor is.
    pub fn with(self, there: &str, here: &str) -> Self {
        self.write(there, here);
        self
    }

    /// A variable that is set.
    pub fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// Something is called so on the page, and otherwise by what stands in for the vendor.
    pub fn calling(mut self, there: &'static str, here: &'static str) -> Self {
        self.called.push((there, here));
        self
    }

    fn setup(&self) -> Setup {
        let setup = Setup::new(Database::Sqlite)
            .site_setting("policy = \"meiro\"\n")
            .reached_at(HERE)
            .waits_ms(10, 100)
            .section("[outbound]\nprivate_networks = [\"127.0.0.0/8\"]")
            .section(&self.section.borrow());
        let set = |setup: Setup, (name, value): &(&str, String)| setup.variable(name, value);
        self.variables.iter().fold(setup, set)
    }

    /// Writes the configuration down; nothing is wrong with it.
    pub fn prepare(&self) -> Service {
        let service = Service::prepare_ready(&self.setup());
        let good = service.command(&["config", "check"]);
        assert!(good.contains("the configuration is good"), "{good}");
        service
    }

    /// Writes the configuration down anew, as it is now.
    pub fn configure(&self, service: &Service) {
        service.configure(&self.setup());
        service.command(&["config", "check"]);
    }

    /// Types the commands of a block, and reads what comes of them.
    pub fn type_block(&self, service: &Service, number: usize) {
        let commands = self.page.shown().swap_remove(number);
        assert!(!commands.is_empty(), "{}", self.page.name);
        for command in commands {
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            let output = service.try_command(&words, "");
            let said = [output.stdout, output.stderr]
                .map(|said| String::from_utf8_lossy(&said).into_owned());
            let said: Vec<String> = said.concat().lines().map(untimed).collect();
            let answer = command.answer.iter().map(|line| {
                let called = self.called.iter();
                called.fold(untimed(line), |line, (there, here)| {
                    line.replace(there, here)
                })
            });
            assert_eq!(
                said,
                answer.collect::<Vec<_>>(),
                "{}: {words:?}",
                self.page.name
            );
        }
    }

    /// Where the page says that the vendor posts to, here.
    pub fn hook(&self, service: &Service) -> String {
        let (_, rest) = self
            .page
            .text
            .split_once(&format!("`{HERE}/v1/"))
            .expect("an address");
        let (path, _) = rest.split_once('`').expect("its end");
        service.url(&format!("/v1/{path}"))
    }

    /// Gives a secret once.
    pub fn give(&self, service: &Service, (name, field): (&str, &str), secret: &str) {
        let words = ["destination", "secret", name, field];
        let says = format!("cornerdesk {}", words.join(" "));
        assert!(self.page.text.contains(&says), "{says}");
        let given = service.try_command(&words, secret);
        assert!(given.status.success(), "{given:?}");
    }
}

/// How long something took is another time each time.
fn untimed(line: &str) -> String {
    match line.split_once(" after ") {
        Some((before, took)) if took.ends_with("s.") => before.to_owned(),
        _ => line.to_owned(),
    }
}

/// Sends a request.
pub async fn send(service: &Service) -> String {
    service.client().submit(&a_submission()).await.reference()
}

/// Sends a request, and sorts it as a page says.
pub async fn send_as(service: &Service, flag: &str, key: &str) -> String {
    let reference = send(service).await;
    service.command(&["ticket", "classify", &reference, flag, key, "--by", "YOU"]);
    reference
}

/// It stands so here.
pub async fn becomes(service: &Service, reference: &str, status: &str) {
    eventually(SOON, status, async || {
        (service.ticket(reference)["status"] == status).then_some(())
    })
    .await;
}

/// The page of the ticket at the desk says this, such as where it is over there.
pub async fn shows(staff: &Staff, reference: &str, words: &str) {
    eventually(SOON, words, async || {
        let page = staff.get(&format!("/desk/tickets/{reference}")).await.text;
        page.replace("&#x2f;", "/").contains(words).then_some(())
    })
    .await;
}
