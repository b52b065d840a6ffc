//! Every kind of construct that could take more work, or make more output, than its length tells.

/// A text that can be made as long as is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What stands before: `%L` in it becomes a quarter of the length.
    start: &'static str,
    /// What is repeated: `%d` in it is counted up.
    part: &'static str,
    end: &'static str,
}

impl Kind {
    pub const fn of(part: &'static str) -> Self {
        Self { start: "", part, end: "" }
    }

    pub const fn after(start: &'static str, part: &'static str) -> Self {
        Self { start, part, end: "" }
    }

    pub const fn between(start: &'static str, part: &'static str, end: &'static str) -> Self {
        Self { start, part, end }
    }

    pub fn text(&self, length: usize) -> String {
        let mut text = self.start.replace("%L", &"x".repeat(length / 4));
        let mut number = 0;
        while text.len() + self.end.len() < length {
            text.push_str(&self.part.replace("%d", &number.to_string()));
            number += 1;
        }
        text + self.end
    }
}

/// Markdown.
pub const CONSTRUCTS: &[Kind] = &[
    // Quotations, lists and code.
    Kind::of(">"),
    Kind::of("> "),
    Kind::of(">> a\n> b\n"),
    Kind::of("> a\n\n"),
    Kind::of("> # a\n"),
    Kind::of("- "),
    Kind::of("- a\n"),
    Kind::of("- a\n\n"),
    Kind::of("* a\n"),
    Kind::of("+ "),
    Kind::of("1. "),
    Kind::of("1) a\n"),
    Kind::of("- [ ] "),
    Kind::of("> - "),
    Kind::of("- >\n"),
    Kind::of("- a\n  - b\n    - c\n"),
    Kind::of("```\n"),
    Kind::of("```\na\n```\n"),
    Kind::of("~~~\n"),
    Kind::of("    a\n"),
    Kind::of("\ta\n"),
    // Emphasis, code spans and escapes.
    Kind::of("*"),
    Kind::of("*a"),
    Kind::of("*a*"),
    Kind::of("**a"),
    Kind::of("a**"),
    Kind::of("*a **b "),
    Kind::of("_a "),
    Kind::of("_*"),
    Kind::of("a*b_c"),
    Kind::of("~~"),
    Kind::of("~a"),
    Kind::of("`"),
    Kind::of("``a"),
    Kind::of("` a"),
    Kind::of("`` ` ``"),
    Kind::of("` `` ``` ```` ````` `````` "),
    Kind::of("$"),
    Kind::of("$$"),
    Kind::of("$a$ "),
    Kind::of(":::\n"),
    Kind::of("::: a\n"),
    Kind::of("~~~ a\nb\n"),
    Kind::of(">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>> a\n"),
    Kind::of("> > > > > > > > a\n\n"),
    Kind::of("\\"),
    Kind::of("\\["),
    Kind::of("a\\\n"),
    Kind::of("a  \n"),
    // Links, images and brackets.
    Kind::of("["),
    Kind::of("]"),
    Kind::of("[["),
    Kind::of("[a]"),
    Kind::of("[a]("),
    Kind::of("[a](<"),
    Kind::of("[a](b \""),
    Kind::of("[a](b ("),
    Kind::of("[a]()"),
    Kind::of("]("),
    Kind::of("!["),
    Kind::of("![a](b)"),
    Kind::of("![a](b"),
    Kind::of("[a][b]"),
    Kind::of("*["),
    Kind::of("[`"),
    Kind::of("<http:"),
    Kind::of("<http://a>"),
    Kind::of("<a@b.c>"),
    Kind::of("http://a "),
    // Definitions, references and footnotes.
    Kind::of("[a]: b\n"),
    Kind::of("[%d]: b\n"),
    Kind::of("[%d]: b \"c\"\n"),
    Kind::of("[^1]"),
    Kind::of("[^1]: "),
    Kind::of("[^1]:[^1] "),
    Kind::of("[^%d] "),
    Kind::of("[^%d]: b\n"),
    Kind::of("[^%d]: b[^%d]\n\n"),
    Kind::of("[^"),
    Kind::of("[^]"),
    Kind::between("", "[x] ", "\n\n[x]: /y"),
    Kind::between("", "[^x] ", "\n\n[^x]: y"),
    Kind::between("", "[%d][]", "\n\n[1]: /y"),
    // Tables, rules and headings.
    Kind::of("|"),
    Kind::of("|a"),
    Kind::of("a|b\n-|-\n"),
    Kind::of("|\n"),
    Kind::of("---\n"),
    Kind::of("===\n"),
    Kind::of("a\n===\n"),
    Kind::of("#"),
    Kind::of("# a\n"),
    Kind::of("## a\n"),
    Kind::of("## a%d\n"),
    Kind::of("## a {#a}\n"),
    Kind::of("## [a][b]\n"),
    Kind::of("## [%d][a]\n\n[%d]: b\n"),
    Kind::of("## a[^%d]\n\n[^%d]: b\n"),
    Kind::of("{#a}"),
    Kind::of("# a\n```\n"),
    // Our own markers.
    Kind::of("<!-- section -->\n"),
    Kind::of("<!-- section {#a} -->\n"),
    Kind::of("<!-- closed -->\n"),
    Kind::of("a\n-->\n<!-- closed -->\n"),
    Kind::of("-->\n<!-- closed -->\n<!-- closed -->\n"),
    Kind::of("```\n```\n<!-- closed -->\n<!-- closed -->\n"),
    Kind::of("<!---->\n\n"),
    Kind::between("", "<!-- a --> ", "\n# a"),
    // References of characters, white space, and characters of other scripts.
    Kind::of("&"),
    Kind::of("&amp;"),
    Kind::of("&#"),
    Kind::of("&#1"),
    Kind::of("&copy"),
    Kind::of("&nbsp;"),
    Kind::of("\""),
    Kind::of(" "),
    Kind::of("\t"),
    Kind::of("\n"),
    Kind::of("\r"),
    Kind::of("a\n"),
    Kind::of("\0"),
    Kind::of("\u{a0}"),
    Kind::of("\u{202e}"),
    Kind::of("\u{301}"),
    Kind::of("»"),
    Kind::of("漢"),
    Kind::of("a-"),
];

