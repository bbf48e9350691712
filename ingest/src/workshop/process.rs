//! The other side: what the process does that [`super::Workshop`] starts.

use std::{
    io::{self, Read, Write},
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitCode, ExitStatus},
};

use bytes::Bytes;
use rlimit::Resource;

use super::{preview, strip};

/// The subcommand, which help does not show.
pub const COMMAND: &str = "work-on-file";
/// A process that was ended because of the time it took.
pub const TOO_LONG: &str = "working on it takes too long";

const MIB: u64 = 1024 * 1024;
/// Memory that a process may take beside what it reads, in bytes: its stacks, tables and buffers.
const OWN_MEMORY_BYTES: u64 = 16 * MIB;
/// Largest file that is worked on.
const FILE_MOST_BYTES: u64 = 64 * MIB;

/// What can be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Takes out what tells where and with what it was made; answers nothing when nothing was there.
    Strip,
    /// Makes a small picture of it.
    Preview,
}

/// Why a file came to nothing, in words for staff; the number is what the process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It breaks the rules of its format.
    Broken = 10,
    /// More pixels, or longer sides, than we draw.
    TooManyPixels = 11,
    /// More memory than we give.
    TooMuchMemory = 12,
    /// Not a format that we work on.
    OtherFormat = 13,
    /// More bytes than we work on.
    TooLarge = 14,
}

impl Fault {
    const ALL: [Self; 5] = [
        Self::Broken,
        Self::TooManyPixels,
        Self::TooMuchMemory,
        Self::OtherFormat,
        Self::TooLarge,
    ];

    /// For staff.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Broken => "the file is damaged or not what it says",
            Self::TooManyPixels => "it has more than 40 megapixels or 12,000 pixels a side",
            Self::TooMuchMemory => "working on it takes too much memory",
            Self::OtherFormat => "its format is not one that we work on",
            Self::TooLarge => "it is larger than 64 MiB",
        }
    }
}

impl Task {
    const ALL: [Self; 2] = [Self::Strip, Self::Preview];

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strip => "strip",
            Self::Preview => "preview",
        }
    }

    /// Memory that it may write to, rounded up.
    #[must_use]
    pub fn memory_mib(self, size_bytes: u64) -> u32 {
        let size_bytes = size_bytes.min(FILE_MOST_BYTES);
        u32::try_from(self.memory_bytes(size_bytes).div_ceil(MIB)).unwrap_or(u32::MAX)
    }

    /// Memory that is written to, in bytes.
    const fn memory_bytes(self, size_bytes: u64) -> u64 {
        match self {
            Self::Strip => OWN_MEMORY_BYTES + 2 * size_bytes,
            Self::Preview => OWN_MEMORY_BYTES + preview::DECODED_MOST_BYTES,
        }
    }

    fn run(self, file: &Bytes) -> Result<Vec<Bytes>, Fault> {
        match self {
            Self::Strip => Ok(strip::strip(file)?.unwrap_or_default()),
            Self::Preview => Ok(vec![preview::preview(file)?.into()]),
        }
    }
}

/// The program that runs now, even when its file was replaced since.
///
/// # Errors
/// When the system does not say.
pub fn our_binary() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok(PathBuf::from("/proc/self/exe"))
    } else {
        std::env::current_exe()
    }
}

/// Is this such a process? Then does the work and answers how it ended. Asked before anything else is set up.
#[must_use]
pub fn main(arguments: &[String]) -> Option<ExitCode> {
    let [_, command, task, size_bytes] = arguments else {
        return None;
    };
    if command != COMMAND {
        return None;
    }
    let task = Task::ALL.into_iter().find(|known| known.as_str() == task)?;
    let ended = work(task, size_bytes.parse().ok()?);
    Some(match ended {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(fault)) => ExitCode::from(fault as u8),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    })
}

fn work(task: Task, size_bytes: u64) -> io::Result<Result<(), Fault>> {
    if size_bytes > FILE_MOST_BYTES {
        return Ok(Err(Fault::TooLarge));
    }
    limit(task, size_bytes)?;
    let mut file = Vec::new();
    file.try_reserve_exact(usize::try_from(size_bytes).unwrap_or(usize::MAX))
        .map_err(io::Error::other)?;
    io::stdin().lock().take(size_bytes).read_to_end(&mut file)?;
    let pieces = match task.run(&file.into()) {
        Ok(pieces) => pieces,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut out = io::stdout().lock();
    for piece in pieces {
        out.write_all(&piece)?;
    }
    out.flush()?;
    Ok(Ok(()))
}

/// From here on the process can take no more than this, whatever the file makes it do.
fn limit(task: Task, size_bytes: u64) -> io::Result<()> {
    const SECONDS: u64 = 5;
    /// Programs and libraries that are mapped, not written to.
    const MAPPED_BYTES: u64 = 512 * MIB;
    let memory = task.memory_bytes(size_bytes);
    for (resource, most) in [
        (Resource::CPU, SECONDS),
        (Resource::AS, memory + MAPPED_BYTES),
        (Resource::DATA, memory),
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        // Files that are open stay so; none is added.
        (Resource::NOFILE, 3),
    ] {
        if resource.is_supported() {
            resource.set(most, most)?;
        }
    }
    Ok(())
}

/// What staff are told when a process ended badly.
pub(super) fn words_of(status: &ExitStatus, complaint: &str) -> &'static str {
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    const SIGABRT: i32 = 6;
    let fault = Fault::ALL
        .into_iter()
        .find(|fault| status.code() == Some(*fault as i32));
    match (fault, status.signal()) {
        (Some(fault), _) => fault.words(),
        (None, Some(SIGXCPU | SIGKILL)) => TOO_LONG,
        (None, Some(SIGABRT)) => Fault::TooMuchMemory.words(),
        _ => {
            // A program that cannot start is our fault, and the log is where we look for it.
            tracing::warn!(%status, complaint, "a process that works on a file failed");
            Fault::Broken.words()
        }
    }
}
