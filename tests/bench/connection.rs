//! A client that costs little: one kept connection, bytes written down beforehand.

use std::io;

use cornerdesk_tests::client::new_key;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request, all but its key.
#[derive(Clone, Debug)]
pub struct Request {
    /// Up to the value of `Idempotency-Key`.
    head: String,
    /// What follows the value.
    rest: Vec<u8>,
}

impl Request {
    /// A POST of `body` to `path`.
    pub fn post(address: &str, path: &str, content_type: &str, body: &[u8]) -> Self {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nIdempotency-Key: ",
            body.len()
        );
        Self {
            head,
            rest: [b"\r\n\r\n", body].concat(),
        }
    }

    /// A GET of `path`.
    pub fn get(address: &str, path: &str) -> Self {
        Self {
            head: format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nX-Nothing: "),
            rest: b"\r\n\r\n".to_vec(),
        }
    }

    /// A GET of a page of the desk, as the browser of whoever has this cookie makes it.
    pub fn page(address: &str, path: &str, cookie: &str) -> Self {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nAccept-Encoding: gzip, br\r\nX-Nothing: "
        );
        Self {
            head,
            rest: b"\r\n\r\n".to_vec(),
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Everything above the body, in lower case.
    pub head: String,
}

/// A connection that is opened when it is needed.
#[derive(Debug)]
pub struct Connection {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    /// A connection to `address`.
    pub fn to(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
            buffer: Vec::new(),
        }
    }

    /// Sends and waits for the answer. A connection that fails is opened anew next time.
    pub async fn exchange(&mut self, request: &Request) -> io::Result<Reply> {
        let reply = self.try_exchange(request).await;
        let closes = |reply: &Reply| reply.head.contains("connection: close");
        if reply.as_ref().map_or(true, closes) {
            self.stream = None;
        }
        reply
    }

    async fn try_exchange(&mut self, request: &Request) -> io::Result<Reply> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut head = request.head.clone();
        head.push_str(&new_key());
        // One write for what is small.
        if request.rest.len() < 16_384 {
            stream
                .write_all(&[head.as_bytes(), &request.rest].concat())
                .await?;
        } else {
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&request.rest).await?;
        }
        self.buffer.clear();
        loop {
            if let Some(reply) = complete(&self.buffer) {
                return Ok(reply);
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return whole(&self.buffer).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// An answer that has come to its end.
fn complete(bytes: &[u8]) -> Option<Reply> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    if head.contains("transfer-encoding: chunked") {
        return bytes.ends_with(b"\r\n0\r\n\r\n").then(|| reply(head));
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length?.trim().parse().ok()?;
    bytes.get(end + 4..end + 4 + length)?;
    Some(reply(head))
}

/// An answer that ended with its connection.
fn whole(bytes: &[u8]) -> Option<Reply> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    Some(reply(head))
}

fn reply(head: String) -> Reply {
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or_default(),
        head,
    }
}
