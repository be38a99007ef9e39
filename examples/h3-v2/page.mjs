const STYLE = `
:root { color-scheme: light dark; --line: #d9d4cd; --soft: #635b52; --accent: #9a3f1b; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --line: #3a3530; --soft: #b3a99e; --accent: #f0a07a; --on-accent: #2a1208; } }
body { max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem; font: 1rem/1.6 system-ui, sans-serif; }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 1rem 0; }
label { display: grid; gap: .3rem; color: var(--soft); font-size: .9rem; }
input, button { font: inherit; padding: .5rem .8rem; border: 1px solid var(--line); border-radius: .5rem; }
button { background: var(--accent); border-color: var(--accent); color: var(--on-accent); cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** What somebody typed, as text of a page. */
export function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** A whole page. */
export function page(body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Ironkeep</title><style>${STYLE}</style><main>${body}</main></html>`;
}

/** What a visitor sees who has not signed in, or who has. */
export function home({ user, visits }) {
  const who = user
    ? `<p>Signed in as <b>${escape(user)}</b>. <a href="/members">Members</a></p>
<form method="post" action="/sign-out"><button>Sign out</button></form>
<form method="post" action="/sign-out-everywhere"><button>Sign out everywhere</button></form>`
    : `<form method="post" action="/sign-in"><label>Name <input name="user" required maxlength="40" autocomplete="username"></label>
<button>Sign in</button></form>`;
  return page(`<h1>Visit ${visits}</h1>${who}<p><a href="/limited">What can be asked for ten times a minute</a></p>`);
}
