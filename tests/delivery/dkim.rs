//! Signatures, verified by a program that is not ours (dkimpy).

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use cornerdesk_tests::{
    Database, Service, client::a_submission, scratch, service::Setup, smtp::SmtpSink,
};

/// A new key, as an operator makes it.
fn new_key(arguments: &[&str]) -> PathBuf {
    let file = scratch::folder("dkim").join("key.pem");
    let made = Command::new("openssl")
        .arg("genpkey")
        .args(arguments)
        .arg("-out")
        .arg(&file)
        .output()
        .expect("openssl is installed; these tests are not skipped");
    assert!(made.status.success(), "{made:?}");
    file
}

/// Does dkimpy find the signature good?
fn is_good(name: &str, record: &str, mail: &[u8]) -> bool {
    // Debian's own Python, for which the library is installed.
    let mut verifier = Command::new("/usr/bin/python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/delivery/verify_dkim.py"
        ))
        .args([name, record])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 can be run");
    let mut input = verifier.stdin.take().expect("a pipe");
    input.write_all(mail).expect("the verifier reads");
    drop(input);
    let output = verifier.wait_with_output().expect("the verifier ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match said.trim() {
        "True" => true,
        "False" => false,
        _ => panic!("dkimpy (Debian: python3-dkim, python3-nacl): {output:?}"),
    }
}

fn setup(sink: &SmtpSink, key: &str) -> Setup {
    let settings = format!(
        "dkim_domain = \"acme.example\"\ndkim_selector = \"cd2026\"\ndkim_key_file = \"{key}\"\n"
    );
    Setup::new(Database::Sqlite)
        .mail_to(sink)
        .mail_setting(&settings)
}

async fn a_signed_mail(key: &[&str]) -> (String, String, Vec<u8>) {
    let sink = SmtpSink::start().await;
    let key = new_key(key);
    let service = Service::start_with(setup(&sink, &key.display().to_string())).await;
    service.client().submit(&a_submission()).await.reference();
    let mail = sink.message_to("ada@customer.example").await.raw;
    let line = service.command(&["mail", "dkim-record"]);
    let (name, strings) = line.split_once(" IN TXT ").expect("a record");
    let strings: Vec<&str> = strings.split('"').skip(1).step_by(2).collect();
    assert!(strings.iter().all(|string| string.len() <= 255), "{line}");
    (
        name.trim_end_matches('.').to_owned(),
        strings.concat(),
        mail,
    )
}

async fn the_signature_holds_until_something_is_changed(key: &[&str]) {
    let (name, record, mail) = a_signed_mail(key).await;
    assert_eq!(name, "cd2026._domainkey.acme.example");
    assert!(
        is_good(&name, &record, &mail),
        "{record}\n{}",
        String::from_utf8_lossy(&mail)
    );
    let text = String::from_utf8(mail).expect("our mails are ASCII");
    let (_, rest) = text.split_once("\r\nFrom: ").expect("a sender");
    let sender = rest.split("\r\n").next().expect("a line");
    for (change, changed) in [
        (
            "another sender",
            text.replacen(sender, "Mallory <m@evil.example>", 1),
        ),
        (
            "another subject",
            text.replacen("\r\nSubject: ", "\r\nSubject: Re: ", 1),
        ),
        (
            "a person's mail",
            text.replacen("Auto-Submitted: auto-generated", "Auto-Submitted: no", 1),
        ),
        (
            "a second sender",
            format!("From: Mallory <m@evil.example>\r\n{text}"),
        ),
        ("a second subject", format!("Subject: Win\r\n{text}")),
        (
            "answers elsewhere",
            format!("Reply-To: m@evil.example\r\n{text}"),
        ),
        (
            "a button to unsubscribe",
            format!("List-Unsubscribe: <https://evil.example>\r\n{text}"),
        ),
        ("another body", text.replacen("\r\n\r\n", "\r\n\r\nx", 1)),
        ("another key", text.clone()),
    ] {
        let record = if change == "another key" {
            "v=DKIM1; k=rsa; p="
        } else {
            record.as_str()
        };
        assert!(!is_good(&name, record, changed.as_bytes()), "{change}");
    }
    // Mail servers add these, and fold lines anew.
    let passed_on = format!(
        "Received: from a by b\r\nX-Spam: no\r\n{}",
        text.replacen("Auto-Submitted: ", "Auto-Submitted:\r\n\t ", 1)
    );
    assert!(is_good(&name, &record, passed_on.as_bytes()));
}

#[tokio::test]
async fn an_rsa_signature_holds_until_something_is_changed() {
    the_signature_holds_until_something_is_changed(&[
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
    ])
    .await;
}

#[tokio::test]
async fn an_ed25519_signature_holds_until_something_is_changed() {
    the_signature_holds_until_something_is_changed(&["-algorithm", "ed25519"]).await;
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_told_before_the_start_and_at_it() {
    let sink = SmtpSink::start().await;
    let short = new_key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
    for key in ["/nowhere/key.pem".to_owned(), short.display().to_string()] {
        let mut service = Service::prepare(&setup(&sink, &key));
        let checked = service.try_command(&["config", "check"], "");
        let told = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(
            !checked.status.success() && told.contains("mail.dkim_key_file"),
            "{told}"
        );
        assert!(!service.run_to_its_end().await.success());
        assert!(
            service.log().contains("mail.dkim_key_file"),
            "{}",
            service.log()
        );
        // What signs nothing does not read the key: other users run it.
        assert!(
            service
                .try_command(&["ticket", "list"], "")
                .status
                .success()
        );
    }
}
