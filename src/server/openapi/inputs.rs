//! What the server checks of the texts and fields of a request and derives cannot say: the pattern of each kind of
//! text, and fields that exclude or require each other. What depends on stored data, such as whether a topic exists,
//! cannot be said in a schema.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::walk::{each, names, reference};

// Generators copy patterns into source code: they have no quotes, and no escapes of characters that end lines there.
/// A kind of text, which the documentation of a field or parameter names as its `format`: its pattern, and the format
/// that clients know instead.
const KINDS: &[(&str, &str, Option<&str>)] = &[
    // `validate::line`: white space around it is removed.
    (
        "line",
        r"^[ \t\n\r]*[^\s\x00-\x1f\x7f-\x9f]([^\s\x00-\x1f\x7f-\x9f]|[ \xa0\u1680\u2000-\u200a\u202f\u205f\u3000])*[ \t\n\r]*$",
        None,
    ),
    // The same as an item of a list in a query.
    (
        "item",
        r"^[ \t\n\r]*[^\s\x00-\x1f\x7f-\x9f,]([^\s\x00-\x1f\x7f-\x9f,]|[ \xa0\u1680\u2000-\u200a\u202f\u205f\u3000])*[ \t\n\r]*$",
        None,
    ),
    // `Terms::parse`: a letter or digit, of the scripts of anchors.
    ("words", WORDS, None),
    // `validate::filled_text`.
    ("filled-text", r"^[^\x00]*[^\s\x00][^\x00]*$", None),
    // `Locale::parse`.
    ("language-tag", r"^[A-Za-z]{2,3}([_-][A-Za-z]{4})?([_-]([A-Za-z]{2}|[0-9]{3}))?$", None),
    // `validate::url`: no white space, and no user name or password. Not `uri`: other characters than ASCII are allowed.
    ("web-url", r"^https?://[^\s\x00-\x1f\x7f-\x9f/?#@]+([/?#][^\s\x00-\x1f\x7f-\x9f]*)?$", None),
    // `validate::url_or_path`.
    (
        "url-or-path",
        r"^(https?://[^\s\x00-\x1f\x7f-\x9f/?#@]+([/?#][^\s\x00-\x1f\x7f-\x9f]*)?|/([^\s\x00-\x1f\x7f-\x9f/][^\s\x00-\x1f\x7f-\x9f]*)?)$",
        None,
    ),
    // `validate::path`.
    ("website-path", r"^/([^\s\x00-\x1f\x7f-\x9f/][^\s\x00-\x1f\x7f-\x9f]*)?$", None),
    // `Address::parse`: not the root.
    ("redirect-path", r"^/[0-9A-Za-z._~-][^#\x00]*$", None),
    // `Slug::parse`, or an id.
    ("slug-or-id", "^[a-z0-9]+(-[a-z0-9]+)*$", None),
    // `Anchor::parse`, with the letters of common scripts: not all dialects of patterns have a class of all letters.
    ("anchor", ANCHOR, None),
    // `EmailAddress::parse`: ASCII before the @, and no number as the last label of the domain.
    (
        "email-address",
        r"^\s*[!#-'*+/-9=?A-Z^-~-]+(\.[!#-'*+/-9=?A-Z^-~-]+)*@([^\s\x00-,./:-@\[-\x60{-\x7f]+\.)*[^\s\x00-@\[-\x60{-\x7f][^\s\x00-,./:-@\[-\x60{-\x7f]*\s*$",
        Some("idn-email"),
    ),
    ("ip-address", IP, None),
];

const ANCHOR: &str = r"^[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0391-\u03a1\u03a3-\u03ff\u0400-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u064a\u0904-\u0939\u0e01-\u0e30\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3][0-9A-Za-z_.\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0391-\u03a1\u03a3-\u03ff\u0400-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u064a\u0904-\u0939\u0e01-\u0e30\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3-]*$";

const WORDS: &str = r"^[^\x00]*[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0391-\u03a1\u03a3-\u03ff\u0400-\u0481\u048a-\u052f\u05d0-\u05ea\u0620-\u064a\u0904-\u0939\u0e01-\u0e30\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3][^\x00]*$";

