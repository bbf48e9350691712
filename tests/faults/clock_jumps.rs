//! The machine's clock is put forward by two days and back by more, while tickets come in and mails wait. The days are told to the real
//! service by a false clock; what measures durations is left alone.

use std::time::Duration;

use cornerdesk_tests::{
    Database, Service,
    client::{File, a_submission},
    on_both_databases,
    service::Setup,
    smtp::{Answer, SmtpSink},
};

use crate::{
    long_form,
    orders::{Orders, SENDERS},
};

const DAY: Duration = Duration::from_secs(86_400);
/// Over which attempts are counted.
const WINDOW: Duration = Duration::from_secs(4);

/// Attempts that failed in a window from now on.
async fn attempts_in_a_window(service: &Service) -> usize {
    let failures = || service.log().matches("job failed, again later").count();
    let before = failures();
    tokio::time::sleep(WINDOW).await;
    failures() - before
}

on_both_databases! {
    async fn nothing_is_lost_or_doubled_when_the_clock_jumps(database: Database) {
        // An upload rightly expires when two days are over; that is tested below.
        let setup = Setup::durable(database).section("[uploads]\nexpire_hours = 96");
        let service = Service::start_in_false_time(setup).await;
        let count = long_form::rounds(180, 2_000);
        let orders = Orders::new(count);
        orders.send_all_while(&service.client(), 4, 31, async |round| match round {
            0 | 2 => service.advance(2 * DAY),
            _ => service.set_back(3 * DAY),
        }).await;
        orders.assert_each_is_one_ticket(&service).await;
        let remark = format!("+2 d, −3 d, twice; {SENDERS} at a time; 0 lost, 0 doubled");
        long_form::report(&format!("R9 clock jumps, {database:?}"), 4, count, remark);
    }

    async fn mails_that_wait_do_not_rush_when_the_clock_jumps_forward(database: Database) {
        let sink = SmtpSink::start().await;
        sink.answer_with(Answer::NotNow);
        let setup = Setup::new(database).mail_to(&sink).waits_as_in_production();
        let service = Service::start_in_false_time(setup).await;
        let (client, orders) = (service.client(), Orders::new(200));
        let (normal, ()) = tokio::join!(attempts_in_a_window(&service), orders.send_all(&client));
        service.advance(2 * DAY);
        let after = attempts_in_a_window(&service).await;
        println!("{database:?}: {normal} attempts in {WINDOW:?}, {after} after the jump");
        assert!(normal > 0 && after > 0, "nothing was tried: {normal}, {after}");
        assert!(after <= 2 * normal, "{normal} attempts normally, {after} after the jump");
    }

    async fn what_expired_stays_expired_when_the_clock_is_put_back_a_day(database: Database) {
        let service = Service::start_in_false_time(Setup::new(database)).await;
        let (client, staff) = (service.client(), service.sign_in_staff().await);
        let upload = client.create_upload(&File::binary("half.bin", 9_000, 3)).await;
        assert_eq!(staff.get("/desk").await.status.as_u16(), 200);
        service.advance(3 * DAY);
        let is_out = async || {
            let upload = client.about_upload("HEAD", &upload).await.status.as_u16();
            let desk = staff.get("/desk").await.status.as_u16();
            (upload, desk)
        };
        assert!(matches!(is_out().await, (404 | 410, 302 | 303)), "{:?}", is_out().await);
        service.set_back(DAY);
        assert!(matches!(is_out().await, (404 | 410, 302 | 303)), "{:?}", is_out().await);
        client.submit(&a_submission()).await.reference();
    }
}
