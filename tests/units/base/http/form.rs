use actix_web::FromRequest as _;
use actix_web::test::TestRequest;
use lede::base::error::Result;
use lede::base::http::Form;

#[test]
fn fields_are_found_by_name_and_others_ignored() {
    let form = Form::urlencoded(b"utm=1&email=a%40b.example&email=second&name=+");
    assert_eq!(form.text("email"), Some("a@b.example"));
    assert_eq!(form.text("name"), Some(" "));
    assert_eq!(form.filled("name"), None);
}

async fn multipart(body: &'static str) -> Result<Form> {
    let request = TestRequest::post().insert_header(("content-type", "multipart/form-data; boundary=x"));
    let (request, mut payload) = request.set_payload(body).to_http_parts();
    Form::from_request(&request, &mut payload).await
}

#[tokio::test]
async fn multipart_forms_are_read_as_well() {
    let body =
        "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    assert_eq!(multipart(body).await.unwrap().text("List-Unsubscribe"), Some("One-Click"));
    assert!(multipart("--x\r\nbroken").await.is_err());
}

#[test]
fn the_values_of_a_form_are_not_shown_where_it_is_debugged() {
    let form = Form::urlencoded(b"password=correct+horse&repeated=correct+horse");
    assert_eq!(format!("{form:?}"), r#"{"password", "repeated"}"#);
}
