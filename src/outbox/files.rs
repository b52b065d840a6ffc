//! The files of emails that were written for want of a mail server are kept as long as their rows.

use super::store;
use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::ids::{EmailId, IsId as _};
use crate::base::mail::{MailFolder, Mailer};

/// How many files one query looks for.
const BATCH: usize = 500;

/// Deletes the files of emails whose rows are gone, because they are old or their recipient was erased.
pub async fn delete_files(app: &App) -> Result<()> {
    let Mailer::File(folder) = &app.mailer else { return Ok(()) };
    let emails = in_folder(folder, MailFolder::emails).await?;
    for some in emails.chunks(BATCH) {
        let ids: Vec<EmailId> = some.iter().copied().map(EmailId::from_uuid).collect();
        let gone = app.db.read(move |conn| store::without_row(conn, &ids)).await?;
        let delete = move |folder: &MailFolder| gone.iter().try_for_each(|id| folder.delete(id.uuid()));
        in_folder(folder, delete).await?;
    }
    Ok(())
}

async fn in_folder<T: Send + 'static>(
    folder: &MailFolder,
    work: impl FnOnce(&MailFolder) -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let folder = folder.clone();
    let done = tokio::task::spawn_blocking(move || work(&folder)).await.map_err(Error::internal)?;
    done.map_err(|error| Error::unavailable(format!("the mail folder: {error}")))
}
