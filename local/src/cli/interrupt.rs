//! Ctrl-C, for commands that end in order.

use std::future;
use std::io;
use std::process;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// The exit code of a command that was interrupted, as shells have it: 128 and the number of SIGINT.
pub(super) const EXIT_CODE: u8 = 130;

/// Waits for Ctrl-C or SIGTERM. The next one after that ends the process at once.
pub(super) async fn interrupted() {
    let (first, heard) = oneshot::channel();
    // On its own, because the command may be held up by an output that nobody reads.
    tokio::spawn(listen(first));
    if heard.await.is_err() {
        future::pending::<()>().await;
    }
}

/// Tells of the first signal, and ends the process at the second. When signals can't be heard, they do what they do
/// without this.
async fn listen(first: oneshot::Sender<()>) -> io::Result<()> {
    let (mut interrupts, mut terminations) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut next = async || {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = terminations.recv() => {}
        }
    };
    next().await;
    first.send(()).unwrap_or_default();
    next().await;
    process::exit(i32::from(EXIT_CODE))
}
