use shared::asset::{Authority, Principal, Takedown};
use shared::memory::{Fault, Faults};
use shared::runtime::Environment;

use super::*;
use crate::Config;
use crate::tests::{Portfolio, ask, caller};

fn alice() -> Caller {
    caller("alice")
}

fn bob() -> Caller {
    caller("bob")
}

fn offered(issued: Result<Issued, IssueError>) -> (Asset, SignedRequest) {
    match issued.unwrap() {
        Issued::Offer { asset, upload } => (asset, upload),
        Issued::Present(asset) => panic!("present: {asset:?}"),
    }
}

#[tokio::test]
async fn a_new_asset_waits_for_its_bytes_and_costs_one_call() {
    let portfolio = Portfolio::default();
    let faults = Faults::none();
    let (asset, upload) = offered(portfolio.ask_with(&faults, &alice(), &ask()).await);
    assert_eq!(faults.calls(), 1);
    assert_eq!(asset, portfolio.asset().await);
    assert_eq!((asset.state, asset.created_by.as_str()), (AssetState::Pending, "alice"));
    assert!(asset.expires_at.is_some());
    assert_eq!(upload.method, "PUT");
    assert!(upload.url.contains(&format!("/raw/{}?", ask().hash)));
}

#[tokio::test]
async fn the_upload_is_signed_over_the_hash_and_the_length() {
    let (_, upload) = offered(Portfolio::default().ask(&alice(), &ask()).await);
    let signed = upload.url.split('&').find(|pair| pair.starts_with("X-Amz-SignedHeaders=")).unwrap();
    for header in ["content-length", "content-type", "host", "x-amz-checksum-sha256"] {
        assert!(signed.contains(header), "{header} in {signed}");
    }
    let headers = [("content-type", "image/jpeg"), ("x-amz-checksum-sha256", &ask().hash.to_base64())];
    let mut told = upload.headers.clone();
    told.sort();
    assert_eq!(told, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn asking_again_offers_again_and_keeps_the_asset_longer() {
    let portfolio = Portfolio::default();
    offered(portfolio.ask(&alice(), &ask()).await);
    let mut waiting = portfolio.asset().await;
    waiting.expires_at = Some(Timestamp::from_epoch_seconds(1));
    portfolio.assets.seed(waiting);
    let (asset, _) = offered(portfolio.ask(&alice(), &ask()).await);
    assert_eq!(asset.state, AssetState::Pending);
    assert!(asset.expires_at > Some(Timestamp::now()));
    assert!(!asset.shared);
}

#[tokio::test]
async fn what_is_there_needs_no_upload_and_the_store_is_asked_first() {
    let portfolio = Portfolio::default();
    let ready = portfolio.verified(&alice()).await;
    let issued = portfolio.ask(&alice(), &ask()).await.unwrap();
    assert_eq!(issued, Issued::Present(ready));
    assert!(!portfolio.asset().await.shared);
}

#[tokio::test]
async fn another_caller_makes_the_asset_shared() {
    let portfolio = Portfolio::default();
    portfolio.verified(&alice()).await;
    portfolio.ask(&bob(), &ask()).await.unwrap();
    let asset = portfolio.asset().await;
    assert!(asset.shared);
    assert_eq!(alice().authority_over(&asset), None);
    assert_eq!(asset.created_by.as_str(), "alice");
}

#[tokio::test]
async fn an_object_that_is_gone_makes_the_asset_missing_and_is_asked_for() {
    let portfolio = Portfolio::default();
    portfolio.verified(&alice()).await;
    portfolio.store.remove(&ObjectKey::Original(ask().hash));
    let (asset, _) = offered(portfolio.ask(&alice(), &ask()).await);
    assert_eq!(asset.state, AssetState::Missing);
    // And so it stays until the bytes are back.
    let (asset, _) = offered(portfolio.ask(&alice(), &ask()).await);
    assert_eq!(asset.state, AssetState::Missing);
}

#[tokio::test]
async fn a_rejected_asset_may_be_tried_again_and_starts_anew() {
    let portfolio = Portfolio::default();
    offered(portfolio.ask(&alice(), &ask()).await);
    let refusal = shared::asset::Refusal {
        reason: "no picture".to_owned(),
        size_bytes: 1,
        media_type: MediaType::OctetStream,
        file_name: None,
        finder: Principal::orphanage(),
    };
    portfolio.apply(&AssetChange::UploadRefused(refusal)).await;
    let (asset, _) = offered(portfolio.ask(&bob(), &ask()).await);
    assert_eq!((asset.state, asset.reason), (AssetState::Pending, None));
    assert_eq!(asset.created_by.as_str(), "bob");
}

#[tokio::test]
async fn a_deleted_asset_stays_out_until_its_owner_brings_it_back() {
    let portfolio = Portfolio::default();
    portfolio.verified(&alice()).await;
    let takedown =
        Takedown { caller: alice().principal, authority: Authority::Owner, reason: "Hers.".to_owned() };
    portfolio.apply(&AssetChange::TakenDown(takedown)).await;
    let restore = UploadAsk { restore: true, ..ask() };
    assert!(matches!(portfolio.ask(&alice(), &ask()).await, Err(IssueError::Deleted)));
    assert!(matches!(portfolio.ask(&bob(), &restore).await, Err(IssueError::Deleted)));
    let (asset, _) = offered(portfolio.ask(&alice(), &restore).await);
    assert_eq!((asset.state, asset.expires_at, asset.reason), (AssetState::Pending, None, None));
}

#[tokio::test]
async fn what_is_too_large_or_of_another_type_leaves_no_trace() {
    let portfolio = Portfolio::default();
    let huge = UploadAsk { size_bytes: u64::MAX, ..ask() };
    assert!(matches!(portfolio.ask(&alice(), &huge).await, Err(IssueError::TooLarge { .. })));
    let other = UploadAsk { media_type: MediaType::OctetStream, ..ask() };
    let refused = portfolio.ask(&alice(), &other).await.unwrap_err();
    assert!(refused.to_string().contains("accepted are image/jpeg, image/png"), "{refused}");
    assert_eq!(portfolio.assets.all(), []);
}

#[tokio::test]
async fn of_64_callers_that_ask_at_once_all_get_an_offer_for_one_asset() {
    let portfolio = Portfolio::default();
    let (caller, ask) = (alice(), ask());
    let asks = (0..64).map(|_| portfolio.ask(&caller, &ask));
    for issued in futures::future::join_all(asks).await {
        offered(issued);
    }
    assert_eq!(portfolio.assets.all().len(), 1);
}

/// A starting point: `None` for an empty portfolio, else the state of the one asset in it.
async fn starting_at(state: Option<AssetState>) -> Portfolio {
    let portfolio = Portfolio::default();
    match state {
        None => {}
        Some(AssetState::Ready) => drop(portfolio.verified(&alice()).await),
        Some(AssetState::Missing) => {
            portfolio.verified(&alice()).await;
            portfolio.store.remove(&ObjectKey::Original(ask().hash));
        }
        Some(_) => drop(portfolio.ask(&alice(), &ask()).await.unwrap()),
    }
    portfolio
}

#[tokio::test]
async fn after_a_fault_at_any_call_asking_again_succeeds() {
    let states = [None, Some(AssetState::Pending), Some(AssetState::Ready), Some(AssetState::Missing)];
    for state in states {
        let counted = Faults::none();
        starting_at(state).await.ask_with(&counted, &bob(), &ask()).await.unwrap();
        for index in 0..counted.calls() {
            for fault in [Fault::Lost, Fault::AnswerLost] {
                let portfolio = starting_at(state).await;
                let faulty = portfolio.ask_with(&Faults::at(index, fault), &bob(), &ask()).await;
                assert!(faulty.is_err(), "{state:?}, call {index}");
                let present = matches!(portfolio.ask(&bob(), &ask()).await.unwrap(), Issued::Present(_));
                assert_eq!(present, state == Some(AssetState::Ready), "{state:?}, call {index}");
                assert_eq!(portfolio.assets.all().len(), 1);
            }
        }
    }
}

#[test]
fn a_malformed_configuration_names_the_variable() {
    for (name, value) in [
        ("ASSETS_BUCKET", ""),
        ("MAX_UPLOAD_BYTES", "5GB"),
        ("ACCEPTED_MIME_TYPES", "image/jpeg,text/html"),
        ("ALLOWED_QUALITIES", "80,101"),
        ("ALLOWED_WIDTHS", "640x480"),
    ] {
        let lookup = |asked: &str| match asked {
            one if one == name => Some(value.to_owned()),
            "ASSETS_BUCKET" => Some("bucket".to_owned()),
            "ASSETS_TABLE" => Some("table".to_owned()),
            _ => None,
        };
        let refused = Config::from_env(&Environment::new(&lookup)).unwrap_err().to_string();
        assert!(refused.starts_with(name), "{refused}");
    }
}
