/// What stands around each page, and the parts that several pages share.
enum Layout {
    /// A card in the middle: the pages of a sign-in.
    static func hosted(_ body: String, head: String = "", tail: String = "") -> String {
        document(
            """
            <div class="auth">
            <header class="brand">\(brand)</header>
            <main id="main" class="card" tabindex="-1">
            \(complaint)\
            \(body)
            </main>
            <footer class="foot">
            \(languages)\
            </footer>
            </div>
            """, head: head, tail: tail)
    }

    /// A rail and a wide column: the pages of the account.
    static func account(_ body: String) -> String {
        document(
            """
            <header class="top"><div>
            <div class="brand">\(brand)</div>
            <p class="me"><span class="roomy">{{t.account.signedInAs}} </span><strong><bdi>{{user}}</bdi></strong></p>
            <a class="btn small" href="{{logoutLink}}">{{t.common.signOut}}</a>
            </div></header>
            <div class="shell">
            <nav class="rail" aria-label="{{t.account.navigation}}"><ul>
            {{#rail}}
            <li><a href="{{entryLink}}"{{#isHere}} aria-current="page"{{/isHere}}>{{entry}}</a></li>
            {{/rail}}
            </ul></nav>
            <main id="main" tabindex="-1">
            \(complaint)\
            {{#notice}}
            <div class="note ok" role="status"><p>{{notice}}</p></div>
            {{/notice}}
            \(body)
            </main>
            </div>
            <footer class="foot wide">
            \(languages)\
            </footer>
            """)
    }

    private static func document(_ content: String, head: String = "", tail: String = "") -> String {
        HTMLText.pragma + """
            <!doctype html>
            <html lang="{{language}}" dir="{{direction}}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{{windowTitle}}</title>
            <link rel="stylesheet" href="{{styleSheetLink}}">
            {{#scriptLink}}
            <script src="{{scriptLink}}" defer></script>
            {{/scriptLink}}
            \(head)\
            </head>
            <body>
            <a class="skip" href="#main">{{t.common.skip}}</a>
            \(content)
            \(tail)\
            </body>
            </html>

            """
    }

    /// The configured logo, or a key.
    private static let brand = """
        {{#logoLink}}<img class="logo" src="{{logoLink}}" alt="">{{/logoLink}}\
        {{^logoLink}}<svg class="key" width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">\
        <circle cx="8.5" cy="14" r="6" fill="none" stroke="currentColor" stroke-width="3"></circle>\
        <path d="M14 12.5h12.5v6.5h-3v-3.5h-2.5v3h-3v-3h-4z" fill="currentColor"></path></svg>{{/logoLink}}\
        <span><bdi>{{brandName}}</bdi></span>
        """

    /// At the head of `main`, before the heading, and with the focus: whoever hears the page hears it first.
    private static let complaint = """
        {{#complaint}}
        <div class="note bad" id="problem" role="alert" tabindex="-1" autofocus>
        <h2>{{t.common.problem}}</h2>
        <ul>
        {{#lines}}
        <li>{{#fieldLink}}<a href="{{fieldLink}}">{{line}}</a>{{/fieldLink}}{{^fieldLink}}{{line}}{{/fieldLink}}</li>
        {{/lines}}
        </ul>
        </div>
        {{/complaint}}

        """

    private static let languages = """
        {{#hasLanguages}}
        <nav aria-label="{{t.common.languages}}"><ul class="languages">
        {{#languages}}
        <li>{{#languageLink}}<a href="{{languageLink}}" lang="{{tag}}" hreflang="{{tag}}">{{languageName}}</a>\
        {{/languageLink}}{{^languageLink}}<span aria-current="true">{{languageName}}</span>{{/languageLink}}</li>
        {{/languages}}
        </ul></nav>
        {{/hasLanguages}}

        """

    /// The fields that a form carries unseen.
    static let hidden = """
        {{#hidden}}
        <input type="hidden" name="{{name}}" value="{{value}}">
        {{/hidden}}

        """

    /// The user name for password managers, on a page that does not ask for it.
    static let knownUser = """
        <label for="username">{{t.common.username}}</label>
        <input id="username" name="username" type="text" value="{{username}}" autocomplete="username" \
        autocapitalize="none" spellcheck="false" readonly>

        """

    /// A password's input with its button, which a script shows. Its complaint is the value `<name>Error`.
    /// - Parameter describedBy: the attribute of that name.
    static func password(id: String, name: String, autocomplete: String, describedBy: String) -> String {
        """
        <div class="secret">
        <input id="\(id)" name="\(name)" type="password" autocomplete="\(autocomplete)" autocapitalize="none" \
        spellcheck="false" required{{#\(name)Error}} aria-invalid="true"{{/\(name)Error}}\(describedBy)>
        <button type="button" class="show" aria-controls="\(id)" aria-label="{{t.common.showPassword}}" \
        data-text="{{t.common.show}}" data-label="{{t.common.showPassword}}" \
        data-other-text="{{t.common.hide}}" data-other-label="{{t.common.hidePassword}}" hidden>{{t.common.show}}</button>
        </div>

        """
    }
}
