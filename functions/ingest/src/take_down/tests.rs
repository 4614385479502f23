use AssetState::{Deleted, Missing, Pending, Ready};
use shared::asset::Amendment;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::{Fault, Faults};

use super::*;
use crate::issue_upload::{IssueError, Issued, UploadAsk};
use crate::tests::{FaultyIngest, PICTURE, Portfolio, admin, ask, asset, caller};

fn named() -> AssetRef {
    AssetRef::Hash(ask().hash)
}

fn original() -> ObjectKey {
    ObjectKey::Original(ask().hash)
}

impl Portfolio {
    async fn take_down(&self, caller: &Caller) -> Result<Asset, TakedownError> {
        self.ingest(&Faults::none()).take_down(named(), None, caller, Timestamp::now()).await
    }

    async fn remind(&self, ingest: &FaultyIngest) -> Result<(), TakedownError> {
        for reminder in self.cdn.take_reminders() {
            ingest.finish_takedown(&reminder, Timestamp::now()).await?;
        }
        Ok(())
    }

    fn occasions(&self) -> Vec<Occasion> {
        self.cdn.invalidations().iter().map(|invalidation| invalidation.occasion).collect()
    }
}

#[tokio::test]
async fn an_owner_takes_down_what_nobody_shares_and_the_cdn_hears_of_it_twice() {
    let portfolio = Portfolio::default();
    portfolio.verified(&caller("alice")).await;
    let deleted = portfolio.take_down(&caller("alice")).await.unwrap();
    assert_eq!(deleted, portfolio.asset().await);
    assert_eq!((deleted.state, deleted.reason.as_deref()), (Deleted, Some("Taken down by alice.")));
    assert_eq!((deleted.expires_at, portfolio.store.bytes(&original())), (None, None));
    assert_eq!(portfolio.occasions(), [Occasion::AtOnce]);
    portfolio.remind(&portfolio.ingest(&Faults::none())).await.unwrap();
    assert_eq!(portfolio.occasions(), [Occasion::AtOnce, Occasion::Again]);
    let invalidation = portfolio.cdn.invalidations()[1];
    assert_eq!((invalidation.hash, invalidation.taken_down_at), (ask().hash, deleted.updated_at));
}

#[tokio::test]
async fn a_shared_asset_is_an_admins_and_a_strangers_takedown_is_refused() {
    let portfolio = Portfolio::default();
    portfolio.verified(&caller("alice")).await;
    let stranger = portfolio.take_down(&caller("carol")).await;
    assert!(matches!(stranger, Err(TakedownError::NotOwner)), "{stranger:?}");
    portfolio.ask(&caller("bob"), &ask()).await.unwrap();
    for who in ["alice", "bob", "carol"] {
        let refused = portfolio.take_down(&caller(who)).await;
        assert!(matches!(refused, Err(TakedownError::Shared)), "{who}: {refused:?}");
    }
    // Nothing of it happened, and nothing was queued.
    assert_eq!((portfolio.asset().await.state, portfolio.cdn.take_reminders()), (Ready, vec![]));
    assert!(portfolio.store.bytes(&original()).is_some());
    let why = "copyright claim 17".parse().unwrap();
    let ingest = portfolio.ingest(&Faults::none());
    let deleted = ingest.take_down(named(), Some(&why), &admin(), Timestamp::now()).await.unwrap();
    assert_eq!(deleted.reason.as_deref(), Some("Taken down by root: copyright claim 17"));
}

#[tokio::test]
async fn an_asset_is_taken_down_in_every_state_and_once_more() {
    for state in AssetState::ALL {
        let portfolio = Portfolio::default();
        portfolio.assets.seed(asset(ask().hash, state));
        portfolio.store.put(&original(), PICTURE.into(), MediaType::Jpeg).await.unwrap();
        if state == AssetState::Archived {
            portfolio.store.archive(&original());
        }
        let id = AssetRef::Id(asset(ask().hash, state).asset_id());
        let ingest = portfolio.ingest(&Faults::none());
        let first = ingest.take_down(id, None, &caller("alice"), Timestamp::now()).await.unwrap();
        let again = portfolio.take_down(&caller("alice")).await.unwrap();
        assert_eq!((first.state, &first), (Deleted, &again), "{state}");
        assert_eq!(portfolio.store.keys(), [] as [&str; 0], "{state}");
        // The second is no new invalidation.
        assert_eq!(portfolio.occasions(), [Occasion::AtOnce], "{state}");
        let stranger = portfolio.take_down(&caller("carol")).await;
        assert!(matches!(stranger, Err(TakedownError::NotOwner)), "{state}: {stranger:?}");
    }
}

#[tokio::test]
async fn what_nobody_knows_is_not_taken_down() {
    let portfolio = Portfolio::default();
    assert!(matches!(portfolio.take_down(&admin()).await, Err(TakedownError::NotFound)));
    assert_eq!(portfolio.cdn.take_reminders(), []);
}

/// Bob asks for the picture between what Alice's takedown saw and what it writes.
#[tokio::test]
async fn an_asset_that_another_caller_asks_for_at_the_last_moment_stays() {
    let portfolio = Portfolio::default();
    let seen = portfolio.verified(&caller("alice")).await;
    portfolio.assets.amend(&ask().hash, &Amendment::Share, Timestamp::now()).await.unwrap();
    let (alice, reason) = (caller("alice"), "Hers.".to_owned());
    let takedown = Takedown { caller: alice.principal.clone(), authority: Authority::Owner, reason };
    let ingest = portfolio.ingest(&Faults::none());
    let refused = ingest.write_takedown(&seen, takedown, &alice, Timestamp::now()).await;
    assert!(matches!(refused, Err(TakedownError::Shared)), "{refused:?}");
    assert_eq!(portfolio.asset().await.state, Ready);
}

