//! What a message holds beside its words: pictures and calls of tools.

use maud::{Markup, html};
use overt_schema::{Image, ToolCall};

use crate::kit::text::{cut, inline, visible};
use crate::kit::{digest, number};

/// Bytes of a call's arguments that are shown.
const ARGUMENTS: usize = 16 << 10;

/// A picture's place: its bytes are not kept.
pub(super) fn picture(image: &Image) -> Markup {
    let kind = image.media_type.media_type().trim_start_matches("image/");
    html! {
        p.picture {
            "An image was shown here: " (kind) ", " (number::bytes(image.bytes)) ", sha256 "
            (digest("the digest of the image", &image.sha256.to_string()))
        }
    }
}

/// Calls of tools, arguments laid out where they are JSON.
pub(super) fn calls(calls: &[ToolCall]) -> Markup {
    html! {
        @for call in calls.iter().take(100) {
            div.call {
                div.title {
                    "calls " code { (inline(&call.name, 80)) }
                    @if !call.id.is_empty() { " " span.faint { code { (inline(&call.id, 40)) } } }
                }
                @let laid_out = laid_out(&call.arguments);
                @let shown = cut(&laid_out, ARGUMENTS);
                pre { (visible(shown.head)) @if shown.more > 0 { "…" } }
            }
        }
        @if calls.len() > 100 { p.faint { "… and " (number::grouped((calls.len() - 100) as u64)) " calls more" } }
    }
}

fn laid_out(arguments: &str) -> String {
    if arguments.len() > ARGUMENTS {
        return arguments.to_owned();
    }
    let value = serde_json::from_str::<serde_json::Value>(arguments);
    value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| arguments.to_owned())
}
