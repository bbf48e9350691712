//! A connection on which a test says every byte itself: for clients that do not behave.

use std::{
    cell::Cell,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// Longer than any deadline under test.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open connection.
#[derive(Debug)]
pub struct RawConnection {
    stream: TcpStream,
    opened: Instant,
}

impl RawConnection {
    /// Connects to `address`.
    pub async fn open(address: &str) -> Self {
        Self::open_from("127.0.0.1", address).await
    }

    /// Connects from one of this machine's own addresses, such as `127.0.0.2`.
    pub async fn open_from(own: &str, address: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let own = SocketAddr::new(own.parse().expect("an address"), 0);
        socket.bind(own).expect("an address of this machine");
        // Small, so that an answer which nobody reads is soon felt by the service.
        socket.set_recv_buffer_size(4096).expect("a size");
        let address = address.parse().expect("an address and a port");
        Self {
            stream: socket.connect(address).await.expect("the service listens"),
            opened: Instant::now(),
        }
    }

    /// Sends bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.stream.write_all(bytes.as_ref()).await;
        sent.expect("the service reads");
    }

    /// Sends one byte after another with a pause before each until the service hangs up or answers; returns what it said.
    pub async fn drip(&mut self, bytes: &[u8], pause: Duration) -> String {
        let (mut reader, mut writer) = self.stream.split();
        let drip = async {
            let mut ticks = tokio::time::interval(pause);
            for byte in bytes.iter().cycle() {
                ticks.tick().await;
                if writer.write_all(&[*byte]).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let mut said = Vec::new();
        let heard = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut said));
        tokio::select! {
            heard = heard => hung_up(heard.expect("the service hangs up in time")),
            () = drip => {}
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Sends `chunk` again and again until the service hangs up, answers and closes, or `most` chunks went out; then reads to the end.
    /// Returns what it said and how long it took from the chunk on that crossed the limit, number `crossing`.
    pub async fn pour(&mut self, chunk: &[u8], most: usize, crossing: usize) -> (String, Duration) {
        let (mut reader, mut writer) = self.stream.split();
        let crossed = Cell::new(Instant::now());
        let pour = async {
            for number in 0..most {
                if number == crossing {
                    crossed.set(Instant::now());
                }
                if writer.write_all(chunk).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let mut said = Vec::new();
        let heard = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut said));
        tokio::select! {
            heard = heard => hung_up(heard.expect("the service hangs up in time")),
            () = pour => {}
        }
        (
            String::from_utf8_lossy(&said).into_owned(),
            crossed.get().elapsed(),
        )
    }

    /// Reads until the service hangs up; returns what it said.
    pub async fn to_the_end(&mut self) -> String {
        let mut said = Vec::new();
        let heard = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut said)).await;
        hung_up(heard.expect("the service hangs up in time"));
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Reads until what was said ends with `end`; returns it.
    pub async fn until(&mut self, end: &str) -> String {
        let mut said = Vec::new();
        while !said.ends_with(end.as_bytes()) {
            let byte = tokio::time::timeout(PATIENCE, self.stream.read_u8()).await;
            said.push(byte.expect("an answer in time").expect("more bytes"));
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// How long the connection has been open.
    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }
}

/// A service that hangs up while bytes are on their way resets the connection.
fn hung_up(heard: io::Result<usize>) {
    if let Err(error) = heard {
        let kind = error.kind();
        assert_eq!(kind, io::ErrorKind::ConnectionReset, "{error}");
    }
}
