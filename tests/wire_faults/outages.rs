//! What lasts: a caller is told to come again, and what it asked for is done when the service is back.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use futures::future::join_all;

use crate::fault::Fault::Overloaded;
use crate::scene::{Scene, Told};
use crate::{MAX_ATTEMPTS, PLAYS_AT_ONCE, system};

/// What the guard against stampedes is made of: without it, a variant is rendered all the same.
const GUARD: [&str; 2] = ["PutItem leases", "PUT variants"];

#[tokio::test]
async fn what_is_out_of_order_for_long_is_said_and_done_when_it_is_back() {
    let system = system().await;
    let undisturbed = join_all(Scene::ALL.map(|scene| scene.undisturbed(&system))).await;
    let cases = undisturbed.iter().flat_map(|play| {
        let operations: BTreeSet<&str> = play.calls.iter().map(|call| call.operation.as_str()).collect();
        operations.into_iter().map(move |operation| (play, operation))
    });
    let plays = futures::stream::iter(cases).for_each_concurrent(PLAYS_AT_ONCE, async |case| {
        let (play, operation) = case;
        let what = format!("{:?}: {operation}", play.scene);
        let stage = play.scene.set(&system).await;
        stage.wire.break_down(operation, Overloaded);
        match stage.play().await {
            Told::ComeAgain => {
                assert!(!GUARD.contains(&operation), "{what}: a guard keeps nobody from rendering");
            }
            Told::Done(told) => {
                assert!(GUARD.contains(&operation), "{what}: {told}");
                assert_eq!(
                    (told["status"].as_u64(), told["lock"].as_str()),
                    (Some(200), Some("none")),
                    "{what}"
                );
            }
        }
        for arrival in stage.wire.arrivals() {
            let attempts = if arrival.call.operation == operation { MAX_ATTEMPTS } else { 1 };
            // What is tried for others' sake is given up when it takes long, on a busy machine before all attempts.
            let is_right =
                arrival.attempts == attempts || (GUARD.contains(&operation) && arrival.attempts < attempts);
            assert!(is_right, "{what}: {arrival:?}");
        }
        // READY is checked here too: whatever broke off, it means that the object is there.
        stage.place.state().await;
        stage.wire.heal();
        assert_eq!(stage.play().await, play.told, "{what}, and back again");
        assert_eq!(stage.place.state().await, play.state, "{what}, and back again");
    });
    plays.await;
}
