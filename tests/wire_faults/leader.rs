//! Several processes that want one variant at one time: one renders, and the others take its bytes; if it dies, nobody
//! waits for it long.

use futures::future::{join, join_all};
use harness::events::variant_event;
use harness::{Hashfolio, Lambda, pictures};
use serde_json::Value;
use shared::hash::ContentHash;

use crate::fault::Fault::Held;
use crate::place::Place;
use crate::scene::{Told, rendered};
use crate::wire::Wire;
use crate::{RENDER, system};

/// A process that renders, with a wire of its own.
struct Process {
    wire: Wire,
    lambda: Lambda,
}

impl Process {
    async fn start(system: &Hashfolio, place: &Place, guard: &str) -> Self {
        let wire = Wire::to(system).await;
        let mut variables = place.variables(wire.url());
        variables.insert("STAMPEDE_GUARD".to_owned(), guard.to_owned());
        Self { lambda: Lambda::start(RENDER, &variables).await, wire }
    }

    /// Asks for a variant, which must come.
    async fn get(&self, path: &str) -> Got {
        let told = rendered(&self.lambda.invoke(&variant_event("GET", path)).await.unwrap());
        let Told::Done(told) = told else { panic!("to come again") };
        assert_eq!(told["status"], 200, "{told}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Got { bytes: text(&told["bytes"]), lock: text(&told["lock"]) }
    }

    /// Waits until it follows a leader, or renders itself.
    async fn has_begun(&self) {
        self.wire.until_any(&["GET variants", "GET raw"]).await;
    }
}

/// What a process answered.
struct Got {
    /// The hash of the bytes.
    bytes: String,
    lock: String,
}

/// A place with a picture that is READY.
async fn place(system: &Hashfolio) -> (Place, ContentHash) {
    let place = Place::within(system).await;
    let hash = place.ready(&pictures::jpeg(80, 60, 7)).await;
    (place, hash)
}

/// How a lease of seconds serves depends on the clock, which a busy machine may stop for longer. So what must always hold
/// is checked in every round, and what holds on time in one of them.
#[tokio::test]
async fn followers_of_a_leader_take_its_bytes_and_the_original_is_read_once() {
    let system = system().await;
    let (place, hash) = place(&system).await;
    let alone = Process::start(&system, &place, "off").await;
    let processes = [(); 3].map(async |()| Process::start(&system, &place, "lease").await);
    let processes = join_all(processes).await;
    let [leader, followers @ ..] = &processes[..] else { panic!() };
    for quality in [50, 60, 70, 75, 80, 90] {
        let path = format!("/{hash}/320x240/{quality}.webp");
        for process in &processes {
            process.wire.forget();
        }
        leader.wire.break_down("GET raw", Held);
        let following = async {
            leader.wire.until_any(&["GET raw"]).await;
            let released = async {
                join_all(followers.iter().map(Process::has_begun)).await;
                leader.wire.heal();
            };
            join(join_all(followers.iter().map(|process| process.get(&path))), released).await.0
        };
        let (led, followed) = join(leader.get(&path), following).await;
        let right = alone.get(&path).await;
        assert_eq!((right.lock.as_str(), &led.bytes), ("none", &right.bytes));
        assert!(followed.iter().all(|got| got.bytes == right.bytes));
        let reads: usize = processes.iter().map(|process| process.wire.count("GET raw")).sum();
        if reads == 1 {
            assert_eq!(led.lock, "leader");
            assert!(followed.iter().all(|got| got.lock == "follower"));
            return;
        }
    }
    panic!("no round of six was on time");
}

async fn survives_a_leader_killed_at(operation: &str, system: &Hashfolio) {
    let (place, hash) = place(system).await;
    let path = format!("/{hash}/320x240/80.webp");
    let right = Process::start(system, &place, "off").await.get(&path).await;
    let leader = Process::start(system, &place, "lease").await;
    let followers = [(); 2].map(async |()| Process::start(system, &place, "lease").await);
    let followers = join_all(followers).await;
    let held = [operation];
    leader.wire.break_down(operation, Held);
    tokio::select! {
        _ = leader.get(&path) => panic!("{operation} was not held"),
        () = leader.wire.until_any(&held) => {}
    }
    let killed = async {
        join_all(followers.iter().map(Process::has_begun)).await;
        leader.lambda.kill().await;
    };
    let (followed, ()) = join(join_all(followers.iter().map(|process| process.get(&path))), killed).await;
    for got in followed {
        assert_eq!(got.bytes, right.bytes);
        assert!(["none", "leader"].contains(&got.lock.as_str()), "nobody left bytes to follow: {}", got.lock);
    }
    // Once the lease has ended, the next one leads, and those after it follow.
    let [one, other] = &followers[..] else { panic!() };
    for (process, lock) in [(one, "leader"), (other, "follower")] {
        let in_time = async || {
            let got = process.get(&path).await;
            assert_eq!(got.bytes, right.bytes);
            got.lock == lock
        };
        system.eventually(lock, in_time).await;
    }
}

/// Killed while it reads the original, or when it has rendered and not shared yet.
#[tokio::test]
async fn a_leader_that_is_killed_keeps_nobody_from_the_variant() {
    let system = system().await;
    let killed = ["GET raw", "PUT variants"].map(|operation| survives_a_leader_killed_at(operation, &system));
    join_all(killed).await;
}
