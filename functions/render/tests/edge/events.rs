//! The sample events, as they reach the function.

use bytes::Bytes;
use http::Response;
use lambda_http::RequestExt as _;
use shared::asset::AssetState;

use crate::assets::{Assets, header, picture, problem, respond};

/// The hash in every sample.
const HASH: &str = "034f5b0657de0b8607556b6fcd38a3497c3183f998d44d90894dfc695f3a13a9";

/// What an event is answered with when the asset is ready.
async fn answer(event: &str) -> Response<Bytes> {
    let request = lambda_http::request::from_str(event).unwrap();
    let assets = Assets::default();
    assets.with_hash(HASH.parse().unwrap(), &picture(800, 600), AssetState::Ready).await;
    respond(assets.store, assets.items, request.method(), request.raw_http_path(), request.headers()).await
}

#[tokio::test]
async fn a_get_is_answered_with_the_variant() {
    let response = answer(include_str!("../../../../events/render/get.json")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(image::load_from_memory(response.body()).unwrap().width(), 640);
}

#[tokio::test]
async fn a_query_is_ignored() {
    let response = answer(include_str!("../../../../events/render/get_whole_picture.json")).await;
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, Some("image/jpeg")));
    assert_eq!(image::load_from_memory(response.body()).unwrap().height(), 240);
}

#[tokio::test]
async fn a_head_is_answered_without_a_body() {
    let response = answer(include_str!("../../../../events/render/head.json")).await;
    assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
}

#[tokio::test]
async fn a_known_tag_is_answered_with_304() {
    assert_eq!(answer(include_str!("../../../../events/render/if_none_match.json")).await.status(), 304);
}

#[tokio::test]
async fn a_size_off_the_whitelist_is_refused() {
    let response = answer(include_str!("../../../../events/render/off_whitelist.json")).await;
    assert_eq!(problem(&response).1, "variant_not_allowed");
}

#[tokio::test]
async fn another_spelling_is_refused() {
    let response = answer(include_str!("../../../../events/render/percent_encoded.json")).await;
    assert_eq!(problem(&response).1, "invalid_variant");
}
