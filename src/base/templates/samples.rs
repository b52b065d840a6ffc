//! What every page and mail is tried with at the start. A template is given these members and no others.

use minijinja::{Value, context};

/// Every message, and whether it comes with a link.
const MESSAGES: &[(&str, bool)] = &[
    ("asked", false),
    ("later", false),
    ("confirmed", false),
    ("confirmed", true),
    ("expired", true),
    ("broken", true),
    ("left", true),
    ("erased", false),
];

/// Every template that is rendered by itself, with each kind of context that it is given.
#[must_use]
pub fn all() -> Vec<(&'static str, Value)> {
    let mut samples = Vec::new();
    for (email_wrong, name_wrong) in
        [(None, None), (Some("email_malformed"), None), (Some("email_not_ascii"), Some("name_malformed"))]
    {
        samples.push((
            "subscribe.html",
            context! {
                email => "ada@reader.example", email_wrong, name => "Ada", name_wrong, locale => "en",
                source => "footer", redirect => "https://website.example/thanks", form_url => "", topics => topics(),
                stamp => "AAAA", again => name_wrong.is_some(), honeypot => "subject",
            },
        ));
    }
    for (receives, notice) in
        [(true, None), (true, Some("saved")), (true, Some("unsure")), (false, Some("left"))]
    {
        let about = context! {
            email => "a…@reader.example", receives, topics => topics(), notice, own => notice.is_some(),
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
    for (message, has_link) in MESSAGES {
        let link = has_link.then_some("https://website.example/subscribe");
        samples.push(("message.html", context! { message => *message, link }));
    }
    for message in ["confirm", "leave"] {
        samples.push(("button.html", context! { message }));
    }
    for name in ["confirm_mail.html", "confirm_mail.txt"] {
        let (confirm_url, leave_url) = ("https://website.example/confirm", "https://website.example/leave");
        samples.push((name, context! { confirm_url, leave_url }));
    }
    for name in ["welcome_mail.html", "welcome_mail.txt"] {
        let (website_url, leave_url) = ("https://website.example", "https://website.example/leave");
        samples.push((
            name,
            context! { website_url, preferences_url => "https://website.example/choose", leave_url },
        ));
    }
    for name in ["test_mail.html", "test_mail.txt"] {
        samples.push((name, context! {}));
    }
    samples
}

/// Topics to choose from.
fn topics() -> Vec<Value> {
    let topic = |slug: &str, chosen: bool| context! { slug, name => slug, chosen };
    vec![topic("sea", true), topic("weather", false)]
}
