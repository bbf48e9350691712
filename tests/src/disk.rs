//! A disk whose power can be cut.
//!
//! The disk is a file in memory behind a loop device, with a file system on it. What a program has written but not synchronised
//! lies in the page cache *above* the loop device and never reaches the file. [`Disk::cut_power`] seals the file: from one write of the
//! device to the next the kernel refuses all of them, so that the file is, at one instant and for good, what a real disk would hold.
//! [`Disk::found_after_the_cut`] is a copy of it, for the machine that comes up again.
//!
//! The file system is mounted in a mount namespace of its own, which a child of ours keeps. When the tests end, however they end, so does
//! the child, and the kernel unmounts, frees the loop device and forgets the file: nothing can be left over.

mod image;
mod repair;

use std::{
    ffi::OsString,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{
    process::{self, Signal},
    scratch,
};

use image::Image;

/// Says that this machine does not let us mount, and that its owner knows that the tests of disks do not run here.
pub const WITHOUT_MOUNT: &str = "CORNERDESK_WITHOUT_MOUNT";

/// What an ext4 file system does beyond what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// Whoever synchronises anything puts the names of all files on disk.
    WithJournal,
    /// A name is on disk when its folder was synchronised. After a cut the disk is repaired before it is mounted.
    WithoutJournal,
}

/// A mounted file system of its own.
#[derive(Debug)]
pub struct Disk {
    file_system: FileSystem,
    image: Image,
    folder: PathBuf,
    keeper: Child,
    repairs: String,
}

impl FileSystem {
    const fn features(self) -> &'static str {
        match self {
            Self::WithJournal => "has_journal",
            Self::WithoutJournal => "^has_journal",
        }
    }

    /// The journal is written for nobody for as long as a test takes, and ext4 does not guess which renames were meant to be safe.
    const fn mount_options(self) -> &'static str {
        match self {
            Self::WithJournal => "loop,noauto_da_alloc,commit=600",
            Self::WithoutJournal => "loop,noauto_da_alloc",
        }
    }
}

impl Disk {
    /// Makes an empty disk; `None` on a machine that cannot, when its owner has said so by [`WITHOUT_MOUNT`].
    ///
    /// # Panics
    ///
    /// When the disk cannot be mounted and nobody has said that this is known.
    pub fn new(file_system: FileSystem, size_bytes: u64) -> Option<Self> {
        let image = Image::empty(size_bytes);
        // No room is set aside for root: the tests may be root, and full is to be full.
        let mut mkfs = Command::new("mkfs.ext4");
        mkfs.args(["-q", "-F", "-m", "0", "-O", file_system.features()])
            .arg(image.path());
        let mounted = run(mkfs, &[0]).and_then(|_| Self::mount(file_system, image));
        match mounted {
            Ok(disk) => Some(disk),
            Err(fault) if is_known_to_be_impossible() => {
                eprintln!("not tested: this machine mounts no disks ({fault})");
                None
            }
            Err(fault) => panic!(
                "a disk cannot be mounted here: {fault}\nThe tests that cut the power and fill the disk need root (CAP_SYS_ADMIN), loop devices, \
                 ext4, mkfs.ext4 and unshare. On a machine that cannot give these, set {WITHOUT_MOUNT}=1: then these tests, and no others, are left out"
            ),
        }
    }

    fn mount(file_system: FileSystem, image: Image) -> io::Result<Self> {
        let folder = scratch::folder("disk");
        let script = r#"mount -o "$1" "$2" "$3" && echo mounted && exec cat > /dev/null"#;
        let mut unshare = Command::new("unshare");
        unshare
            .args(["--mount", "--propagation", "private", "sh", "-c"])
            .args([script, "mount", file_system.mount_options()])
            .args([&image.path(), &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let keeper = process::spawn(unshare, Signal::Kill)?;
        let mut disk = Self {
            file_system,
            image,
            folder,
            keeper,
            repairs: String::new(),
        };
        disk.wait_until_mounted()?;
        Ok(disk)
    }

    fn wait_until_mounted(&mut self) -> io::Result<()> {
        let mut line = String::new();
        let output = self.keeper.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut line)?;
        if line.trim_end() == "mounted" {
            return Ok(());
        }
        let mut complaint = String::new();
        let mut errors = self.keeper.stderr.take().expect("the errors are piped");
        errors.read_to_string(&mut complaint)?;
        Err(io::Error::other(complaint))
    }

    /// Where the file system is for programs that were [brought in](Self::bring_in).
    pub fn folder_inside(&self) -> &Path {
        &self.folder
    }

    /// Where everybody else reaches it.
    pub fn folder_outside(&self) -> PathBuf {
        let inside = self.folder.strip_prefix("/").unwrap_or(&self.folder);
        Path::new("/proc")
            .join(self.keeper.id().to_string())
            .join("root")
            .join(inside)
    }

    /// A command that runs `program` where the disk is mounted; it remains one process, with the id that it was spawned with.
    pub fn bring_in(&self, program: &Path) -> Command {
        let mut namespace = OsString::from("--mount=");
        namespace.push(format!("/proc/{}/ns/mnt", self.keeper.id()));
        let mut command = Command::new("nsenter");
        command.arg(namespace).arg("--").arg(program);
        command
    }

    /// What the kernel calls the images of disks of a test process, such as in `/sys/block/loop0/loop/backing_file`.
    pub fn name_of_images_of(pid: u32) -> String {
        image::name_of(pid)
    }

    /// Cuts the power: nothing reaches the disk from here on.
    pub fn cut_power(&self) {
        self.image.seal();
    }

    /// The disk as the machine finds it when the power is back: another one, with what reached this one before the cut.
    pub fn found_after_the_cut(&self) -> Self {
        let image = self.image.copy();
        let repaired = match self.file_system {
            FileSystem::WithJournal => Ok(String::new()),
            FileSystem::WithoutJournal => repair::repair(&image),
        };
        let found = repaired.and_then(|repairs| {
            let mut disk = Self::mount(self.file_system, image)?;
            disk.repairs = repairs;
            Ok(disk)
        });
        found.unwrap_or_else(|fault| panic!("the disk does not survive the cut: {fault}"))
    }

    /// What had to be repaired before the disk could be mounted, in the words of the tool that did it.
    pub fn repairs(&self) -> &str {
        &self.repairs
    }

    /// Fills the disk to the last byte and returns the file to delete for room again.
    pub fn fill(&self) -> PathBuf {
        let path = self.folder_outside().join("ballast");
        let mut ballast = fs::File::create(&path).expect("a file can be made");
        // Large pieces first; whatever is left is filled with small ones.
        for size_bytes in [1 << 20, 1 << 12, 1] {
            let piece = vec![0x42; size_bytes];
            let fault = std::iter::repeat_with(|| ballast.write_all(&piece))
                .find_map(Result::err)
                .expect("a disk becomes full");
            assert_eq!(fault.kind(), io::ErrorKind::StorageFull, "{fault}");
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Its namespace dies with it, and with that the mount and the loop device.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

fn is_known_to_be_impossible() -> bool {
    std::env::var(WITHOUT_MOUNT).is_ok_and(|value| value == "1")
}

/// Runs a command whose exit status is to be one of `well`, and returns what it says.
fn run(mut command: Command, well: &[i32]) -> io::Result<String> {
    let output = command
        .output()
        .map_err(|fault| io::Error::other(format!("{command:?}: {fault}")))?;
    if output
        .status
        .code()
        .is_some_and(|code| well.contains(&code))
    {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(complaint.into_owned()))
}
