//! `put` of files that go whole.

use std::fs;
use std::future::pending;
use std::io;

use local::cli::console::Console;
use local::cli::error::CommandError;
use local::cli::put::{self, PutArgs, PutSummary};
use local::client::Api;
use serde_json::Value;
use shared::hash::ContentHash;

use super::service::Script;
use super::{Stage, gif, put_to};

#[tokio::test]
async fn a_new_file_is_uploaded_and_printed_with_hash_and_url() {
    let content = gif("new");
    let stage = Stage::with(&[("new.gif", &content)]).await;
    let run = stage.put().await;
    assert_eq!(run.summary(), PutSummary { uploaded: 1, uploaded_bytes: 5, ..PutSummary::default() });
    assert!(stage.is_stored(&content));
    let hash = ContentHash::of(&content);
    let (path, address) = (stage.path("new.gif"), stage.service.address());
    assert_eq!(run.out, format!("{}  {hash}  {address}/{hash}/640x0/80.webp\n", path.display()));
    assert!(run.err.starts_with("1 uploaded"), "{}", run.err);
}

#[tokio::test]
async fn the_token_goes_to_the_api_and_never_to_the_store() {
    let stage = Stage::with(&[("new.gif", &gif("new"))]).await;
    stage.put().await;
    stage.service.seen(|seen| {
        assert!(seen.api_tokens.iter().all(|token| token.as_deref() == Some("Bearer secret")));
        assert_eq!(seen.store_tokens, [None]);
    });
}

#[tokio::test]
async fn a_file_that_is_there_is_not_uploaded_but_printed() {
    let content = gif("old");
    let stage = Stage::with(&[("old.gif", &content)]).await;
    stage.service.script(&content, Script { present: true, ..Script::default() });
    let run = stage.put().await;
    assert_eq!(run.summary(), PutSummary { present: 1, ..PutSummary::default() });
    assert_eq!(stage.uploads(&content), 0);
    assert!(run.out.contains("/640x0/80.webp"), "{}", run.out);
}

#[tokio::test]
async fn a_large_file_arrives_whole() {
    let content: Vec<u8> = gif("large").into_iter().cycle().take(5_000_003).collect();
    let stage = Stage::with(&[("large.gif", &content)]).await;
    assert!(stage.put().await.summary().all_ready());
    assert!(stage.is_stored(&content));
}

#[tokio::test]
async fn one_content_under_three_paths_is_asked_for_and_uploaded_once() {
    let content = gif("same");
    let stage = Stage::with(&[("a.gif", &content), ("b.gif", &content), ("c.gif", &content)]).await;
    let run = stage.put().await;
    assert_eq!(
        run.summary(),
        PutSummary { uploaded: 1, present: 2, uploaded_bytes: 5, ..PutSummary::default() }
    );
    assert_eq!(run.out.lines().count(), 3);
    assert_eq!(stage.uploads(&content), 1);
    assert_eq!(stage.service.seen(|seen| seen.asks[&ContentHash::of(&content)]), 1);
}

#[tokio::test]
async fn twins_of_a_file_that_fails_are_told_which_file_that_was() {
    let content = gif("same");
    let stage = Stage::with(&[("a.gif", &content), ("b.gif", &content)]).await;
    stage.service.script(&content, Script { upload_faults: vec![404], ..Script::default() });
    let run = stage.put().await;
    assert_eq!((run.summary().failed, stage.uploads(&content)), (2, 1));
    assert!(run.err.contains("whose content it shares: the store refused the upload"), "{}", run.err);
}

#[tokio::test]
async fn a_file_of_an_unknown_type_is_refused_in_the_servers_words_and_the_others_go_on() {
    let (text, picture) = (b"just text".to_vec(), gif("picture"));
    let stage = Stage::with(&[("notes.txt", &text), ("picture.gif", &picture)]).await;
    stage.service.script(&text, Script { refusals: vec![415], for_good: true, ..Script::default() });
    let run = stage.put().await;
    assert_eq!((run.summary().uploaded, run.summary().refused), (1, 1));
    assert!(!run.summary().all_ready());
    assert!(
        run.err.contains("notes.txt: application/octet-stream is not wanted (not_wanted)"),
        "{}",
        run.err
    );
}

#[tokio::test]
async fn faults_of_the_store_and_broken_connections_are_tried_again() {
    let content = gif("hard");
    let stage = Stage::with(&[("hard.gif", &content)]).await;
    stage.service.script(&content, Script { upload_faults: vec![503, 0, 429], ..Script::default() });
    assert!(stage.put().await.summary().all_ready());
    assert_eq!(stage.uploads(&content), 4);
}

