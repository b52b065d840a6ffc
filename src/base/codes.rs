//! The catalogue of codes: every `code` of a problem, of its `errors`, of a warning and of the row of an import, with what it
//! means and what to do then. The OpenAPI document and `/docs/errors` show it; a test compares it with the code.

/// What a code is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeKind {
    /// The `code` of a problem.
    Problem,
    /// The `code` of an item of a problem's `errors`: one broken rule of the input.
    Error,
    /// The `code` of a warning: what of an accepted article is removed, changed or not used, in its texts or its front
    /// matter.
    Warning,
    /// The `code` of a row of an import: why it was not imported, or not as it stands.
    Row,
}

/// A code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub code: String,
    /// What it is of.
    pub kind: CodeKind,
    /// The statuses of the problems that it can stand in; none for warnings and rows.
    pub statuses: &'static [u16],
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// In the request body.
const BODY: &[u16] = &[422];
/// In a parameter, or a body that cannot be parsed.
const REQUEST: &[u16] = &[400];
/// In either.
const BOTH: &[u16] = &[400, 422];

/// The codes of problems, with their status.
#[rustfmt::skip]
const PROBLEMS: &[(&str, &[u16], &str, &str)] = &[
    ("request-malformed", &[400], "The request cannot be parsed: its path, its parameters, or the syntax of its body.", "Correct what `errors` lists. The same request fails again."),
    ("invalid-credentials", &[401], "No active user has this email address and password, or the code of the second factor is wrong.", "Check them, ask for a new password, or ask an admin."),
    ("second-factor-required", &[401], "The password is right, and the user has a second factor.", "Repeat the request with the current code, or a recovery code, as `code`."),
    ("token-missing", &[401], "The operation needs an access token or an API key, and none was sent.", "Log in with `POST /v1/auth/sessions` and send the token as `Authorization: Bearer`."),
    ("token-invalid", &[401], "The token, API key or preview link was not issued by this server, was changed, or was revoked.", "Log in again with `POST /v1/auth/sessions`, or use another key or link."),
    ("token-expired", &[401], "The access token has expired.", "Refresh the session with `POST /v1/auth/refresh` and send the new token."),
    ("session-ended", &[401], "The session has ended: by a logout, a change of the password, an admin, its age, or because a refresh token was used twice.", "Log in again with `POST /v1/auth/sessions`."),
    ("key-expired", &[401], "The API key has expired.", "Create another key with `POST /v1/api-keys`."),
    ("link-expired", &[401], "The preview link has expired.", "Ask whoever sent it for another one."),
    ("forbidden", &[403], "The user's role, or the scopes of the API key, lack the right that the operation requires.", "Use an account or a key with that right; the operation's description names it."),
    ("second-factor-missing", &[403], "The role requires a second factor, and the user has none yet.", "Set one up with `POST /v1/me/totp`."),
    ("origin-not-allowed", &[403], "The request has a session cookie and comes from a page of another origin.", "Add the origin to `LEDE_CORS_ORIGINS`, or send the refresh token in the body."),
    ("not-found", &[404], "There is no such resource, or the caller may not know of it.", "Check the id or slug, the language in `locale`, and the token."),
    ("method-not-allowed", &[405], "The path exists, but not with this method.", "Use one of the methods in `Allow`."),
    ("slug-taken", &[409], "Another article in this language, or another topic or author, has this slug.", "Choose another slug, or omit `slug` in a new article to have a free one made from the title."),
    ("translation-exists", &[409], "The translation group has another article in this language, which is not in the trash. `id` has its id.", "Change the language of one of the two, take one out of the group with `\"translation_of\": null`, or move it to the trash."),
    ("address-taken", &[409], "Another live article, in another language, has the URL that this one would get.", "Choose another slug, unpublish the other article, or have `LEDE_ARTICLE_PATH` contain the language."),
    ("slug-moved", &[409], "The slug in the path was renamed. `slug` has the new one, `id` the id of the article, topic or author.", "Repeat the request with that slug, or use the id, which never changes."),
    ("in-trash", &[409], "The article is in the trash.", "Restore it with `POST /v1/articles/{article}/restore` first."),
    ("not-in-trash", &[409], "The article is not in the trash, so it cannot be restored.", "Nothing needs to be done."),
    ("not-published", &[409], "The article is not published, so it cannot be unpublished, and there is nothing to compare with.", "Nothing needs to be done, or compare with a revision."),
    ("overtaken", &[409], "Another request published the article at the same time.", "Read the draft again and publish the revision that you mean."),
    ("stale-revision", &[409], "The draft has a newer revision than the one in the request, in `revision`.", "Read the draft again and send the revision that you mean."),
    ("notes-too-many", &[409], "The article has 500 notes, which is the most.", "Delete notes that are no longer needed."),
    ("stale-edition", &[409], "The edition that the correction was made for is not the live one.", "Read the article again, and correct the edition that is live."),
    ("already-merged", &[409], "The topic or author was merged into another, whose id is in `into`.", "Repeat the request with that id."),
    ("merge-into-itself", &[409], "Both are the same topic or author, or `into` was merged into this one.", "Choose another target."),
    ("not-dead", &[409], "The job is waiting, running or done, or the delivery was delivered or withheld: it cannot be retried.", "Nothing needs to be done: a job that waits runs on its own."),
    ("address-in-use", &[409], "The path is an address of an article.", "Use another path, or rename or unpublish the article first."),
    ("redirect-is-alias", &[409], "The redirect comes from the article's `aliases`.", "Remove it from `aliases` and publish the article."),
    ("preview-links-too-many", &[409], "The article has 100 preview links, which is the most.", "Revoke one that is not needed with `DELETE /v1/articles/{article}/preview-links/{id}`."),
    ("redirect-exists", &[409], "A redirect from this path exists.", "Delete it with `DELETE /v1/redirects` first."),
    ("redirect-chain", &[409], "The redirect would lead to itself or to another redirect, or another one leads to its path.", "Send where the other redirect leads as `to`, or delete that one first."),
    ("redirects-too-many", &[409], "There are 10,000 redirects, which is the most.", "Delete some that are no longer needed."),
    ("keys-too-many", &[409], "The user has 100 API keys, which is the most.", "Revoke one that is not needed with `DELETE /v1/api-keys/{id}`."),
    ("webhooks-too-many", &[409], "There are 100 webhooks, which is the most.", "Delete one that is not needed with `DELETE /v1/webhooks/{webhook}`."),
    ("quiet", &[409], "The database is a restored copy, and the server sends no requests to other servers.", "Run `lede resume` to end this, or use the original server."),
    ("email-taken", &[409], "Another user has this email address.", "Use another address."),
    ("link-invalid", &[409], "The link of an invitation or a password reset is unknown, has expired, or was used or replaced by a newer one.", "Ask for another one with `POST /v1/auth/password-resets`, or ask an admin for another invitation."),
    ("last-admin", &[409], "The user is the only active admin, who can be neither demoted, disabled nor deleted.", "Make another user an admin first."),
    ("mail-not-configured", &[409], "The server has no mail server, so the email that the operation sends would reach nobody.", "Set `LEDE_SMTP_URL`; to invite someone without it, run `lede user invite`, which prints the link."),
    ("not-invited", &[409], "The user has accepted the invitation already, or is disabled.", "Ask the user to reset the password, or enable them first."),
    ("successor-required", &[409], "The user owns articles, and nobody is named who gets them.", "Repeat the request with the id of another active user as `successor`."),
    ("request-too-slow", &[408], "The request, or the rest of its body, did not arrive in time.", "Send it again on another connection."),
    ("changed-since", &[412], "What the request replaces has changed since the version in `If-Match`. `version` is the current version, `changed` lists what changed, who changed it and when.", "Read the changed parts, merge, and repeat the request with `version` in `If-Match`. `If-Match: *` overwrites."),
    ("if-match-malformed", &[412], "`If-Match` is not the version of a draft, but for example the `ETag` of an edition.", "Send the `ETag` or the `version` of the draft: a number in quotes."),
    ("second-factor-not-begun", &[409], "There is no second factor to confirm: none was begun within the last hour.", "Begin with `POST /v1/me/totp`."),
    ("second-factor-inactive", &[409], "The user has no second factor.", "Nothing needs to be done, or set one up with `POST /v1/me/totp`."),
    ("second-factor-mandatory", &[409], "The role requires a second factor, so it cannot be disabled.", "Set up another one with `POST /v1/me/totp`, which replaces it."),
    ("second-factor-own", &[409], "The second factor is the caller's own.", "Disable it with `POST /v1/me/totp/disable`."),
    ("too-large", &[413], "The request body is larger than the operation takes. `detail` has the limit.", "Send less, or in several requests."),
    ("unsupported-media-type", &[415], "The request body has another media type than the operation takes, or a content coding.", "Send what `detail` names, without `Content-Encoding`."),
    ("invalid", &[422], "The request was parsed, but values in it break rules.", "Correct everything that `errors` lists."),
    ("if-match-required", &[428], "The operation needs an `If-Match` header.", "Send the `ETag` of the draft that was read."),
    ("too-many-requests", &[429], "A rate limit is used up; `RateLimit-Policy` says which.", "Retry after the seconds in `Retry-After`."),
    ("headers-too-large", &[431], "The request has more than 96 headers, or more than 32 KiB of them with its address.", "Send fewer or shorter headers."),
    ("internal", &[500], "A defect of the server. It was logged under `request_id`.", "Report it with the `request_id`. Reads can be repeated; repeat writes with the same `Idempotency-Key`."),
    ("database-full", &[503], "The database has no space left. Reads still work; writes are refused.", "Free space on the database's disk, then repeat the request."),
    ("unavailable", &[503], "The server is overloaded, or its database is unavailable. Nothing was changed.", "Retry after the seconds in `Retry-After`, and wait longer each time."),
];

