//! The HTTP edge: a request becomes a question, its answer a response.

mod answer;
mod ask;
mod cors;
mod route;

use std::convert::Infallible;

use ::http::{HeaderMap, Method, Request, Response};
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::json;
use shared::multipart::PartPlan;
use shared::ports::{
    AssetRepository, CdnInvalidation, MultipartSigner, MultipartStore, ObjectArchive, ObjectStore,
    UploadSigner,
};
use shared::problem::Problem;
use shared::time::Timestamp;
use tokio::time::{Instant, timeout_at};

use self::ask::{parse_ask, parse_batch, parse_reason};
use self::cors::CorsPolicy;
use self::route::Route;
use crate::issue_upload::UploadAsk;
use crate::reminders::RemindersError;
use crate::{Caller, Ingest, QueueEvent};

/// How many asks of a batch are under way at once: enough to hide DynamoDB's latency, few enough not to be throttled.
const BATCH_CONCURRENCY: usize = 16;

/// How many parts the uploads of a batch have together at most. Each takes up to 2 KB of the answer, of which Lambda
/// sends 6 MB.
const MAX_BATCH_PARTS: u64 = PartPlan::MOST_PARTS;

/// The largest request body in bytes: a batch of 100 asks has about 50,000.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Who asks, since when it waits, and until when.
#[derive(Debug, Clone, Copy)]
struct Asker<'a> {
    caller: &'a Caller,
    now: Timestamp,
    deadline: Instant,
}

/// The ingest API over its use cases.
#[derive(Debug, Clone)]
pub struct IngestApi<S, U, R, C> {
    ingest: Ingest<S, U, R, C>,
    cors: CorsPolicy,
}

