//! The outbox.

use std::time::Duration;

use local::s3::{EventKind, LocalS3, OutboxEvent, RecordedEvents};
use tempfile::TempDir;

use crate::harness::{BUCKET, Wire, credentials};

#[tokio::test]
async fn an_event_tells_what_became_of_which_object() {
    let wire = Wire::start().await;
    let etag = wire.put("incoming/ü b.jpg", b"12345").await;
    let events = wire.s3.outbox().pending(10).await.unwrap();
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event.kind, EventKind::ObjectCreatedPut);
    assert_eq!(event.kind.to_string(), "ObjectCreated:Put");
    assert_eq!((event.bucket.as_str(), event.key.as_str()), (BUCKET, "incoming/ü b.jpg"));
    assert_eq!(event.size_bytes, Some(5));
    assert_eq!(format!("\"{}\"", event.etag.as_deref().unwrap()), etag);
    assert!(event.event_time.elapsed().unwrap() < Duration::from_mins(1));
}

#[tokio::test]
async fn an_event_stays_until_it_is_acknowledged() {
    let wire = Wire::start().await;
    for key in ["a", "b", "c"] {
        wire.put(key, b"bytes").await;
    }
    let outbox = wire.s3.outbox();
    let first = outbox.pending(2).await.unwrap();
    assert_eq!(first, outbox.pending(2).await.unwrap());
    outbox.acknowledge(first[0].id).await.unwrap();
    outbox.acknowledge(first[0].id).await.unwrap();
    let keys = wire.events().await.into_iter().map(|(_, key)| key).collect::<Vec<_>>();
    assert_eq!(keys, ["b", "c"]);
}

#[tokio::test]
async fn the_later_event_of_a_key_has_the_greater_sequencer() {
    let wire = Wire::start().await;
    for _ in 0..20 {
        wire.put("k", b"bytes").await;
    }
    let events = wire.s3.outbox().pending(20).await.unwrap();
    let sequencers: Vec<String> = events.iter().map(OutboxEvent::sequencer).collect();
    assert_eq!(sequencers.len(), 20);
    assert!(sequencers.is_sorted_by(|earlier, later| earlier < later));
}

#[tokio::test]
async fn a_postponed_event_comes_back_when_its_time_has_come() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    let outbox = wire.s3.outbox();
    let event = outbox.pending(1).await.unwrap().remove(0);
    outbox.postpone(event.id, Duration::from_millis(300)).await.unwrap();
    assert_eq!(outbox.pending(1).await.unwrap(), []);
    tokio::time::sleep(Duration::from_millis(350)).await;
    let again = outbox.pending(1).await.unwrap().remove(0);
    assert_eq!((again.id, again.postponements), (event.id, 1));
}

#[tokio::test]
async fn a_waiting_consumer_is_woken_by_an_event() {
    let wire = Wire::start().await;
    let outbox = wire.s3.outbox();
    let waiting = tokio::spawn(async move { outbox.notified().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    wire.put("k", b"bytes").await;
    tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
}

#[tokio::test]
async fn deletions_are_recorded_only_if_they_were_asked_for() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    let dir = wire.close().await;
    let s3 = LocalS3::open(dir.path(), credentials(), RecordedEvents::Created).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = s3.clone();
    tokio::spawn(async move { served.serve(listener, std::future::pending()).await });
    let client = crate::harness::client(&endpoint, crate::harness::SECRET_KEY);
    client.delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    let kinds: Vec<EventKind> =
        s3.outbox().pending(10).await.unwrap().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::ObjectCreatedPut]);
}

#[tokio::test]
async fn an_outbox_without_events_is_empty() {
    let dir = TempDir::new().unwrap();
    let s3 = LocalS3::open(dir.path(), credentials(), RecordedEvents::Created).unwrap();
    assert_eq!(s3.outbox().pending(10).await.unwrap(), []);
}
