//! What a machine does with a disk that was not unmounted and has no journal.

use std::{io, process::Command};

use super::{image::Image, run};

/// Exit statuses of `e2fsck`.
const CLEAN: i32 = 0;
const REPAIRED: i32 = 1;

/// Repairs the file system and returns what the tools said.
///
/// Without a journal ext4 notes in two steps that a file has grown: its extents first, its size then. When the power goes in between,
/// `e2fsck` takes the extents for the fault and throws the last one away, with everything in it that was synchronised long before: of SQLite's
/// log a third and more, in one of thirty runs of six cuts. No program can guard against a repair, so this is not what the tests are about; the size is put
/// right first.
pub fn repair(image: &Image) -> io::Result<String> {
    // It gives up, with various statuses, where it cannot go on without a change; sizes come first.
    let mut said = String::from_utf8_lossy(&e2fsck(image, "-n").output()?.stdout).into_owned();
    for grown in Grown::all_in(&said) {
        let mut debugfs = Command::new("debugfs");
        let request = format!(
            "set_inode_field <{}> size {}",
            grown.inode,
            grown.end_blocks * block_size_bytes(image)?
        );
        debugfs.args(["-w", "-R", &request]).arg(image.path());
        said += &run(debugfs, &[CLEAN])?;
        said += &request;
    }
    Ok(said + &run(e2fsck(image, "-y"), &[CLEAN, REPAIRED])?)
}

fn e2fsck(image: &Image, answer: &str) -> Command {
    let mut e2fsck = Command::new("e2fsck");
    e2fsck.args(["-f", answer]).arg(image.path());
    e2fsck
}

fn block_size_bytes(image: &Image) -> io::Result<u64> {
    let mut dumpe2fs = Command::new("dumpe2fs");
    dumpe2fs.arg("-h").arg(image.path());
    let said = run(dumpe2fs, &[CLEAN])?;
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix("Block size:"));
    line.and_then(|size| size.trim().parse().ok())
        .ok_or_else(|| io::Error::other("dumpe2fs says no block size"))
}

/// A file whose extents were noted and whose size was not.
#[derive(Debug, PartialEq, Eq)]
struct Grown {
    inode: u64,
    /// Where its last extent ends.
    end_blocks: u64,
}

impl Grown {
    /// All of which `e2fsck` speaks.
    fn all_in(said: &str) -> Vec<Self> {
        const FAULT: &str = ", end of extent exceeds allowed value";
        let lines: Vec<&str> = said.lines().collect();
        let pairs = lines.windows(2);
        pairs
            .filter_map(|pair| {
                let inode = pair[0].strip_suffix(FAULT)?.strip_prefix("Inode ")?;
                Some(Self {
                    inode: inode.parse().ok()?,
                    end_blocks: number_after(pair[1], "logical block ")?
                        + number_after(pair[1], "len ")?,
                })
            })
            .collect()
    }
}

fn number_after(text: &str, words: &str) -> Option<u64> {
    let (_, rest) = text.split_once(words)?;
    let digits = rest.split(|character: char| !character.is_ascii_digit());
    digits.into_iter().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grew_is_found_in_what_e2fsck_says() {
        let said = "Pass 1: Checking inodes, blocks, and sizes\nInode 15, end of extent exceeds allowed value\n\
                    \t(logical block 2048, physical block 12289, len 1537)\nClear? no\n\nInode 15, i_blocks is 7036, should be 4098.  Fix? no\n";
        let grown = Grown {
            inode: 15,
            end_blocks: 3585,
        };
        assert_eq!(Grown::all_in(said), [grown]);
    }
}
