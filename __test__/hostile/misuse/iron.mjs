import { isIronkeepError, version } from "ironkeep";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";

import { attempt, report } from "./table.mjs";
import { HUGE, VALUES } from "./values.mjs";

const PASSWORD = "mY4&tG8z*Qw2kV6r%Nf9xP3c!Sb7hD5j";
const CALLS = {
  seal: { call: seal, first: { a: 1 } },
  sealSync: { call: sealSync, first: { a: 1 } },
  unseal: { call: unseal, first: sealSync({ a: 1 }, PASSWORD, defaults) },
  unsealSync: { call: unsealSync, first: sealSync({ a: 1 }, PASSWORD, defaults) },
};

/** Every place in the options that holds a value. */
const OPTION_PATHS = [
  ...["encryption", "integrity", "ttl", "timestampSkewSec", "localtimeOffsetMsec", "encode", "decode"].map((key) => [
    key,
  ]),
  ...["encryption", "integrity"].flatMap((half) =>
    ["algorithm", "saltBits", "iterations", "minPasswordlength"].map((key) => [half, key]),
  ),
];

function withOption([key, inner], value) {
  return { ...defaults, [key]: inner === undefined ? value : { ...defaults[key], [inner]: value } };
}

/** Every place in a password that holds a value. */
const PASSWORD_FORMS = {
  "{ id }": (value) => ({ id: value, secret: PASSWORD }),
  "{ secret }": (value) => ({ id: "1", secret: value }),
  "{ encryption }": (value) => ({ encryption: value, integrity: PASSWORD }),
  "{ integrity }": (value) => ({ encryption: PASSWORD, integrity: value }),
  "{ default }": (value) => ({ default: value }),
  "{ default: { secret } }": (value) => ({ default: { secret: value } }),
};

for (const [value, make] of Object.entries(VALUES)) {
  await attempt(`isIronkeepError(${value})`, () => isIronkeepError(make()));
  await attempt(`isIronkeepError(code: ${value})`, () =>
    isIronkeepError(Object.assign(new Error("x"), { code: make() })),
  );
  for (const [name, { call, first }] of Object.entries(CALLS)) {
    await attempt(`${name}(${value}, …)`, () => call(make(), PASSWORD, defaults));
    await attempt(`${name}({ ${value} }, …)`, () => call({ a: [make()] }, PASSWORD, defaults));
    await attempt(`${name}(…, ${value}, …)`, () => call(first, make(), defaults));
    await attempt(`${name}(…, …, ${value})`, () => call(first, PASSWORD, make()));
    for (const [form, password] of Object.entries(PASSWORD_FORMS)) {
      await attempt(`${name}(…, ${form}: ${value}, …)`, () => call(first, password(make()), defaults));
    }
    for (const path of OPTION_PATHS) {
      // These have a table of their own, `iterations`: a call that takes one at its word never ends.
      if (path.includes("iterations") && value in HUGE) continue;
      await attempt(`${name}(…, …, ${path.join(".")}: ${value})`, () =>
        call(first, PASSWORD, withOption(path, make())),
      );
    }
    await attempt(`${name} encode and decode give ${value}`, () =>
      call(first, PASSWORD, { ...defaults, encode: () => make(), decode: () => make() }),
    );
  }
}
for (const [name, { call }] of Object.entries(CALLS)) {
  await attempt(`${name}()`, () => call());
  await attempt(`${name} as a constructor`, () => Reflect.construct(call, []));
}
await attempt("the version", () => version.length);

await report();
