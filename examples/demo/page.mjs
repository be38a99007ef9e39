const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%23b4532a' d='M2 2h3v2h2V2h2v2h2V2h3v12H2z'/%3E%3C/svg%3E";

const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f4f1; --card: #ffffff; --line: #ddd8d1; --text: #211d19; --soft: #635b52;
  --accent: #9a3f1b; --on-accent: #ffffff; --code: #f1eeea; --problem: #a11919;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #171513; --card: #211e1b; --line: #3a3530; --text: #f0ebe5; --soft: #b3a99e;
    --accent: #f0a07a; --on-accent: #2a1208; --code: #2b2723; --problem: #ff9c92;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 3rem 1.25rem 4rem; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 48rem; margin: 0 auto; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
header p { margin: .25rem 0 0; color: var(--soft); }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 0 0 .75rem; font-size: 1.05rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem 1.5rem 1.5rem; }
.who { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 1rem 2rem; }
.visits { display: flex; align-items: baseline; gap: .6rem; margin: 0; }
.visits b { font-size: 2.75rem; line-height: 1; font-variant-numeric: tabular-nums; letter-spacing: -.03em; }
.visits span { color: var(--soft); }
form { margin: 0; display: flex; flex-wrap: wrap; align-items: end; gap: .6rem; }
label { display: grid; gap: .3rem; font-size: .875rem; color: var(--soft); }
input, button { font: inherit; padding: .5rem .8rem; border-radius: .5rem; border: 1px solid var(--line); }
input { width: 13rem; max-width: 100%; background: var(--ground); color: var(--text); border-color: var(--soft); }
button { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.identity { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1.25rem; }
.signed-in { margin: 0; overflow-wrap: anywhere; }
.problem { margin: 0 0 .9rem; color: var(--problem); font-weight: 600; }
dl { margin: 0; display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .45rem 1.5rem; }
dt { color: var(--soft); }
dd { margin: 0; }
code, pre { font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
dd code { overflow-wrap: anywhere; }
h3 { margin: 1.25rem 0 .5rem; font-size: .95rem; }
pre { margin: 0; padding: .9rem 1rem; background: var(--code); border-radius: .5rem; overflow-x: auto; }
.note { margin: .75rem 0 0; color: var(--soft); font-size: .9rem; }
@media (max-width: 34rem) {
  body { padding-top: 1.75rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .7rem; }
}`;

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);

function identity(name) {
  if (name !== undefined) {
    return `<p class="signed-in">Signed in as <strong>${escape(name)}</strong></p>
      <form method="post" action="/sign-out"><button>Sign out</button></form>`;
  }
  return `<form method="post" action="/sign-in">
        <label>Your name <input name="name" required maxlength="60" autocomplete="name"></label>
        <button>Sign in</button>
      </form>`;
}

const GENERATION = {
  1: "1 (keys by 1 iteration of PBKDF2)",
  2: "2 (keys by 8,192 iterations of PBKDF2)",
};

function cookieSection({ format, generation, characters, encryptionSalt, integritySalt, day, expires, payload }) {
  return `<section aria-labelledby="cookie">
    <h2 id="cookie">What is in your cookie</h2>
    <dl>
      <dt>Format</dt><dd><code>${escape(format)}</code></dd>
      <dt>Generation</dt><dd>${GENERATION[generation]}</dd>
      <dt>Size</dt><dd>${characters} characters</dd>
      <dt>Salts of the day</dt><dd>${escape(day)} UTC</dd>
      <dt>Encryption salt</dt><dd><code>${escape(encryptionSalt)}</code></dd>
      <dt>Integrity salt</dt><dd><code>${escape(integritySalt)}</code></dd>
      <dt>Seal expires</dt><dd>${escape(expires.toISOString().slice(0, 16).replace("T", " "))} UTC</dd>
    </dl>
    <h3>Decrypted by the server, for you</h3>
    <pre tabindex="0" aria-label="Decrypted payload">${escape(JSON.stringify(payload, undefined, 2))}</pre>
    <p class="note">The salts are the same for every session of the day, so sealing and opening derive no key.
      Reload: the token changes, the salts stay.</p>
  </section>`;
}

/** The one page. Every text that comes from a visitor is escaped. */
export function page({ name, visits, cookie, problem }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ironkeep demo</title>
<link rel="icon" href="${ICON}">
<style>${STYLE}</style>
</head>
<body>
<main>
  <header>
    <h1>Ironkeep</h1>
    <p>A sealed session on h3 2, kept in one cookie. The server stores nothing.</p>
  </header>
  <section aria-label="Your session">
    ${problem === undefined ? "" : `<p class="problem" role="alert">${escape(problem)}</p>`}
    <div class="who">
      <p class="visits"><b>${visits}</b> <span>${visits === 1 ? "visit" : "visits"} in this session</span></p>
      <div class="identity">
      ${identity(name)}
      </div>
    </div>
  </section>
  ${cookie === undefined ? "" : cookieSection(cookie)}
</main>
</body>
</html>
`;
}
