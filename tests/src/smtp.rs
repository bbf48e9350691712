//! A mail server that keeps what it gets, and misbehaves when told to.
//!
//! It is as lenient as the most lenient servers are: a line may end with LF alone, and so a dot on such a line ends a message. What a client let slip into a
//! message would then be a command, and is kept as one.
//!
//! It lives in a thread of its own: a test that runs a command holds its own thread up, and mails would go again because nobody answered.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::{self, Runtime},
    task::JoinHandle,
};

use crate::{eventually, mail::Mail};

/// How long a mail may take to arrive.
pub const ARRIVAL: Duration = Duration::from_secs(20);

const TAKEN: &[u8] = b"250 2.0.0 taken\r\n";

/// Where all mail servers of a test process live.
static ELSEWHERE: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    runtime.expect("a thread can be started")
});

/// What the server says to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `250`.
    Accept,
    /// `451`: try again.
    NotNow,
    /// `550`: never.
    Never,
    /// The connection ends after the message came, without an answer; the message was not taken.
    Cut,
}

/// One message as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The address in `MAIL FROM`, without brackets.
    pub sender: String,
    /// The addresses in `RCPT TO`, without brackets.
    pub recipients: Vec<String>,
    /// The message, dots unstuffed.
    pub raw: Vec<u8>,
    /// From `354` to the dot at the end.
    pub transfer: Duration,
}

impl Received {
    /// The message, taken apart.
    pub fn mail(&self) -> Mail {
        Mail::parse(&self.raw)
    }
}

type Hook = Box<dyn FnOnce() + Send>;

struct State {
    answer: Answer,
    /// A recipient who is always told to come back later.
    busy_recipient: Option<String>,
    /// A recipient whom nobody knows.
    unknown_recipient: Option<String>,
    received: Vec<Received>,
    offered: Vec<Received>,
    before_acceptance: Option<Hook>,
    reply_after: Duration,
    conversations: usize,
    /// Every recipient that was asked for.
    asked: Vec<String>,
    /// Every command as it came.
    commands: Vec<String>,
}

/// A mail server for one test, on a free port of the loopback address.
pub struct SmtpSink {
    port: u16,
    state: Arc<Mutex<State>>,
    accepting: Option<JoinHandle<()>>,
}

impl SmtpSink {
    /// Starts a server that accepts everything.
    pub async fn start() -> Self {
        let listener = listen(0).await;
        let state = State {
            answer: Answer::Accept,
            busy_recipient: None,
            unknown_recipient: None,
            received: Vec::new(),
            offered: Vec::new(),
            before_acceptance: None,
            reply_after: Duration::ZERO,
            conversations: 0,
            asked: Vec::new(),
            commands: Vec::new(),
        };
        let mut sink = Self {
            port: listener
                .local_addr()
                .expect("a bound socket has an address")
                .port(),
            state: Arc::new(Mutex::new(state)),
            accepting: None,
        };
        sink.accept_on(listener);
        sink
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL for the service's configuration.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// From now on every message gets `answer`.
    pub fn answer_with(&self, answer: Answer) {
        self.state().answer = answer;
    }

    /// From now on every reply takes so long.
    pub fn reply_after(&self, delay: Duration) {
        self.state().reply_after = delay;
    }

    /// From now on mail for `recipient` is answered with [`Answer::NotNow`].
    pub fn be_busy_for(&self, recipient: &str) {
        self.state().busy_recipient = Some(recipient.to_owned());
    }

    /// From now on `RCPT TO` for `recipient` is answered with `550`.
    pub fn do_not_know(&self, recipient: &str) {
        self.state().unknown_recipient = Some(recipient.to_owned());
    }

    /// From now on everybody is known.
    pub fn know_everybody(&self) {
        self.state().unknown_recipient = None;
    }

    /// How often a recipient was asked for, whatever the answer was.
    pub fn asked_for(&self, recipient: &str) -> usize {
        let state = self.state();
        state
            .asked
            .iter()
            .filter(|asked| *asked == recipient)
            .count()
    }

    /// Runs `hook` once, after the next accepted message is complete and before its `250` is written.
    pub fn before_next_acceptance(&self, hook: impl FnOnce() + Send + 'static) {
        self.state().before_acceptance = Some(Box::new(hook));
    }

    /// Closes the port: nobody is there.
    pub async fn go_down(&mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
            // The listener is closed when the task has ended, which it does by being cancelled.
            let _ = accepting.await;
        }
    }

    /// Opens the same port again.
    pub async fn come_up(&mut self) {
        self.accept_on(listen(self.port).await);
    }

    /// The messages accepted so far.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    /// How many messages were accepted.
    pub fn count(&self) -> usize {
        self.state().received.len()
    }

    /// Every command so far, as it came, with its line ending.
    pub fn commands(&self) -> Vec<String> {
        self.state().commands.clone()
    }

    /// How many conversations were begun so far.
    pub fn conversations(&self) -> usize {
        self.state().conversations
    }

