/** Whom the explorer can ask as. Tokens live in these objects and nowhere else: never in a storage, a URL or the page's text. */

export type Viewer = {
  /** Identifies the choice in the switcher. */
  readonly key: string;
  readonly name: string;
  readonly about: string;
  /** `null`: no token goes along. */
  readonly token: string | null;
  /** Whether the browser's own session cookie goes along; never together with a token. */
  readonly withCookie: boolean;
};

export const ANONYMOUS: Viewer = {
  key: "anonymous",
  name: "anonymous",
  about: "Somebody who has not signed in.",
  token: null,
  withCookie: false,
};

export const SESSION: Viewer = {
  key: "session",
  name: "this browser's session",
  about: "Whoever is signed in with this browser's cookie.",
  token: null,
  withCookie: true,
};

/** A viewer by a token that somebody typed. */
export function pasted(token: string): Viewer {
  return { key: "pasted", name: "the pasted token", about: "Whoever the pasted token stands for.", token, withCookie: false };
}

const TIMEOUT_MS = 10_000;

/** Where the demo shop's viewers are listed, or `undefined` where none are: in production, whose page does not name it. */
const ADDRESS = document.querySelector<HTMLMetaElement>('meta[name="avow-viewers"]')?.content;

export const LISTS_VIEWERS = ADDRESS !== undefined;

/** The demo shop's viewers; `null` if the server lists none. */
export async function demoViewers(): Promise<readonly Viewer[] | null> {
  if (ADDRESS === undefined) return null;
  try {
    const answer = await fetch(ADDRESS, {
      headers: { Accept: "application/json" },
      credentials: "omit",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) return null;
    const listed: unknown = await answer.json();
    return Array.isArray(listed) ? listed.filter(isListed).map(demo) : null;
  } catch {
    return null;
  }
}

type Listed = { readonly name: string; readonly about: string; readonly token: string };

function isListed(value: unknown): value is Listed {
  if (typeof value !== "object" || value === null) return false;
  const { name, about, token } = value as Record<string, unknown>;
  return typeof name === "string" && typeof about === "string" && typeof token === "string";
}

function demo({ name, about, token }: Listed): Viewer {
  return { key: `demo:${name}`, name: name.replaceAll("_", " "), about, token, withCookie: false };
}
