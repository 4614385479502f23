//! Who calls: what the API's authorizer found out, never what the request itself says.

use lambda_http::aws_lambda_events::apigw::ApiGatewayRequestAuthorizer;
use lambda_http::request::RequestContext;
use shared::asset::Principal;

/// The token's scope that lets its bearer take down what others own.
const ADMIN_SCOPE: &str = "hashfolio/admin";

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its name: a token's subject or an IAM role.
    pub principal: Principal,
    /// Whether it may take down what others own.
    pub is_admin: bool,
}

impl Caller {
    /// The caller of a Lambda invocation; `None` when no authorizer vouches for one.
    pub fn of(context: &RequestContext) -> Option<Self> {
        let RequestContext::ApiGatewayV2(context) = context else { return None };
        let authorizer = context.authorizer.as_ref()?;
        Self::by_token(authorizer).or_else(|| Self::by_role(authorizer))
    }

    fn by_token(authorizer: &ApiGatewayRequestAuthorizer) -> Option<Self> {
        let token = authorizer.jwt.as_ref()?;
        let principal = Principal::new(token.claims.get("sub")?)?;
        let claimed = token.claims.get("scope").map(String::as_str).unwrap_or_default();
        let mut scopes = claimed.split(' ').chain(token.scopes.iter().flatten().map(String::as_str));
        Some(Self { principal, is_admin: scopes.any(|scope| scope == ADMIN_SCOPE) })
    }

    fn by_role(authorizer: &ApiGatewayRequestAuthorizer) -> Option<Self> {
        let arn = authorizer.iam.as_ref()?.user_arn.as_deref()?;
        Some(Self { principal: Principal::new(without_session(arn))?, is_admin: false })
    }
}

/// An assumed role's ARN ends in the session's name, which differs from one sign-in to the next.
fn without_session(arn: &str) -> &str {
    match arn.rsplit_once('/') {
        Some((role, _session)) if arn.contains(":assumed-role/") => role,
        _ => arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller_of(event: &str) -> Option<Caller> {
        let request = lambda_http::request::from_str(event).unwrap();
        Caller::of(request.extensions().get::<RequestContext>()?)
    }

    #[test]
    fn a_tokens_subject_is_the_caller() {
        let caller = caller_of(include_str!("../../../events/ingest/ask-jwt.json")).unwrap();
        assert_eq!(caller.principal.as_str(), "2f1c7b1e-7f0a-4a52-9c4e-5b8f8e8f3d11");
        assert!(!caller.is_admin);
    }

    #[test]
    fn the_admin_scope_makes_an_admin() {
        let event = include_str!("../../../events/ingest/ask-jwt.json");
        let caller = caller_of(&event.replace("openid email", "openid hashfolio/admin")).unwrap();
        assert!(caller.is_admin);
    }

    #[test]
    fn a_role_is_the_caller_without_its_session() {
        let caller = caller_of(include_str!("../../../events/ingest/list-iam.json")).unwrap();
        assert_eq!(caller.principal.as_str(), "arn:aws:sts::123456789012:assumed-role/uploader");
    }

    #[test]
    fn nobody_is_the_caller_without_an_authorizer() {
        let event: serde_json::Value =
            serde_json::from_str(include_str!("../../../events/ingest/ask-jwt.json")).unwrap();
        let mut open = event;
        open["requestContext"].as_object_mut().unwrap().remove("authorizer");
        assert_eq!(caller_of(&open.to_string()), None);
    }
}