/// HTML, and what looks like it.
pub const HTML: &[Kind] = &[
    // Tags and what is none.
    Kind::of("<"),
    Kind::of("<<"),
    Kind::of("<a<"),
    Kind::of("<a <b "),
    Kind::of("<a "),
    Kind::of("<!"),
    Kind::of("<?"),
    Kind::of("<![CDATA["),
    Kind::of("<!A"),
    Kind::of("</"),
    Kind::of("</ a"),
    Kind::of("<i\n"),
    Kind::of("<a href='"),
    Kind::of("<b a=\">\" "),
    Kind::of("<x%d>"),
    Kind::of("<p></i>"),
    // Attributes.
    Kind::of("<b a%d=b>"),
    Kind::after("<p ", "a%d "),
    Kind::after("<p x='>' ", "a%d=\"<\" "),
    Kind::after("</p ", "a%d "),
    Kind::of("<a/b%d/c"),
    Kind::between("<b title='", "&", "'>"),
    Kind::of("<body a%d=b>"),
    Kind::of("<p id=a%d>a</p>"),
    Kind::of("<a id=x/>"),
    Kind::of("<svg/>"),
    Kind::of("<svg/>\n\n"),
    Kind::of("<iframe/>\n\n"),
    Kind::between("<img srcset=\"", "/a, ", "\">"),
    Kind::between("<img srcset=\"", "//a (", "\">"),
    Kind::between("<img srcset=\"", ",\t", "\">"),
    Kind::between("<iframe src=\"https://player.vimeo.com/1\" allow=\"", "a%d; ", "\">"),
    Kind::between("<code class=\"", "language-a ", "\">"),
    // Comments.
    Kind::of("<!--"),
    Kind::of("<!-- a -->"),
    Kind::of("<!-- a %d "),
    Kind::of("-->"),
    // Text in which much is escaped.
    Kind::after("<b>", "&"),
    Kind::after("<b>", "&amp;"),
    Kind::after("<b>", "»"),
    Kind::after("<b>", "<"),
    Kind::after("<b>", "![a](b \"&&&&"),
    // Elements that are left open, nested or misplaced.
    Kind::of("<b>"),
    Kind::of("<div>"),
    Kind::of("</div>"),
    Kind::of("<p>"),
    Kind::of("</p>"),
    Kind::of("<b x=1><p>"),
    Kind::of("<i a=%d><p>"),
    Kind::of("<a href=x>"),
    Kind::of("<ul><li>a"),
    Kind::of("<li>a"),
    Kind::of("<dt>a<dd>b"),
    Kind::of("<ruby><rt>"),
    Kind::of("<details>"),
    Kind::of("<h1>a</h1>"),
    Kind::of("<br>"),
    Kind::of("<pre>\n"),
    Kind::of("<kbd>\n\n"),
    Kind::of("<div>\n\n"),
    Kind::of("<font>a</font>"),
    Kind::of("<table>"),
    Kind::of("<table><td>"),
    Kind::after("<table>", "a<tr>"),
    Kind::after("<table>", "<p>a</p>"),
    Kind::after("<table>", "a<b>c</b>"),
    Kind::after("<table>\n\n", "a\n\n"),
    Kind::after("<table><tr>", "<div>a</div>"),
    Kind::after("<table><tr><td><b>", "<tr></tr>x"),
    Kind::after("<b>", "<table>y</table>"),
    // Start tags that a parser writes again.
    Kind::after("<p><a title=\"%L\">", "<div>y</div>"),
    Kind::after("x <a title=\"%L\">", "<div>y</div> "),
    Kind::after("<ul><li><a title=\"%L\">", "<li>y</li>"),
    Kind::after("<dl><dd><a title=\"%L\">", "<dd>y</dd>"),
    Kind::after("<a title=\"%L\">", "<div><a>y</div>"),
    // What is hidden or read as text.
    Kind::of("<script>"),
    Kind::of("<style>"),
    Kind::of("<svg>"),
    Kind::of("<math><mi>"),
    Kind::of("<textarea>"),
    Kind::of("<title>"),
    Kind::of("<select>"),
    Kind::of("<template>"),
    Kind::of("<plaintext>"),
    Kind::of("<iframe>"),
    // Quotations of paragraphs, in import.
    Kind::of("<blockquote>"),
    Kind::of("<blockquote><p>a</p>"),
    Kind::of("<ol><li><blockquote><p>a</p>"),
    Kind::after("<blockquote><blockquote><blockquote><blockquote>", "<p>a"),
    Kind::of("<p>&quot;a&quot;</p>"),
    Kind::of("<q>a</q>"),
    Kind::of("<ul><li>a</ul>"),
    Kind::of("<ol id=a%d><li id=b%d>a</ol>"),
    Kind::of("<div id=a%d>"),
    Kind::of("<p><b><br></b>"),
    Kind::of("<code>a</code>"),
    Kind::of("<del>a"),
];

