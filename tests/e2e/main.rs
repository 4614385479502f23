//! Journeys through the whole system: what a client is answered, what is stored, and what is recorded.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail where it stands")]

mod cost; // what is used, and what it costs
mod crash; // kill -9, and what was acknowledged
mod drift; // S3 and DynamoDB disagree, and are reconciled
mod drift_at_scale; // the same with 100,000 assets
mod drop_folder; // incoming/…
mod multipart; // big originals: in parts
mod put; // the command line against the system
mod render; // the pipeline on a file
mod serve;
mod stack; // starting and ending
mod takedown; // DELETE, and what is left of the asset
mod upload; // ask, PUT, READY
mod variant_paths; // what edges agree on
mod variants; // what pages get

use harness::{Hashfolio, StartOptions};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hashfolio-under-test");

async fn system() -> Hashfolio {
    Hashfolio::start(PROGRAM).await
}

/// A system with variables of its environment set.
async fn system_with(environment: &[(&str, &str)]) -> Hashfolio {
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Hashfolio::start_with(PROGRAM, StartOptions { environment, ..StartOptions::default() }).await
}
