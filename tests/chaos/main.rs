//! Chaos: a fault at every call that ingest, verify and render make in the life of an asset, and what must hold after it.
//!
//! After every step: an asset that is READY has its object, with its hash. In the end: nothing that was acknowledged is
//! lost, and no variant was ever served with wrong bytes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail where it stands")]

mod life;
mod world;

use shared::memory::{Fault, Faults};

use life::{Upload, live};
use world::World;

/// How a journey is disturbed: one call fails, or (as when Lambda kills the process) all from one on.
fn disturbances(index: usize) -> [(String, Faults); 3] {
    [
        (format!("call {index} never arrives"), Faults::at(index, Fault::Lost)),
        (format!("call {index} takes effect, and its answer is lost"), Faults::at(index, Fault::AnswerLost)),
        (format!("killed at call {index}"), Faults::during(index..usize::MAX, Fault::Lost)),
    ]
}

/// Lives the life of an upload with a fault at every call, until there are no more calls to fail.
async fn survives_a_fault_at_every_call(upload: &Upload) {
    for index in 0.. {
        let mut undisturbed = true;
        for (what, faults) in disturbances(index) {
            let world = World::of(*upload);
            live(&world, upload, &faults, &what).await;
            undisturbed &= faults.calls() <= index;
        }
        if undisturbed {
            assert!(index >= upload.least_calls(), "{index} calls are fewer than a life takes");
            return;
        }
    }
}

#[tokio::test]
async fn an_upload_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(&Upload::Picture).await;
}

#[tokio::test]
async fn a_drop_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(&Upload::Drop).await;
}

#[tokio::test]
async fn an_upload_in_parts_survives_a_fault_at_every_call() {
    survives_a_fault_at_every_call(&Upload::InParts).await;
}

#[tokio::test]
async fn what_is_no_picture_is_never_shown_whatever_fails() {
    survives_a_fault_at_every_call(&Upload::NoPicture).await;
}