#[tokio::test]
async fn a_store_that_goes_on_failing_is_left_alone_and_the_file_is_reported() {
    let content = gif("hopeless");
    let stage = Stage::with(&[("hopeless.gif", &content)]).await;
    stage.service.script(&content, Script { upload_faults: vec![500; 100], ..Script::default() });
    let run = stage.put().await;
    assert_eq!(run.summary().failed, 1);
    assert_eq!(stage.uploads(&content), 5);
    assert!(
        run.err.contains("hopeless.gif: the store refused the upload: S3 says no (Scripted)"),
        "{}",
        run.err
    );
}

#[tokio::test]
async fn faults_of_the_api_are_tried_again_for_a_batch_and_for_one_asset_in_it() {
    let content = gif("slow start");
    let stage = Stage::with(&[("a.gif", &content)]).await;
    stage.service.script(&content, Script { refusals: vec![500, 503], ..Script::default() });
    stage.service.seen(|seen| seen.batch_faults = 2);
    assert!(stage.put().await.summary().all_ready());
    stage.service.seen(|seen| {
        assert_eq!(seen.batches, [1, 1, 1]);
        assert_eq!(seen.asks[&ContentHash::of(&content)], 3);
    });
}

#[tokio::test]
async fn an_offer_that_has_ended_is_asked_for_again() {
    let content = gif("late");
    let stage = Stage::with(&[("late.gif", &content)]).await;
    stage.service.script(&content, Script { upload_faults: vec![403], ..Script::default() });
    assert!(stage.put().await.summary().all_ready());
    assert_eq!(stage.service.seen(|seen| seen.asks[&ContentHash::of(&content)]), 2);
}

#[tokio::test]
async fn a_file_is_waited_for_while_it_is_pending() {
    let content = gif("patience");
    let stage = Stage::with(&[("patience.gif", &content)]).await;
    stage.service.script(&content, Script { pending_looks: 3, ..Script::default() });
    assert!(stage.put().await.summary().all_ready());
    assert_eq!(stage.service.seen(|seen| seen.looks[&ContentHash::of(&content)]), 4);
}

#[tokio::test]
async fn a_file_that_stays_pending_fails_when_patience_ends() {
    let content = gif("forever");
    let stage = Stage::with(&[("forever.gif", &content)]).await;
    stage.service.script(&content, Script { pending_looks: usize::MAX, ..Script::default() });
    let run = stage.put_as(&PutArgs { wait_seconds: 1, ..stage.args() }).await;
    assert_eq!(run.summary().failed, 1);
    assert!(run.err.contains("still PENDING after 1 s"), "{}", run.err);
}

#[tokio::test]
async fn a_rejected_file_is_refused_with_the_reason() {
    let content = gif("bomb");
    let stage = Stage::with(&[("bomb.gif", &content)]).await;
    let rejected = Some("it has 4294967296 pixels, and 100000000 are allowed");
    stage.service.script(&content, Script { rejected, ..Script::default() });
    let run = stage.put().await;
    assert_eq!(run.summary().refused, 1);
    assert!(run.err.contains("refused: ") && run.err.contains("4294967296 pixels"), "{}", run.err);
    assert_eq!(run.out, "");
}

#[tokio::test]
async fn a_file_that_changes_before_its_upload_is_put_as_what_it_is_then() {
    for rewrite_keeps_time in [false, true] {
        let (before, after) = (gif("before"), gif("after!"));
        let stage = Stage::with(&[("changing.gif", &before)]).await;
        let rewrite = Some((stage.path("changing.gif"), after.clone()));
        stage.service.script(&before, Script { rewrite, rewrite_keeps_time, ..Script::default() });
        let run = stage.put().await;
        assert!(run.summary().all_ready(), "{}", run.err);
        assert!(run.out.contains(&ContentHash::of(&after).to_string()), "{}", run.out);
        assert!(stage.is_stored(&after) && !stage.is_stored(&before));
        // Unseen by its time and size, the change is found by the store.
        assert_eq!(stage.uploads(&before), usize::from(rewrite_keeps_time));
    }
}

#[tokio::test]
async fn a_file_that_keeps_changing_fails() {
    let versions = [gif("one"), gif("two and"), gif("three, too")];
    let stage = Stage::with(&[("restless.gif", &versions[0])]).await;
    for (now, next) in versions.iter().zip(&versions[1..]) {
        let rewrite = Some((stage.path("restless.gif"), next.clone()));
        stage.service.script(now, Script { rewrite, ..Script::default() });
    }
    let run = stage.put().await;
    assert_eq!(run.summary().failed, 1);
    assert!(run.err.contains("it changed while it was being put"), "{}", run.err);
}

