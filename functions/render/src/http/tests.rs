use serde_json::Value;
use shared::asset::AssetState;
use shared::memory::{Fault, Faults};

use super::*;
use crate::testing::{Portfolio, hash};

async fn answer(portfolio: &Portfolio, faults: &Faults, method: &str, path: &str) -> Response<Bytes> {
    let api = RenderApi::new(portfolio.render(faults));
    api.respond(&method.parse().unwrap(), path, &HeaderMap::new()).await
}

async fn get(path: &str) -> Response<Bytes> {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    answer(&portfolio, &Faults::none(), "GET", path).await
}

fn path() -> String {
    format!("/{}/320x240/80.webp", hash())
}

fn code(response: &Response<Bytes>) -> String {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let document: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(document["status"], response.status().as_u16());
    document["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_variant_has_every_header_that_the_contract_names() {
    let response = get(&path()).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    for (name, value) in [
        ("content-type", "image/webp".to_owned()),
        ("etag", format!("\"{}.320x240.80.webp.v{}\"", hash(), pipeline::PIPELINE_VERSION)),
        ("vary", "Accept".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
        ("access-control-allow-origin", "*".to_owned()),
        ("timing-allow-origin", "*".to_owned()),
        ("x-cache-lock", "none".to_owned()),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert_eq!(headers["cache-control"].to_str().unwrap().split(", ").nth(1), Some("max-age=31536000"));
    let timing = headers["server-timing"].to_str().unwrap();
    let stages: Vec<_> = timing.split(", ").map(|stage| stage.split(";dur=").next().unwrap()).collect();
    assert_eq!(stages, ["fetch", "decode", "resize", "encode"]);
    assert_eq!(headers.get("content-length"), None);
}

#[tokio::test]
async fn what_the_url_alone_forbids_costs_no_call_and_is_kept_for_a_day() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    for (wrong, status, expected) in [
        (path().replace("320", "0320"), 400, "invalid_variant"),
        (path().replace("/80", "/9"), 400, "invalid_variant"),
        (path().replace(".webp", ".auto"), 400, "invalid_variant"),
        (path().replace("webp", "we%62p"), 400, "invalid_variant"),
        (path() + "?width=640", 400, "invalid_variant"),
        (path().replace("320", "321"), 403, "variant_not_allowed"),
    ] {
        let faults = Faults::none();
        let response = answer(&portfolio, &faults, "GET", &wrong).await;
        assert_eq!((response.status().as_u16(), code(&response).as_str()), (status, expected), "{wrong}");
        assert_eq!(response.headers()["cache-control"], "public, max-age=86400");
        assert_eq!(faults.calls(), 0);
    }
}

#[tokio::test]
async fn a_format_that_is_not_made_yet_is_told_so_without_a_call() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    let faults = Faults::none();
    let response = answer(&portfolio, &faults, "GET", &path().replace("webp", "avif")).await;
    assert_eq!((response.status().as_u16(), code(&response).as_str()), (415, "unsupported_media_type"));
    assert_eq!(
        (response.headers()["cache-control"].as_bytes(), faults.calls()),
        (&b"public, max-age=3600"[..], 0)
    );
}

#[tokio::test]
async fn a_tag_that_the_client_holds_is_confirmed_without_bytes() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    let tag = get(&path()).await.headers()["etag"].to_str().unwrap().to_owned();
    for held in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let api = RenderApi::new(portfolio.render(&Faults::none()));
        let headers = HeaderMap::from_iter([(IF_NONE_MATCH, held.parse().unwrap())]);
        let response = api.respond(&Method::GET, &path(), &headers).await;
        assert_eq!((response.status().as_u16(), response.body().len()), (304, 0), "{held}");
        assert_eq!(response.headers()["etag"], tag);
    }
    let gone = Portfolio::in_state(AssetState::Deleted).await;
    let headers = HeaderMap::from_iter([(IF_NONE_MATCH, tag.parse().unwrap())]);
    let response =
        RenderApi::new(gone.render(&Faults::none())).respond(&Method::GET, &path(), &headers).await;
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn head_has_the_headers_and_no_bytes() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    let response = answer(&portfolio, &Faults::none(), "HEAD", &path()).await;
    assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
    assert_eq!(response.headers()["etag"], get(&path()).await.headers()["etag"]);
    let gone = Portfolio::in_state(AssetState::Missing).await;
    assert_eq!(answer(&gone, &Faults::none(), "HEAD", &path()).await.status(), 404);
}

#[tokio::test]
async fn every_outcome_says_how_long_it_may_be_kept() {
    let unknown = path().replace(&hash().to_string(), &"0".repeat(64));
    let response = get(&unknown).await;
    assert_eq!((response.status().as_u16(), code(&response).as_str()), (404, "asset_not_found"));
    assert_eq!(response.headers()["cache-control"], "public, max-age=10");

    let archived = Portfolio::in_state(AssetState::Archived).await;
    let response = answer(&archived, &Faults::none(), "GET", &path()).await;
    assert_eq!((response.status().as_u16(), code(&response).as_str()), (409, "asset_archived"));
    assert_eq!(response.headers()["cache-control"], "no-store");

    let ready = Portfolio::in_state(AssetState::Ready).await;
    let response = answer(&ready, &Faults::at(0, Fault::Lost), "GET", &path()).await;
    assert_eq!((response.status().as_u16(), code(&response).as_str()), (503, "unavailable"));
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert!(response.headers().contains_key("retry-after"));

    let response = answer(&ready, &Faults::none(), "DELETE", &path()).await;
    assert_eq!((response.status().as_u16(), code(&response).as_str()), (405, "method_not_allowed"));
    assert_eq!(response.headers()["allow"], "GET, HEAD");
}
