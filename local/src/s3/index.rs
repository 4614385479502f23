//! The index's own thread. Every statement of the catalog runs on it, one job after the other: a precondition
//! and the change it guards cannot be separated, and no worker of the async runtime ever waits for the disk.

use std::fmt;
use std::io;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::catalog::Catalog;
use super::error::StoreError;

type Job = Box<dyn FnOnce(&mut Catalog) + Send>;

/// The way to the catalog. Dropping it finishes the jobs that were sent, and closes the database.
pub(super) struct Index {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Index {
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn start(mut catalog: Catalog) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let work = move || {
            for job in queue {
                job(&mut catalog);
            }
        };
        let thread = thread::Builder::new().name("s3-index".to_owned()).spawn(work)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs a job. Once this was polled the job is done whether or not anyone waits for its answer, so a job
    /// must leave nothing for the waiting side to clean up.
    ///
    /// # Errors
    /// The job's own, or [`StoreError::Stopped`].
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Catalog) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |catalog| {
            // Nobody waits any more if the client has gone away; the job is done all the same.
            drop(reply.send(job(catalog)));
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(job).map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the S3 index ended by a panic");
        }
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Index").finish_non_exhaustive()
    }
}
