//! The allow-list of HTML. ammonia applies it as the last step of rendering; [`super::raw_html`] applies the same rules
//! earlier, in order to warn the author about removed markup.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ammonia::{Builder, Url, UrlRelative};
use url::ParseError;

use super::srcset::{candidates, map_urls};
use super::steps;

/// The schemes of URLs that may stay.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];
/// html5ever's serializer searches the rest of a text or value again at each `&` or no-break space. Texts are divided
/// after so many of them.
const MAX_TEXT_ESCAPES: usize = 250;
/// How many `&` and no-break spaces the value of an attribute may hold, for the same reason. Longer ones are cut,
/// wherever they come from.
const MAX_VALUE_ESCAPES: usize = 1000;
/// What an embedded page may be allowed: what players of video and audio need. No camera, microphone, place or payment.
const PERMISSIONS: [&str; 4] = ["autoplay", "encrypted-media", "fullscreen", "picture-in-picture"];
/// What an embedded page may be told of the article's address: at most its host. The path of a preview is a secret.
const REFERRER_POLICIES: [&str; 6] = [
    "no-referrer",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
];

/// Which embeds authors may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Hosts whose `https` pages are allowed in an `<iframe>`.
    pub iframe_hosts: Vec<String>,
}

impl Default for Policy {
    /// Common hosts of video, audio, code, maps and charts.
    fn default() -> Self {
        let hosts = [
            "www.youtube-nocookie.com",
            "www.youtube.com",
            "player.vimeo.com",
            "www.dailymotion.com",
            "player.twitch.tv",
            "open.spotify.com",
            "w.soundcloud.com",
            "embed.podcasts.apple.com",
            "bandcamp.com",
            "codepen.io",
            "codesandbox.io",
            "stackblitz.com",
            "www.openstreetmap.org",
            "datawrapper.dwcdn.net",
            "flo.uri.sh",
        ];
        Self { iframe_hosts: hosts.map(str::to_owned).to_vec() }
    }
}

