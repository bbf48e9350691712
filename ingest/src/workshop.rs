//! A process of its own for each file that somebody else made: our own binary, started again with limits, reads the file from its standard
//! input and writes what it makes of it to its standard output.
//!
//! Whatever the file does to it - a decoder that runs wild, takes all the memory or dies - the service goes on, and the file has
//! no preview or keeps its metadata. The process gets no environment, no arguments from outside and no file but the two pipes.

pub mod preview;
pub mod process;
pub mod strip;

use std::{io, process::Stdio, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    sync::{Semaphore, mpsc},
};

use self::process::Task;
use crate::blobs::{BlobError, Reading};

/// Processes at the same time.
const AT_ONCE: usize = 2;
/// Memory that the processes may take in all, in MiB: one preview of the largest kind and something small beside it. One task that may
/// take more runs alone.
const MEMORY_MIB: u32 = 192;
/// How long one may take. Its own limit on processor time ends it sooner, unless the machine is busy.
const WALL_CLOCK_MOST: Duration = Duration::from_secs(20);
const CHUNK_BYTES: usize = 64 * 1024;

/// Starts the processes.
#[derive(Clone, Debug)]
pub struct Workshop {
    places: Arc<Semaphore>,
    /// A permit for each MiB.
    memory: Arc<Semaphore>,
}

/// Why nothing was made of a file.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    /// The file is at fault; in words of ours, for staff.
    #[error("{0}")]
    File(&'static str),
    /// It cannot be read now.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The process could not be started or spoken to.
    #[error("the file cannot be worked on now")]
    Io(#[from] io::Error),
}

impl Default for Workshop {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            memory: Arc::new(Semaphore::new(MEMORY_MIB as usize)),
        }
    }
}

impl Workshop {
    /// Does `task` with a file, and hands on what comes of it in chunks. What came is worth something only when this ends well.
    ///
    /// # Errors
    /// [`WorkshopError`].
    pub async fn run(
        &self,
        task: Task,
        size_bytes: u64,
        file: Reading,
        made: mpsc::Sender<Bytes>,
    ) -> Result<(), WorkshopError> {
        let _place = self.places.acquire().await.map_err(io::Error::other)?;
        let share = task.memory_mib(size_bytes).min(MEMORY_MIB);
        let _memory = self
            .memory
            .acquire_many(share)
            .await
            .map_err(io::Error::other)?;
        let mut child = start(task, size_bytes)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(complaint)) = pipes else {
            return Err(io::Error::other("a process without pipes").into());
        };
        let work =
            async { tokio::try_join!(feed(input, file), collect(output, made), listen(complaint)) };
        let worked = tokio::time::timeout(WALL_CLOCK_MOST, work).await;
        let Ok(worked) = worked else {
            child.kill().await?;
            return Err(WorkshopError::File(process::TOO_LONG));
        };
        let ((), (), complaint) = worked?;
        let status = child.wait().await?;
        if status.success() {
            Ok(())
        } else {
            Err(WorkshopError::File(process::words_of(&status, &complaint)))
        }
    }

    /// Does `task` with a file and answers what comes of it, which is small.
    ///
    /// # Errors
    /// [`WorkshopError`].
    pub async fn make(
        &self,
        task: Task,
        size_bytes: u64,
        file: Reading,
    ) -> Result<Bytes, WorkshopError> {
        let (made, mut chunks) = mpsc::channel::<Bytes>(1);
        let gather = async {
            let mut whole = BytesMut::new();
            while let Some(chunk) = chunks.recv().await {
                whole.extend_from_slice(&chunk);
            }
            whole.freeze()
        };
        let (ended, whole) = tokio::join!(self.run(task, size_bytes, file, made), gather);
        ended.map(|()| whole)
    }
}

fn start(task: Task, size_bytes: u64) -> io::Result<Child> {
    let mut command = Command::new(process::our_binary()?);
    command
        .arg(process::COMMAND)
        .arg(task.as_str())
        .arg(size_bytes.to_string())
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn()
}

/// A process that has seen enough closes its end before it has read everything; that is no fault.
async fn feed(mut input: ChildStdin, mut file: Reading) -> Result<(), WorkshopError> {
    while let Some(chunk) = file.next().await {
        match input.write_all(&chunk?).await {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(())
}

/// Whoever does not want more has dropped the other end; then the process finds nobody to write to and ends.
async fn collect(mut output: ChildStdout, made: mpsc::Sender<Bytes>) -> Result<(), WorkshopError> {
    loop {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        if output.read_buf(&mut chunk).await? == 0 || made.send(chunk.freeze()).await.is_err() {
            return Ok(());
        }
    }
}

async fn listen(complaint: ChildStderr) -> Result<String, WorkshopError> {
    const MOST_BYTES: u64 = 4096;
    let mut said = Vec::new();
    complaint.take(MOST_BYTES).read_to_end(&mut said).await?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}
