// The secrets that are looked for, and every spelling that a leak could have.

/** How much of the password alone is a leak. */
const PART_LENGTH = 16;

export const CANARIES = {
  password: "pw-Zq7vXk2Lm9Rt4Wb8Yc3Nd6Hf1Js5Gp0",
  previous: "pv-Ae8uBi3Co7Du2Fa6Gy1Hw5Jx9Kz4Lq0",
  encryption: "en-Tr5mVn8Bw2Xs6Pj1Qh9Kd4Gf7Lc3Zy0",
  integrity: "in-Mb4kDf9Sh3Wz7Nv2Rc6Yt1Jg5Xp8Lq0",
  key: "ky-Uo6eIa1Py5Tw9Qr3Ls8Kd2.Jf7Hg4",
  data: "dt-Vw3xYz8Ab2Cd7Ef1Gh6Jk5Mn4Pq9Rs0",
  id: "sid-Gt9hYu4jIk7lOp2qWs5eDr8fTg1zXc3",
};

/** The texts that would show `secret`, each with the name of its spelling. */
export function spellingsOf(name, secret) {
  const bytes = Buffer.from(secret);
  const texts = [
    ["plain", secret],
    ["hex", bytes.toString("hex")],
    ["upper-case hex", bytes.toString("hex").toUpperCase()],
    ["url", encodeURIComponent(secret)],
    ["JSON", JSON.stringify(secret).slice(1, -1)],
    ["bytes", [...bytes].join(", ")],
    ["bytes without blanks", [...bytes].join(",")],
    // As util.inspect shows a Buffer.
    ["spaced hex", [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")],
    ["reversed", [...secret].toReversed().join("")],
  ];
  for (let shift = 0; shift < 3; shift++) {
    // In base64 a text is spelled in three ways, by where it starts. The ends depend on what is around it.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .slice(4, -6);
    texts.push([`base64, shifted by ${shift}`, text]);
    texts.push([`base64url, shifted by ${shift}`, text.replaceAll("+", "-").replaceAll("/", "_")]);
  }
  if (name !== "data" && name !== "id") {
    for (let start = 0; start + PART_LENGTH <= secret.length; start++) {
      texts.push([`part at ${start}`, secret.slice(start, start + PART_LENGTH)]);
    }
  }
  return texts.map(([spelling, text]) => ({ name, spelling, text }));
}

/** A token shows up whole, or by one of its long parts. */
export function spellingsOfToken(token) {
  const parts = token.split("*").filter((part) => part.length >= PART_LENGTH);
  return [token, ...parts].map((text, index) => ({
    name: "token",
    spelling: index === 0 ? "whole" : `part ${index}`,
    text,
  }));
}
