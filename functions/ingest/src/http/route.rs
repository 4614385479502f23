//! Which question a method and a path ask.

use http::{Method, Uri};
use shared::ports::PageRequest;
use shared::problem::Problem;

use super::answer::invalid;
use crate::show_asset::AssetRef;

/// How many assets a page of the list has, and at most.
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 100;

/// A question that the API answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    Ask,
    Batch,
    List(PageRequest),
    Show(AssetRef),
    Original(AssetRef),
    Restore(AssetRef),
    TakeDown(AssetRef),
}

impl Route {
    /// The question of a request.
    pub(super) fn of(method: &Method, uri: &Uri) -> Result<Self, Problem> {
        let segments: Vec<&str> = uri.path().trim_start_matches('/').split('/').collect();
        match (segments.as_slice(), method) {
            (["assets"], &Method::POST) => Ok(Self::Ask),
            (["assets"], &Method::GET) => page(uri.query().unwrap_or_default()).map(Self::List),
            (["assets"], _) => Err(Problem::method_not_allowed("GET, POST")),
            (["assets", "batch"], &Method::POST) => Ok(Self::Batch),
            (["assets", "batch"], _) => Err(Problem::method_not_allowed("POST")),
            (["assets", named], &Method::GET) => asset_ref(named).map(Self::Show),
            (["assets", named], &Method::DELETE) => asset_ref(named).map(Self::TakeDown),
            (["assets", _], _) => Err(Problem::method_not_allowed("GET, DELETE")),
            (["assets", named, "original"], &Method::GET) => asset_ref(named).map(Self::Original),
            (["assets", _, "original"], _) => Err(Problem::method_not_allowed("GET")),
            (["assets", named, "restore"], &Method::POST) => asset_ref(named).map(Self::Restore),
            (["assets", _, "restore"], _) => Err(Problem::method_not_allowed("POST")),
            _ => {
                let detail = format!("There is nothing at {}.", uri.path());
                Err(Problem::new(404, "not_found", "Not found", detail))
            }
        }
    }
}

fn asset_ref(text: &str) -> Result<AssetRef, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(AssetRef::Id(id));
    }
    let hash = text.parse().map(AssetRef::Hash);
    hash.map_err(|error| invalid("asset", &format!("is neither an asset id nor a content hash: {error}")))
}

fn page(query: &str) -> Result<PageRequest, Problem> {
    let mut page = PageRequest { limit: DEFAULT_LIMIT, cursor: None };
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("limit", limit)) => {
                let number = limit.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
                let form = format!("must be a whole number from 1 to {MAX_LIMIT}");
                page.limit = number.ok_or_else(|| invalid("limit", &form))?;
            }
            Some(("cursor", cursor)) if !cursor.is_empty() => page.cursor = Some(cursor.to_owned()),
            _ => {}
        }
    }
    Ok(page)
}