#[tokio::test]
async fn a_store_that_refuses_an_unchanged_file_is_not_asked_twice() {
    let content = gif("unlucky");
    let stage = Stage::with(&[("unlucky.gif", &content)]).await;
    stage.service.script(&content, Script { upload_faults: vec![400; 9], ..Script::default() });
    let run = stage.put().await;
    assert_eq!((run.summary().failed, stage.uploads(&content)), (1, 1));
    assert!(run.err.contains("S3 says no"), "{}", run.err);
}

#[tokio::test]
async fn empty_and_missing_files_are_reported_and_the_others_are_put() {
    let stage = Stage::with(&[("empty.gif", b""), ("good.gif", &gif("good"))]).await;
    let paths = vec![stage.path("missing.gif"), stage.folder.path().to_owned()];
    let run = stage.put_as(&PutArgs { paths, ..stage.args() }).await;
    assert_eq!((run.summary().uploaded, run.summary().failed), (1, 2));
    assert!(run.err.contains("empty.gif: it is empty"), "{}", run.err);
    assert!(run.err.contains("missing.gif: No such file"), "{}", run.err);
}

#[tokio::test]
async fn each_file_is_one_json_object_and_the_manifest_has_those_that_are_there() {
    let (text, picture) = (b"text".to_vec(), gif("picture"));
    let stage = Stage::with(&[("a.txt", &text), ("b.gif", &picture)]).await;
    stage.service.script(&text, Script { refusals: vec![415], for_good: true, ..Script::default() });
    let elsewhere = tempfile::tempdir().unwrap();
    let manifest = elsewhere.path().join("manifest.tsv");
    let run = stage.put_as(&PutArgs { json: true, manifest: Some(manifest.clone()), ..stage.args() }).await;
    let mut lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["path"].to_string());
    let hash = ContentHash::of(&picture).to_string();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["status"], &lines[0]["url"]), (&"refused".into(), &Value::Null));
    assert_eq!((&lines[1]["status"], &lines[1]["state"]), (&"uploaded".into(), &"READY".into()));
    assert_eq!(lines[1]["contentHash"], hash.as_str());
    assert!(lines[1]["url"].as_str().unwrap().starts_with(stage.service.address()));
    let expected = format!("{}\t{hash}\n", stage.path("b.gif").display());
    assert_eq!(fs::read_to_string(manifest).unwrap(), expected);
}

#[tokio::test]
async fn many_files_are_asked_for_in_batches_of_at_most_a_hundred() {
    let contents: Vec<Vec<u8>> = (0..730).map(|number| gif(&number.to_string())).collect();
    let names: Vec<String> = (0..730).map(|number| format!("{number}.gif")).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(&contents).map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let stage = Stage::with(&files).await;
    let run = stage.put().await;
    assert_eq!(run.summary().uploaded, 730, "{}", run.err);
    stage.service.seen(|seen| {
        assert!(seen.batches.iter().all(|size| (1..=100).contains(size)), "{:?}", seen.batches);
        assert_eq!(seen.batches.iter().sum::<usize>(), 730);
        assert_eq!(seen.stored.len(), 730);
    });
}

#[tokio::test]
async fn nobody_at_the_address_is_told_with_the_address() {
    let stage = Stage::with(&[("a.gif", &gif("a"))]).await;
    let api = Api::new("http://127.0.0.1:9".parse().unwrap(), None).unwrap();
    let fault = put_to(&api, &stage.args()).await.outcome.unwrap_err().to_string();
    assert!(fault.contains("http://127.0.0.1:9/ cannot be reached"), "{fault}");
}

#[tokio::test]
async fn a_caller_who_is_not_let_in_learns_it_before_anything_is_hashed() {
    let stage = Stage::with(&[("a.gif", &gif("a"))]).await;
    stage.service.seen(|seen| seen.closed = true);
    let fault = stage.put().await.outcome.unwrap_err();
    assert!(matches!(&fault, CommandError::Api(_)), "{fault}");
    assert!(fault.to_string().contains("who are you?"), "{fault}");
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_run_without_a_panic() {
    struct Closed;
    impl io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let stage = Stage::with(&[("a.gif", &gif("a"))]).await;
    let (mut out, mut err) = (Closed, Closed);
    let mut console = Console { out: &mut out, err: &mut err, attended: false };
    let ended = put::run(&stage.args(), &stage.service.api(), &mut console, pending()).await;
    assert!(matches!(ended, Err(CommandError::Output(_))), "{ended:?}");
}
