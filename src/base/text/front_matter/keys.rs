//! The keys of front matter.

use std::collections::HashSet;
use std::hash::Hash;

use serde_json::{Map, Value};

/// The keys that have not been read yet; the rest becomes `custom`. They are found without regard to case, `_` and `-`.
pub(super) struct Keys(pub Map<String, Value>);

impl Keys {
    /// The key that is written like this, or else in another way.
    fn find(&self, name: &str) -> Option<String> {
        if self.0.contains_key(name) {
            return Some(name.to_owned());
        }
        self.0.keys().find(|key| is_same(key, name)).cloned()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(&self.find(name)?)
    }

    /// Removes and returns the first usable value under one of several names. `null` values are removed and ignored.
    pub(super) fn first<T>(
        &mut self,
        names: &[&str],
        mut read: impl FnMut(&Value) -> Option<T>,
    ) -> Option<T> {
        for name in names {
            let Some(key) = self.find(name) else { continue };
            let value = self.0.get(&key).filter(|value| !value.is_null());
            let found = value.and_then(&mut read);
            if value.is_none() || found.is_some() {
                self.0.remove(&key);
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Removes and returns the items under all names, without duplicates. A text is split at `separator`. Items that
    /// cannot be used stay; the others do not wait for them.
    pub(super) fn items<T: Clone + Eq + Hash>(
        &mut self,
        names: &[&str],
        separator: Option<char>,
        mut read: impl FnMut(&Value) -> Option<T>,
    ) -> Vec<T> {
        let (mut found, mut known): (Vec<T>, HashSet<T>) = (Vec::new(), HashSet::new());
        for name in names {
            let Some((key, value)) = self.find(name).and_then(|key| self.0.remove_entry(&key)) else {
                continue;
            };
            let items = match (value, separator) {
                (Value::Array(items), _) => items,
                (Value::String(text), Some(separator)) => text
                    .split(separator)
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(Value::from)
                    .collect(),
                (value, _) => vec![value],
            };
            let mut unusable = Vec::new();
            for item in items {
                match read(&item) {
                    Some(item) if known.insert(item.clone()) => found.push(item),
                    Some(_) => {}
                    None if item.is_null() || item.as_str() == Some("") => {}
                    None => unusable.push(item),
                }
            }
            if unusable.len() > 1 {
                self.0.insert(key, unusable.into());
            } else if let Some(one) = unusable.pop() {
                self.0.insert(key, one);
            }
        }
        found
    }
}

/// Whether two keys are the same apart from case, `_` and `-`.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

fn letters(key: &str) -> impl Iterator<Item = u8> + '_ {
    key.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
}
