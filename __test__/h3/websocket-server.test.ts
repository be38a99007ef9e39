import type { SessionConfig } from "ironkeep/h3";
import { useSession } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { PASSWORD } from "./_passwords.ts";
import { makeSeal } from "./_seals.ts";
import type { Hooks, Peer } from "./_sockets.ts";
import { MAJORS, connect, listen } from "./_sockets.ts";

const config: SessionConfig = { password: PASSWORD };

type Subject = Parameters<typeof useSession>[0];

/** What an app passes on: the peer itself, or the form that h3 2 asks for. */
const PASSED: Record<string, (peer: Peer) => Subject> = {
  "the peer": (peer) => peer,
  "{ req, context } of the peer": (peer) => ({ req: peer.request, context: peer.context }),
};

const makeHooks = (pass: (peer: Peer) => Subject): Hooks => ({
  async open(peer) {
    const session = await useSession(pass(peer), config);
    peer.send(JSON.stringify({ id: session.id, data: session.data }));
  },
  async message(peer) {
    const session = await useSession(pass(peer), config);
    const written = (async () => session.update({ written: true }))();
    const outcome = await written.then(
      () => "written",
      (error: { code?: string }) => error.code,
    );
    peer.send(JSON.stringify({ outcome, data: session.data }));
  },
});

for (const [major, options] of Object.entries(MAJORS)) {
  for (const [passed, pass] of Object.entries(PASSED)) {
    describe(`a session over a real WebSocket, from ${passed} [h3 ${major}]`, () => {
      it("is read when the connection opens, and writes are refused", async () => {
        const payload = { id: "s1", createdAt: Date.now(), data: { user: "ada" } };
        const cookie = `h3=${await makeSeal(payload, PASSWORD)}`;
        const client = await connect(await listen(options(makeHooks(pass))), { cookie });
        expect(await client.next()).toEqual({ id: "s1", data: { user: "ada" } });
        client.send("write");
        expect(await client.next()).toEqual({ outcome: "ERR_READ_ONLY", data: { user: "ada" } });
        client.close();
      });

      it("is empty for an anonymous connection", async () => {
        const client = await connect(await listen(options(makeHooks(pass))), {});
        expect(await client.next()).toHaveProperty("data", {});
        client.close();
      });
    });
  }
}
