//! What passes by itself: calls are made again, and nobody notices.

use futures::StreamExt as _;
use futures::future::join_all;

use crate::fault::Fault::{self, AnswerLost, Broken, BrokenLate, Cut, Throttled};
use crate::scene::Scene;
use crate::wire::Call;
use crate::{MAX_ATTEMPTS, PLAYS_AT_ONCE, system};

/// What goes wrong with a call before it comes through: as often as it may.
const TROUBLES: [[Fault; 2]; 2] = [[Throttled, Broken], [Cut, AnswerLost]];

#[tokio::test]
async fn what_goes_wrong_twice_is_tried_a_third_time_and_nobody_notices() {
    let system = system().await;
    let undisturbed = join_all(Scene::ALL.map(|scene| scene.undisturbed(&system))).await;
    let cases = undisturbed.iter().flat_map(|play| {
        let calls = play.calls.iter().flat_map(|call| TROUBLES.map(|troubles| (call, troubles)));
        calls.map(move |(call, troubles)| (play, call, troubles))
    });
    let plays = futures::stream::iter(cases).for_each_concurrent(PLAYS_AT_ONCE, async |case| {
        let (play, call, troubles) = case;
        let what = format!("{:?}: {call:?} {troubles:?}", play.scene);
        let stage = play.scene.set(&system).await;
        stage.wire.disturb(call, &troubles);
        assert_eq!(stage.play().await, play.told, "{what}");
        assert_eq!(stage.wire.attempts(call), MAX_ATTEMPTS, "{what}");
        assert_eq!(stage.place.state().await, play.state, "{what}");
        // A write whose answer was lost is found by what the store says of it, which may take more calls.
        if !troubles.contains(&AnswerLost) {
            assert_eq!(stage.calls(), play.calls, "{what}");
        }
        let others = stage.wire.arrivals().into_iter().filter(|arrival| arrival.call != *call);
        assert!(others.map(|other| other.attempts).all(|attempts| attempts == 1), "{what}");
    });
    plays.await;
}

/// S3 begins to answer a COPY before it is done.
#[tokio::test]
async fn a_copy_that_fails_late_is_made_again() {
    let system = system().await;
    let undisturbed = Scene::VerifyDrop.undisturbed(&system).await;
    let stage = Scene::VerifyDrop.set(&system).await;
    let copy = Call { operation: "COPY raw".to_owned(), nth: 0 };
    stage.wire.disturb(&copy, &[BrokenLate]);
    assert_eq!(stage.play().await, undisturbed.told);
    assert_eq!((stage.wire.attempts(&copy), stage.calls()), (2, undisturbed.calls));
    assert_eq!(stage.place.state().await, undisturbed.state);
}