/// The codes of broken rules that have words of their own.
#[rustfmt::skip]
const ERRORS: &[(&str, &[u16], &str, &str)] = &[
    ("request-malformed", REQUEST, "The request line, a path parameter or the framing of the body is not as HTTP has it.", "Check how the client makes the URL and the body."),
    ("address-refused", BODY, "The webhook would lead to an address that may not be called: one that is not public, another port or scheme, or this server.", "Use an https URL of a public server with the port 443 or 8443, or have the operator name the network in `LEDE_WEBHOOK_NETWORKS`."),
    ("after-unknown", BODY, "There is no such event.", "Send the `id` of an event, or a cursor of `GET /v1/events`."),
    ("alias-reserved", BODY, "The path belongs to the website or the API.", "Use another path, or leave it out."),
    ("alias-taken", BODY, "Another article has this path, as its address or as an alias.", "Remove it there first."),
    ("anchor-looks-like-id", BODY, "An anchor must not have the form of a UUID.", "Choose another anchor."),
    ("anchor-malformed", BODY, "The anchor has characters that an anchor must not have, or is too long.", "Use letters, digits, hyphens, underscores and full stops, at most 120."),
    ("anchor-reserved", BODY, "Anchors that begin with `fn-` or `fnref-` belong to footnotes.", "Choose another anchor."),
    ("anchor-taken", BODY, "Two sections of the article have this anchor.", "Give each its own, or omit it to have one made from the heading."),
    ("article-unknown", BODY, "There is no other article with this id, or with this slug in the site's language, outside the trash.", "Check the id or slug."),
    ("assignee-unknown", BODY, "The assignee is not an active user, or owns the article.", "Send the id of another active user."),
    ("author-unknown", BODY, "There is no such author, and the role may not create one.", "Use an author that exists, or ask an editor to create it."),
    ("body-incomplete", REQUEST, "The connection ended before the whole request body arrived.", "Send the request again."),
    ("body-not-utf-8", REQUEST, "The request body is not UTF-8.", "Encode it as UTF-8."),
    ("body-too-deep", BODY, "Lists and quotes in the text nest too deeply.", "Nest them less."),
    ("body-too-long", BODY, "The text of a section or intro is too long.", "Shorten it to what `detail` allows, or split the section."),
    ("body-too-slow", REQUEST, "No part of the request body arrived for 30 seconds.", "Send the request again over a better connection."),
    ("code-wrong", BODY, "The code is not the one that the authenticator app shows now.", "Check the clock of the device and send the code that is shown."),
    ("columns-too-many", BODY, "The file has more than 200 columns.", "Remove columns."),
    ("content-ambiguous", BODY, "More than one of `sections` with `intro`, `markdown` and `html` was sent.", "Send the text in one form."),
    ("cookie-needs-https", BODY, "The base URL of the server is neither https nor on a loopback address, so a cookie would travel unencrypted.", "Leave out `cookie` and keep the refresh token from the body."),
    ("current-password-missing", BODY, "The change requires the password, because the API key could do more with it, or work for longer.", "Send `current_password`."),
    ("cursor-invalid", REQUEST, "The cursor is not one of this list with these filters and this order.", "Start again without a cursor."),
    ("custom-too-long", BODY, "The object is too large as JSON.", "Keep less in it; `detail` has the limit."),
    ("document-too-long", BODY, "The document is too long.", "Split it into several articles."),
    ("email-column-missing", BODY, "No column of the file contains email addresses.", "Name one `email` in the first line."),
    ("email-not-ascii", BODY, "The part of the address before the @ is not ASCII.", "Use another address of the person."),
    ("events-empty", BODY, "A webhook is sent at least one type of event.", "Name one, or send `*`."),
    ("expires-at-in-past", BODY, "The time at which the API key or preview link is to expire is not in the future.", "Send a later time, or leave `expires_at` out; to end a key or link at once, revoke it."),
    ("expires-at-too-late", BODY, "The preview link would work for more than 90 days.", "Send an earlier time, and create another link when it has expired."),
    ("field-missing", BODY, "A required field is missing.", "Send it."),
    ("field-unknown", BOTH, "The request body has no such field, or `fields` names an unknown one.", "Check the spelling: `detail` lists what is known."),
    ("file-empty", BODY, "The file has no first line.", "Send a CSV file whose first line names the columns."),
    ("file-not-csv", REQUEST, "The file is a spreadsheet, an archive or otherwise not CSV.", "Save it as CSV in UTF-8."),
    ("file-not-utf-8", REQUEST, "The file is not UTF-8.", "Save it as CSV in UTF-8."),
    ("form-malformed", REQUEST, "The form is not encoded as its media type says.", "Send it as browsers do."),
    ("front-matter-malformed", BODY, "The front matter is not valid YAML, TOML or JSON.", "Correct the line that `detail` names."),
    ("front-matter-too-long", BODY, "The front matter is longer than 64 KiB.", "Shorten it."),
    ("header-not-allowed", BODY, "The server sets this header itself.", "Leave it out."),
    ("heading-in-body", BODY, "The text of a section contains a heading.", "Make it a section of its own, or send the whole document as `markdown`."),
    ("idempotency-key-malformed", REQUEST, "The key is empty, too long or has other characters than visible ASCII.", "Send a new UUID for each operation."),
    ("idempotency-key-reused", BODY, "The key was used for another request within 24 hours.", "Use a new key for each operation; repeat a request only as it was."),
    ("json-malformed", REQUEST, "The request body is not JSON, has a name twice, or nests too deeply.", "Correct what `detail` names."),
    ("label-too-long", BOTH, "A label has more than 60 characters.", "Shorten it."),
    ("locales-empty", BODY, "The site must have at least one language.", "Send one."),
    ("owner-unknown", BODY, "The new owner is not an active user.", "Send the id of an active user."),
    ("parameter-malformed", REQUEST, "The parameter is too long or contains U+0000.", "Check its value."),
    ("parameter-repeated", REQUEST, "The parameter is no list and was sent twice.", "Send it once."),
    ("parameter-unknown", REQUEST, "The operation has no such parameter or takes no such header.", "Check the spelling, or leave it out."),
    ("password-common", BODY, "The password is one of the most common ones.", "Choose another one: several words are easy to remember and hard to guess."),
    ("password-contains-context", BODY, "The password contains the user's address or name, the site's title, or a word of them.", "Choose one without them."),
    ("password-too-long", BODY, "The password is longer than 256 bytes.", "Choose a shorter one."),
    ("password-too-short", BODY, "The password has fewer than 15 characters, or than 8 if the role must have a second factor.", "Choose a longer one."),
    ("password-too-simple", BODY, "The password has fewer than five different characters.", "Choose another one."),
    ("path-reserved", BODY, "The path belongs to the API.", "Use another path."),
    ("place-ambiguous", BODY, "Both `before` and `after` were sent.", "Send one of them."),
    ("publish-at-in-past", BODY, "The time at which the article is to be published is not in the future.", "Send a later time, or publish the article now."),
    ("published-at-forbidden", BODY, "Only editors and admins may say when an article was first published.", "Leave `published_at` out."),
    ("published-at-in-future", BODY, "The time of the first publication is in the future.", "Leave `published_at` out, or send a past time."),
    ("query-empty", REQUEST, "The search has no letter or digit.", "Search for a word."),
    ("query-too-long", REQUEST, "The search is too long.", "Shorten it to what `detail` allows."),
    ("query-too-many-words", REQUEST, "The search has too many words.", "Search for fewer words."),
    ("rendering-too-large", BODY, "The article's text could make more than 5,000,000 bytes of HTML.", "Split the article, or use fewer tables, notes and references."),
    ("revision-unknown", BODY, "The article has no such revision.", "Send the `revision` of the draft that was read."),
    ("revision-without-publish-at", BODY, "A revision is named, and no time at which it is to be published.", "Send `publish_at`, or leave `revision` out."),
    ("row-too-long", BODY, "The first line of the file is longer than 64 KiB.", "Name the columns in the first line."),
    ("schedule-empty", BODY, "The schedule has neither a time to publish nor a time to unpublish.", "Send one of them; to cancel a schedule, delete it."),
    ("scope-not-allowed", BODY, "The caller's role does not have this right, so no key of theirs can.", "Leave it out, or ask an admin for a role that has it."),
    ("scopes-empty", BODY, "An API key has at least one scope.", "Send one."),
    ("section-inside-itself", BODY, "The section would be moved below itself.", "Choose another place."),
    ("section-repeated", BODY, "Two sections have the same id.", "Send each section once; omit `id` for new ones."),
    ("section-unknown", BODY, "The article has no such section.", "Read the draft again; omit `id` for new sections."),
    ("sections-too-deep", BODY, "Sections nest more than five levels deep.", "Move the section up."),
    ("sections-too-long", BODY, "The sections together are too long.", "Split the article."),
    ("sections-too-many", BODY, "The article has too many sections.", "Split the article, or join sections."),
    ("slug-looks-like-id", BOTH, "A slug must not have the form of a UUID.", "Choose another slug."),
    ("slug-malformed", BOTH, "A slug is 1 to 120 characters: a–z and 0–9 in words joined by single hyphens.", "Correct the slug."),
    ("slug-reserved", BOTH, "The slug belongs to the website or the API.", "Choose another slug."),
    ("text-contains-nul", BODY, "The text contains U+0000.", "Remove it."),
    ("to-forbidden", BODY, "A redirect with the status 410 has no target.", "Leave `to` out, or send another status."),
    ("topic-unknown", BODY, "There is no such topic, and the role may not create one.", "Use a topic that exists, or ask an editor to create it."),
    ("translation-of-forbidden", BODY, "The caller may not edit the article that this one is to be a translation of, or may not publish an article of the translation group that is live.", "Ask an editor to set `translation_of`."),
    ("type-mismatch", BODY, "The value has another type than the field.", "Send what `detail` names."),
    ("successor-unknown", BODY, "The successor is not another active user.", "Send the id of a user who is active and is not the one to be deleted."),
    ("unpublish-at-in-past", BODY, "The time at which the article is to be unpublished is not in the future.", "Send a later time, or unpublish the article now."),
    ("unpublish-at-too-early", BODY, "The article would be unpublished before it is published.", "Send a time later than `publish_at`."),
    ("user-unknown", BODY, "There is no user with this id.", "Check the id."),
    ("value-unknown", BODY, "The value is not one of those allowed.", "Send one that `detail` lists."),
];