/// The allowed elements, each with its attributes besides [`GLOBAL`]. Sorted for binary search.
pub(super) const ELEMENTS: &[(&str, &[&str])] = &[
    ("a", &["href", "hreflang"]),
    ("abbr", &[]),
    ("address", &[]),
    ("article", &[]),
    ("aside", &[]),
    ("audio", &["src", "controls", "preload", "loop", "muted"]),
    ("b", &[]),
    ("bdi", &[]),
    ("bdo", &[]),
    ("blockquote", &["cite"]),
    ("br", &[]),
    ("caption", &[]),
    ("cite", &[]),
    ("code", &["class"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("dd", &[]),
    ("del", &["cite", "datetime"]),
    ("details", &["open"]),
    ("dfn", &[]),
    ("div", &[]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("hr", &[]),
    ("i", &[]),
    (
        "iframe",
        &["src", "width", "height", "allow", "allowfullscreen", "loading", "referrerpolicy", "sandbox"],
    ),
    ("img", &["src", "srcset", "sizes", "alt", "width", "height", "loading", "decoding"]),
    ("input", &["type", "disabled", "checked"]),
    ("ins", &["cite", "datetime"]),
    ("kbd", &[]),
    ("li", &["value"]),
    ("mark", &[]),
    ("ol", &["start", "reversed", "type"]),
    ("p", &[]),
    ("picture", &[]),
    ("pre", &[]),
    ("q", &["cite"]),
    ("rp", &[]),
    ("rt", &[]),
    ("ruby", &[]),
    ("s", &[]),
    ("samp", &[]),
    ("section", &[]),
    ("small", &[]),
    ("source", &["src", "srcset", "sizes", "type", "media", "width", "height"]),
    ("span", &[]),
    ("strong", &[]),
    ("sub", &[]),
    ("summary", &[]),
    ("sup", &[]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &["colspan", "rowspan", "headers", "align"]),
    ("tfoot", &[]),
    ("th", &["colspan", "rowspan", "headers", "scope", "abbr", "align"]),
    ("thead", &[]),
    ("time", &["datetime"]),
    ("tr", &[]),
    ("track", &["src", "kind", "srclang", "label", "default"]),
    ("u", &[]),
    ("ul", &[]),
    ("var", &[]),
    ("video", &["src", "poster", "controls", "preload", "width", "height", "loop", "muted", "playsinline"]),
    ("wbr", &[]),
];

/// Attributes allowed on every element.
const GLOBAL: &[&str] = &["id", "title", "lang", "dir"];

/// Elements allowed in headings: phrasing content except audio, video, `picture`, iframes and form controls.
const PHRASING: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd",
    "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u",
    "var", "wbr",
];

/// Attributes of the footnotes that the renderer writes, not allowed for authors; [`keep`] checks the values.
const FOOTNOTES: &[(&str, &[&str])] =
    &[("a", &["class", "role", "aria-label"]), ("section", &["class", "role"]), ("sup", &["class"])];

/// Whether an element is allowed.
#[must_use]
pub fn allows_element(name: &str) -> bool {
    ELEMENTS.binary_search_by_key(&name, |(element, _)| element).is_ok()
}

pub(super) fn is_phrasing(name: &str) -> bool {
    PHRASING.contains(&name)
}

/// Whether an attribute is allowed on an element written by an author.
#[must_use]
pub fn allows_attribute(element: &str, attribute: &str) -> bool {
    GLOBAL.contains(&attribute)
        || ELEMENTS
            .binary_search_by_key(&element, |(name, _)| name)
            .is_ok_and(|at| ELEMENTS.get(at).is_some_and(|(_, attributes)| attributes.contains(&attribute)))
}

/// Whether an attribute holds one or more URLs.
#[must_use]
pub fn is_url(attribute: &str) -> bool {
    matches!(attribute, "href" | "src" | "srcset" | "poster" | "cite")
}

/// Whether every URL in a value is valid (URL Standard), and relative, `http`, `https` or `mailto`.
#[must_use]
pub fn allows_url(attribute: &str, value: &str) -> bool {
    if shortened(value).is_some() {
        return false;
    }
    let value = with_scheme(attribute, value);
    if attribute == "srcset" { candidates(&value).all(|(url, _)| is_safe(url)) } else { is_safe(&value) }
}

/// Reads a URL as browsers do: only what can be a scheme is one, so that `16:9/quay.jpg` is a path.
fn is_safe(url: &str) -> bool {
    is_plainly_safe(url)
        || match Url::parse(url) {
            Ok(url) => SCHEMES.contains(&url.scheme()),
            Err(error) => error == ParseError::RelativeUrlWithoutBase,
        }
}

/// Whether a URL is safe at first sight: a path, a fragment, or a web address with a plain host. Most are.
pub(super) fn is_plainly_safe(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return url.starts_with(['/', '#']) && !url.starts_with("//");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    // A host that ends in a number is an IPv4 address; `xn--` begins a name in another script.
    let domain = host.rsplit('.').next().unwrap_or_default();
    domain.starts_with(|c: char| c.is_ascii_alphabetic())
        && host.bytes().all(is_plain)
        && !host.contains("--")
}

/// The longest beginning of a value that the sanitiser may write, if the value is too long.
pub(super) fn shortened(value: &str) -> Option<&str> {
    let escapes = value.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'&' | 0xc2));
    escapes.map(|(at, _)| at).nth(MAX_VALUE_ESCAPES).and_then(|end| value.get(..end))
}

/// The value of an attribute with URLs, of which those that name a host without a scheme get `https:`. They would
/// otherwise depend on where the article is shown: in feeds and emails, nothing provides a scheme.
pub(super) fn with_scheme<'v>(attribute: &str, value: &'v str) -> Cow<'v, str> {
    let complete = |url: &str| url.starts_with("//").then(|| format!("https:{url}"));
    if attribute == "srcset" && value.contains("//") {
        return map_urls(value, |url| complete(url).or_else(|| Some(url.to_owned()))).into();
    }
    complete(value.trim()).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Whether the policy allows this URL in an iframe. URLs without a scheme count as `https`.
pub(super) fn allows_iframe(policy: &Policy, src: &str) -> bool {
    Url::parse(&with_scheme("src", src)).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https"
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && policy.iframe_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    })
}

/// What may stay of the value of an attribute that is allowed, apart from URLs.
pub(super) fn allowed_part<'v>(element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let part = match (element, attribute) {
        ("code" | "pre", "class") => language_classes(value),
        ("iframe", "allow") => permissions(value),
        ("iframe", "referrerpolicy") => {
            let stays =
                REFERRER_POLICIES.iter().any(|policy| policy.eq_ignore_ascii_case(value.trim_ascii()));
            return stays.then_some(Cow::Borrowed(value));
        }
        _ => return Some(Cow::Borrowed(shortened(value).unwrap_or(value))),
    };
    (!part.is_empty()).then_some(Cow::Owned(part))
}

