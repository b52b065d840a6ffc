//! The second pass of an import: the translation groups. Whatever a document is a translation of may come after it in the
//! same import, so articles join their groups when all are stored.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use super::batch::{Import, Outcomes, Translation};
use super::files::MAX_FILES;
use super::post::Outcome;
use crate::articles::ArticleKey;
use crate::articles::edit::{Editor, edit};
use crate::articles::metadata::change_metadata;
use crate::articles::metadata_change::MetadataChange;
use crate::articles::scope::WriteScope;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::IfMatch;

impl Import<'_> {
    /// Makes the articles of all documents so far members of their translation groups. What fails is told in the outcome of
    /// the document.
    pub(in crate::cli) async fn join_translations(&self, outcomes: &mut Outcomes) -> anyhow::Result<()> {
        let mut waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.sort_by(|one, other| one.file.cmp(&other.file));
        let mut joined: HashMap<PathBuf, Result<bool>> = HashMap::new();
        let (editor, locale) = (self.editor()?, self.app.config.site.locale.clone());
        let join = move |tx: &mut Tx<'_>, one: &Translation| {
            let change =
                MetadataChange { translation_of: Some(one.wanted.clone()), ..MetadataChange::default() };
            let (editor, article) = (Editor { actor: editor, locale: &locale }, ArticleKey::Id(one.article));
            let mut before = 0;
            let draft = edit(tx, &editor, &article, IfMatch::Any, &WriteScope::Nothing, |tx, draft| {
                before = draft.row.version;
                change_metadata(tx, &editor, draft, &change)?;
                Ok(Vec::new())
            })?;
            Ok(draft.row.version != before)
        };
        for batch in waiting.chunks(MAX_FILES) {
            let results = self.write_each(&Arc::new(batch.to_vec()), join.clone()).await;
            joined.extend(batch.iter().map(|one| one.file.clone()).zip(results));
        }
        for (file, outcome) in outcomes {
            match (joined.remove(file), &mut *outcome) {
                (Some(Err(error)), _) => *outcome = Err(error.into()),
                (Some(Ok(true)), Ok(done)) if done.outcome == Outcome::Skipped => {
                    done.outcome = Outcome::Updated;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
