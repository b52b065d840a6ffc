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
    ("password_asked", false),
    ("password_saved", false),
    ("link_expired", true),
    ("link_broken", true),
    ("account_busy", false),
    ("email_confirmed", false),
    ("email_broken", false),
    ("email_expired", false),
    ("email_taken", false),
    ("preview_unknown", false),
    ("preview_expired", false),
    ("preview_failed", false),
];

/// The errors that the page for a new password shows.
const PASSWORD_ERRORS: &[Option<&str>] = &[
    None,
    Some("different"),
    Some("too_short"),
    Some("too_long"),
    Some("too_simple"),
    Some("common"),
    Some("contains_context"),
];

/// The changes that the email about a changed account names.
const ACCOUNT_CHANGES: &[&str] = &[
    "second_factor_enabled",
    "second_factor_replaced",
    "second_factor_disabled",
    "recovery_codes_created",
    "api_key_created",
    "api_key_rotated",
    "api_key_widened",
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
    for (subtitle, cover) in [(None, None), (Some("By the sea"), Some("https://website.example/sea.jpg"))] {
        samples.push((
            "preview.html",
            context! {
                locale => "en", title => "Tides", subtitle, authors => subtitle.unwrap_or_default(), cover, alt => "",
                content => "<p>The sea.</p>",
            },
        ));
    }
    for (message, has_link) in MESSAGES {
        let link = has_link.then_some("https://website.example/subscribe");
        samples.push(("message.html", context! { message => *message, link }));
    }
    for message in ["confirm", "unsubscribe", "confirm_email"] {
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
    for action in ["publish", "unpublish"] {
        let context = context! {
            action, title => "Tides", at => "2026-01-31 09:30 UTC", reason => "Another article has the slug tides.",
        };
        samples.extend([
            ("schedule_failed_email.html", context.clone()),
            ("schedule_failed_email.txt", context),
        ]);
    }
    for (reason, description) in [("failing", "Rebuilds the website"), ("gone", "")] {
        let context = context! {
            reason, description, url => "https://hooks.website.example/lede",
            webhook_url => "https://cms.website.example/v1/webhooks/01",
        };
        samples.extend([
            ("webhook_disabled_email.html", context.clone()),
            ("webhook_disabled_email.txt", context),
        ]);
    }
    samples.extend(accounts());
    samples.extend(reviews());
    samples
}

/// The pages and emails about accounts.
fn accounts() -> Vec<(&'static str, Value)> {
    let mut samples = Vec::new();
    for error in PASSWORD_ERRORS {
        samples.push(("password.html", context! { email => "ada@reader.example", least => 15, error }));
    }
    for is_malformed in [false, true] {
        samples.push(("password_request.html", context! { email => "ada@reader.example", is_malformed }));
    }
    let password = context! { password_url => "https://website.example/password" };
    let confirm = context! { confirm_url => "https://website.example/confirm" };
    let reset = context! {
        reset_url => "https://website.example/password", keys_url => "https://cms.website.example/v1/api-keys/{id}",
    };
    let device = context! {
        device => "Mozilla/5.0", network => "203.0.113.0/24", at => "2026-01-31 09:30 UTC",
        reset_url => "https://website.example/password",
    };
    for (html, text, context) in [
        ("invitation_email.html", "invitation_email.txt", password.clone()),
        ("password_reset_email.html", "password_reset_email.txt", password),
        ("password_changed_email.html", "password_changed_email.txt", reset),
        ("email_change_email.html", "email_change_email.txt", confirm),
        (
            "email_change_requested_email.html",
            "email_change_requested_email.txt",
            context! { email => "a…@reader.example" },
        ),
        ("email_changed_email.html", "email_changed_email.txt", context! { email => "a…@reader.example" }),
        ("new_device_email.html", "new_device_email.txt", device),
    ] {
        samples.extend([(html, context.clone()), (text, context)]);
    }
    for change in ACCOUNT_CHANGES {
        let context = context! {
            change => *change, key => if *change == "api_key_created" { "Website build" } else { "" },
            reset_url => "https://website.example/password", keys_url => "https://cms.website.example/v1/api-keys/{id}",
        };
        samples.extend([
            ("account_changed_email.html", context.clone()),
            ("account_changed_email.txt", context),
        ]);
    }
    samples
}

/// The emails about reviews.
fn reviews() -> Vec<(&'static str, Value)> {
    let mut samples = Vec::new();
    for (html, text, change, message) in [
        ("review_request_email.html", "review_request_email.txt", "assigned", "Is the second part clear?"),
        ("review_request_email.html", "review_request_email.txt", "unassigned", ""),
        (
            "review_answer_email.html",
            "review_answer_email.txt",
            "changes_requested",
            "The second part is too long.",
        ),
        ("review_answer_email.html", "review_answer_email.txt", "approved", ""),
    ] {
        let context = context! {
            change, message, name => "Ada Marsh", title => "Tides and harbours",
            draft_url => "https://cms.website.example/v1/articles/tides-and-harbours/draft",
        };
        samples.extend([(html, context.clone()), (text, context)]);
    }
    samples
}

/// Sample topics.
fn topics() -> Vec<Value> {
    let topic = |slug: &str, chosen: bool| context! { slug, name => slug, chosen };
    vec![topic("sea", true), topic("weather", false)]
}