const IP: &str = "^(((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])|\
([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){1,7}:|([0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f]{1,4}|\
([0-9A-Fa-f]{1,4}:){1,5}(:[0-9A-Fa-f]{1,4}){1,2}|([0-9A-Fa-f]{1,4}:){1,4}(:[0-9A-Fa-f]{1,4}){1,3}|\
([0-9A-Fa-f]{1,4}:){1,3}(:[0-9A-Fa-f]{1,4}){1,4}|([0-9A-Fa-f]{1,4}:){1,2}(:[0-9A-Fa-f]{1,4}){1,5}|\
[0-9A-Fa-f]{1,4}:(:[0-9A-Fa-f]{1,4}){1,6}|:((:[0-9A-Fa-f]{1,4}){1,7}|:)|\
::[Ff]{4}:((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9]))$";

/// No string of a request contains U+0000.
const NO_NUL: &str = r"^[^\x00]*$";

/// Replaces the kinds of texts by their patterns, and adds what holds between fields. `received` are the names of the
/// components of request bodies.
pub(super) fn finish_inputs(document: &mut Value, received: &BTreeSet<String>) {
    let schemas = document["components"]["schemas"].clone();
    // Pages ignore what they cannot use.
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in paths.filter(|(path, _)| path.starts_with("/v1/")) {
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                if parameter["in"] == "query" {
                    separate_items(&mut parameter["schema"], &schemas);
                    refuse_nul(&mut parameter["schema"]);
                }
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if received.contains(name) {
            refuse_nul(schema);
        }
    }
    each(document, &mut |members| {
        let format = members.get("format").and_then(Value::as_str);
        let Some((_, pattern, known)) = KINDS.iter().find(|(kind, ..)| format == Some(kind)) else { return };
        members.insert("pattern".into(), (*pattern).into());
        match known {
            Some(known) => members.insert("format".into(), (*known).into()),
            None => members.remove("format"),
        };
    });
    add_conditions(&mut document["components"]["schemas"]);
}

/// Adds which fields exclude or require each other, as conditions: generators ignore them, and make types of `not` and
/// `oneOf`.
fn add_conditions(schemas: &mut Value) {
    let is_text = |field: &str| json!({"required": [field], "properties": {field: {"type": "string"}}});
    let has = |field: &str| json!({"required": [field]});
    let article = &mut schemas["CreateArticle"];
    article["if"] = json!({"not": {"anyOf": [has("markdown"), has("html")]}});
    article["then"] = json!({"required": ["title"]});
    article["else"] = json!({"not": {"anyOf": [
        {"required": ["markdown", "html"]}, has("sections"), is_text("intro")
    ]}});
    // A change of a cover keeps what it does not name.
    let cover = &mut article["properties"]["cover"];
    cover["if"] = json!({"type": "object"});
    cover["then"] = json!({"required": ["url"]});
    for name in ["CreateSection", "UpdateSection"] {
        schemas[name]["if"] = is_text("before");
        schemas[name]["then"] = json!({"not": is_text("after")});
    }
}

/// Makes items of lists that are single lines, such as labels, lines without commas, which separate them.
fn separate_items(schema: &mut Value, schemas: &Value) {
    let Some(items) = schema.get_mut("items") else { return };
    let item = reference(items).map_or(&*items, |name| &schemas[name]);
    if item["format"] == "line" {
        let mut item = item.clone();
        item["format"] = "item".into();
        *items = item;
    }
}

/// Adds a pattern to the strings that have none of their own, unless they are long: whoever makes such a text of a
/// pattern takes minutes.
fn refuse_nul(schema: &mut Value) {
    each(schema, &mut |members| {
        let is_text = members.get("type").is_some_and(|kind| kind == "string" || names(kind, "string"));
        let is_said = ["pattern", "format", "enum", "const"].iter().any(|key| members.contains_key(*key));
        let is_short = members.get("maxLength").and_then(Value::as_u64).is_some_and(|max| max <= 4000);
        if is_text && is_short && !is_said {
            members.insert("pattern".into(), NO_NUL.into());
        }
    });
}
