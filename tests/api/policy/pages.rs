//! The pages on which people sign up, confirm, choose and unsubscribe: whoever has the link.

#[rustfmt::skip]
policy! {
    get_subscribe_page:      anyone => |on| on.get("/subscribe");
    submit_subscribe_page:   anyone => |on| on.post("/subscribe").form(&[("email", &on.email()), ("stamp", &on.server.stamp())]);
    get_embed_page:          anyone => |on| on.get("/subscribe/embed");
    get_confirm_page:        anyone => |on| on.get(on.link("confirm").await);
    submit_confirm_page:     anyone => |on| on.post(on.link("confirm").await);
    get_preferences_page:    anyone => |on| on.get(on.preferences().await);
    submit_preferences_page: anyone => |on| on.post(on.preferences().await).form(&[("action", "save")]);
    export_own_data:         anyone => |on| on.post(on.preferences().await + "/export");
    get_leave_page:          anyone => |on| on.get(on.link("leave").await);
    submit_leave_page:       anyone => |on| on.post(on.link("leave").await);
}