/// Short text that uses something long, or something that is written once.
pub const DEFINED: &[Kind] = &[
    Kind::after("[x]: %L\n\n", "[x] "),
    Kind::after("[x]: /a \"%L\"\n\n", "[x] "),
    Kind::after("[x]: %L\n\n", "![x]"),
    Kind::after("[^a]: b\n\n", "[^a] "),
    Kind::after("[^a]: %L\n\n", "[^a] "),
    Kind::after("|a|b|c|d|e|f|g|h\n|-|-|-|-|-|-|-|-\n", "a\n"),
];

/// Documents with front matter, which is at most 64 KiB long.
pub const FRONT_MATTER: &[Kind] = &[
    Kind::between("---\na: ", "[", "\n---\n"),
    Kind::between("---\na: ", "{a: ", "\n---\n"),
    Kind::between("---\n", "- ", "\n---\n"),
    Kind::between("---\n", "? ", "\n---\n"),
    Kind::between("---\n", "&a ", "\n---\n"),
    Kind::between("---\n", "a%d: b\n", "---\n"),
    Kind::between("---\n", "a: b\n", "---\n"),
    Kind::between("---\n", "  ", "\n---\n"),
    Kind::between("---\n", "--- \n", "a\n---\n"),
    Kind::between("---\ntags: [", "a%d, ", "]\n---\n"),
    Kind::between("---\ntags: \"", "a%d, ", "\"\n---\n"),
    Kind::between("+++\na = ", "[", "\n+++\n"),
    Kind::between("+++\n", "a%d = 1\n", "+++\n"),
    Kind::between("+++\n", "[a.b]\n", "+++\n"),
    Kind::between("+++\n", "[[a]]\n", "+++\n"),
    Kind::between("{\"a\": ", "[", "}"),
    Kind::between("{", "\"a%d\": 1, ", "\"z\": 1}"),
    Kind::of("---\n"),
    Kind::of("+++\n"),
    Kind::after("---\na: ", "\"\\u0041"),
];
