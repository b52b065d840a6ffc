//! The pages on which people sign up, confirm, choose and unsubscribe: whoever has the link.

#[rustfmt::skip]
policy! {
    get_subscribe_page:      anyone => |on| on.get("/subscribe");
    submit_subscribe_page:   anyone => |on| on.post("/subscribe").form(&[("email", &on.email()), ("form_token", &on.server.form_token())]);
    get_embed_page:          anyone => |on| on.get("/subscribe/embed");
    get_confirm_page:        anyone => |on| on.get(on.link("confirm").await);
    submit_confirm_page:     anyone => |on| on.post(on.link("confirm").await);
    get_preferences_page:    anyone => |on| on.get(on.preferences().await);
    submit_preferences_page: anyone => |on| on.post(on.preferences().await).form(&[("action", "save")]);
    download_personal_data:         anyone => |on| on.post(on.preferences().await + "/export");
    get_unsubscribe_page:          anyone => |on| on.get(on.link("unsubscribe").await);
    submit_unsubscribe_page:       anyone => |on| on.post(on.link("unsubscribe").await);
}
