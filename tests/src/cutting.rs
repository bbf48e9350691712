//! A relay in front of the service that cuts connections at random bytes.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::client::noise;

/// A relay on a free port of the loopback address.
pub struct Cutting {
    port: u16,
    cuts: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

const CONNECTIONS_MOST: usize = 100_000;

impl Cutting {
    /// Starts one in front of the service at `address`. Each connection ends when the client has sent fewer than `most_bytes` bytes: how many
    /// follows from `seed`.
    pub async fn start(address: &str, most_bytes: usize, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let cuts = Arc::new(AtomicUsize::new(0));
        let dice = Mutex::new(noise(4 * CONNECTIONS_MOST, seed));
        let (address, counter) = (address.to_owned(), Arc::clone(&cuts));
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let after = draw(&dice) % most_bytes;
                let (address, cuts) = (address.clone(), Arc::clone(&counter));
                tokio::spawn(async move {
                    if pass(client, &address, after).await {
                        cuts.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self {
            port,
            cuts,
            serving,
        }
    }

    /// Where it answers.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Cutting {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn draw(dice: &Mutex<Vec<u8>>) -> usize {
    let mut dice = dice.lock().unwrap_or_else(PoisonError::into_inner);
    let mut byte = || usize::from(dice.pop().expect("fewer connections"));
    byte() << 24 | byte() << 16 | byte() << 8 | byte()
}

/// Passes bytes on in both directions; `true` when the client sent `after` bytes and both connections were dropped.
async fn pass(mut client: TcpStream, address: &str, after: usize) -> bool {
    let Ok(mut service) = TcpStream::connect(address).await else {
        return false;
    };
    let (mut from_client, mut to_client) = client.split();
    let (mut from_service, mut to_service) = service.split();
    let ask = async {
        let mut left = after;
        let mut chunk = vec![0; 16 * 1024];
        while left > 0 {
            let room = left.min(chunk.len());
            match from_client.read(&mut chunk[..room]).await {
                Ok(read) if read > 0 => {
                    left -= read;
                    if to_service.write_all(&chunk[..read]).await.is_err() {
                        return false;
                    }
                }
                _ => return false,
            }
        }
        true
    };
    let answer = tokio::io::copy(&mut from_service, &mut to_client);
    tokio::select! {
        was_cut = ask => was_cut,
        _ = answer => false,
    }
}
