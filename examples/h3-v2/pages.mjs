import { style } from "./style.mjs";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** What somebody typed, as text of a page. */
const text = (typed) => String(typed).replace(/[&<>"']/g, (character) => ENTITIES[character]);

function page(title, user, body) {
  const nav = user
    ? `<nav aria-label="Main"><a href="/members">${text(user)}</a>
<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form></nav>`
    : "";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)} · Ironkeep</title><style>${style}</style>
<header><a class="brand" href="/">Ironkeep</a>${nav}</header><main>${body}</main></html>`;
}

function signIn({ name = "", problem }) {
  const said = problem ? `<p class="problem" role="alert">${text(problem)}</p>` : "";
  return `<section aria-labelledby="sign-in"><h2 id="sign-in">Sign in</h2><form method="post" action="/sign-in">
<label for="name">Name</label>
<input id="name" name="name" value="${text(name)}" required maxlength="40" autocomplete="username">
<label for="password">Password</label>
<input id="password" name="password" type="password" required autocomplete="current-password" aria-describedby="hint"${problem ? ' aria-invalid="true"' : ""}>
<p id="hint" class="soft">Any name will do. The password is <code>sesame</code>.</p>
${said}<button>Sign in</button></form></section>`;
}

const counter = (visits) =>
  `<section aria-labelledby="visits"><h2 id="visits">Visits</h2><p class="number">${visits}</p>
<p class="soft">Of this page, in this session.</p></section>`;

const limited = `<section aria-labelledby="limit"><h2 id="limit">A limit</h2><p>One page can be had ten times a minute from your address.</p>
<a class="button" href="/limited">Try it</a></section>`;

const ENDED = '<p class="told" role="status">You were signed out: the session was ended somewhere else.</p>';

/** The first page. `visits` is `undefined` where there is no session to count them in. */
export function home({ user, visits, isEnded = false, name, problem }) {
  const lead = user
    ? 'The page of <a href="/members">members</a> is open to you.'
    : "Sign in to see the page of members.";
  const cards = [user ? "" : signIn({ name, problem }), visits === undefined ? "" : counter(visits), limited];
  const title = user ? `Welcome back, ${text(user)}` : "Welcome";
  return page(
    "Home",
    user,
    `${isEnded ? ENDED : ""}<h1>${title}</h1><p class="lead">${lead}</p><div class="cards">${cards.join("")}</div>`,
  );
}

/** The protected page: where a user is signed in. `own` is the handle of this session. */
export function members({ user, devices, own }) {
  const rows = devices.map(({ handle, label, lastSeenAt }) => {
    const mark = handle === own ? ' <span class="mark">this one</span>' : "";
    return `<li><span>${text(deviceOf(label))}${mark}</span><span class="soft">${ago(lastSeenAt)}</span></li>`;
  });
  return page(
    "Members",
    user,
    `<h1>Hello, ${text(user)}</h1><p class="lead">Only you see this page.</p>
<section aria-labelledby="devices"><h2 id="devices">Where you are signed in</h2><ul class="rows">${rows.join("")}</ul>
<form method="post" action="/sign-out-everywhere"><button class="danger">Sign out everywhere</button></form></section>`,
  );
}

/** What a limit lets through, and what it says when it does not. `seconds`: after which it may. */
export function answer({ user, remaining }) {
  const left = remaining === 0 ? "This was the last one for now." : `${remaining} more, and then it takes a while.`;
  return page(
    "A limit",
    user,
    `<h1>Here it is</h1><p class="lead">${left}</p><a class="button" href="/limited">Once more</a>`,
  );
}

export function tooOften({ user, seconds }) {
  return page(
    "Too often",
    user,
    `<h1>That was too fast</h1><p class="lead" role="alert">Try again in ${seconds} s.</p><a href="/">Back</a>`,
  );
}

const BROWSERS = { Edg: "Edge", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"];

/** What a list calls a browser, by its User-Agent. */
function deviceOf(userAgent = "") {
  const mark = Object.keys(BROWSERS).find((name) => userAgent.includes(name));
  const system = SYSTEMS.find((name) => userAgent.includes(name));
  const browser = mark ? BROWSERS[mark] : "A browser";
  return system ? `${browser} on ${system}` : browser;
}

function ago(time) {
  const minutes = Math.floor((Date.now() - time) / 60_000);
  return minutes < 1 ? "just now" : `${minutes} min ago`;
}
