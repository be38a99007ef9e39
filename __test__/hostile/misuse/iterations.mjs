// Numbers of iterations that PBKDF2 does not take. Taken as the highest that it does take, they are a quarter of an hour.

import { mockEvent } from "h3-v2";
import { getSession, sealSession } from "ironkeep/h3";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";

import { attempt, report } from "./table.mjs";
import { HUGE } from "./values.mjs";

const PASSWORD = "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j";
const token = sealSync({ a: 1 }, PASSWORD, defaults);

function mustRefuse(call) {
  return async () => {
    await call();
    // What is no error is a fault to the judge.
    return Promise.reject("it was taken");
  };
}

for (const [name, make] of Object.entries(HUGE)) {
  for (const side of ["encryption", "integrity"]) {
    const options = { ...defaults, [side]: { ...defaults[side], iterations: make() } };
    await attempt(
      `seal, ${side}: ${name}`,
      mustRefuse(() => seal({}, PASSWORD, options)),
    );
    await attempt(
      `unseal, ${side}: ${name}`,
      mustRefuse(() => unseal(token, PASSWORD, options)),
    );
    await attempt(
      `sealSync, ${side}: ${name}`,
      mustRefuse(() => sealSync({}, PASSWORD, options)),
    );
    await attempt(
      `unsealSync, ${side}: ${name}`,
      mustRefuse(() => unsealSync(token, PASSWORD, options)),
    );
    const config = { password: PASSWORD, seal: { [side]: options[side] } };
    await attempt(
      `sealSession, ${side}: ${name}`,
      mustRefuse(() => sealSession(mockEvent("/"), config)),
    );
    const headers = { cookie: `h3=${token}` };
    await attempt(`getSession, ${side}: ${name}`, () => getSession(mockEvent("/", { headers }), config));
  }
}

await report();
