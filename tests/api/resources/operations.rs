//! Jobs, and what those need who run the server.

use lede::auth::Role;

use crate::given;
use crate::server::Server;

#[rustfmt::skip]
policy! {
    //             contributor author editor admin
    list_jobs:     [403 403 403 any] => |on| on.get("/v1/jobs");
    get_job:       [403 403 403 any] => |on| on.get(on.dead_job().await);
    retry_job:     [403 403 403 any] => |on| on.post(on.dead_job().await + "/retry");

    get_openapi:   anyone            => |on| on.get("/openapi.json");
    get_openapi_3_0: anyone          => |on| on.get("/openapi-3.0.json");
    get_liveness:  anyone            => |on| on.get("/health/live");
    get_readiness: anyone            => |on| on.get("/health/ready");
    get_metrics:   anyone            => |on| on.get("/metrics");
    get_security_contact: anyone     => |on| on.get("/.well-known/security.txt");
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let anyone = server.client();
    anyone.get("/health/live").await.is(200);
    anyone.get("/health/ready").await.is(200);
    anyone.get("/metrics").await.is(200);
    anyone.get("/openapi.json").await.is(200);
    anyone.get("/openapi-3.0.json").await.is(200);
    anyone.get("/.well-known/security.txt").await.is(200);

    let admin = server.login(Role::Admin).await;
    let dead = given::dead_job(server).await;
    admin.get("/v1/jobs?status=dead").await.is(200);
    admin.get(dead.clone()).await.is(200);
    admin.post(dead.clone() + "/retry").await.is(200);
    admin.post(dead + "/retry").await.is(409);
}