/// Codes of one form, `{noun}-{problem}`: the problem, the nouns in bodies, the nouns in parameters, meaning, remedy.
type Family = (&'static str, &'static [&'static str], &'static [&'static str], &'static str, &'static str);

#[rustfmt::skip]
const FAMILIES: &[Family] = &[
    ("empty", &["consent-text", "description", "form-url", "heading", "label", "name", "source", "subtitle", "text", "title", "user-agent"], &["label", "source", "statement"], "The value is empty or has white space alone.", "Send a text, or leave the field out."),
    ("malformed", &["alias", "canonical-url", "description", "email", "form-url", "header", "heading", "image-url", "ip", "label", "locale", "name", "path", "source", "subtitle", "title", "url", "user-agent", "website-url"], &["boolean", "email", "id", "kind", "label", "list", "locale", "number", "path", "revision", "source", "time"], "The value does not have the form that it must have.", "Send it in the form that `detail` names."),
    ("missing", &["revision", "title", "to"], &["parameter"], "A required value is missing.", "Send it."),
    ("out-of-bounds", &["coalesce-seconds", "grace-seconds", "height", "width"], &["number"], "The number is too small or too large.", "Send one within the bounds in `detail`."),
    ("too-long", &["alias", "alt", "bio", "canonical-url", "caption", "code", "consent-text", "description", "form-url", "heading", "image-url", "message", "name", "path", "source", "subtitle", "summary", "text", "title", "url", "user-agent", "website-url"], &["source", "statement"], "The text is too long.", "Shorten it to what `detail` allows."),
    ("too-many", &["aliases", "authors", "entries", "events", "headers", "items", "labels", "locales", "scopes", "topics"], &["labels"], "The list is too long.", "Send at most as many as `detail` allows."),
    ("unknown", &["event", "reason", "scope", "status"], &["action", "format", "include", "outcome", "reason", "role", "sort", "state", "status"], "The value is not one of those allowed.", "Send one that `detail` lists."),
];

/// The codes of warnings.
#[rustfmt::skip]
const WARNINGS: &[(&str, &str, &str)] = &[
    ("attribute-removed", "An attribute of a tag is not shown, such as `onclick`.", "Remove it, or say it in Markdown."),
    ("attribute-shortened", "An attribute of a tag is too long and was cut.", "Shorten it."),
    ("date-unreadable", "The date of publication in the front matter cannot be read in one way only. It is not used.", "Write dates as 2024-03-31."),
    ("element-removed", "A tag is not shown, such as `<script>` or an `iframe` of a host that is not listed.", "Remove it; hosts of `iframe`s are listed in `LEDE_IFRAME_HOSTS`."),
    ("front-matter-left-out", "Values of the front matter have no field, are too long or are unusable, and do not fit into `custom` either. They are not stored.", "Shorten or correct those that `detail` lists."),
    ("heading-flattened", "A heading inside the HTML of a body is shown as text.", "Make it a section."),
    ("nesting-flattened", "What is nested this deeply is shown flat.", "Nest less."),
    ("published-at-in-future", "The date of publication in the front matter is in the future. It is not used: the article stays a draft.", "Publish it when the time has come."),
    ("published-at-not-used", "The date of publication in the front matter is not used: the article has been published before, or your role may not set the date.", "Nothing needs to be done, or ask an editor to publish it with `published_at`."),
    ("scheduled-without-correction", "A revision that was written before a correction is to be published, and may undo it.", "Schedule a revision that has the corrected text."),
    ("url-removed", "A URL with a scheme that is not allowed is not linked.", "Use http, https, mailto or tel."),
];

/// The codes of rows of an import.
#[rustfmt::skip]
const ROWS: &[(&str, &str, &str)] = &[
    ("bounced", "The address does not accept mail.", "Nothing needs to be done: it stays suppressed."),
    ("cells-mismatched", "The row has more or fewer cells than the first line.", "Put cells with commas or line breaks in quotes."),
    ("complained", "The person has reported mail as spam.", "Nothing needs to be done: the address stays suppressed."),
    ("confirmed-since", "The person confirmed here after the time at which they unsubscribed in the file.", "Nothing needs to be done: they stay subscribed."),
    ("custom-too-long", "The other columns do not fit into the 8 KiB of custom fields. They were ignored.", "Remove columns that are not needed."),
    ("date-unreadable", "A date cannot be read in one way only, or lies in the future.", "Write dates as 2024-03-31."),
    ("email-malformed", "The address is malformed.", "Correct the address."),
    ("email-missing", "The row has no address.", "Add it, or remove the row."),
    ("email-not-ascii", "The part of the address before the @ must be ASCII.", "Use another address of the person."),
    ("erased", "The person was erased.", "Nothing needs to be done: only the person can subscribe again."),
    ("not-confirmed", "The address was never confirmed. Unconfirmed addresses are not imported.", "Ask the person to sign up."),
    ("row-contains-nul", "The row contains U+0000.", "Save the file as CSV in UTF-8 again."),
    ("row-not-utf-8", "The row contains bytes that are not UTF-8.", "Save the file as CSV in UTF-8."),
    ("row-too-long", "The row is longer than 64 KiB, or a quote is not closed.", "Close the quote, or shorten the row."),
    ("status-unknown", "A column about consent holds a word that is not known, or nothing: the person may not want mail.", "Write `confirmed`, `unsubscribed`, `bounced` or `complained` into it."),
    ("topic-unknown", "A topic in the row does not exist here or cannot be followed. It was ignored.", "Create the topic and make it `followable`, then import again."),
    ("topics-too-many", "The row names more than 100 topics. Those beyond were ignored.", "Name fewer topics."),
    ("unsubscribed", "The person has unsubscribed.", "Nothing needs to be done: only the person can subscribe again."),
];

/// What the code of a row means. The text is the same for every row and repeats nothing of its contents.
#[must_use]
pub fn row_meaning(code: &str) -> &'static str {
    ROWS.iter().find(|(known, ..)| *known == code).map_or("", |(_, meaning, _)| meaning)
}

/// Every code, by kind and name. One that bodies and parameters share is there once.
#[must_use]
pub fn all() -> Vec<Code> {
    let entry = |kind, code: &str, statuses, meaning, remedy| Code {
        code: code.to_owned(),
        kind,
        statuses,
        meaning,
        remedy,
    };
    let mut codes: Vec<Code> = Vec::new();
    codes.extend(
        PROBLEMS.iter().map(|(code, statuses, meaning, remedy)| {
            entry(CodeKind::Problem, code, statuses, meaning, remedy)
        }),
    );
    codes.extend(
        ERRORS
            .iter()
            .map(|(code, statuses, meaning, remedy)| entry(CodeKind::Error, code, statuses, meaning, remedy)),
    );
    for (problem, bodies, parameters, meaning, remedy) in FAMILIES {
        for noun in bodies.iter().chain(parameters.iter().filter(|noun| !bodies.contains(noun))) {
            let statuses = match (bodies.contains(noun), parameters.contains(noun)) {
                (true, true) => BOTH,
                (true, false) => BODY,
                _ => REQUEST,
            };
            codes.push(entry(CodeKind::Error, &format!("{noun}-{problem}"), statuses, meaning, remedy));
        }
    }
    codes.extend(
        WARNINGS.iter().map(|(code, meaning, remedy)| entry(CodeKind::Warning, code, &[], meaning, remedy)),
    );
    codes.extend(ROWS.iter().map(|(code, meaning, remedy)| entry(CodeKind::Row, code, &[], meaning, remedy)));
    codes.sort_by(|a, b| (a.kind, &a.code).cmp(&(b.kind, &b.code)));
    codes
}
