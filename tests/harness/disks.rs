//! A power cut takes what was not synchronised and nothing else, and no disk outlives the tests.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use cornerdesk_tests::{
    disk::{Disk, FileSystem},
    eventually_blocking,
    process::{self, Signal},
};

const DISK_BYTES: u64 = 32 << 20;
static BYTES: [u8; 50_000] = [7; 50_000];
const MOUNTED: &str = "a disk is mounted";

fn synchronise(path: &Path) {
    let file = fs::File::open(path).expect("it is there");
    file.sync_all().expect("it can be synchronised");
}

/// Writes a file, with its bytes put on the disk or not.
fn write(path: &Path, is_synchronised: bool) {
    fs::write(path, BYTES).expect("a file can be written");
    if is_synchronised {
        synchronise(path);
    }
}

fn is_whole(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes == BYTES)
}

#[test]
fn a_power_cut_takes_bytes_that_were_not_synchronised() {
    let Some(disk) = Disk::new(FileSystem::WithJournal, DISK_BYTES) else {
        return;
    };
    let folder = disk.folder_outside();
    write(&folder.join("left"), false);
    write(&folder.join("kept"), true);
    assert!(is_whole(&folder.join("left")), "nothing is lost before");
    disk.cut_power();
    let too_late = fs::write(folder.join("late"), BYTES).and_then(|()| {
        let file = fs::File::open(folder.join("late"))?;
        file.sync_all()
    });
    assert!(too_late.is_err(), "nothing can be synchronised afterwards");

    let disk = disk.found_after_the_cut();
    let found = disk.folder_outside();
    assert!(is_whole(&found.join("kept")));
    assert!(!is_whole(&found.join("left")));
    assert!(!is_whole(&found.join("late")));
}

#[test]
fn without_a_journal_a_power_cut_takes_names_in_folders_that_were_not_synchronised() {
    let Some(disk) = Disk::new(FileSystem::WithoutJournal, DISK_BYTES) else {
        return;
    };
    let folder = disk.folder_outside();
    for to in ["kept", "left"] {
        fs::create_dir(folder.join(to)).expect("a folder can be made");
        synchronise(&folder);
        write(&folder.join("file"), true);
        fs::rename(folder.join("file"), folder.join(to).join("file")).expect("a file can be moved");
    }
    synchronise(&folder.join("kept"));
    disk.cut_power();

    let disk = disk.found_after_the_cut();
    let found = disk.folder_outside();
    assert!(is_whole(&found.join("kept/file")));
    assert!(!is_whole(&found.join("left/file")));
}

/// Not a test by itself: the process that the test below kills.
#[tokio::test]
#[ignore = "started by a_killed_test_process_leaves_no_disk"]
async fn a_test_process_with_a_disk() {
    let _disk = Disk::new(FileSystem::WithJournal, DISK_BYTES).expect("its parent had one");
    println!("{MOUNTED}");
    std::future::pending::<()>().await;
}

#[test]
fn a_killed_test_process_leaves_no_disk() {
    if Disk::new(FileSystem::WithJournal, DISK_BYTES).is_none() {
        return;
    }
    let mut command = Command::new(std::env::current_exe().expect("we know where we are"));
    command
        .args(["--ignored", "--nocapture", "--exact"])
        .arg("disks::a_test_process_with_a_disk")
        .stdout(Stdio::piped());
    let mut victim = process::spawn(command, Signal::Kill).expect("we can be started");
    let output = BufReader::new(victim.stdout.take().expect("the output is piped"));
    let is_mounted = output
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains(MOUNTED));
    assert!(is_mounted, "the process with a disk did not come up");
    assert_eq!(loop_devices_of(victim.id()), 1);

    process::send(Signal::Kill, victim.id());
    victim.wait().expect("a killed child can be waited for");
    eventually_blocking(Duration::from_secs(10), "the disk to be gone", || {
        (loop_devices_of(victim.id()) == 0).then_some(())
    });
}

/// How many loop devices hold an image of a test process.
fn loop_devices_of(pid: u32) -> usize {
    // Whole names only: another process may have a longer number.
    let name = format!("{} ", Disk::name_of_images_of(pid));
    let devices = fs::read_dir("/sys/block").expect("/sys is there").flatten();
    let is_ours = |device: &fs::DirEntry| {
        let file = fs::read_to_string(device.path().join("loop/backing_file"));
        file.is_ok_and(|file| file.contains(&name))
    };
    devices.filter(is_ours).count()
}
