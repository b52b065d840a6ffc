//! The pages on which people sign up, confirm, choose and unsubscribe, and users choose passwords: whoever has the link.

use lede::auth::Role;
use serde_json::json;

use crate::given;
use crate::server::Server;
use crate::tour;

const NEW: &str = "slack water comes between tides";

#[rustfmt::skip]
policy! {
    get_errors_page:         anyone => |on| on.get("/docs/errors");
    get_subscribe_page:      anyone => |on| on.get("/subscribe");
    submit_subscribe_page:   anyone => |on| on.post("/subscribe").form(&[("email", &on.email()), ("form_token", &on.server.form_token())]);
    get_embed_page:          anyone => |on| on.get("/subscribe/embed");
    get_embeddable_form:     anyone => |on| on.get("/subscribe/embed.html");
    get_confirm_page:        anyone => |on| on.get(on.link("confirm").await);
    submit_confirm_page:     anyone => |on| on.post(on.link("confirm").await);
    get_preferences_page:    anyone => |on| on.get(on.preferences().await);
    submit_preferences_page: anyone => |on| on.post(on.preferences().await).form(&[("action", "save")]);
    download_personal_data:         anyone => |on| on.post(on.preferences().await + "/export");
    get_unsubscribe_page:          anyone => |on| on.get(on.link("unsubscribe").await);
    submit_unsubscribe_page:       anyone => |on| on.post(on.link("unsubscribe").await);
    get_password_request_page:     anyone => |on| on.get("/account/password");
    submit_password_request_page:  anyone => |on| on.post("/account/password").form(&[("email", &on.email())]);
    get_password_page:             anyone => |on| on.get(on.invitation().await);
    submit_password_page:          anyone => |on| on.post(on.invitation().await).form(&[("password", NEW), ("repeated", NEW)]);
    get_email_page:                anyone => |on| on.get(on.new_email().await);
    submit_email_page:             anyone => |on| on.post(on.new_email().await);
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let anyone = server.client();
    anyone.post("/v1/subscribers").json(json!({"email": "ada@reader.example", "name": "Ada"})).await.is(202);
    let mail = given::mail_to(server, "ada@reader.example").await;
    let (confirm, unsubscribe) = (given::link(&mail, "confirm"), given::link(&mail, "unsubscribe"));
    anyone.get("/docs/errors").await.is(200);
    anyone.get("/subscribe").await.is(200);
    anyone.get("/subscribe/embed?source=footer").await.is(200);
    anyone.get("/subscribe/embed.html?source=footer").await.is(200);
    let (thanks, form_token) = ("https://website.example/thanks", server.form_token());
    let grace = [("email", "grace@reader.example"), ("redirect", thanks), ("form_token", &form_token)];
    anyone.post("/subscribe").form(&grace).await.is(303);
    anyone.post("/subscribe").form(&grace[..1]).await.is(422);
    let joan = [("email", "joan@reader.example"), ("form_token", &server.form_token())];
    anyone.post("/subscribe").form(&joan).await.is(200);
    anyone.post("/subscribe").form(&grace).await.is(429);
    server.run_jobs().await;
    anyone.get(&confirm).await.is(200);
    let done = anyone.post(&confirm).await;
    let (_, own) = done.is(200).text().split_once("/subscribe/preferences/").expect("a link");
    let preferences = format!("/subscribe/preferences/{}", own.split('"').next().expect("an address"));
    anyone.get(&preferences).await.is(200);
    anyone.post(&preferences).form(&[("action", "save"), ("topic", "sea")]).await.is(200);
    anyone.post(&preferences).form(&[("action", "erase")]).await.is(422);
    anyone.post(format!("{preferences}/export")).await.is(200);
    anyone.get("/subscribe/preferences/cut-off").await.is(404);
    anyone.post("/subscribe/preferences/cut-off").await.is(404);
    anyone.get(&unsubscribe).await.is(200);
    anyone.post(&unsubscribe).form(&[("List-Unsubscribe", "One-Click")]).await.is(200);
    anyone.get("/subscribe/unsubscribe/cut-off").await.is(404);
    anyone.get("/subscribe/confirm/cut-off").await.is(404);
    anyone.post("/subscribe/confirm/cut-off").await.is(404);
    anyone.get(&confirm).await.is(410);
    anyone.post(&confirm).await.is(410);
    anyone.get("/account/password").await.is(200);
    anyone.post("/account/password").form(&[("email", "nobody@lede.example")]).await.is(200);
    anyone.post("/account/password").form(&[("email", "nobody")]).await.is(422);
    for _ in 2..tour::MAX_SIGN_UPS {
        anyone.post("/account/password").form(&[("email", "nobody@lede.example")]).await.is(200);
    }
    anyone.post("/account/password").form(&[("email", "nobody@lede.example")]).await.is(429);
    let invitation = given::invited(server, "ada", Role::Author).await;
    anyone.get(&invitation).await.is(200);
    anyone.post(&invitation).form(&[("password", NEW)]).await.is(422);
    anyone.post(&invitation).form(&[("password", NEW), ("repeated", NEW)]).await.is(200);
    anyone.get(&invitation).await.is(410);
    anyone.post(&invitation).await.is(410);
    anyone.get("/account/password/cut-off").await.is(404);
    anyone.post("/account/password/cut-off").await.is(404);
    let user = given::user(server, "grace", Role::Author).await;
    let address = given::new_email(server, user, "grace@new.example").await;
    anyone.get(&address).await.is(200);
    anyone.post(&address).await.is(200);
    anyone.get(&address).await.is(410);
    anyone.post(&address).await.is(410);
    let taken = given::new_email(server, user, "joan@lede.example").await;
    given::user(server, "joan", Role::Author).await;
    anyone.post(&taken).await.is(409);
    anyone.get("/account/email/cut-off").await.is(404);
    anyone.post("/account/email/cut-off").await.is(404);
}
