//! An object's bytes that break off in the middle: never taken for the whole.

use futures::StreamExt as _;
use futures::future::join_all;

use crate::fault::Fault::BodyCut;
use crate::scene::{Scene, Told};
use crate::{PLAYS_AT_ONCE, system};

#[tokio::test]
async fn bytes_that_break_off_are_not_taken_for_the_whole() {
    let system = system().await;
    let undisturbed = join_all(Scene::ALL.map(|scene| scene.undisturbed(&system))).await;
    let cases = undisturbed.iter().flat_map(|play| {
        let reads = play.calls.iter().filter(|call| call.operation.starts_with("GET "));
        reads.map(move |call| (play, call))
    });
    let cases: Vec<_> = cases.collect();
    assert!(cases.len() >= 8, "{cases:?}");
    let plays = futures::stream::iter(cases).for_each_concurrent(PLAYS_AT_ONCE, async |case| {
        let (play, call) = case;
        let what = format!("{:?}: {call:?}", play.scene);
        let stage = play.scene.set(&system).await;
        stage.wire.disturb(call, &[BodyCut]);
        let told = stage.play().await;
        assert!(told == Told::ComeAgain || told == play.told, "{what}: {told:?}");
        stage.place.state().await;
        stage.wire.heal();
        assert_eq!(stage.play().await, play.told, "{what}, and once more");
        assert_eq!(stage.place.state().await, play.state, "{what}, and once more");
    });
    plays.await;
}
