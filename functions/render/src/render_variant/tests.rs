use shared::memory::{Fault, Faults};

use super::*;
use crate::testing::{Portfolio, hash, key};

fn url() -> VariantUrl {
    format!("/{}/320x240/80.webp", hash()).parse().unwrap()
}

#[tokio::test]
async fn a_variant_costs_one_read_and_one_get() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    let faults = Faults::none();
    let variant = portfolio.render(&faults).render_variant(&url()).await.unwrap();
    assert_eq!(variant.rendered.dimensions, shared::asset::Dimensions::new(320, 240).unwrap());
    // The record, the GET, the body's one piece and its end.
    assert_eq!(faults.calls(), 4);
}

#[tokio::test]
async fn only_a_ready_asset_is_rendered() {
    for state in AssetState::ALL {
        let portfolio = Portfolio::in_state(state).await;
        let rendered = portfolio.render(&Faults::none()).render_variant(&url()).await;
        match state {
            AssetState::Ready => assert!(rendered.is_ok()),
            AssetState::Archived => assert!(matches!(rendered, Err(VariantError::Archived))),
            AssetState::Pending
            | AssetState::Rejected
            | AssetState::Missing
            | AssetState::Mismatch
            | AssetState::Deleted => assert!(matches!(rendered, Err(VariantError::NotFound)), "{state}"),
        }
    }
}

#[tokio::test]
async fn an_object_that_is_not_the_one_that_was_verified_is_never_shown() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    portfolio.store.put_multipart(&key(), crate::testing::picture());
    let render = portfolio.render(&Faults::none());
    assert!(matches!(render.render_variant(&url()).await, Err(VariantError::Drifted(_))));
    assert!(matches!(render.look(&hash()).await, Err(VariantError::Drifted(_))));
}

#[tokio::test]
async fn an_object_that_is_gone_or_archived_is_told_so() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    portfolio.store.archive(&key());
    let render = portfolio.render(&Faults::none());
    assert!(matches!(render.render_variant(&url()).await, Err(VariantError::Archived)));
    portfolio.store.remove(&key());
    assert!(matches!(render.render_variant(&url()).await, Err(VariantError::NotFound)));
    assert!(matches!(render.look(&hash()).await, Err(VariantError::NotFound)));
}

#[tokio::test]
async fn an_original_larger_than_the_memory_is_not_read() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    let faults = Faults::none();
    let mut render = portfolio.render(&faults);
    render.config.limits.max_memory_bytes = 100;
    let refused = render.render_variant(&url()).await;
    assert!(matches!(refused, Err(VariantError::Render(RenderError::TooMuchMemory { .. }))));
    // The record and the GET, and no piece of its body.
    assert_eq!(faults.calls(), 2);
}

#[tokio::test]
async fn a_held_variant_is_confirmed_without_the_store() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    let faults = Faults::none();
    portfolio.render(&faults).confirm(&hash()).await.unwrap();
    assert_eq!(faults.calls(), 1);
}

#[tokio::test]
async fn a_fault_at_any_call_is_an_error_that_may_be_gone_at_the_next_try() {
    let portfolio = Portfolio::in_state(AssetState::Ready).await;
    for index in 0..4 {
        let faults = Faults::at(index, Fault::Lost);
        let render = portfolio.render(&faults);
        let failed = render.render_variant(&url()).await.unwrap_err();
        let transient = matches!(
            failed,
            VariantError::Store(StoreError::Unavailable { .. })
                | VariantError::Repository(RepositoryError::Unavailable { .. })
        );
        assert!(transient, "call {index}: {failed:?}");
        assert!(render.render_variant(&url()).await.is_ok());
    }
}
