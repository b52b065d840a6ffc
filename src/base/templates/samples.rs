//! Sample variables that every page and email is rendered with once at startup. Templates can use only these variables.

use minijinja::{Value, context};

/// The messages of `message.html`, and whether the page has a link.
const MESSAGES: &[(&str, bool)] = &[
    ("asked", false),
    ("later", false),
    ("confirmed", false),
    ("confirmed", true),
    ("expired", true),
    ("broken", true),
    ("unsubscribed", true),
    ("erased", false),
    ("nowhere", true),
];

/// Every page and email with sample variables, once for each kind of context.
#[must_use]
pub fn all() -> Vec<(&'static str, Value)> {
    let mut samples = Vec::new();
    for (email_error, name_error) in
        [(None, None), (Some("email_malformed"), None), (Some("email_not_ascii"), Some("name_malformed"))]
    {
        samples.push((
            "subscribe.html",
            context! {
                email => "ada@reader.example", email_error, name => "Ada", name_error, locale => "en",
                source => "footer", redirect => "https://website.example/thanks", form_url => "", topics => topics(),
                form_token => "AAAA", again => name_error.is_some(), honeypot => "subject",
            },
        ));
    }
    for (receives, notice) in
        [(true, None), (true, Some("saved")), (true, Some("unsure")), (false, Some("unsubscribed"))]
    {
        let about = context! {
            email => "a…@reader.example", receives, topics => topics(), notice, has_data_access => notice.is_some(),
            export => "https://website.example/export", subscribe => "https://website.example/subscribe",
        };
        samples.push(("preferences.html", about));
    }
    let form = context! {
        action => "https://website.example/subscribe", source => "footer", redirect => "https://website.example/thanks",
        honeypot => "subject",
    };
    samples.push(("embed_form.html", form));
    samples.push(("embed.html", context! { snippet => "<form></form>" }));
    let links = context! {
        documentation => "https://cms.website.example/docs", openapi => "https://cms.website.example/openapi.json",
        articles => "https://cms.website.example/v1/articles", subscribe => "https://cms.website.example/subscribe",
        health => "https://cms.website.example/health/ready",
    };
    for website in [None, Some("https://website.example")] {
        samples.push(("home.html", context! { links => &links, website }));
    }
    let code = context! { id => "slug-taken", code => "slug-taken", statuses => "409", meaning => "…", remedy => "…" };
    let group = context! { id => "problems", heading => "Problems", text => "…", codes => vec![code] };
    samples.push(("errors.html", context! { heading => "Errors", text => "…", groups => vec![group] }));
    for (message, has_link) in MESSAGES {
        let link = has_link.then_some("https://website.example/subscribe");
        samples.push(("message.html", context! { message => *message, link }));
    }
    for message in ["confirm", "unsubscribe"] {
        samples.push(("button.html", context! { message }));
    }
    for name in ["confirmation_email.html", "confirmation_email.txt"] {
        let (confirm_url, unsubscribe_url) =
            ("https://website.example/confirm", "https://website.example/unsubscribe");
        samples.push((name, context! { confirm_url, unsubscribe_url }));
    }
    for name in ["welcome_email.html", "welcome_email.txt"] {
        let (website_url, unsubscribe_url) =
            ("https://website.example", "https://website.example/unsubscribe");
        samples.push((
            name,
            context! { website_url, preferences_url => "https://website.example/choose", unsubscribe_url },
        ));
    }
    for name in ["test_email.html", "test_email.txt"] {
        samples.push((name, context! {}));
    }
    samples
}

/// Sample topics.
fn topics() -> Vec<Value> {
    let topic = |slug: &str, chosen: bool| context! { slug, name => slug, chosen };
    vec![topic("sea", true), topic("weather", false)]
}
