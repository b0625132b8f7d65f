/// The style sheet of all pages. Logical properties only, so that a language that runs from right to left needs no
/// second one; sizes in rem, so that the reader's own size counts.
enum StyleSheet {
    static func source(_ branding: Branding) -> String {
        """
        :root{color-scheme:light dark;\(Palette.light.properties(accent: branding.lightAccent));
        --sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;
        --mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
        @media(prefers-color-scheme:dark){:root{\(Palette.dark.properties(accent: branding.darkAccent))}}
        \(base)
        \(frame)
        \(forms)
        \(parts)
        \(account)
        \(circumstances)

        """
    }

    private static let base = """
        *{box-sizing:border-box}
        html{font:100%/1.5 var(--sans);-webkit-text-size-adjust:100%;text-size-adjust:100%}
        body{margin:0;background:var(--paper);color:var(--ink);font-variant-numeric:tabular-nums;overflow-wrap:break-word}
        h1,h2{font-weight:600;line-height:1.25;margin:0;text-wrap:balance;overflow-wrap:anywhere}
        h1{font-size:1.5625rem;letter-spacing:-.01em;margin-block-end:.75rem}
        h2{font-size:1.125rem}
        p{margin:0 0 1rem;max-inline-size:40rem}
        a{color:var(--accent);text-underline-offset:.15em}
        a:hover{color:var(--accent-hover)}
        code{font-family:var(--mono);font-size:.875em;overflow-wrap:anywhere}
        :focus-visible{outline:3px solid var(--info);outline-offset:2px;border-radius:.25rem}
        main:focus{outline:none}
        [hidden]{display:none!important}
        .hint{font-size:.875rem;color:var(--hint)}
        .error{color:var(--bad);font-weight:600;margin-block-end:.25rem}
        .unseen{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        .skip{position:absolute;inset-block-start:-9rem;inset-inline-start:1rem;z-index:1;background:var(--card);
        padding:.5rem 1rem}
        .skip:focus{inset-block-start:1rem}
        """

    private static let frame = """
        .auth{max-inline-size:28rem;margin-inline:auto;padding:1.5rem 1rem 3rem}
        .brand{display:flex;align-items:center;gap:.5rem;font-weight:600;min-inline-size:0;overflow-wrap:anywhere}
        .auth .brand{margin-block-end:1.5rem}
        .key{flex:none;color:var(--accent)}
        .key path{stroke:none}
        .logo{flex:none;max-block-size:2rem;max-inline-size:8rem}
        .card{background:var(--card);border:1px solid var(--line);border-radius:.625rem;padding:1.5rem}
        .auth .card>:last-child,.card form>:last-child{margin-block-end:0}
        .foot{margin-block-start:1.5rem;font-size:.875rem}
        .languages,.inline{display:flex;flex-wrap:wrap;gap:0 1rem;list-style:none;margin:0;padding:0}
        .dots{gap:0 .375rem}
        .dots li+li::before{content:"·";margin-inline-end:.375rem}
        .inline a{display:inline-block;padding-block:.25rem}
        .languages a,.languages span{display:inline-block;padding-block:.375rem}
        .languages span{color:var(--hint)}
        """

    private static let forms = """
        form{margin:0}
        label{display:block;font-weight:600;margin-block:1rem .25rem}
        input[type=text],input[type=password]{inline-size:100%;min-block-size:2.75rem;font:inherit;color:inherit;
        background:var(--card);padding:.5rem .75rem;border:1px solid var(--edge);border-radius:.375rem}
        input[readonly]{background:var(--sunk);color:var(--hint)}
        input[aria-invalid=true]{border:2px solid var(--bad)}
        label+.hint,label+.hint+.error,label+.error{margin-block-end:.375rem}
        .secret{display:flex;gap:.5rem}
        .secret input{flex:1;min-inline-size:0}
        button,.btn{font:inherit;font-weight:600;line-height:1.3;min-block-size:2.75rem;padding:.5rem 1rem;
        border:1px solid var(--edge);border-radius:.375rem;background:var(--card);color:var(--ink);cursor:pointer;
        text-decoration:none;display:inline-flex;align-items:center;justify-content:center;text-align:center;
        overflow-wrap:anywhere}
        button:hover,.btn:hover{background:var(--sunk);color:var(--ink)}
        .go,.go:hover{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
        .go:hover{background:var(--accent-hover);border-color:var(--accent-hover)}
        .danger,.danger:hover{color:var(--bad);border-color:var(--bad)}
        .small{min-block-size:2.25rem;padding:.25rem .75rem;font-size:.875rem}
        .wide{inline-size:100%;margin-block-start:1.5rem}
        .wide+.wide{margin-block-start:.75rem}
        p>.wide{margin-block-start:.5rem}
        .stack{flex-direction:column}
        .under{font-weight:400;font-size:.875rem}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(8.5rem,100%),1fr));gap:.75rem;
        margin-block-start:1.5rem}
        .plain,.plain:hover{border:0;background:none;color:var(--accent);font-size:inherit;font-weight:400;
        text-decoration:underline;text-underline-offset:.15em;padding-inline:.25rem}
        .choice{display:grid;grid-template-columns:auto 1fr;gap:0 .625rem;align-items:center;margin-block-start:1.25rem}
        .choice input{inline-size:1.5rem;block-size:1.5rem;margin:0;accent-color:var(--accent)}
        .choice label{font-weight:400;margin:0;padding-block:.375rem}
        .choice .hint{grid-column:2;margin:0}
        .who{display:flex;flex-wrap:wrap;align-items:center;gap:0 .5rem;margin-block:1rem 0}
        .who .plain{min-block-size:1.75rem;padding:0}
        .line{display:flex;flex-wrap:wrap;align-items:end;gap:.5rem;padding-block-end:.5rem}
        .line>div{flex:1 1 12rem}
        .line label{margin-block-start:.5rem}
        .line button{min-block-size:2.75rem}
        .narrow{max-inline-size:26rem}
        .narrow .go{margin-block-start:1.5rem}
        """

