//! What other sites show of a statement: a picture with the count, and a small page for a frame.

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, VARY};
use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, html};
use overt_site::index::StatementView;

use super::desk::Desk;
use super::language::{Language, Says as _};
use super::statement::{count_words, find};
use super::visit::Visit;
use crate::kit::STYLE;
use crate::kit::text::plain;

/// Any site may frame it, and it does nothing but link back.
const FRAMED: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// How long others may keep what they got: a minute.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=60");

const SHARED: [(HeaderName, HeaderValue); 1] =
    [(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"))];

pub(super) async fn badge(visit: Visit, Path(record): Path<String>) -> Response {
    visit
        .answer(move |visit| {
            let statement = find(&visit.desk, &record)?;
            let kind = [
                (CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
                (CACHE_CONTROL, KEPT),
                (VARY, HeaderValue::from_static("accept-language")),
            ];
            Ok((kind, SHARED, picture(&visit.desk, visit.language, &statement)).into_response())
        })
        .await
}

/// An SVG that needs nothing from elsewhere. Its link works where it stands in a page, not where it is an image.
fn picture(desk: &Desk, language: Language, statement: &StatementView) -> String {
    let words = count_words(language, statement.checked_signatures());
    // Wide enough for digits and letters of DejaVu Sans at 11 units; other faces are narrower.
    let width = 16 + 7 * words.chars().count();
    let name = "overt";
    let all = width + 52;
    let proof = desk.address(&format!("/statements/{}", statement.record));
    let label = format!("{}: {words}", plain(&statement.title, 100));
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(all) height="20" viewBox={ "0 0 " (all) " 20" } role="img" aria-label=(label) {
            title { (label) }
            a href=(proof) {
                rect width="52" height="20" fill="#1e1d1a" {}
                rect x="52" width=(width) height="20" fill="#0a5c63" {}
                g fill="#ffffff" font-family="DejaVu Sans, Verdana, sans-serif" font-size="11" text-anchor="middle" {
                    text x="26" y="14" { (name) }
                    text x=(52 + width / 2) y="14" { (words) }
                }
            }
        }
    };
    svg.into_string()
}

pub(super) async fn widget(visit: Visit, Path(record): Path<String>) -> Response {
    visit
        .answer(move |visit| {
            let statement = find(&visit.desk, &record)?;
            let language = visit.language;
            let words = count_words(language, statement.checked_signatures());
            let page = visit.desk.address(&format!("/statements/{}", statement.record));
            let html = html! {
                (DOCTYPE)
                html lang=(language.tag()) {
                    head {
                        meta charset="utf-8";
                        meta name="viewport" content="width=device-width, initial-scale=1";
                        title { (plain(&statement.title, 120)) }
                        link rel="stylesheet" href=(STYLE.path);
                    }
                    body.widget {
                        main {
                            h1 lang=(statement.language) {
                                a href=(page) target="_blank" rel="noopener" { (plain(&statement.title, 200)) }
                            }
                            p { strong { (words) } }
                            p {
                                @if visit.desk.index().believes(statement.key) {
                                    a.button href={ (page) "/sign" } target="_blank" rel="noopener" { (language.say("statement-sign")) }
                                    " "
                                }
                                a href={ (page) "/signatures" } target="_blank" rel="noopener" { (language.say("statement-proof")) }
                            }
                        }
                    }
                }
            };
            let policy = [
                (CONTENT_SECURITY_POLICY, HeaderValue::from_static(FRAMED)),
                (CACHE_CONTROL, KEPT),
                (VARY, HeaderValue::from_static("accept-language")),
            ];
            Ok((policy, SHARED, Html(html.into_string())).into_response())
        })
        .await
}
