//! A mail server's side of LMTP and SMTP: hands mails over and tells what it was answered.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A connection to whoever takes mails.
#[derive(Debug)]
pub struct Lmtp {
    stream: BufReader<TcpStream>,
}

impl Lmtp {
    /// Connects to a place such as `127.0.0.1:2424`, and says hello by `hello`: `LHLO relay.example`.
    pub async fn connect(place: &str, hello: &str) -> Self {
        let stream = TcpStream::connect(place).await.expect("somebody listens");
        let mut connection = Self {
            stream: BufReader::new(stream),
        };
        connection.answer().await;
        connection.say(hello).await;
        connection
    }

    /// Sends a command and returns the last line of the answer.
    pub async fn say(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes()).await;
        self.answer().await
    }

    /// Sends a mail; returns the answer for each recipient: to `RCPT` where that is refused, to the mail otherwise.
    pub async fn hand_over(
        &mut self,
        sender: &str,
        recipients: &[&str],
        mail: &str,
    ) -> Vec<String> {
        self.say(&format!("MAIL FROM:<{sender}>")).await;
        let mut answers = Vec::new();
        for recipient in recipients {
            answers.push(self.say(&format!("RCPT TO:<{recipient}>")).await);
        }
        let is_taken = |answer: &String| answer.starts_with("250");
        if !answers.iter().any(is_taken) {
            self.say("RSET").await;
            return answers;
        }
        let begun = self.say("DATA").await;
        assert!(begun.starts_with("354"), "{begun}");
        let stuffed = mail.replace("\r\n.", "\r\n..");
        self.send(stuffed.as_bytes()).await;
        self.send(b"\r\n.\r\n").await;
        for answer in answers.iter_mut().filter(|answer| is_taken(answer)) {
            *answer = self.answer().await;
        }
        answers
    }

    /// Like [`Self::hand_over`] by SMTP, where one answer is for all.
    pub async fn hand_over_by_smtp(&mut self, sender: &str, recipient: &str, mail: &str) -> String {
        self.hand_over(sender, &[recipient], mail).await.remove(0)
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        let sent = self.stream.write_all(bytes).await;
        sent.expect("the other side listens");
    }

    /// The last line of an answer.
    pub async fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line).await;
            assert_ne!(read.expect("an answer"), 0, "the connection ended");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }
}
