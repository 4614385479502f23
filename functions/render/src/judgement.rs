//! Whether an asset's variants may be shown: by its item, and by what the store has under its key. Pure.

use shared::asset::{Asset, AssetState, ETag};

/// What was seen of the original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// An object with this tag.
    Object(ETag),
    /// An object that must be restored first.
    Archived,
    /// Nothing.
    Nothing,
    /// Nobody looked: the item alone decides.
    NotLooked,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its variants may be shown.
    Show,
    /// There is nothing to show.
    NotFound,
    /// It must be restored first.
    Archived,
    /// It is ready, and its object is gone.
    Lost,
    /// It is ready, and its object is not the one that was verified.
    Differs,
    /// It is ready, and the store could not be asked.
    Unknown,
}

/// Judges an asset (`None`: there is no item) by what was seen of its original (`None`: the store failed).
pub(crate) fn judge(asset: Option<&Asset>, seen: Option<&Seen>) -> Verdict {
    let Some(asset) = asset else { return Verdict::NotFound };
    match asset.state {
        AssetState::Pending
        | AssetState::Rejected
        | AssetState::Missing
        | AssetState::Mismatch
        | AssetState::Deleted => Verdict::NotFound,
        AssetState::Archived => Verdict::Archived,
        AssetState::Ready => match seen {
            Some(Seen::Object(tag)) if asset.etag.as_ref() == Some(tag) => Verdict::Show,
            Some(Seen::Object(_)) => Verdict::Differs,
            Some(Seen::Archived) => Verdict::Archived,
            Some(Seen::Nothing) => Verdict::Lost,
            Some(Seen::NotLooked) => Verdict::Show,
            None => Verdict::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use shared::asset::Principal;
    use shared::hash::ContentHash;
    use shared::media::MediaType;
    use shared::time::Timestamp;

    use super::*;

    fn asset(state: AssetState) -> Asset {
        let at = Timestamp::from_epoch_seconds(0);
        Asset {
            content_hash: ContentHash::of(b"x"),
            size_bytes: 1,
            media_type: MediaType::Png,
            state,
            etag: Some(ETag::new("verified")),
            dimensions: None,
            file_name: None,
            source_key: None,
            reason: None,
            created_by: Principal::new("me").unwrap(),
            shared: false,
            created_at: at,
            updated_at: at,
            expires_at: None,
        }
    }

    /// The table, written a second time on purpose: an item's states by what the store shows.
    #[test]
    fn every_state_with_everything_that_the_store_can_show_is_judged_as_the_table_says() {
        use Verdict::{Archived, Differs, Lost, NotFound, Show, Unknown};
        let verified = Seen::Object(ETag::new("verified"));
        let other = Seen::Object(ETag::new("other"));
        let seen = [
            Some(verified),
            Some(other),
            Some(Seen::Archived),
            Some(Seen::Nothing),
            Some(Seen::NotLooked),
            None,
        ];
        for state in AssetState::ALL.map(Some).into_iter().chain([None]) {
            let expected = match state {
                Some(AssetState::Ready) => [Show, Differs, Archived, Lost, Show, Unknown],
                Some(AssetState::Archived) => [Archived; 6],
                _ => [NotFound; 6],
            };
            let found = seen.each_ref().map(|seen| judge(state.map(asset).as_ref(), seen.as_ref()));
            assert_eq!(found, expected, "{state:?}");
        }
    }

    #[test]
    fn a_ready_asset_without_a_tag_is_not_shown() {
        let untagged = Asset { etag: None, ..asset(AssetState::Ready) };
        assert_eq!(judge(Some(&untagged), Some(&Seen::Object(ETag::new("any")))), Verdict::Differs);
    }
}
