//! The disk fails now and then, at synchronisations and writes (R4): nothing that was acknowledged is lost, and the same process goes on.

use std::time::{Duration, Instant};

use cornerdesk_tests::{Database, Service, failing_disk::Failure, service::Setup};

use crate::{
    found::Found,
    long_form,
    orders::{Orders, SENDERS, Travels},
};

const KINDS: [Travels; 3] = [Travels::Not, Travels::WithTheRequest, Travels::Ahead];
const RECOVERY_MOST: Duration = Duration::from_secs(30);

async fn survive(failure: Failure) {
    let mut service = Service::start_on_a_failing_disk(Setup::new(Database::Sqlite)).await;
    let client = service.client();
    let staff = service.sign_in_staff().await;
    let count = long_form::rounds(160, 2_000);
    let orders = Orders::new(count);
    let fail_and_heal = async {
        orders.acknowledged(count / 8).await;
        service.fail_calls(failure);
        // Among failures most of all: what is acknowledged between them is what could be lost.
        orders.acknowledged(count * 3 / 4).await;
        let reference = orders.in_order_of_receipt().pop().expect("an order").1;
        for path in ["/desk/tickets", &format!("/desk/tickets/{reference}")] {
            let page = staff.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            assert!(page.text.contains(&reference), "{path}");
        }
        service.heal_calls();
        let healed = Instant::now();
        // One more than can have been on their way back.
        let some_more = orders.receipts().len() + SENDERS + 1;
        orders.acknowledged(some_more).await;
        healed.elapsed()
    };
    // Nobody starts the service again here, so all that is acknowledged in the end was acknowledged by the same process.
    let ((), recovery) = tokio::join!(orders.send_all(&client), fail_and_heal);
    assert!(recovery <= RECOVERY_MOST, "recovered after {recovery:?}");
    let refusals = KINDS.map(|kind| orders.refusals(kind));
    assert!(
        refusals.iter().all(|count| *count > 0),
        "some way to submit met no failure: {refusals:?}"
    );
    orders.assert_each_is_one_ticket(&service).await;

    service.kill();
    let loss = Found::on(&service).await.loss(orders.receipts());
    assert!(loss.is_none(), "{loss}");
    let refused: usize = refusals.iter().sum();
    let remark = format!("{refused} refused, 0 lost, 0 doubled, works {recovery:.1?} after");
    long_form::report(&format!("R4 {failure:?}, Sqlite"), 1, count, remark);
}

#[tokio::test]
async fn nothing_is_lost_when_the_disk_has_errors() {
    survive(Failure::InputOutput).await;
}

#[tokio::test]
async fn nothing_is_lost_when_the_disk_has_no_space_now_and_then() {
    survive(Failure::NoSpace).await;
}
