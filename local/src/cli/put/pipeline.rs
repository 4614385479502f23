//! Hashing, asking, uploading and waiting, side by side.
//!
//! The stages hand files on through bounded queues, so that the memory needed doesn't depend on the sizes of the files,
//! and a slow stage holds back those before it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use shared::hash::ContentHash;
use tokio::sync::{OnceCell, Semaphore, mpsc};
use tokio::task::spawn_blocking;

mod deliver;
mod watch;

use super::CommandError;
use super::fingerprint::{Fingerprint, FingerprintError};
use super::gather::Found;
use super::ledger::Stage;
use super::progress::Progress;
use super::report::News;
use super::resumable::Resumable;
use super::verdict::{Status, Verdict};
use crate::client::{Answer, Api, ApiError, Ask, Asset, Shown};
use deliver::{Delivery, Job};

/// The most assets that the API takes in one batch.
const BATCH_SIZE: usize = 100;
/// How many batches are asked at once: the next is on its way while one is worked on.
const BATCHES_AT_ONCE: usize = 2;
/// How many files are uploaded at once.
const UPLOADS_AT_ONCE: usize = 8;
/// How many parts are uploaded at once, of all large files together: enough to fill a line, few enough not to lose much
/// when it breaks.
const PARTS_AT_ONCE: usize = 4;
/// How many uploaded files are watched at once until they are verified.
const WATCHED_AT_ONCE: usize = 256;

/// Brings files into the portfolio.
#[derive(Debug)]
pub(super) struct Pipeline<'a> {
    api: &'a Api,
    /// How long a file may take to be verified after its upload.
    patience: Duration,
    progress: Arc<Progress>,
    /// The path of a variant, with `{hash}` in place of the hash: the same for every asset but for that.
    sample: OnceCell<Option<String>>,
    resumable: Resumable,
    /// Those that may upload a part now.
    part_slots: Semaphore,
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(
        api: &'a Api,
        patience: Duration,
        progress: Arc<Progress>,
        resumable: Resumable,
    ) -> Self {
        let part_slots = Semaphore::new(PARTS_AT_ONCE);
        Self { api, patience, progress, sample: OnceCell::new(), resumable, part_slots }
    }

    /// Brings the files into the portfolio, and tells of each how far it has come, and at last its fate.
    ///
    /// News never wait for their listener: when a run breaks off, what waits is lost.
    ///
    /// # Errors
    /// [`CommandError`] when the API can't be reached any more, or lets the caller in no more.
    pub(super) async fn run(
        self,
        files: Vec<Found>,
        news: mpsc::UnboundedSender<News>,
    ) -> Result<(), CommandError> {
        let (hashed, to_ask) = mpsc::channel(2 * BATCH_SIZE);
        let (wanted, to_deliver) = mpsc::channel(BATCH_SIZE);
        let (delivered, to_watch) = mpsc::channel(WATCHED_AT_ONCE);
        tokio::try_join!(
            self.hash_all(files, hashed, news.clone()),
            self.ask_for_all(to_ask, wanted, news.clone()),
            self.deliver_all(to_deliver, delivered, news.clone()),
            self.watch_all(to_watch, news),
        )?;
        Ok(())
    }

    async fn hash_all(
        &self,
        files: Vec<Found>,
        hashed: mpsc::Sender<Fingerprint>,
        news: mpsc::UnboundedSender<News>,
    ) -> Result<(), CommandError> {
        let at_once = available_parallelism().map_or(1, usize::from);
        let hash = async |file: Found| match self.read(&file).await {
            // A queue is closed only when the run has ended early: nothing is left to be told then.
            Ok(fingerprint) => hashed.send(fingerprint).await.unwrap_or_default(),
            Err(why) => {
                let news_of_it = News::Unread { path: file.path, verdict: Verdict::failed(why.to_string()) };
                news.send(news_of_it).unwrap_or_default();
            }
        };
        stream::iter(files).for_each_concurrent(at_once, hash).await;
        Ok(())
    }

    async fn read(&self, file: &Found) -> Result<Fingerprint, FingerprintError> {
        let (path, progress) = (file.path.clone(), Arc::clone(&self.progress));
        let read = spawn_blocking(move || Fingerprint::take(&path, &progress));
        read.await.unwrap_or_else(|died| Err(FingerprintError::Unreadable(died.into())))
    }

    async fn ask_for_all(
        &self,
        hashed: mpsc::Receiver<Fingerprint>,
        wanted: mpsc::Sender<Job>,
        news: mpsc::UnboundedSender<News>,
    ) -> Result<(), CommandError> {
        let asked = RefCell::new(HashSet::new());
        let ask = async |batch: Vec<Fingerprint>| {
            let is_first = |fingerprint: &Fingerprint| asked.borrow_mut().insert(fingerprint.hash);
            let (firsts, twins): (Vec<_>, Vec<_>) = batch.into_iter().partition(is_first);
            for Fingerprint { path, hash, size_bytes, .. } in twins {
                self.progress.advance(size_bytes);
                news.send(News::Twin { path, hash }).unwrap_or_default();
            }
            // The deliverer asks for these, each alone and with what is known of its parts.
            let is_alone = |file: &Fingerprint| file.is_large() || self.resumable.find(file.hash).is_some();
            let (alone, together): (Vec<_>, Vec<_>) = firsts.into_iter().partition(is_alone);
            for fingerprint in alone {
                wanted.send(Job::new(fingerprint, None)).await.unwrap_or_default();
            }
            self.ask_for(together, &wanted, &news).await
        };
        batches(hashed).map(Ok).try_for_each_concurrent(BATCHES_AT_ONCE, ask).await
    }

    /// Asks for one batch: what is wanted goes on to be delivered, the fate of the rest is known.
    async fn ask_for(
        &self,
        batch: Vec<Fingerprint>,
        wanted: &mpsc::Sender<Job>,
        news: &mpsc::UnboundedSender<News>,
    ) -> Result<(), CommandError> {
        if batch.is_empty() {
            return Ok(());
        }
        let asks: Vec<Ask> = batch.iter().map(Fingerprint::ask).collect();
        let answers = match self.api.ask_batch(&asks).await {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(verdict_on(fault)?); batch.len()],
        };
        let (mut present, mut jobs) = (Vec::new(), Vec::new());
        for (fingerprint, answer) in batch.into_iter().zip(answers) {
            let job = |offer| Job::new(fingerprint, offer);
            match answer {
                Ok(Answer::Upload(offer)) => jobs.push(job(Some(offer))),
                // The deliverer asks again, with the patience that a fault needs.
                Ok(Answer::Refused(fault)) if fault.is_transient() => jobs.push(job(None)),
                Ok(Answer::Refused(no)) => self.tell(job(None), Verdict::not_taken(&no), news),
                Ok(Answer::Present(asset)) => {
                    let job = job(None);
                    let there = found_there(&job, &asset, news);
                    present.push((job, there));
                }
                Err(verdict) => self.tell(job(None), verdict, news),
            }
        }
        // What is known already is told before anything waits for its turn to be uploaded.
        for (job, there) in present {
            let url = self.url_of(job.hash()).await;
            self.tell(job, Verdict { url, ..there }, news);
        }
        for job in jobs {
            wanted.send(job).await.unwrap_or_default();
        }
        Ok(())
    }

    async fn deliver_all(
        &self,
        wanted: mpsc::Receiver<Job>,
        delivered: mpsc::Sender<Job>,
        news: mpsc::UnboundedSender<News>,
    ) -> Result<(), CommandError> {
        let deliver = async |job: Job| {
            match self.deliver(job, &news).await? {
                Delivery::Done(job) => delivered.send(job).await.unwrap_or_default(),
                Delivery::Ended(job, verdict) => self.tell(job, verdict, &news),
            }
            Ok(())
        };
        each(wanted).map(Ok).try_for_each_concurrent(UPLOADS_AT_ONCE, deliver).await
    }

    async fn watch_all(
        &self,
        delivered: mpsc::Receiver<Job>,
        news: mpsc::UnboundedSender<News>,
    ) -> Result<(), CommandError> {
        let watch = async |job: Job| {
            let verdict = self.watch(&job).await?;
            self.resumable.forget(job.hash());
            self.tell(job, verdict, &news);
            Ok(())
        };
        each(delivered).map(Ok).try_for_each_concurrent(WATCHED_AT_ONCE, watch).await
    }

    fn tell(&self, job: Job, verdict: Verdict, news: &mpsc::UnboundedSender<News>) {
        self.progress.advance(job.bytes_not_uploaded());
        news.send(job.settled(verdict)).unwrap_or_default();
    }

    /// The URL of a variant of an asset; `None` when the API does not say how they look.
    async fn url_of(&self, hash: ContentHash) -> Option<String> {
        let learn = async || self.api.show(&hash.to_string()).await.map(|shown| sample_of(&shown));
        let sample = self.sample.get_or_try_init(learn).await.ok()?.as_ref()?;
        Some(self.api.absolute(&sample.replace("{hash}", &hash.to_string())))
    }
}

