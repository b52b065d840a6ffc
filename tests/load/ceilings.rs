//! What cannot be beaten: the same bytes from memory, with nothing around them, and with Lede's middleware around them.

use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use lede::app::{App as Lede, Seams};
use lede::http::pipeline;

use crate::fixture;

pub fn serve(role: &str, file: &str) {
    let body = Bytes::from(std::fs::read(file).expect("the bytes"));
    let bind = std::env::var("LOAD_BIND").expect("an address");
    let answer = move |body: web::Data<Bytes>| async move {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .body(body.get_ref().clone())
    };
    let is_bare = role == "bare";
    actix_web::rt::System::new()
        .block_on(async move {
            if is_bare {
                return HttpServer::new(move || {
                    App::new().app_data(Data::new(body.clone())).route("/", web::get().to(answer))
                })
                .bind(bind)?
                .run()
                .await;
            }
            env_logger::Builder::new().parse_filters("info").format_timestamp_millis().init();
            let folder = tempfile::tempdir()?;
            let config = fixture::config(&folder.path().join("ceiling.db"));
            let lede = Lede::open(config, Seams::default()).await.expect("an application");
            HttpServer::new(move || {
                App::new()
                    .app_data(Data::new(body.clone()))
                    .app_data(Data::new(lede.clone()))
                    .route("/", web::get().to(answer))
                    .wrap(from_fn(pipeline::around))
            })
            .bind(bind)?
            .run()
            .await
        })
        .expect("a server");
}
