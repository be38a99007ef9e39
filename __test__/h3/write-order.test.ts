import type { SessionConfig } from "ironkeep/h3";
import { regenerateSession, updateSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { makeSeal, openSeal } from "./_seals.ts";

/** Fresh keys for every seal are derived off the loop; generation 1 is sealed at once. */
const slow: SessionConfig = { password: PASSWORD, generation: 2, salts: "fresh" };
const fast: SessionConfig = { password: PASSWORD, generation: 1 };

describeMatrix("a token that took long", (t, { it, expect }) => {
  for (const [title, write] of [
    ["update", updateSession.bind(undefined)],
    ["regenerate", regenerateSession.bind(undefined)],
  ] as const) {
    it(`does not take the place of that of a later ${title}`, async () => {
      let texts = 0;
      t.route("/", async (event) => {
        let later: Promise<unknown> | undefined;
        // JSON asks for the data at the one moment when the slow token is made; its cookie is set some turns later.
        const probe = {
          toJSON() {
            texts += 1;
            if (texts === 2) {
              queueMicrotask(() => {
                later = write(event, fast, title === "update" ? ({ later: true } as never) : undefined);
              });
            }
            return undefined;
          },
        };
        await updateSession(event, slow, { probe });
        await later;
        return event.context.sessions?.["h3"];
      });
      const cookie = `h3=${await makeSeal({ id: "s1", createdAt: Date.now(), data: {} }, PASSWORD)}`;
      const reply = await t.request("/", { headers: { cookie } });
      const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
      expect(texts).toBeGreaterThan(2);
      expect(payload).toEqual(reply.json());
      if (title === "update") expect(payload.data).toEqual({ later: true });
      else expect(payload.id).not.toBe("s1");
    });
  }
});
