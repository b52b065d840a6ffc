//! What is measured: each work, and the ceilings it is held against.

use std::path::Path;
use std::time::Instant;

use crate::client::ask;
use crate::fixture;
use crate::measure::{Cost, Request};
use crate::process::Process;
use crate::report::{Report, Row};

/// The servers of one size, and the bytes that ceilings serve.
struct Stage {
    cached: Process,
    uncached: Process,
    bare: Process,
    middleware: Process,
    nginx: Option<Process>,
}

pub async fn measure(folder: &Path, articles: usize, only: &str, report: &mut Report) {
    let database = folder.join("load.db");
    if !folder.join("filled").exists() {
        std::fs::create_dir_all(folder).expect("a folder");
        println!("making {articles} articles of about 8 KB and 12 sections …");
        let started = Instant::now();
        fixture::fill(&database, articles);
        println!("made and published in {:.1} s", started.elapsed().as_secs_f64());
        std::fs::write(folder.join("filled"), "").expect("a note");
    }
    let started = Instant::now();
    let mut cached = Process::lede(&database, None);
    let article = format!("/v1/articles/{}", fixture::slug(articles / 2));
    let (first, body) = cached.first_answer(&article, "").await;
    report.start(articles, started.elapsed());
    let etag = first.header("etag").expect("a tag").to_owned();

    let files = folder.join("files");
    std::fs::create_dir_all(&files).expect("a folder");
    let keep = |name: &str, bytes: &[u8]| std::fs::write(files.join(name), bytes).expect("a file");
    keep("article", &body);
    for coding in ["gzip", "br"] {
        let (_, bytes) = cached.first_answer(&article, &format!("Accept-Encoding: {coding}\r\n")).await;
        keep(coding, &bytes);
    }
    keep("list", &cached.first_answer("/v1/articles", "").await.1);
    let mut stage = Stage {
        cached,
        uncached: Process::lede(&database, Some(0)),
        bare: Process::ceiling("bare", &files),
        middleware: Process::ceiling("middleware", &files),
        nginx: Process::nginx(&files),
    };
    stage.uncached.first_answer(&article, "").await;
    stage.bare.first_answer("/article", "").await;
    stage.middleware.first_answer("/article", "").await;
    for row in rows(&mut stage, articles, &article, &etag, only).await {
        println!("{}", row.text());
        report.add(row);
    }
    report.memory(articles, stage.cached.resident_megabytes());
}

/// The last page of a list, and the query that a client would send for it.
async fn last_page(server: &Process, list: &str) -> String {
    let mut page = format!("{list}limit=100");
    loop {
        let (_, body) = ask(server.address, &page, "").await.expect("a page");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let next = body["next_cursor"].as_str().map(str::to_owned);
        // Of changes the last page has a cursor, too.
        let Some(next) = next.filter(|_| body["has_more"] != false) else {
            return page.replace("limit=100", "limit=20");
        };
        page = format!("{list}limit=100&cursor={next}");
    }
}

async fn rows(stage: &mut Stage, articles: usize, article: &str, etag: &str, only: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let wanted = |name: &str| name.contains(only);
    let uncached = &stage.uncached;
    let slugs = (0..articles).map(|at| format!("/v1/articles/{}", fixture::slug(at))).collect();
    let (from, topic) = ("/v1/articles?", "/v1/articles?topic=topic-3&");

    // Against the same bytes: bare, behind the middleware, and from nginx.
    let encoded = |coding: &str| Request::get(article).header(&format!("Accept-Encoding: {coding}"));
    let works = [
        ("article by slug", "article", Request::get(article)),
        ("article by slug, gzip", "gzip", encoded("gzip")),
        ("article by slug, br", "br", encoded("br")),
        ("list of 20", "list", Request::get("/v1/articles")),
    ];
    for (name, file, request) in works {
        if !wanted(name) {
            continue;
        }
        let file = format!("/{file}");
        let ceilings = Ceilings::measure(stage, &Request::get(&file)).await;
        let cost = request.measure(&stage.cached).await;
        rows.push(Row::against(articles, name, cost, &ceilings));
        if !request.headers.is_empty() {
            continue;
        }
        let cost = request.measure(&stage.uncached).await;
        rows.push(Row::against(articles, &format!("{name}, not cached"), cost, &ceilings));
        if name == "article by slug" {
            let cost = Request::any(Vec::clone(&slugs)).measure(&stage.uncached).await;
            rows.push(Row::against(articles, "any article by slug, not cached", cost, &ceilings));
        }
    }
    let name = "304 of an article";
    if wanted(name) {
        let known = Request::get(article).header(&format!("If-None-Match: {etag}")).status(304);
        let mut ceilings = Ceilings::default();
        if let Some(nginx) = &mut stage.nginx {
            let (first, _) = nginx.first_answer("/article", "").await;
            let tag = format!("If-None-Match: {}", first.header("etag").expect("a tag"));
            let request = Request::get("/article").header(&tag).status(304);
            ceilings.nginx = Some(request.measure(nginx).await);
        }
        rows.push(Row::against(articles, name, known.measure(&stage.cached).await, &ceilings));
    }

    // Against one uncached article: what the database has to do.
    let article_read = Request::any(slugs).measure(uncached).await;
    let searches = [
        (
            "search for two rare words",
            format!("/v1/search?q=kelpie{}+marlin{}", articles / 10, articles / 14),
        ),
        ("search for a common word", "/v1/search?q=drifter3".to_owned()),
        ("search for the commonest word", "/v1/search?q=harbour".to_owned()),
    ];
    let lists = [
        ("list by date, first page", from.trim_end_matches('?').to_owned()),
        ("list by date, last page", last_page(uncached, from).await),
        ("list by topic, first page", topic.trim_end_matches('&').to_owned()),
        ("list by topic, last page", last_page(uncached, topic).await),
        ("changes, first page", "/v1/changes".to_owned()),
        ("changes, last page", last_page(uncached, "/v1/changes?").await),
    ];
    for (name, path) in lists.into_iter().chain(searches) {
        if wanted(name) {
            let cost = Request::get(path).measure(uncached).await;
            rows.push(Row::of_article(articles, &format!("{name}, not cached"), cost, article_read));
        }
    }
    rows
}

/// The same bytes, as fast as can be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ceilings {
    pub bare: Option<Cost>,
    pub middleware: Option<Cost>,
    pub nginx: Option<Cost>,
}

impl Ceilings {
    async fn measure(stage: &Stage, request: &Request) -> Self {
        let nginx = match &stage.nginx {
            Some(nginx) => Some(request.measure(nginx).await),
            None => None,
        };
        Self {
            bare: Some(request.measure(&stage.bare).await),
            middleware: Some(request.measure(&stage.middleware).await),
            nginx,
        }
    }
}
