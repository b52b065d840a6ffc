//! Puts the operations of the document into the order in which they are listed. To JSON the order of members means
//! nothing; to the pages and clients made from it, it is the order of their contents.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::server::routes::endpoints;

/// The document, with its paths in order.
#[derive(Serialize)]
pub(super) struct InOrder {
    #[serde(flatten)]
    others: Map<String, Value>,
    paths: Members<Members<Value>>,
}

/// The members of an object, in order.
struct Members<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl From<Value> for InOrder {
    fn from(mut document: Value) -> Self {
        let mut paths: Vec<(String, Members<Value>)> = Vec::new();
        for endpoint in endpoints() {
            // Pages for people are listed and not in the document.
            let item = document["paths"].get_mut(endpoint.path);
            let Some(operation) = item.and_then(|item| item.get_mut(endpoint.method)) else { continue };
            let method = (endpoint.method.to_owned(), operation.take());
            match paths.iter_mut().find(|(path, _)| path == endpoint.path) {
                Some((_, item)) => item.0.push(method),
                None => paths.push((endpoint.path.to_owned(), Members(vec![method]))),
            }
        }
        let mut others = match document {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        others.remove("paths");
        Self { others, paths: Members(paths) }
    }
}
