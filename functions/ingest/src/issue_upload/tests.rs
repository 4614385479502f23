use shared::asset::{Authority, Principal, Takedown};
use shared::memory::{Fault, Faults};
use shared::multipart::PartPlan;
use shared::ports::SignedRequest;
use shared::runtime::Environment;

use super::*;
use crate::Config;
use crate::tests::{Portfolio, ask, big_ask, caller};

fn alice() -> Caller {
    caller("alice")
}

fn bob() -> Caller {
    caller("bob")
}

fn offered(issued: Result<Issued, IssueError>) -> (Asset, SignedRequest) {
    match issued.unwrap() {
        Issued::Offer { asset, upload: UploadOffer::Whole(upload) } => (asset, upload),
        other @ (Issued::Present(_) | Issued::Offer { .. }) => panic!("{other:?}"),
    }
}

fn offered_parts(issued: Result<Issued, IssueError>) -> OfferedParts {
    match issued.unwrap() {
        Issued::Offer { upload: UploadOffer::InParts(parts), .. } => *parts,
        other @ (Issued::Present(_) | Issued::Offer { .. }) => panic!("{other:?}"),
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
        source_key: None,
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
        ("MULTIPART_THRESHOLD_BYTES", "-1"),
        ("MULTIPART_URL_TTL_SECONDS", "a day"),
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

/// The headers that a presigned request is signed over, and its query.
fn signed_over(request: &SignedRequest) -> (Vec<String>, String) {
    let (_, query) = request.url.split_once('?').unwrap();
    let headers = query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-SignedHeaders=")).unwrap();
    (headers.replace("%3B", ";").split(';').map(str::to_owned).collect(), query.to_owned())
}

#[tokio::test]
async fn only_what_is_over_the_threshold_goes_in_parts() {
    let portfolio = Portfolio::default();
    let at = UploadAsk { size_bytes: 32 << 20, ..ask() };
    offered(portfolio.ask(&alice(), &at).await);
    let over = UploadAsk { size_bytes: (32 << 20) + 1, ..ask() };
    let parts = offered_parts(portfolio.ask(&alice(), &over).await);
    assert_eq!(parts.plan, PartPlan::usual((32 << 20) + 1).unwrap());
    assert_eq!(parts.requests.parts.len(), 3);
}

#[tokio::test]
async fn each_part_is_signed_over_its_length_and_the_checksum_that_the_caller_gives() {
    let portfolio = Portfolio::default();
    let plan = PartPlan::new(big_ask().size_bytes, 30 << 20).unwrap();
    let sums = vec![ContentHash::of(b"first"), ContentHash::of(b"second")];
    let known = AskedParts { plan: Some(plan), checksums: Some(sums.clone()), resume: None };
    let pinned = UploadAsk { parts: known, ..big_ask() };
    let offer = offered_parts(portfolio.ask(&alice(), &pinned).await);
    let key = format!("/incoming/.parts/{}/{}?", ask().hash, offer.resumption.upload);
    for (number, part) in (1..).zip(&offer.requests.parts) {
        let (headers, query) = signed_over(part);
        assert_eq!(headers, ["content-length", "host", "x-amz-checksum-sha256"]);
        let checksum = sums[number - 1].to_base64();
        assert_eq!(part.headers, [("x-amz-checksum-sha256".to_owned(), checksum)]);
        assert!(query.contains(&format!("partNumber={number}&")), "{query}");
        assert!(part.url.contains(&key), "{}", part.url);
        assert_eq!(part.method, "PUT");
    }
    assert!(offer.resumption.token.as_str().starts_with("Pinned:"));

    let unknown = offered_parts(portfolio.ask(&alice(), &big_ask()).await);
    assert!(unknown.resumption.token.as_str().starts_with("Unknown:"));
    for part in &unknown.requests.parts {
        assert_eq!(
            (signed_over(part).0, &part.headers),
            (vec!["content-length".into(), "host".into()], &vec![])
        );
    }
}

#[tokio::test]
async fn the_requests_around_the_parts_are_signed_for_the_same_upload() {
    let offer = offered_parts(Portfolio::default().ask(&alice(), &big_ask()).await);
    let requests = &offer.requests;
    let token = offer.resumption.token.as_str().replace(':', "%3A").replace('/', "%2F");
    for (request, method) in
        [(&requests.complete, "POST"), (&requests.abort, "DELETE"), (&requests.list, "GET")]
    {
        let (headers, query) = signed_over(request);
        assert_eq!((request.method.as_str(), headers), (method, vec!["host".to_owned()]));
        assert!(query.starts_with(&format!("uploadId={token}&")), "{query}");
        assert!(query.contains("X-Amz-Expires=43200"), "{query}");
        let at = |url: &str| url.split_once('?').unwrap().0.to_owned();
        assert_eq!(at(&request.url), at(&requests.parts[0].url));
    }
}

#[tokio::test]
async fn an_upload_is_gone_on_with_under_new_signatures_and_no_new_one_begins() {
    let portfolio = Portfolio::default();
    let first = offered_parts(portfolio.ask(&alice(), &big_ask()).await);
    let parts = AskedParts { resume: Some(first.resumption.clone()), ..AskedParts::default() };
    let again = UploadAsk { parts, ..big_ask() };
    let faults = Faults::none();
    let resumed = offered_parts(portfolio.ask_with(&faults, &alice(), &again).await);
    assert_eq!((&resumed.resumption, resumed.plan), (&first.resumption, first.plan));
    // The conditional write and what keeps the asset: nothing of the store.
    assert_eq!(faults.calls(), 2);
    let another = offered_parts(portfolio.ask(&bob(), &big_ask()).await);
    assert_ne!(another.resumption.upload, first.resumption.upload);
}

#[tokio::test]
async fn after_a_fault_at_any_call_a_big_upload_is_asked_for_again_too() {
    for state in [None, Some(AssetState::Pending), Some(AssetState::Missing)] {
        let counted = Faults::none();
        starting_at(state).await.ask_with(&counted, &bob(), &big_ask()).await.unwrap();
        for index in 0..counted.calls() {
            for fault in [Fault::Lost, Fault::AnswerLost] {
                let portfolio = starting_at(state).await;
                let faulty = portfolio.ask_with(&Faults::at(index, fault), &bob(), &big_ask()).await;
                assert!(faulty.is_err(), "{state:?}, call {index}");
                offered_parts(portfolio.ask(&bob(), &big_ask()).await);
                assert_eq!(portfolio.assets.all().len(), 1);
            }
        }
    }
}
