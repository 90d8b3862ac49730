/// The one style sheet of our pages.
enum PageStyle {
  static let text = """
    :root { color-scheme: light dark; --text: #1b1f24; --quiet: #57606a; --page: #f6f8fa; --card: #fff; --line: #d0d7de;
      --good: #116329; --bad: #a40e26; --accent: #0550ae; --on-accent: #fff; }
    @media (prefers-color-scheme: dark) {
      :root { --text: #e6edf3; --quiet: #9da7b1; --page: #0d1117; --card: #161b22; --line: #3d444d;
        --good: #56d364; --bad: #ff8d85; --accent: #79b8ff; --on-accent: #0d1117; }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
    main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem; }
    h1 { font-size: 1.5rem; margin: 0 0 1rem; }
    h2 { font-size: 1.125rem; margin: 0; overflow-wrap: anywhere; }
    ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
    li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
    dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .125rem .75rem; margin: .75rem 0; }
    dt { color: var(--quiet); }
    dd { margin: 0; overflow-wrap: break-word; }
    .who { font-size: 1.25rem; }
    .who dd { font-weight: 600; overflow-wrap: anywhere; }
    main:has(#instances) h1 { font-size: 1rem; color: var(--quiet); margin: 0 0 .5rem; }
    #instances h2 { font-size: 1.5rem; line-height: 1.25; }
    .user { margin: .25rem 0 0; font-size: 1.125rem; overflow-wrap: anywhere; }
    .error { margin: .25rem 0 0; overflow-wrap: anywhere; }
    .warning { margin: .25rem 0 0; font-weight: 600; }
    .error:empty, .warning:empty, .lock:empty { display: none; }
    .lock { margin: 0 0 1rem; padding: .5rem .875rem; border: 2px solid var(--accent); border-radius: .5rem; font-weight: 600; }
    .state { margin: .25rem 0 0; font-weight: 600; font-variant-numeric: tabular-nums; }
    .live { color: var(--good); }
    .dead, .error { color: var(--bad); }
    .actions { display: flex; flex-wrap: wrap; gap: .5rem; }
    li > .actions { margin: .75rem 0; }
    summary { color: var(--accent); cursor: pointer; }
    input[type=search] { font: inherit; width: min(100%, 20rem); padding: .25rem .5rem; color: inherit; background: var(--card);
      border: 1px solid var(--quiet); border-radius: .375rem; }
    [hidden] { display: none !important; }
    button { font: inherit; padding: .375rem .875rem; border: 1px solid var(--accent); border-radius: .375rem;
      background: transparent; color: var(--accent); cursor: pointer; }
    button.main { background: var(--accent); color: var(--on-accent); }
    button[aria-disabled=true] { opacity: .6; cursor: progress; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    code { font-family: ui-monospace, monospace; }
    #message { min-height: 1.5em; margin: 0 0 1rem; }
    """
}
