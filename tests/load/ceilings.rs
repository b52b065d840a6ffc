//! What cannot be beaten: the same bytes from memory, with nothing around them, and with Lede's middleware around them.

use std::collections::HashMap;
use std::path::Path;

use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use lede::app::{App as Lede, Overrides};
use lede::server::pipeline;

use crate::fixture;

type Files = HashMap<String, Bytes>;

/// Serves every file of a folder under its name.
pub fn serve(role: &str, folder: &Path) {
    let files: Files = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file"))
        .map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, Bytes::from(std::fs::read(file.path()).expect("the bytes")))
        })
        .collect();
    let bind = std::env::var("LOAD_BIND").expect("an address");
    let answer = |files: Data<Files>, name: web::Path<String>| async move {
        let body = files.get(name.as_str()).expect("a file of that name").clone();
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(body)
    };
    let is_bare = role == "bare";
    let files = Data::new(files);
    actix_web::rt::System::new()
        .block_on(async move {
            if is_bare {
                return HttpServer::new(move || {
                    App::new().app_data(files.clone()).route("/{name}", web::get().to(answer))
                })
                .bind(bind)?
                .run()
                .await;
            }
            lede::base::logger::start("info");
            let folder = tempfile::tempdir()?;
            let config = fixture::config(&folder.path().join("ceiling.db"));
            let lede = Lede::open(config, Overrides::default()).await.expect("an application");
            HttpServer::new(move || {
                App::new()
                    .app_data(files.clone())
                    .app_data(Data::new(lede.clone()))
                    .route("/{name}", web::get().to(answer))
                    .wrap(from_fn(pipeline::around))
            })
            .bind(bind)?
            .run()
            .await
        })
        .expect("a server");
}
