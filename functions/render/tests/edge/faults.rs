//! Ports that fail, at every call.

use http::{HeaderMap, Method};
use shared::asset::AssetState;
use shared::memory::{Fault, Faults, Faulty};

use crate::assets::{Assets, header, picture, problem, respond};

#[tokio::test]
async fn whichever_call_fails_the_answer_is_to_try_again() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
    let path = format!("/{hash}/320x240/80.webp");
    for method in [Method::GET, Method::HEAD] {
        for index in 0.. {
            let faults = Faults::at(index, Fault::Lost);
            let store = Faulty::new(assets.store.clone(), &faults);
            let items = Faulty::new(assets.items.clone(), &faults);
            let response = respond(store, items, &method, &path, &HeaderMap::new()).await;
            if faults.calls() <= index {
                assert_eq!(response.status(), 200);
                assert!(index >= 2, "the item and the original are both asked for");
                break;
            }
            assert_eq!(
                problem(&response),
                (503, "unavailable".to_owned(), "no-store".to_owned()),
                "call {index}"
            );
            assert_eq!(header(&response, "retry-after"), Some("5"));
            assert!(!String::from_utf8_lossy(response.body()).contains("injected"), "internals do not show");
        }
    }
}

#[tokio::test]
async fn a_failing_store_does_not_hide_that_there_is_no_asset() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Deleted).await;
    let path = format!("/{hash}/320x240/80.webp");
    let faults = Faults::at(0, Fault::Lost);
    let store = Faulty::new(assets.store.clone(), &faults);
    let response = respond(store, assets.items, &Method::GET, &path, &HeaderMap::new()).await;
    assert_eq!(problem(&response).0, 404);
}
