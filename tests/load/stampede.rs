//! Many requests at once for one variant that nobody has rendered yet.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Args;
use futures::future::join_all;
use harness::{Answer, Hashfolio, HttpClient, pictures};
use http::Method;

use crate::process::{memory, start};

/// How many requests may go at once: each has a socket at both ends.
const MOST_REQUESTS: usize = 5_000;

#[derive(Debug, Args)]
pub(crate) struct StampedeArgs {
    /// How many requests come at once
    #[arg(long, default_value_t = 500)]
    requests: usize,
    /// The original [default: a generated JPEG of 12 megapixels]
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
    /// The first request leaves in the middle of the render that all others wait for
    #[arg(long)]
    leave: bool,
    /// The most memory, in MB, that the system may ever hold
    #[arg(long, default_value_t = 512)]
    memory_mb: u64,
}

/// An answer, and how long it took.
type Timed = (Result<Answer, String>, Duration);

pub(crate) async fn run(args: &StampedeArgs) -> bool {
    let original = args
        .photo
        .as_ref()
        .map_or_else(|| pictures::jpeg(4000, 3000, 1), |path| Bytes::from(std::fs::read(path).unwrap()));
    let system = start().await;
    let hash = system.ready(&original, "image/jpeg").await;
    let alone = single(&system, &format!("/{hash}/640x480/80.jpg")).await;
    let before = system.counter("variants_rendered").await;

    let url = system.url(&format!("/{hash}/640x480/80.webp"));
    let leader = args.leave.then(|| tokio::spawn(leaving(url.clone(), alone / 2)));
    if args.leave {
        // Long enough that it leads, short enough that it has not ended.
        tokio::time::sleep(alone / 4).await;
    }
    let requests = args.requests.min(MOST_REQUESTS);
    let answers: Vec<Timed> = join_all((0..requests).map(|_| timed(&url))).await;
    if let Some(leader) = leader {
        leader.await.unwrap();
    }

    let rendered = system.counter("variants_rendered").await - before;
    let memory = memory(system.process_id());
    report(&answers, alone, rendered, &memory);
    // Whoever leaves does not take the work back that has begun: one more render may be counted.
    let most_renders = if args.leave { 2 } else { 1 };
    let all_200 = answers.iter().all(|(answer, _)| answer.as_ref().is_ok_and(|answer| answer.status == 200));
    let same = answers.windows(2).all(|pair| body(&pair[0]) == body(&pair[1]));
    all_200 && same && (1..=most_renders).contains(&rendered) && memory.peak_mb <= args.memory_mb
}

fn body((answer, _): &Timed) -> Option<&Bytes> {
    answer.as_ref().ok().map(|answer| &answer.body)
}

/// The median time of a render with nothing else going on.
async fn single(system: &Hashfolio, path: &str) -> Duration {
    let mut times = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        assert_eq!(system.get(path).await.status, 200);
        times.push(started.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// One request on a connection of its own, as 500 clients are.
async fn timed(url: &str) -> Timed {
    let started = Instant::now();
    let answer = HttpClient::default().try_send(Method::GET, url, &[], Bytes::new()).await;
    (answer, started.elapsed())
}

/// A request whose client leaves after a while.
async fn leaving(url: String, after: Duration) {
    let client = HttpClient::default();
    let request = client.try_send(Method::GET, &url, &[], Bytes::new());
    drop(tokio::time::timeout(after, request).await);
}

fn report(answers: &[Timed], alone: Duration, rendered: u64, memory: &crate::process::Memory) {
    let ok = answers.iter().filter(|(answer, _)| answer.as_ref().is_ok_and(|answer| answer.status == 200));
    let locks = |lock: &str| {
        let named =
            |(answer, _): &&Timed| answer.as_ref().is_ok_and(|answer| answer.header("x-cache-lock") == lock);
        answers.iter().filter(named).count()
    };
    let mut times: Vec<Duration> = answers.iter().map(|(_, time)| *time).collect();
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{} requests at once: {} answered 200, {rendered} rendered", answers.len(), ok.count());
    println!("leader {}, follower {}, none {}", locks("leader"), locks("follower"), locks("none"));
    println!(
        "p50 {:.0} ms, p95 {:.0} ms, slowest {:.0} ms; one alone takes {:.0} ms: p95 is {:.2} times that",
        milliseconds(at(50)),
        milliseconds(at(95)),
        milliseconds(at(100)),
        milliseconds(alone),
        at(95).as_secs_f64() / alone.as_secs_f64()
    );
    println!("memory: {} MB now, {} MB at its peak", memory.now_mb, memory.peak_mb);
    for (answer, _) in answers {
        match answer {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => println!("answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body)),
            Err(error) => println!("failed: {error}"),
        }
    }
}
