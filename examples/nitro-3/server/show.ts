import { type H3Event, html, raw } from "h3";

export const show = (page: string) => html(raw(page));

/** Says that it was too often; gives the seconds after which it may be tried again. */
export function refuse(event: H3Event, { retryAfter }: { retryAfter: number }): number {
  const seconds = Math.ceil(retryAfter);
  event.res.status = 429;
  event.res.headers.set("retry-after", String(seconds));
  return seconds;
}
