//! Answers that take too long.

use std::time::Duration;

use futures::future::{join, join_all};
use harness::{Hashfolio, pictures};

use crate::fault::Fault::{BodyHeld, Held};
use crate::scene::{Scene, Told};
use crate::system;
use crate::wire::Call;

/// A call of each function, by the scene that it is made in.
const CALLS: [(Scene, &str); 4] = [
    (Scene::Ask, "PutItem assets"),
    (Scene::Verify, "HEAD raw"),
    (Scene::VerifyDrop, "UpdateItem assets"),
    (Scene::Render, "GET raw"),
];

async fn an_answer_is_asked_for_again(system: &Hashfolio) {
    let plays = CALLS.map(async |(scene, operation)| {
        let (undisturbed, stage) = (scene.undisturbed(system).await, scene.set(system).await);
        let call = Call { operation: operation.to_owned(), nth: 0 };
        stage.wire.disturb(&call, &[Held]);
        assert_eq!(stage.play().await, undisturbed.told, "{scene:?}");
        assert_eq!((stage.wire.attempts(&call), stage.calls()), (2, undisturbed.calls), "{scene:?}");
        assert_eq!(stage.place.state().await, undisturbed.state, "{scene:?}");
    });
    join_all(plays).await;
}

/// Verify has all the time that Lambda gives: it is the SDK that ends what does not move.
async fn an_original_that_stops_coming_is_read_another_time(system: &Hashfolio) {
    let scene = Scene::VerifyByReading;
    let (undisturbed, stage) = (scene.undisturbed(system).await, scene.set(system).await);
    let read = Call { operation: "GET raw".to_owned(), nth: 0 };
    stage.wire.disturb(&read, &[BodyHeld]);
    assert_eq!(stage.play().await, Told::ComeAgain);
    assert_eq!(stage.play().await, undisturbed.told);
    assert_eq!(stage.place.state().await, undisturbed.state);
}

/// Side by side: each lasts as long as the SDK's patience does.
#[tokio::test]
async fn what_does_not_come_is_not_waited_for_without_end() {
    let system = system().await;
    let original = an_original_that_stops_coming_is_read_another_time(&system);
    join(an_answer_is_asked_for_again(&system), original).await;
}

/// Whoever waits for it learns so before it gives up itself, or Lambda ends the function.
#[tokio::test]
async fn who_waits_for_an_answer_that_never_comes_is_told_in_time() {
    let system = system().await;
    let cases = [
        (Scene::Ask, "PutItem assets", Held),
        (Scene::AskForAnothers, "HEAD raw", Held),
        (Scene::Render, "GetItem assets", Held),
        (Scene::Render, "GET raw", Held),
        (Scene::Render, "GET raw", BodyHeld),
    ];
    let plays = cases.map(async |(scene, operation, fault)| {
        let undisturbed = scene.undisturbed(&system).await;
        let seconds = [("INGEST_TIMEOUT_SECONDS", "3"), ("RENDER_TIMEOUT_SECONDS", "3")];
        let stage = scene.set_with(&system, &seconds).await;
        stage.wire.break_down(operation, fault);
        assert_eq!(stage.play().await, Told::ComeAgain, "{scene:?}: {operation}");
        let held = Call { operation: operation.to_owned(), nth: 0 };
        assert!(stage.wire.attempts(&held) < 2, "{scene:?}: told while {operation} was still waited for");
        stage.wire.heal();
        let system = &system;
        let told = async || stage.play().await == undisturbed.told;
        system.eventually("the wire is healed, and it is done", told).await;
        assert_eq!(stage.place.state().await, undisturbed.state, "{scene:?}: {operation}");
    });
    tokio::time::timeout(Duration::from_mins(1), join_all(plays)).await.unwrap();
}

#[tokio::test]
async fn a_batch_answers_what_it_can_in_time() {
    let system = system().await;
    // Enough for what is not held, however busy the machine; less than the SDK waits before it asks again.
    let stage = Scene::Ask.set_with(&system, &[("INGEST_TIMEOUT_SECONDS", "6")]).await;
    let second = Call { operation: "PutItem assets".to_owned(), nth: 1 };
    stage.wire.disturb(&second, &[Held]);
    let asks = [1, 2, 3].map(|seed| Hashfolio::ask_for(&pictures::jpeg(8, 6, seed), "image/jpeg"));
    let results = stage.batch(&asks).await;
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    let (answered, late): (Vec<u64>, Vec<u64>) = statuses.iter().partition(|status| **status == 201);
    assert_eq!((answered.len(), late), (2, vec![503]), "{results:?}");
}