/// Those of the permissions in an `allow` value that embeds may have, for the embedded page itself.
fn permissions(allow: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for directive in allow.split(';') {
        let mut words = directive.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        let known = PERMISSIONS.iter().find(|known| known.eq_ignore_ascii_case(name));
        let is_denied = words.any(|origin| origin.eq_ignore_ascii_case("'none'"));
        kept.extend(known.filter(|known| !is_denied && !kept.contains(known)));
    }
    kept.join("; ")
}

/// The `language-…` names in a `class` value.
pub(super) fn language_classes(class: &str) -> String {
    let languages: Vec<&str> =
        class.split_ascii_whitespace().filter(|word| word.starts_with("language-")).collect();
    languages.join(" ")
}

/// A sanitiser for one policy. Building it takes longer than cleaning a paragraph, so build it once per article.
pub struct Sanitiser(Builder<'static>);

impl Sanitiser {
    /// A sanitiser that allows iframes by the policy or, without one, from any `https` host.
    #[must_use]
    pub fn new(policy: Option<&Policy>) -> Self {
        let policy = policy.cloned().map(Arc::new);
        let mut builder = Builder::empty();
        builder
            .tags(ELEMENTS.iter().map(|(name, _)| *name).collect())
            .clean_content_tags(HashSet::from([
                "script", "style", "title", "textarea", "noembed", "noframes", "xmp",
            ]))
            .tag_attributes(attributes())
            .generic_attributes(GLOBAL.iter().copied().collect())
            .url_schemes(HashSet::from(SCHEMES))
            .url_relative(UrlRelative::PassThrough)
            .link_rel(None)
            .set_tag_attribute_value("input", "type", "checkbox")
            .set_tag_attribute_value("input", "disabled", "")
            .attribute_filter(move |element, attribute, value| {
                keep(policy.as_deref(), element, attribute, value)
            });
        Self(builder)
    }

    /// A sanitiser for HTML to be converted to Markdown, which also keeps headings and the language classes of `pre`.
    pub(super) fn for_import() -> Self {
        let mut sanitiser = Self::new(None);
        sanitiser.0.add_tags(["h1", "h2", "h3", "h4", "h5", "h6"]);
        sanitiser.0.add_tag_attributes("pre", ["class"]);
        sanitiser
    }

    /// Removes everything that is not allowed. The result is always well-formed. `html` is well-formed in so far as `<`
    /// and `>` occur in tags only.
    #[must_use]
    pub fn clean(&self, html: &str) -> String {
        steps::count(html.len());
        self.0.clean(&divided(html)).to_string()
    }
}

fn attributes() -> HashMap<&'static str, HashSet<&'static str>> {
    let mut map: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (element, names) in ELEMENTS.iter().chain(FOOTNOTES) {
        map.entry(element).or_default().extend(names.iter().copied());
    }
    map
}

fn keep<'v>(policy: Option<&Policy>, element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let stays = match (element, attribute) {
        ("a", "class") => matches!(value, "footnote-ref" | "footnote-backref"),
        ("section", "class") => value == "footnotes",
        ("sup", "class") => value == "footnote-ref",
        ("a" | "section", "role") => matches!(value, "doc-noteref" | "doc-backlink" | "doc-endnotes"),
        (_, name) if is_url(name) => {
            let url = with_scheme(name, value);
            let stays = match policy {
                _ if (element, name) != ("iframe", "src") => allows_url(name, &url),
                Some(policy) => allows_iframe(policy, &url),
                None => url.starts_with("https://"),
            };
            return stays.then_some(url);
        }
        _ => return allowed_part(element, attribute, value),
    };
    stays.then_some(Cow::Borrowed(value))
}

/// Divides texts with many characters that may have to be escaped by empty comments, which the sanitiser removes.
fn divided(html: &str) -> Cow<'_, str> {
    let (mut out, mut copied) = (String::new(), 0);
    let (mut in_tag, mut found) = (false, 0);
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'<' => in_tag = true,
            b'>' => (in_tag, found) = (false, 0),
            b'&' | 0xc2 if !in_tag => found += 1,
            _ => continue,
        }
        if found == MAX_TEXT_ESCAPES {
            out.extend([html.get(copied..at).unwrap_or_default(), "<!---->"]);
            (copied, found) = (at, 0);
        }
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(html.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}
