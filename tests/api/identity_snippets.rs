//! The snippets of `docs/embedding.md` for the servers of products: each is taken out of the document, run, and its token believed.

use std::{fs, path::Path, process::Command};

use cornerdesk_tests::{
    Database, Service,
    product::Product,
    scratch,
    service::{SITE, Setup},
};

use crate::identity::{submit_as, without_address};

/// What stands in the name: nothing that a snippet writes by hand may break on it.
const NAME: &str = "Mara \"O'Lind\" Öç – 漢😀";

/// A language of the document: the mark of its code block, its programs, the name of the file, and what calls the snippet.
struct Language {
    mark: &'static str,
    heading: &'static str,
    program: &'static str,
    file: &'static str,
    before: &'static str,
    call: &'static str,
}

const LANGUAGES: [Language; 5] = [
    Language {
        mark: "js",
        heading: "**Node**",
        program: "node",
        file: "token.cjs",
        before: "",
        call: "process.stdout.write(cornerdeskToken({ id: 42, email: process.env.EMAIL, name: process.env.NAME }));",
    },
    Language {
        mark: "python",
        heading: "**Python**",
        program: "python3",
        file: "token_of_person.py",
        before: "",
        call: "print(cornerdesk_token({\"id\": 42, \"email\": os.environ[\"EMAIL\"], \"name\": os.environ[\"NAME\"]}), end=\"\")",
    },
    Language {
        mark: "php",
        heading: "**PHP**",
        program: "php",
        file: "token.php",
        before: "<?php\n",
        call: "echo cornerdesk_token(['id' => 42, 'email' => getenv('EMAIL'), 'name' => getenv('NAME')]);",
    },
    Language {
        mark: "ruby",
        heading: "**Ruby**",
        program: "ruby",
        file: "token.rb",
        before: "",
        call: "print cornerdesk_token({ id: 42, email: ENV.fetch(\"EMAIL\"), name: ENV.fetch(\"NAME\").dup.force_encoding(\"UTF-8\") })",
    },
    Language {
        mark: "java",
        heading: "**Java**",
        program: "java",
        file: "CornerdeskToken.java",
        before: "",
        call: "",
    },
];

/// The code block below the heading of a language.
fn snippet(language: &Language) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/embedding.md");
    let document = fs::read_to_string(path).expect("the document");
    let (_, below) = document
        .split_once(language.heading)
        .unwrap_or_else(|| panic!("no {}", language.heading));
    let (_, code) = below
        .split_once(&format!("```{}\n", language.mark))
        .expect("a block of code");
    code.split("```").next().expect("an end").to_owned()
}

/// The whole program. Java runs the first class of a file, which is one of ours that calls the snippet's.
fn program(language: &Language) -> String {
    let code = snippet(language);
    if language.program != "java" {
        return format!("{}{code}\n{}\n", language.before, language.call);
    }
    let at = code.find("class CornerdeskToken").expect("a class");
    let (imports, class) = code.split_at(at);
    let main = "class Main { public static void main(String[] a) throws Exception {
        System.out.print(CornerdeskToken.of(\"42\", System.getenv(\"EMAIL\"), System.getenv(\"NAME\"))); } }";
    format!("{imports}{main}\n{class}")
}

/// The token that a language makes; nothing where it is not on this machine.
fn token(language: &Language, product: &Product) -> Option<String> {
    let file = scratch::folder("snippet").join(language.file);
    fs::write(&file, program(language)).expect("the program can be written");
    let mut command = Command::new(language.program);
    if language.program == "java" {
        command.args([
            "-Dfile.encoding=UTF-8",
            "-Dsun.jnu.encoding=UTF-8",
            "-XX:TieredStopAtLevel=1",
        ]);
    }
    let output = command
        .arg(&file)
        .env("CORNERDESK_IDENTITY_SECRET", &product.secret)
        .env("EMAIL", "mara@customer.example")
        .env("NAME", NAME)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", language.program);
    Some(String::from_utf8(output.stdout).expect("a token"))
}

#[tokio::test]
async fn the_snippets_of_the_document_make_tokens_that_are_believed() {
    let product = Product::new(SITE);
    let setup = Setup::new(Database::Sqlite).site_setting(&product.settings());
    let service = Service::start_with(setup).await;
    let mut ran = Vec::new();
    for language in &LANGUAGES {
        let Some(token) = token(language, &product) else {
            println!(
                "{}: not on this machine, its snippet was not run",
                language.program
            );
            continue;
        };
        let answer = submit_as(&service.client(), &token, &without_address()).await;
        let ticket = service.ticket(&answer.reference());
        assert_eq!(ticket["verified"], true, "{}", language.program);
        assert_eq!(ticket["requester"]["sub"], "42", "{}", language.program);
        assert_eq!(ticket["requester"]["name"], NAME, "{}", language.program);
        ran.push(language.program);
    }
    println!("snippets run: {}", ran.join(", "));
    // Java is a gift of the machine; the others are set up (tools/setup/languages.sh).
    for wanted in ["node", "python3", "php", "ruby"] {
        assert!(
            ran.contains(&wanted),
            "{wanted} is missing: tools/setup.sh test"
        );
    }
}
