//! `/v1/webhooks`.

pub mod deliveries;
pub mod json;
pub mod replay;
pub mod retry;
pub mod rotate;
pub mod test;
pub mod webhook;
pub mod webhooks;

crate::operations! {
    get    "/v1/webhooks"                                         => webhooks::list_webhooks;
    post   "/v1/webhooks"                                         => webhooks::create_webhook;
    get    "/v1/webhooks/{webhook}"                               => webhook::get_webhook;
    patch  "/v1/webhooks/{webhook}"                               => webhook::update_webhook;
    delete "/v1/webhooks/{webhook}"                               => webhook::delete_webhook;
    post   "/v1/webhooks/{webhook}/rotate"                        => rotate::rotate_webhook;
    post   "/v1/webhooks/{webhook}/test"                          => test::test_webhook;
    post   "/v1/webhooks/{webhook}/replay"                        => replay::replay_webhook;
    get    "/v1/webhooks/{webhook}/deliveries"                    => deliveries::list_webhook_deliveries;
    post   "/v1/webhooks/{webhook}/deliveries/{delivery}/retry"   => retry::retry_webhook_delivery;
}
