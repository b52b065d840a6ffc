//! Where webhooks may lead.

use ipnet::IpNet;

use super::parse;

/// Where webhooks may lead.
#[derive(Debug, Clone, clap::Args)]
pub struct WebhooksConfig {
    /// Networks that webhooks may call although they are not public, separated by commas, as in `10.0.0.0/8`. In them,
    /// http and every port are allowed, too. Everywhere else, a webhook needs an https URL with the port 443 or 8443 and
    /// a public address.
    #[arg(id = "webhook_networks", long = "webhook-networks", env = "LEDE_WEBHOOK_NETWORKS", value_name = "NETWORKS",
          global = true, value_delimiter = ',', value_parser = parse::network)]
    pub networks: Vec<IpNet>,
}
