//! The disk becomes full under load: the service refuses what it cannot keep, stays, and goes on when there is room.

use std::{
    fs,
    time::{Duration, Instant},
};

use cornerdesk_tests::{
    Database, Service,
    disk::{Disk, FileSystem},
    eventually,
    service::Setup,
};

use crate::{
    found::Found,
    long_form,
    orders::{Orders, SENDERS, Travels},
};

const DISK_BYTES: u64 = 32 << 20;
const ORDERS: usize = 160;
const REFUSALS: usize = 10;
const RECOVERY_MOST: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_full_disk_refuses_what_it_cannot_keep_until_there_is_room() {
    let Some(disk) = Disk::new(FileSystem::WithJournal, DISK_BYTES) else {
        return;
    };
    let mut service = Service::start_on(disk, Setup::new(Database::Sqlite)).await;
    let client = service.client();
    let staff = service.sign_in_staff().await;
    let orders = Orders::new(ORDERS);
    let fill_and_free = async {
        orders.acknowledged(ORDERS / 4).await;
        let ballast = service.disk().fill();
        until_refused(&orders).await;
        let (_, reference) = orders.receipts().swap_remove(0);
        for path in ["/desk/tickets", &format!("/desk/tickets/{reference}")] {
            let page = staff.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            assert!(page.text.contains(&reference), "{path}");
        }
        fs::remove_file(ballast).expect("a file can be deleted on a full disk");
        let freed = Instant::now();
        // One more than can have been on their way back.
        orders
            .acknowledged(orders.receipts().len() + SENDERS + 1)
            .await;
        freed.elapsed()
    };
    // Nobody starts the service again here, so all that is acknowledged in the end was acknowledged by the same process.
    let ((), recovery) = tokio::join!(orders.send_all(&client), fill_and_free);
    assert!(recovery <= RECOVERY_MOST, "recovered after {recovery:?}");
    orders.assert_each_is_one_ticket(&service).await;

    service.kill();
    let loss = Found::on(&service).await.loss(orders.receipts());
    assert!(loss.is_none(), "{loss}");
    let remark = format!("0 lost, 0 doubled, works {recovery:.1?} after there is room");
    long_form::report("R4 disk full, Sqlite", 1, ORDERS, remark);
}

/// Waits until the disk is really full: neither a row nor a file is taken, request after request.
async fn until_refused(orders: &Orders) {
    let kinds = [Travels::Not, Travels::WithTheRequest, Travels::Ahead];
    let before = kinds.map(|kind| orders.refusals(kind));
    eventually(
        Duration::from_secs(30),
        "refusals of every kind",
        async || {
            let now = kinds.map(|kind| orders.refusals(kind));
            let grown = now.iter().zip(before).map(|(now, before)| now - before);
            grown
                .min()
                .is_some_and(|least| least >= REFUSALS)
                .then_some(())
        },
    )
    .await;
}