    /// The messages that came, whatever they were answered.
    pub fn offered(&self) -> Vec<Received> {
        self.state().offered.clone()
    }

    /// Waits until `count` messages were accepted and returns them.
    pub async fn messages(&self, count: usize) -> Vec<Received> {
        eventually(ARRIVAL, &format!("{count} mails"), async || {
            let received = self.received();
            (received.len() >= count).then_some(received)
        })
        .await
    }

    /// Waits for a message to `recipient`.
    pub async fn message_to(&self, recipient: &str) -> Received {
        eventually(ARRIVAL, &format!("a mail to {recipient}"), async || {
            let mut received = self.received().into_iter();
            received.find(|message| message.recipients.iter().any(|to| to == recipient))
        })
        .await
    }

    /// Waits until `count` messages came, whatever they were answered, and returns them.
    pub async fn offers(&self, count: usize) -> Vec<Received> {
        eventually(ARRIVAL, &format!("{count} attempts to send"), async || {
            let offered = self.offered();
            (offered.len() >= count).then_some(offered)
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn accept_on(&mut self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        self.accepting = Some(ELSEWHERE.spawn(async move {
            // Conversations end with the listener, as they do when a server goes down.
            let mut conversations = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                lock(&state).conversations += 1;
                conversations.spawn(async move {
                    // A client that hangs up is no fault of the server's.
                    let _ = converse(stream, &state).await;
                });
            }
        }));
    }
}

/// A socket of the other runtime; 0 is any free port.
async fn listen(port: u16) -> TcpListener {
    let bound = ELSEWHERE.spawn(TcpListener::bind(("127.0.0.1", port)));
    let bound = bound.await.expect("nothing panics");
    bound.expect("the port is free")
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn converse(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut sender = String::new();
    let mut recipients = Vec::new();
    stream.write_all(b"220 sink.example ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        lock(state).commands.push(line.clone());
        let reply: &[u8] = match verb(&line).as_str() {
            "EHLO" => b"250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n",
            "HELO" | "NOOP" => b"250 sink.example\r\n",
            "MAIL" => {
                sender = address(&line);
                b"250 2.1.0 sender noted\r\n"
            }
            "RCPT" => {
                let recipient = address(&line);
                let mut state = lock(state);
                state.asked.push(recipient.clone());
                if state.unknown_recipient.as_ref() == Some(&recipient) {
                    b"550 5.1.1 nobody of that name\r\n"
                } else {
                    recipients.push(recipient);
                    b"250 2.1.5 recipient noted\r\n"
                }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let asked_at = Instant::now();
                let message = Received {
                    sender: std::mem::take(&mut sender),
                    recipients: std::mem::take(&mut recipients),
                    raw: read_message(&mut stream).await?,
                    transfer: asked_at.elapsed(),
                };
                match judge(&message, state) {
                    Answer::Accept => {
                        accept(message, &mut stream, state).await?;
                        continue;
                    }
                    Answer::NotNow => b"451 4.3.0 try again later\r\n",
                    Answer::Never => b"550 5.1.1 no such mailbox\r\n",
                    Answer::Cut => return Ok(()),
                }
            }
            "RSET" => {
                sender.clear();
                recipients.clear();
                b"250 2.0.0 forgotten\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => b"502 5.5.2 not known here\r\n",
        };
        let delay = lock(state).reply_after;
        tokio::time::sleep(delay).await;
        stream.write_all(reply).await?;
    }
}

/// What the message gets.
fn judge(message: &Received, state: &Mutex<State>) -> Answer {
    let mut state = lock(state);
    state.offered.push(message.clone());
    match &state.busy_recipient {
        Some(busy) if message.recipients.contains(busy) => Answer::NotNow,
        _ => state.answer,
    }
}

/// Keeps the message and says so, in one step unless replies are to take long: who sees the message here knows that its sender was answered.
async fn accept(
    message: Received,
    stream: &mut BufReader<TcpStream>,
    state: &Mutex<State>,
) -> io::Result<()> {
    let hook = lock(state).before_acceptance.take();
    if let Some(hook) = hook {
        hook();
    }
    let (delay, written) = {
        let mut state = lock(state);
        let delay = state.reply_after;
        // A sender that is gone is told below.
        let written = match delay {
            Duration::ZERO => stream.get_ref().try_write(TAKEN).unwrap_or(0),
            _ => 0,
        };
        state.received.push(message);
        (delay, written)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    stream.write_all(&TAKEN[written..]).await
}

async fn read_message(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" || line == b".\n" {
            return Ok(message);
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn verb(line: &str) -> String {
    let end = line.find([' ', '\r', '\n']).unwrap_or(line.len());
    line[..end].to_ascii_uppercase()
}

fn address(line: &str) -> String {
    let after_bracket = line.split_once('<').map_or("", |(_, rest)| rest);
    after_bracket.split('>').next().unwrap_or("").to_owned()
}
