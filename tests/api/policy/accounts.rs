//! Sessions and users.

use serde_json::json;

use crate::given::PASSWORD;

#[rustfmt::skip]
policy! {
    //               contributor author editor admin
    create_session:  anyone            => |on| on.post("/v1/auth/sessions").json(json!({"email": "somebody@lede.example", "password": PASSWORD}));
    get_me:          [any any any any] => |on| on.get("/v1/me");
}