    private static let parts = """
        .note{border-inline-start:4px solid var(--info);background:var(--info-ground);padding:.75rem 1rem;
        margin-block-end:1.25rem;border-start-end-radius:.375rem;border-end-end-radius:.375rem}
        .note h2{font-size:1rem;margin-block-end:.25rem}
        .note ul{list-style:none;margin:0;padding:0}
        .note p{margin:0}
        .note a{color:inherit;display:inline-block;padding-block:.125rem}
        .bad{border-color:var(--bad);background:var(--bad-ground)}
        .note.ok{border-color:var(--ok);background:var(--ok-ground)}
        .tag{display:inline-block;font-size:.8125rem;font-weight:600;line-height:1.4;padding-inline:.5rem;
        border:1px solid currentColor;border-radius:1rem;vertical-align:.1em}
        .tag.ok{color:var(--ok)}
        .tag.warn{color:var(--warn)}
        .host{color:var(--hint);overflow-wrap:anywhere;display:flex;flex-wrap:wrap;gap:.125rem .5rem;align-items:center}
        .scopes{list-style:none;margin:0 0 1rem;padding:0}
        .scopes li{padding-block:.5rem;border-block-start:1px solid var(--line);display:flex;flex-wrap:wrap}
        .scopes li:last-child{border-block-end:1px solid var(--line)}
        .scopes code{color:var(--hint);font-size:.8125rem;inline-size:100%}
        .lasting bdi{font-weight:600}
        .bit{inline-size:2.625rem;block-size:1rem;vertical-align:-.1em;fill:var(--accent);margin-inline-end:.25rem}
        .later{animation:appear 0s linear 2s both}
        @keyframes appear{from{visibility:hidden}to{visibility:visible}}
        """

    private static let account = """
        .top{border-block-end:1px solid var(--line);background:var(--card)}
        .top>div{max-inline-size:64rem;margin-inline:auto;padding:.75rem 1rem;display:flex;flex-wrap:wrap;
        align-items:center;gap:.5rem 1rem}
        .top .me{margin:0;margin-inline-start:auto;font-size:.875rem;overflow-wrap:anywhere}
        .shell{max-inline-size:64rem;margin-inline:auto;padding:1.5rem 1rem;display:grid;
        grid-template-columns:12rem minmax(0,1fr);gap:2rem}
        .rail ul{list-style:none;margin:0;padding:0}
        .rail a{display:block;padding:.5rem .75rem;border-radius:.375rem;color:var(--ink);text-decoration:none;
        border-inline-start:3px solid transparent}
        .rail a:hover{background:var(--sunk)}
        .rail a[aria-current]{background:var(--soft);border-inline-start-color:var(--accent);font-weight:600}
        .foot.wide{max-inline-size:64rem;margin:0 auto;padding:0 1rem 2rem}
        .rows{list-style:none;margin:0;padding:0}
        .rows>li{border-block-start:1px solid var(--line);padding-block:1.25rem;display:grid;
        grid-template-columns:minmax(0,1fr) auto;gap:.75rem 1.5rem;align-items:start}
        .rows>li:last-child{border-block-end:1px solid var(--line)}
        .rows h2{margin-block-end:.5rem;text-wrap:wrap}
        .rows .host{margin-block-end:.5rem}
        .facts{margin:0 0 .25rem;font-size:.9375rem}
        .facts>div{display:grid;grid-template-columns:9rem minmax(0,1fr);gap:0 1rem;padding-block:.125rem}
        .facts dt{color:var(--hint)}
        .facts dd{margin:0;overflow-wrap:anywhere}
        .facts.card{margin-block-end:.75rem;max-inline-size:40rem}
        summary{cursor:pointer;color:var(--accent);font-size:.875rem;padding-block:.375rem;inline-size:fit-content}
        details .facts{padding-block-end:.5rem}
        .after{margin-block-start:1.5rem}
        .after .hint{margin-block-start:.5rem}
        """

    private static let circumstances = """
        @media(max-width:48rem){.shell{grid-template-columns:minmax(0,1fr);gap:1rem;padding-block-start:.75rem}
        .rail ul{display:flex;flex-wrap:wrap;gap:.125rem;margin-inline:-.375rem}
        .rail a{border-inline-start:0;border-block-end:3px solid transparent}
        .rail a[aria-current]{border-block-end-color:var(--accent)}
        .rows>li{grid-template-columns:minmax(0,1fr)}
        .facts>div{grid-template-columns:7.5rem minmax(0,1fr);padding-block:.25rem}
        .facts.card{padding:1rem}
        .facts.card>div{grid-template-columns:minmax(0,1fr)}
        .rail a{padding-inline:.375rem;font-size:.9375rem}
        .roomy{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        .top .btn{flex:none}.top .brand{flex:0 1 auto}}
        @media(prefers-reduced-motion:no-preference){.go{transition:background-color .12s}}
        @media(prefers-contrast:more){:root{--line:var(--edge);--hint:var(--ink)}}
        @media(forced-colors:active){.bit{fill:CanvasText}.rail a[aria-current]{border-color:Highlight}}
        @media print{.skip,.rail,.foot,.top .btn,form,details:not([open]){display:none!important}
        body{background:#fff;color:#000}.card{border:0;padding:0}}
        """
}
