//! Large files: sent in parts, and gone on with.

use std::fs;

use shared::hash::ContentHash;

use super::service::Script;
use super::{Stage, gif};

/// Three parts of 5 MiB, each another.
fn large() -> Vec<u8> {
    let filler = (0..12_u32 << 18).flat_map(u32::to_le_bytes);
    gif("large").into_iter().chain(filler).take(12 << 20).collect()
}

fn script() -> Script {
    Script { in_parts: true, ..Script::default() }
}

async fn stage(script: Script) -> (Stage, Vec<u8>) {
    let content = large();
    let stage = Stage::with(&[("large.gif", &content)]).await;
    stage.service.script(&content, script);
    (stage, content)
}

impl Stage {
    /// Parts sent, completions tried, uploads begun, asks that go on with one.
    fn effort(&self) -> [usize; 4] {
        self.service.seen(|seen| [seen.parts_sent, seen.completions, seen.begun, seen.resumed])
    }

    fn remembered(&self) -> usize {
        fs::read_dir(self.path(".resumable")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn a_file_that_is_offered_in_parts_arrives_whole_and_nothing_is_left_to_remember() {
    let (stage, content) = stage(script()).await;
    let run = stage.put().await;
    assert!(run.summary().all_ready(), "{}", run.err);
    assert!(stage.is_stored(&content));
    assert_eq!((stage.effort(), stage.remembered()), ([3, 1, 1, 0], 0));
}

#[tokio::test]
async fn a_part_that_fails_is_sent_again_and_no_other_is() {
    let (stage, content) = stage(Script { part_faults: vec![503, 200, 0], ..script() }).await;
    assert!(stage.put().await.summary().all_ready());
    assert!(stage.is_stored(&content));
    assert_eq!(stage.effort(), [5, 1, 1, 0]);
}

#[tokio::test]
async fn signatures_that_have_ended_are_asked_for_anew_for_the_same_upload() {
    let (stage, content) = stage(Script { part_faults: vec![200, 403], ..script() }).await;
    assert!(stage.put().await.summary().all_ready());
    assert!(stage.is_stored(&content));
    let [_, completions, begun, resumed] = stage.effort();
    assert_eq!([completions, begun, resumed], [1, 1, 1]);
}

#[tokio::test]
async fn a_completion_that_fails_behind_its_200_is_tried_again_without_sending_a_part() {
    let (stage, content) = stage(Script { completion_faults: vec![200, 503], ..script() }).await;
    assert!(stage.put().await.summary().all_ready());
    assert!(stage.is_stored(&content));
    assert_eq!(stage.effort(), [3, 3, 1, 0]);
}

#[tokio::test]
async fn a_completion_whose_answer_was_lost_is_not_taken_for_a_lost_upload() {
    let (stage, content) = stage(Script { completion_faults: vec![0], ..script() }).await;
    let run = stage.put().await;
    assert!(run.summary().all_ready(), "{}", run.err);
    assert!(stage.is_stored(&content));
    assert_eq!(stage.effort(), [3, 1, 1, 0]);
}

#[tokio::test]
async fn a_run_that_broke_off_is_gone_on_with_by_the_next() {
    // It is no use to try this again, so the first run ends with it.
    let (stage, content) = stage(Script { completion_faults: vec![405], ..script() }).await;
    let run = stage.put().await;
    assert_eq!((run.summary().failed, stage.remembered()), (1, 1), "{}", run.err);
    assert!(stage.put().await.summary().all_ready());
    assert!(stage.is_stored(&content));
    assert_eq!((stage.effort(), stage.remembered()), ([3, 2, 1, 1], 0));
}

#[tokio::test]
async fn an_upload_that_the_store_has_forgotten_meanwhile_is_begun_anew() {
    let (stage, content) = stage(Script { completion_faults: vec![405], ..script() }).await;
    assert_eq!(stage.put().await.summary().failed, 1);
    stage.service.seen(|seen| seen.multipart.clear());
    assert!(stage.put().await.summary().all_ready());
    assert!(stage.is_stored(&content));
    assert_eq!((stage.effort(), stage.remembered()), ([6, 2, 2, 1], 0));
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_gives_its_upload_up_and_is_put_as_it_is_now() {
    let (content, changed) = (large(), gif("changed"));
    let stage = Stage::with(&[("large.gif", &content)]).await;
    let rewrite = Some((stage.path("large.gif"), changed.clone()));
    stage.service.script(&content, Script { rewrite, ..script() });
    let run = stage.put().await;
    assert!(run.summary().all_ready(), "{}", run.err);
    assert!(stage.is_stored(&changed) && !stage.is_stored(&content));
    assert_eq!((stage.service.seen(|seen| seen.aborted), stage.remembered()), (1, 0));
    assert!(run.out.contains(&ContentHash::of(&changed).to_string()), "{}", run.out);
}