/// Tells that a file is there already, before its URL is known; its verdict but for that.
fn found_there(job: &Job, asset: &Asset, news: &mpsc::UnboundedSender<News>) -> Verdict {
    let there = Verdict::ready(Status::Present, asset, None);
    news.send(job.reached(Stage::There(there.clone()))).unwrap_or_default();
    there
}

/// What a failed call means for the files that it was about; an error when it means the end of the run.
fn verdict_on(fault: ApiError) -> Result<Verdict, CommandError> {
    if fault.concerns_every_call() { Err(fault.into()) } else { Ok(Verdict::failed(fault.to_string())) }
}

fn sample_of(shown: &Shown) -> Option<String> {
    let path = shown.variants.sample_path()?;
    Some(path.replace(&shown.asset.content_hash.to_string(), "{hash}"))
}

/// What comes through a queue, one by one.
fn each<T>(queue: mpsc::Receiver<T>) -> impl Stream<Item = T> {
    stream::unfold(queue, async |mut queue| queue.recv().await.map(|next| (next, queue)))
}

/// What comes through a queue, in batches of as many as are there.
fn batches<T>(queue: mpsc::Receiver<T>) -> impl Stream<Item = Vec<T>> {
    stream::unfold(queue, async |mut queue| {
        let mut batch = Vec::new();
        (queue.recv_many(&mut batch, BATCH_SIZE).await > 0).then_some((batch, queue))
    })
}
