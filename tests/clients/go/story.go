// What a newsroom's tool does, with a client in a strict, compiled language: a member of a response that the document does
// not declare, or one that it requires and the server leaves out, is an error.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"

	lede "github.com/lede/client"
)

// good insists on an answer without an error.
func good[T any](answer T, response *http.Response, err error) T {
	check(err == nil, err, response)
	return answer
}

// check insists that something holds.
func check(holds bool, told ...any) {
	if !holds {
		fmt.Fprintln(os.Stderr, told...)
		os.Exit(1)
	}
}

// problem is what a refusal says.
func problem(err error) lede.Problem {
	var refused *lede.GenericOpenAPIError
	check(errors.As(err, &refused), "no refusal:", err)
	problem, known := refused.Model().(lede.Problem)
	check(known, "not decoded as a problem:", err, string(refused.Body()))
	return problem
}

func main() {
	baseURL, email, password := os.Args[1], os.Args[2], os.Args[3]
	configuration := lede.NewConfiguration()
	configuration.Servers = lede.ServerConfigurations{{URL: baseURL}}
	client := lede.NewAPIClient(configuration)
	reader := context.Background()
	session := good(client.AccountsAPI.CreateSession(reader).CreateSession(*lede.NewCreateSession(email, password)).Execute())
	editor := context.WithValue(reader, lede.ContextAccessToken, session.AccessToken)
	me := good(client.AccountsAPI.GetMe(editor).Execute())
	check(me.Email == email, me)

	// A Markdown document becomes a tree of sections.
	create := lede.NewCreateArticle()
	create.SetMarkdown("# Knots and lines\n\nA rope is known by its ends.\n\n## Bowline\n\nA loop that holds.\n")
	create.SetTopics([]string{"knots"})
	draft := good(client.DraftsAPI.CreateArticle(editor).CreateArticle(*create).Execute())
	check(len(draft.Sections) == 1 && !draft.Subtitle.IsSet() || draft.Subtitle.Get() == nil, draft)

	// Metadata changes, and only if nobody else has changed it.
	seen := strconv.Quote(strconv.Itoa(int(draft.Version)))
	update := lede.NewUpdateDraft()
	update.SetSubtitle("Five that are enough")
	changed := good(client.DraftsAPI.UpdateDraft(editor, draft.Slug).IfMatch(seen).UpdateDraft(*update).Execute())
	check(changed.Version > draft.Version && *changed.Subtitle.Get() == "Five that are enough", changed)
	update.SetSubtitle("Six")
	_, response, err := client.DraftsAPI.UpdateDraft(editor, draft.Slug).IfMatch(seen).UpdateDraft(*update).Execute()
	check(response != nil && response.StatusCode == 412, response, err)
	conflict := problem(err)
	check(conflict.Code == "changed-since" && *conflict.Version == changed.Version, conflict)
	check(len(conflict.Changed) == 1 && conflict.Changed[0].Kind == lede.CHANGEDKIND_METADATA, conflict.Changed)
	check(conflict.Changed[0].Fields[0] == "subtitle" && conflict.Changed[0].Id == draft.Id, conflict.Changed)

	// What goes out is the revision that was seen.
	publish := lede.NewPublishArticle(changed.Revision)
	published := good(client.PublishingAPI.PublishArticle(editor, draft.Slug).PublishArticle(*publish).Execute())
	check(*published.PublishedRevision.Get() == changed.Revision, published)
	edition := good(client.ArticlesAPI.GetArticle(reader, draft.Slug).Execute())
	check(*edition.Title == "Knots and lines" && *edition.Sections[0].Anchor.Get() == "bowline", edition)

	// Pages, first of whole items, then of two fields.
	page := good(client.ArticlesAPI.ListArticles(reader).Limit(1).Topic([]string{"knots"}).Execute())
	check(len(page.Items) == 1 && *page.Items[0].Id == draft.Id && page.NextCursor.Get() == nil, page)
	first := good(client.ArticlesAPI.ListArticles(reader).Limit(1).Sort("title").IncludeTotal(true).Execute())
	for cursor, left := first.NextCursor.Get(), int(*first.Total)-1; cursor != nil; left-- {
		next := good(client.ArticlesAPI.ListArticles(reader).Limit(1).Sort("title").Cursor(*cursor).Execute())
		check(len(next.Items) == 1 && left > 0, next)
		cursor = next.NextCursor.Get()
	}
	sparse := good(client.ArticlesAPI.ListArticles(reader).Topic([]string{"knots"}).Fields([]string{"title", "slug"}).Execute())
	item := sparse.Items[0]
	check(*item.Title == "Knots and lines" && *item.Slug == draft.Slug && item.Id == nil && item.WordCount == nil, sparse)
	topic := good(client.TopicsAPI.GetTopic(reader, "knots").Fields([]string{"name", "article_count"}).Execute())
	check(*topic.Name == "Knots" && *topic.ArticleCount == 1 && topic.Slug == nil, topic)

	// Readers subscribe, and a list moves in.
	joined := good(client.SubscribersAPI.SubscribeAddress(reader).SubscribeAddress(*lede.NewSubscribeAddress("mary@reader.example")).Execute())
	check(joined.Status == "pending", joined)
	moved := good(client.SubscribersAPI.CreateSubscriberImport(editor).DryRun(true).Body("email,name\nann@reader.example,Ann\n").Execute())
	check(moved.DryRun && moved.Progress.TotalBytes > 0, moved)
	fmt.Println("the Go client tells the story")
}
