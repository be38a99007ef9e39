import { unsealSession } from "ironkeep/h3";

const NAME = "h3";

/** The token in the Set-Cookie header that the response is about to carry. */
function tokenOf(event) {
  const cookie = event.res.headers.getSetCookie().find((line) => line.startsWith(`${NAME}=`));
  return cookie?.slice(NAME.length + 1, cookie.indexOf(";"));
}

/** 2 if the token opens where fewer than 8192 iterations of PBKDF2 are refused, else 1. */
async function generationOf(token, config) {
  try {
    await unsealSession(undefined, { ...config, legacySealFallback: false }, token);
    return 2;
  } catch {
    return 1;
  }
}

/** What is in the cookie that this response sets: what anybody can see, and what only the server can. */
export async function cookieFacts(event, config) {
  const token = tokenOf(event);
  if (token === undefined) return undefined;
  const [format, , encryptionSalt, , , expiration, integritySalt] = token.split("*");
  const payload = await unsealSession(event, config, token);
  return {
    format,
    generation: await generationOf(token, config),
    characters: token.length,
    encryptionSalt,
    integritySalt,
    day: new Date(payload.lastSeenAt).toISOString().slice(0, 10),
    expires: new Date(Number(expiration)),
    payload,
  };
}
