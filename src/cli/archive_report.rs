//! What commands say of an archive, and of what was restored from it.

use crate::archive::Manifest;
use crate::editions::restored::Rendered;

/// What is in an archive, in numbers.
pub(super) fn contents(manifest: &Manifest) -> String {
    let [articles, revisions, users, subscribers] =
        ["articles", "revisions", "users", "subscribers"].map(|table| manifest.rows(table));
    format!("{articles} articles with {revisions} revisions, {users} users and {subscribers} subscribers")
}

/// Prints the articles that could not be rendered.
pub(super) fn warn_of_failures(rendered: &Rendered) {
    for (article, why) in &rendered.failed {
        eprintln!("lede: article {article} cannot be rendered, so readers do not find it: {why}");
    }
}
