//! The HTTP edge: a path becomes a variant, its rendering a response.

mod answer;

use ::http::header::IF_NONE_MATCH;
use ::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use shared::ports::{AssetRepository, ObjectStore};
use shared::problem::Problem;
use shared::variant::VariantUrl;

use self::answer::Refused;
use crate::{Render, pipeline};

/// The variant API over its use cases.
#[derive(Debug, Clone)]
pub struct RenderApi<S, R> {
    render: Render<S, R>,
}

impl<S: ObjectStore, R: AssetRepository> RenderApi<S, R> {
    /// The API over these use cases.
    pub fn new(render: Render<S, R>) -> Self {
        Self { render }
    }

    /// Answers a request for a path, taken as it came: no part of it is decoded, so that each variant has one
    /// spelling. Every failure is an answer too. `Content-Length` is left to the server: a streaming function URL must
    /// not be told one.
    pub async fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response<Bytes> {
        match self.answer(method, path, headers).await {
            Ok(response) => response,
            Err(refused) => {
                let code = refused.problem.code();
                metrics::counter!("variants_refused", "code" => code).increment(1);
                answer::refused(&refused)
            }
        }
    }

    async fn answer(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Response<Bytes>, Refused> {
        if method != Method::GET && method != Method::HEAD {
            let detail = "A variant answers GET and HEAD only.";
            let problem = Problem::new(405, "method_not_allowed", "Method not allowed", detail);
            return Err(Refused { problem, keep_seconds: None });
        }
        // Nothing is asked of S3 or DynamoDB for what the URL alone forbids.
        let url = self.admit(path)?;
        let tag = answer::tag(&url);
        if held(headers, &tag) {
            self.render.confirm(&url.hash).await?;
            return Ok(answer::not_modified(&tag));
        }
        if method == Method::HEAD {
            self.render.look(&url.hash).await?;
            return Ok(answer::head(&url, &tag));
        }
        let variant = self.render.render_variant(&url).await?;
        Ok(answer::variant(&url, &tag, variant))
    }

    /// The variant that a path names, if it is one that is made here.
    fn admit(&self, path: &str) -> Result<VariantUrl, Refused> {
        let url: VariantUrl = path.parse()?;
        self.render.config.whitelist.admit(&url.spec)?;
        pipeline::check_offered(url.spec.format)?;
        Ok(url)
    }
}

/// Whether the client says that it holds the variant with this tag (RFC 9110, 13.1.2: compared weakly).
fn held(headers: &HeaderMap, tag: &str) -> bool {
    let listed = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = listed.flat_map(|list| list.split(',')).map(str::trim);
    tags.any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests;
