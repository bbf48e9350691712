//! The requester writes: once, whole, and with every fault beside its field.

use cornerdesk_tests::{Database, client::File, on_both_databases};

use super::{Place, answer, close, key, told, write};

on_both_databases! {
    async fn an_answer_is_one_message_however_often_it_is_sent(database: Database) {
        let place = Place::open(database).await;
        let key = key(&place).await;
        let file = [File::text("steps.txt", "1. open")];
        for _ in 0..2 {
            let sent = answer(&place, &key, "It is the second button.", &file).await;
            assert_eq!(sent.status, 303, "{}", sent.text);
            assert_eq!(sent.header("location"), Some(place.page.as_str()));
        }
        assert_eq!(told(&place), ["wrote"]);
        let ticket = place.service.ticket_with_examined_files(&place.reference).await;
        assert_eq!(ticket["attachments"].as_array().expect("files").len(), 1);
        // Back in the browser, and another text under the same key.
        assert_eq!(answer(&place, &key, "No, the third.", &[]).await.status, 303);
        assert_eq!(told(&place), ["wrote", "wrote"]);
        let page = place.look("").await;
        assert!(page.contains("We have your message") && page.contains("You wrote to us"), "{page}");
        assert!(!page.contains("third"), "{page}");
        let page = place.look(&place.sign_in().await).await;
        assert!(page.contains("It is the second button.") && page.contains("No, the third.") && page.contains("steps"), "{page}");
        place.service.assert_storage_is_counted();
    }

    async fn an_answer_opens_again_what_was_over_and_the_page_says_so(database: Database) {
        let place = Place::open(database).await;
        let staff = place.service.sign_in_staff().await;
        close(&place, &staff, "closed:no_reply").await;
        let page = place.look("").await;
        assert!(page.contains("Your request is over. When you write to us, it opens again."), "{page}");
        assert_eq!(answer(&place, "a", "It happens still.", &[]).await.status, 303);
        assert_eq!(told(&place), ["status_changed", "wrote", "status_changed"]);
        assert_eq!(place.service.ticket(&place.reference)["status"], "open");
        let page = place.look("").await;
        assert!(page.contains("We have your message") && page.contains("Your request is open again"), "{page}");
        assert!(!page.contains("Our team began to work on it"), "{page}");
    }

    async fn what_is_wrong_is_said_and_nothing_that_was_typed_is_lost(database: Database) {
        let place = Place::open(database).await;
        let long = "ä".repeat(50_001);
        let many: Vec<File> = (0..11).map(|number| File::text(&format!("{number}.txt"), "x")).collect();
        let none: &[File] = &[];
        for (text, files, words, kept) in [
            (" \n", none, "Write a message, or choose a file.", "name=\"idempotency_key\" value=\"k\""),
            (long.as_str(), none, "fits into a file", long.as_str()),
            ("Canary-text", many.as_slice(), "too many files for one message", "Canary-text"),
        ] {
            let refused = answer(&place, "k", text, files).await;
            assert_eq!(refused.status, 422, "{words}");
            assert!(refused.text.contains(words) && refused.text.contains(kept), "{words}");
            assert!(refused.text.contains("role=\"alert\""), "{words}");
        }
        assert!(told(&place).is_empty(), "{:?}", told(&place));
        let refused = answer(&place, "k", "Canary-text", &many).await;
        assert_eq!(refused.text.matches("name=\"upload_ids\"").count(), 10, "what came is kept: {}", refused.text);
    }

    async fn who_adds_only_a_picture_need_not_write_a_word(database: Database) {
        let place = Place::open(database).await;
        let sent = answer(&place, "k", "", &[File::text("steps.txt", "1. open")]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        let page = place.look(&place.sign_in().await).await;
        assert!(page.contains("(Files only.)") && page.contains("steps"), "{page}");
    }

    async fn staff_are_answered_and_the_clock_of_the_wait_goes_on(database: Database) {
        let place = Place::open(database).await;
        let staff = place.service.sign_in_staff().await;
        write(&place, &staff, "reply", "Which button?", &[]).await;
        place.service.command(&["ticket", "pause", &place.reference, "--reason", "requester", "--by", "Sam"]);
        assert!(place.look("").await.contains("We are waiting for you"));
        assert_eq!(answer(&place, "k", "The second.", &[]).await.status, 303);
        assert_eq!(told(&place), ["wrote", "answered", "wrote", "resumed"]);
        assert!(place.look("").await.contains("We have your message"));
    }
}

#[tokio::test]
async fn who_writes_without_end_is_put_off_and_keeps_the_text() {
    let place = Place::open(Database::Sqlite).await;
    let mut put_off = None;
    for number in 0..=20 {
        let sent = answer(&place, "k", &format!("Canary-{number}"), &[]).await;
        if sent.status == 429 {
            put_off = Some((number, sent));
        }
    }
    let (number, put_off) = put_off.expect("21 answers are too many");
    assert!(put_off.header("retry-after").is_some());
    assert!(
        put_off.text.contains(&format!("Canary-{number}")),
        "{}",
        put_off.text
    );
    assert!(
        put_off.text.contains("Your text is still here"),
        "{}",
        put_off.text
    );
}