impl<S, U, R, C> IngestApi<S, U, R, C>
where
    S: ObjectStore + ObjectArchive + MultipartStore,
    U: UploadSigner + MultipartSigner,
    R: AssetRepository,
    C: CdnInvalidation,
{
    /// The API over these use cases.
    pub fn new(ingest: Ingest<S, U, R, C>) -> Self {
        let cors = CorsPolicy::new(&ingest.config.allowed_origins);
        Self { ingest, cors }
    }

    /// Answers a request; every failure is an answer too.
    ///
    /// # Errors
    /// None.
    pub async fn respond(
        &self,
        request: Request<Bytes>,
        caller: Option<Caller>,
    ) -> Result<Response<Bytes>, Infallible> {
        let headers = request.headers().clone();
        let mut response = if request.method() == Method::OPTIONS {
            answer::empty(::http::StatusCode::NO_CONTENT)
        } else {
            let answered = self.answer(request, caller).await;
            answered.unwrap_or_else(|problem| answer::problem(&problem))
        };
        self.decorate(&headers, response.headers_mut());
        Ok(response)
    }

    /// Whether a request comes from no page, or from one of `CORS_ALLOWED_ORIGINS`. Browsers keep answers from the
    /// others, but send some requests all the same: where the place that a request comes from is all that vouches for
    /// its caller, it is to be asked.
    pub fn admits_sender(&self, request: &HeaderMap) -> bool {
        self.cors.admits_sender(request)
    }

    /// Finishes every takedown that an event of the queue reminds of.
    ///
    /// # Errors
    /// [`RemindersError`]; the event must come again.
    pub async fn heed(&self, event: &QueueEvent) -> Result<(), RemindersError> {
        self.ingest.heed(event).await
    }

    fn decorate(&self, request: &HeaderMap, response: &mut HeaderMap) {
        self.cors.decorate(request, response);
        response.entry(::http::header::CACHE_CONTROL).or_insert(answer::NO_STORE);
        response.insert(::http::header::X_CONTENT_TYPE_OPTIONS, answer::NOSNIFF);
    }

    async fn answer(
        &self,
        request: Request<Bytes>,
        caller: Option<Caller>,
    ) -> Result<Response<Bytes>, Problem> {
        let caller = caller.ok_or_else(answer::unauthenticated)?;
        let route = Route::of(request.method(), request.uri())?;
        let deadline = Instant::now() + self.ingest.config.longest;
        let asker = Asker { caller: &caller, now: Timestamp::now(), deadline };
        let is_batch = matches!(route, Route::Batch);
        // Boxed, because the calls inside it make it large, and it would be copied whole.
        let answered = Box::pin(self.answer_route(route, &request, asker));
        // Each ask of a batch is to be in time by itself: what is answered is not lost with what is not.
        if is_batch { answered.await } else { in_time(deadline, answered).await }
    }

    async fn answer_route(
        &self,
        route: Route,
        request: &Request<Bytes>,
        asker: Asker<'_>,
    ) -> Result<Response<Bytes>, Problem> {
        let Asker { caller, now, .. } = asker;
        match route {
            Route::Ask => self.ask(&json_body(request)?, caller, now).await,
            Route::Batch => self.batch(&json_body(request)?, asker).await,
            Route::List(page) => {
                let page = self.ingest.list_assets(caller, &page).await.map_err(answer::not_listed)?;
                Ok(answer::page(&page))
            }
            Route::Show(named) => {
                let asset = self.ingest.show_asset(named).await.map_err(answer::not_shown)?;
                Ok(answer::shown(&asset, &self.ingest.config.whitelist))
            }
            Route::Original(named) => {
                let link = self.ingest.link_original(named, now).await.map_err(answer::not_shown)?;
                Ok(answer::redirect(&link))
            }
            Route::Restore(named) => {
                let asset = self.ingest.restore_original(named).await.map_err(answer::not_restored)?;
                Ok(answer::accepted(&asset))
            }
            Route::TakeDown(named) => {
                let reason = parse_reason(&optional_json_body(request)?)?;
                let taken_down = self.ingest.take_down(named, reason.as_ref(), caller, now).await;
                taken_down.map(|asset| answer::accepted(&asset)).map_err(answer::not_taken_down)
            }
        }
    }

    async fn ask(
        &self,
        body: &serde_json::Value,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Response<Bytes>, Problem> {
        let ask = parse_ask(body)?;
        let issued = self.ingest.issue_upload(&ask, caller, now).await;
        issued.map(|issued| answer::issued(&issued)).map_err(answer::not_issued)
    }

    async fn batch(&self, body: &serde_json::Value, asker: Asker<'_>) -> Result<Response<Bytes>, Problem> {
        let mut entries = Vec::new();
        let mut parts = 0;
        for ask in parse_batch(body)? {
            let ask = parse_ask(ask).and_then(|ask| self.within_answer(ask, &mut parts));
            entries.push(self.entry(ask, asker));
        }
        let results: Vec<_> = futures::stream::iter(entries).buffered(BATCH_CONCURRENCY).collect().await;
        Ok(answer::json(::http::StatusCode::OK, &json!({ "results": results })))
    }

    /// Lets an ask pass whose parts still have room in a batch's answer.
    fn within_answer(&self, ask: UploadAsk, parts: &mut u64) -> Result<UploadAsk, Problem> {
        let more = ask.parts(&self.ingest.config);
        if more > 0 && *parts + more > MAX_BATCH_PARTS {
            return Err(answer::too_many_parts(MAX_BATCH_PARTS));
        }
        *parts += more;
        Ok(ask)
    }

    async fn entry(
        &self,
        ask: Result<UploadAsk, Problem>,
        Asker { caller, now, deadline }: Asker<'_>,
    ) -> serde_json::Value {
        let issued = in_time(deadline, async {
            self.ingest.issue_upload(&ask?, caller, now).await.map_err(answer::not_issued)
        });
        answer::batch_entry(issued.await)
    }
}

/// What comes by a deadline. What was begun for it breaks off then: asking again is safe.
async fn in_time<T>(deadline: Instant, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    timeout_at(deadline, work).await.unwrap_or_else(|_| Err(answer::too_slow()))
}

/// The body as JSON.
fn json_body(request: &Request<Bytes>) -> Result<serde_json::Value, Problem> {
    let body = request.body();
    if body.len() > MAX_BODY_BYTES {
        let detail = format!("A request body has at most {MAX_BODY_BYTES} bytes.");
        return Err(Problem::new(413, "request_too_large", "Request too large", detail));
    }
    let parsed = serde_json::from_slice(body);
    parsed.map_err(|error| answer::invalid("body", &format!("is no JSON document: {error}")))
}

/// The body as JSON, where there need be none.
fn optional_json_body(request: &Request<Bytes>) -> Result<serde_json::Value, Problem> {
    if request.body().is_empty() { Ok(json!({})) } else { json_body(request) }
}

#[cfg(test)]
mod tests;
