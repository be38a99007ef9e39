export interface Spelling {
  readonly name: string;
  readonly spelling: string;
  readonly text: string;
}
export const CANARIES: Readonly<Record<string, string>>;
export function spellingsOf(name: string, secret: string): Spelling[];
export function spellingsOfToken(token: string): Spelling[];
