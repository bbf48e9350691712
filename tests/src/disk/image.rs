//! The bytes of a disk, in memory.

use std::{
    ffi::CString,
    fs::File,
    io,
    os::fd::{AsRawFd, FromRawFd},
    path::PathBuf,
};

/// What the images of a test process are called in lists of the kernel.
pub fn name_of(pid: u32) -> String {
    format!("cornerdesk-disk-of-{pid}")
}

/// A file in no folder that is gone when nobody has it open: neither we nor a loop device.
#[derive(Debug)]
pub struct Image {
    file: File,
}

impl Image {
    /// An image of zeros.
    ///
    /// # Panics
    ///
    /// When the kernel gives no memory.
    #[expect(
        unsafe_code,
        reason = "memfd_create has no safe form in std; its answer is checked and owned once"
    )]
    pub fn empty(size_bytes: u64) -> Self {
        let name = CString::new(name_of(std::process::id())).expect("a name without NUL");
        // SAFETY: the name ends with NUL and lives longer than the call; a descriptor that is not negative is new and ours alone.
        let file = unsafe {
            let descriptor =
                libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING);
            assert!(descriptor >= 0, "{}", io::Error::last_os_error());
            File::from_raw_fd(descriptor)
        };
        file.set_len(size_bytes)
            .expect("a file in memory can be extended");
        Self { file }
    }

    /// Where other programs find it.
    pub fn path(&self) -> PathBuf {
        let (us, descriptor) = (std::process::id(), self.file.as_raw_fd());
        format!("/proc/{us}/fd/{descriptor}").into()
    }

    /// Refuses every write from now on, also that of a loop device which has the file open. The kernel takes the file's lock for this,
    /// as it does for each write, so that a write is there as a whole or not at all.
    ///
    /// # Panics
    ///
    /// When the kernel does not seal, for then the test would mean nothing.
    #[expect(
        unsafe_code,
        reason = "fcntl has no safe form in std; it touches no memory of ours"
    )]
    pub fn seal(&self) {
        // SAFETY: the descriptor is open and ours; the argument is a number.
        let result = unsafe {
            libc::fcntl(
                self.file.as_raw_fd(),
                libc::F_ADD_SEALS,
                libc::F_SEAL_FUTURE_WRITE,
            )
        };
        assert_eq!(result, 0, "{}", io::Error::last_os_error());
    }

    /// Another image with the same bytes, not sealed.
    pub fn copy(&self) -> Self {
        let size_bytes = self.file.metadata().expect("an open file has a size").len();
        let copy = Self::empty(size_bytes);
        let from = File::open(self.path()).expect("our file can be opened");
        let to = File::options().write(true).open(copy.path());
        let copied = io::copy(&mut { from }, &mut to.expect("our file can be opened"));
        assert_eq!(copied.expect("memory can be copied"), size_bytes);
        copy
    }
}
