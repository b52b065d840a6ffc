//! Jobs, and what those need who run the server.

#[rustfmt::skip]
policy! {
    //             contributor author editor admin
    list_jobs:     [403 403 403 any] => |on| on.get("/v1/jobs");
    get_job:       [403 403 403 any] => |on| on.get(on.dead_job().await);
    retry_job:     [403 403 403 any] => |on| on.post(on.dead_job().await + "/retry");

    get_openapi:   anyone            => |on| on.get("/openapi.json");
    get_liveness:  anyone            => |on| on.get("/health/live");
    get_readiness: anyone            => |on| on.get("/health/ready");
    get_metrics:   anyone            => |on| on.get("/metrics");
}
