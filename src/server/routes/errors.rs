//! `/docs/errors`: the catalogue of codes for people. The `type` of every problem leads here.

use actix_web::http::header;
use actix_web::web::Data;
use minijinja::{Value, context};

use crate::app::App;
use crate::base::codes::{self, Code, CodeKind};
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::templates::Templates;
use crate::base::text::Locale;

/// The kinds of codes, as the page groups them: the kind, its name in fragments, heading, text.
const GROUPS: &[(CodeKind, &str, &str, &str)] = &[
    (CodeKind::Problem, "problem", "Problems", "The code of an error response, and its status."),
    (
        CodeKind::Error,
        "error",
        "Broken rules",
        "The codes in the errors of a problem: one for each rule that the input breaks, with its place.",
    ),
    (CodeKind::Warning, "warning", "Warnings", "What sanitising removes from a text that was accepted."),
    (CodeKind::Row, "row", "Rows of an import", "Why a row was not imported, or not as it stands."),
];

/// Get the list of codes
///
/// Every code of a problem, of its `errors`, of a warning and of the row of an import: what it means and what to do.
/// The page is part of the reference, which is in English.
#[utoipa::path(get, path = "/docs/errors", tag = "pages", security(()),
    responses((status = 200, description = "The list.", body = String, content_type = "text/html")))]
pub async fn get_errors_page(app: Data<App>) -> Result<Response> {
    let own = app.clone();
    app.compute.run(move || list(&own.templates)).await
}

fn list(templates: &Templates) -> Result<Response> {
    let english = Locale::parse("en").map(|locale| templates.nearest(&locale));
    let language = english.unwrap_or_else(|_| templates.site());
    let all = codes::all();
    let groups: Value = GROUPS
        .iter()
        .map(|(kind, name, heading, text)| {
            let codes: Value =
                all.iter().filter(|code| code.kind == *kind).map(|code| entry(code, name)).collect();
            context! { id => format!("{name}s"), heading => *heading, text => *text, codes }
        })
        .collect();
    let text =
        "Every error response has a code. It is stable: decide by it, and not by the sentence in detail.";
    let about = context! { heading => "Errors", text, groups };
    let html = templates.page(&language, "errors.html", about)?;
    Ok(Response::public("text/html; charset=utf-8", html.into())
        .header(header::CONTENT_LANGUAGE, language.tag())
        .header(header::CONTENT_SECURITY_POLICY, templates.policy()))
}

/// The code of a problem is its own fragment; another has its kind before it, because names recur.
fn entry(code: &Code, kind: &str) -> Value {
    let id = if code.kind == CodeKind::Problem { code.code.clone() } else { format!("{kind}-{}", code.code) };
    let statuses = code.statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    context! { id, code => code.code.as_str(), statuses, meaning => code.meaning, remedy => code.remedy }
}