#[tokio::test]
async fn after_a_fault_at_any_call_the_reminder_alone_finishes_what_was_written() {
    let counted = Faults::none();
    let whole = Portfolio::default();
    whole.verified(&caller("alice")).await;
    whole.ingest(&counted).take_down(named(), None, &caller("alice"), Timestamp::now()).await.unwrap();
    for index in 0..counted.calls() {
        for fault in [Fault::Lost, Fault::AnswerLost] {
            let portfolio = Portfolio::default();
            portfolio.verified(&caller("alice")).await;
            let ingest = portfolio.ingest(&Faults::at(index, fault));
            let broken = ingest.take_down(named(), None, &caller("alice"), Timestamp::now()).await;
            assert!(broken.is_err(), "call {index}");
            let state = portfolio.asset().await.state;
            let queued = portfolio.cdn.take_reminders();
            for reminder in &queued {
                portfolio.ingest(&Faults::none()).finish_takedown(reminder, Timestamp::now()).await.unwrap();
            }
            if state == Deleted && !queued.is_empty() {
                assert_eq!(portfolio.store.bytes(&original()), None, "call {index}");
                assert!(portfolio.occasions().contains(&Occasion::Again), "call {index}");
            }
            // Whoever was told of the fault comes again.
            portfolio.take_down(&caller("alice")).await.unwrap();
            portfolio.remind(&portfolio.ingest(&Faults::none())).await.unwrap();
            assert_eq!((portfolio.asset().await.state, portfolio.store.bytes(&original())), (Deleted, None));
            let mut occasions = portfolio.occasions();
            occasions.sort_by_key(|occasion| *occasion == Occasion::Again);
            assert_eq!(occasions, [Occasion::AtOnce, Occasion::Again], "call {index}");
        }
    }
}

#[tokio::test]
async fn a_process_that_dies_behind_any_call_leaves_what_the_reminder_or_verify_mend() {
    let counted = Faults::none();
    let whole = Portfolio::default();
    whole.verified(&caller("alice")).await;
    whole.ingest(&counted).take_down(named(), None, &caller("alice"), Timestamp::now()).await.unwrap();
    for dies_at in 0..=counted.calls() {
        let portfolio = Portfolio::default();
        portfolio.verified(&caller("alice")).await;
        let ingest = portfolio.ingest(&Faults::during(dies_at..usize::MAX, Fault::Lost));
        ingest.take_down(named(), None, &caller("alice"), Timestamp::now()).await.ok();
        // Nobody comes again.
        portfolio.remind(&portfolio.ingest(&Faults::none())).await.unwrap();
        let state = portfolio.asset().await.state;
        if state == Deleted {
            assert_eq!(portfolio.store.bytes(&original()), None, "dead at call {dies_at}");
            assert!(portfolio.occasions().contains(&Occasion::Again), "dead at call {dies_at}");
        } else {
            assert_eq!((state, portfolio.occasions()), (Ready, vec![]), "dead at call {dies_at}");
            assert!(portfolio.store.bytes(&original()).is_some(), "dead at call {dies_at}");
        }
    }
}

#[tokio::test]
async fn what_was_taken_down_comes_back_only_for_who_may_and_says_so() {
    let portfolio = Portfolio::default();
    portfolio.verified(&caller("alice")).await;
    portfolio.take_down(&caller("alice")).await.unwrap();
    let restore = UploadAsk { restore: true, ..ask() };
    for (who, asked) in
        [(caller("alice"), ask()), (admin(), ask()), (caller("bob"), ask()), (caller("bob"), restore.clone())]
    {
        assert!(matches!(portfolio.ask(&who, &asked).await, Err(IssueError::Deleted)), "{who:?}");
    }
    let Issued::Offer { asset, .. } = portfolio.ask(&caller("alice"), &restore).await.unwrap() else {
        panic!("there is nothing to present")
    };
    assert_eq!((asset.state, asset.reason, asset.expires_at), (Pending, None, None));
    assert_eq!(portfolio.upload().await.state, Ready);
    // The reminder of the takedown comes late, and it does not stand any more.
    portfolio.remind(&portfolio.ingest(&Faults::none())).await.unwrap();
    assert_eq!(portfolio.occasions(), [Occasion::AtOnce]);
    assert!(portfolio.store.bytes(&original()).is_some());
    // The next takedown is another one for the CDN.
    portfolio.take_down(&caller("alice")).await.unwrap();
    assert_eq!(portfolio.occasions(), [Occasion::AtOnce, Occasion::AtOnce]);
}

#[tokio::test]
async fn bytes_that_came_back_while_their_object_was_removed_are_missing_and_not_ready() {
    let portfolio = Portfolio::default();
    portfolio.verified(&caller("alice")).await;
    let deleted = portfolio.take_down(&caller("alice")).await.unwrap();
    let restore = UploadAsk { restore: true, ..ask() };
    portfolio.ask(&caller("alice"), &restore).await.unwrap();
    portfolio.upload().await;
    // A takedown that has stood still since it wrote DELETED goes on: what it removes has the tag that it knows.
    let ingest = portfolio.ingest(&Faults::none());
    ingest.clear(&deleted, Occasion::AtOnce, Timestamp::now()).await.unwrap();
    assert_eq!((portfolio.asset().await.state, portfolio.store.bytes(&original())), (Missing, None));
}

#[test]
fn a_reason_is_a_short_line() {
    for wrong in [String::new(), "two\nlines".to_owned(), "x".repeat(501)] {
        assert_eq!(wrong.parse::<TakedownReason>(), Err(ParseReasonError), "{wrong:?}");
    }
    assert!("é".repeat(250).parse::<TakedownReason>().is_ok());
}
