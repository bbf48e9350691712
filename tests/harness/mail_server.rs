//! The mail server, spoken to by hand.

use cornerdesk_tests::smtp::{Answer, SmtpSink};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const MESSAGE: &str = "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nX-Folded: one\r\n two\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n..dots\r\nend\r\n.\r\n";

/// Says everything at once, as pipelining clients do, and returns what was answered until the server hung up.
async fn talk(sink: &SmtpSink) -> String {
    let address = sink.url().replace("smtp://", "");
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    let commands = "EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<ada@customer.example>\r\nDATA\r\n";
    let talk = format!("{commands}{MESSAGE}QUIT\r\n");
    stream
        .write_all(talk.as_bytes())
        .await
        .expect("the server listens");
    let mut answers = String::new();
    // A connection that was cut may end in an error; what came before it counts.
    let _ = stream.read_to_string(&mut answers).await;
    answers
}

#[tokio::test]
async fn a_message_is_kept_with_its_envelope() {
    let sink = SmtpSink::start().await;
    talk(&sink).await;
    let message = sink.message_to("ada@customer.example").await;
    assert_eq!(message.sender, "");
    let mail = message.mail();
    assert_eq!(mail.header("Subject"), "Grüße");
    assert_eq!(mail.header("X-Folded"), "one two");
    assert_eq!(mail.text, ".dots\r\nend\r\n");
}

#[tokio::test]
async fn answers_can_be_chosen() {
    let sink = SmtpSink::start().await;
    for (answer, expected) in [(Answer::NotNow, "451 "), (Answer::Never, "550 ")] {
        sink.answer_with(answer);
        let answers = talk(&sink).await;
        assert!(answers.contains(expected), "{answers}");
    }
    sink.answer_with(Answer::Cut);
    assert!(talk(&sink).await.ends_with("354 go on\r\n"));
    assert_eq!(sink.offered().len(), 3);
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn the_server_can_go_and_come_back() {
    let mut sink = SmtpSink::start().await;
    sink.go_down().await;
    let address = sink.url().replace("smtp://", "");
    assert!(TcpStream::connect(&address).await.is_err());
    sink.come_up().await;
    talk(&sink).await;
    sink.messages(1).await;
}
