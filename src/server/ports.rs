//! What each port serves.

use actix_web::web::{self, ServiceConfig};

use super::dispatch;
use super::routes::metrics::Apart;
use super::routes::{docs, home, metrics};

/// Registers all that is served.
pub fn configure(config: &mut ServiceConfig) {
    configure_without_metrics(config);
    dispatch::configure(config, |path| path == metrics::PATH);
}

/// Registers all that is served where the metrics have a port of their own.
pub fn configure_without_metrics(config: &mut ServiceConfig) {
    dispatch::configure(config, |path| path != metrics::PATH);
    dispatch::page(config, "/", web::get().to(home::get_home));
    docs::configure(config);
}

/// Registers what that port serves.
pub fn configure_metrics(config: &mut ServiceConfig) {
    config.app_data(Apart);
    dispatch::configure(config, |path| path == metrics::PATH);
}
