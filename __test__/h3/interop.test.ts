import { describe, expect, it } from "vitest";
import type { Reply } from "./_http.ts";
import { fetchInProcess } from "./_http.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { openSeal } from "./_seals.ts";
import type { SessionApp } from "./_writers.ts";
import { OURS, PEERS, WRITTEN } from "./_writers.ts";

async function write(app: SessionApp): Promise<{ seal: string; id: string | undefined }> {
  const reply = await fetchInProcess(app.fetch, "/write", {});
  return { seal: reply.cookie("h3").value, id: reply.json<Seen>().id };
}

function read(app: SessionApp, seal: string): Promise<Reply> {
  return fetchInProcess(app.fetch, "/read", { headers: { cookie: `h3=${seal}` } });
}

describe("what is written", () => {
  for (const app of [...PEERS, ...OURS]) {
    it(`${app.title} writes generation ${app.generation}`, async () => {
      const { seal, id } = await write(app);
      const opened = await openSeal(seal, PASSWORD);
      expect(opened.generation).toBe(app.generation);
      expect(opened.payload).toMatchObject({ id, data: WRITTEN });
    });
  }
});

describe("cookies of the peers are accepted", () => {
  for (const writer of PEERS) {
    for (const reader of OURS) {
      it(`${writer.title} -> ${reader.title}`, async () => {
        const { seal, id } = await write(writer);
        const reply = await read(reader, seal);
        expect(reply.json<Seen>()).toEqual({ id, data: WRITTEN });
      });
    }
  }
});

describe("our cookies are accepted by the peers that can read their generation", () => {
  for (const writer of OURS) {
    for (const reader of PEERS) {
      const readable = reader.reads.includes(writer.generation);
      it(`${writer.title} -> ${reader.title}: ${readable ? "read" : "a new session"}`, async () => {
        const { seal, id } = await write(writer);
        const seen = (await read(reader, seal)).json<Seen>();
        if (readable) expect(seen).toEqual({ id, data: WRITTEN });
        else expect(seen.id).not.toBe(id);
      });
    }
  }
});

describe("our own majors read each other", () => {
  for (const writer of OURS) {
    for (const reader of OURS) {
      it(`${writer.title} -> ${reader.title}`, async () => {
        const { seal, id } = await write(writer);
        expect((await read(reader, seal)).json<Seen>()).toEqual({ id, data: WRITTEN });
      });
    }
  }
});
