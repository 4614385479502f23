//! A guard against stampedes that is out of order.

use futures::future::join_all;

use crate::fault::Fault::{AnswerLost, BodyCut, Held, Overloaded};
use crate::scene::{Scene, Told};
use crate::system;
use crate::wire::Call;

/// A lease that was taken is not another's only because the answer was lost.
#[tokio::test]
async fn a_lease_whose_answer_was_lost_is_known_as_ones_own() {
    let system = system().await;
    let (undisturbed, stage) =
        (Scene::RenderShared.undisturbed(&system).await, Scene::RenderShared.set(&system).await);
    let take = Call { operation: "PutItem leases".to_owned(), nth: 0 };
    stage.wire.disturb(&take, &[AnswerLost]);
    assert_eq!(stage.play().await, undisturbed.told);
    assert_eq!((stage.wire.attempts(&take), stage.calls()), (2, undisturbed.calls));
}

#[tokio::test]
async fn a_guard_that_does_not_answer_keeps_nobody_from_rendering() {
    let system = system().await;
    let scene = Scene::RenderShared;
    let Told::Done(undisturbed) = scene.undisturbed(&system).await.told else { panic!() };
    let plays = ["PutItem leases", "PUT variants"].map(async |operation| {
        let stage = scene.set(&system).await;
        stage.wire.break_down(operation, Held);
        let Told::Done(told) = stage.play().await else { panic!("{operation}") };
        let lock = told["lock"].as_str();
        assert_eq!((&told["bytes"], lock), (&undisturbed["bytes"], Some("none")), "{operation}");
    });
    join_all(plays).await;
}

/// Whoever comes while the lease goes on looks for the bytes that were shared.
#[tokio::test]
async fn shared_bytes_that_do_not_come_are_rendered_anew() {
    let system = system().await;
    let plays = [BodyCut, Overloaded, Held].map(async |fault| {
        let stage = Scene::RenderShared.set(&system).await;
        let Told::Done(shared) = stage.play().await else { panic!("{fault:?}") };
        stage.wire.break_down("GET variants", fault);
        let Told::Done(told) = stage.play().await else { panic!("{fault:?}") };
        assert_eq!(told["bytes"], shared["bytes"], "{fault:?}");
        assert_ne!(told["lock"], "follower", "{fault:?}");
        stage.wire.heal();
    });
    join_all(plays).await;
}
