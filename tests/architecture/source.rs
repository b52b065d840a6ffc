//! The sources as text, and which file names which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every file below `src/`, by its path there, without comments, texts and tests.
pub struct Source(BTreeMap<String, String>);

/// What the `use` lines of a file bring in: the name it goes by here, the path it stands for, and whether others may
/// have it from here.
struct Import {
    name: String,
    path: Vec<String>,
    public: bool,
}

/// The folder of this crate's sources.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

impl Source {
    /// The sources of this crate.
    pub fn read() -> Self {
        let root = root();
        let (mut files, mut folders) = (BTreeMap::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
                    files.insert(name, bare(&std::fs::read_to_string(&path).expect("a text")));
                }
            }
        }
        Self(files)
    }

    /// Sources given as path and text.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), bare(text))).collect())
    }

    /// The path of each file.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The code of a file.
    pub fn code(&self, file: &str) -> &str {
        self.0.get(file).map_or("", String::as_str)
    }

    /// Every word of a file's code.
    pub fn words(&self, file: &str) -> impl Iterator<Item = &str> {
        self.code(file).split(|c: char| !c.is_alphanumeric() && c != '_')
    }

    /// Which files each file names. A module that declares its children, or passes on what they offer, does not depend
    /// on them.
    pub fn edges(&self) -> BTreeMap<String, BTreeSet<String>> {
        let imports: BTreeMap<&str, Vec<Import>> =
            self.0.iter().map(|(file, code)| (file.as_str(), imports(code))).collect();
        let mut edges = BTreeMap::new();
        for (file, code) in &self.0 {
            let own = module(file);
            let mut paths: Vec<Vec<String>> = Vec::new();
            for import in imports.get(file.as_str()).into_iter().flatten() {
                let is_child = import.public
                    && !matches!(import.path.first().map(String::as_str), Some("crate" | "super"));
                if !is_child {
                    paths.push(import.path.clone());
                }
            }
            paths.extend(inline(code));
            let named = paths.iter().filter_map(|path| self.resolve(&own, path, &imports, 0));
            // What stands in the crate's root are macros, which belong to no floor.
            let others: BTreeSet<String> = named.filter(|other| other != file && other != "lib.rs").collect();
            edges.insert(file.clone(), others);
        }
        edges
    }

    /// The file that `path`, written in module `own`, leads to.
    fn resolve(
        &self,
        own: &[String],
        path: &[String],
        imports: &BTreeMap<&str, Vec<Import>>,
        depth: usize,
    ) -> Option<String> {
        let mut at: Vec<String> = own.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = path.get(1..)?;
            }
            "self" => rest = path.get(1..)?,
            "super" => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    at.pop()?;
                    rest = rest.get(1..)?;
                }
            }
            // A child of this module, or a crate of others.
            first => {
                self.file(&[own, &[first.to_owned()]].concat())?;
            }
        }
        while let Some((segment, further)) = rest.split_first() {
            let deeper = [at.as_slice(), std::slice::from_ref(segment)].concat();
            if self.file(&deeper).is_some() {
                (at, rest) = (deeper, further);
                continue;
            }
            let here = self.file(&at)?;
            let passed_on = imports.get(here.as_str()).into_iter().flatten();
            return match passed_on.into_iter().find(|import| import.public && import.name == *segment) {
                Some(import) if depth < 8 => {
                    self.resolve(&at, &import.path, imports, depth + 1).or(Some(here))
                }
                _ => Some(here),
            };
        }
        self.file(&at)
    }

    /// The file of a module.
    fn file(&self, module: &[String]) -> Option<String> {
        let path = module.join("/");
        let candidates = if path.is_empty() {
            vec!["lib.rs".to_owned()]
        } else {
            vec![format!("{path}.rs"), format!("{path}/mod.rs")]
        };
        candidates.into_iter().find(|file| self.0.contains_key(file))
    }
}

/// The module that a file is.
fn module(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("mod").trim_end_matches('/');
    path.split('/').filter(|segment| !matches!(*segment, "" | "lib" | "main")).map(str::to_owned).collect()
}

/// Code without comments, texts and what is compiled for tests alone.
fn bare(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let mut quoted = false;
        let mut last = ' ';
        let characters: Vec<char> = line.chars().collect();
        for (at, c) in characters.iter().copied().enumerate() {
            if !quoted && c == '/' && characters.get(at + 1) == Some(&'/') {
                break;
            }
            if c == '"' && last != '\\' && !(last == '\'' && characters.get(at + 1) == Some(&'\'')) {
                quoted = !quoted;
            } else if !quoted {
                code.push(c);
            }
            last = c;
        }
        code.push('\n');
    }
    code
}

/// The `use` lines of a file.
fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        let Some((before, tree)) = statement.rsplit_once("use ") else { continue };
        let before = before.rsplit(['\n', '{', '}']).next().unwrap_or_default().trim();
        if !matches!(before, "" | "pub" | "pub(crate)" | "pub(super)") {
            continue;
        }
        let tree: String =
            tree.split_whitespace().collect::<Vec<_>>().join(" ").replace(" as ", "@").replace(' ', "");
        expand(&tree, &[], !before.is_empty(), &mut found);
    }
    found
}

/// Takes a tree such as `a::{b, c::d}` apart.
fn expand(tree: &str, before: &[String], public: bool, found: &mut Vec<Import>) {
    if let Some((head, body)) = tree.split_once('{').filter(|_| tree.ends_with('}')) {
        let head: Vec<String> =
            head.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        let before = [before, &head].concat();
        let (mut depth, mut start) = (0_i32, 0);
        let body = body.strip_suffix('}').unwrap_or(body);
        for (at, c) in body.char_indices().chain([(body.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if let Some(part) = body.get(start..at).filter(|part| !part.is_empty()) {
                        expand(part, &before, public, found);
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, alias) = tree.split_once('@').map_or((tree, None), |(path, alias)| (path, Some(alias)));
    let segments = path.split("::").filter(|segment| !matches!(*segment, "" | "self" | "*"));
    let path: Vec<String> = before.iter().cloned().chain(segments.map(str::to_owned)).collect();
    let name = alias.map(str::to_owned).or_else(|| path.last().cloned()).unwrap_or_default();
    found.push(Import { name, path, public });
}

/// The paths that stand in the code itself, from `crate` or `super` on.
fn inline(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            let begins = code.get(..at).and_then(|before| before.chars().next_back());
            if begins.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let rest = code.get(at..).unwrap_or_default();
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
            let path = rest.get(..end).unwrap_or_default();
            found.push(path.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect());
        }
    }
    found
}
