/** What an answer says about what it withholds, and how to say it in a sentence. */

export type Withheld = {
  readonly path: readonly string[];
  readonly effect: "NULL" | "MASK";
  readonly code: string;
  readonly clauses: readonly string[];
  readonly missing: readonly string[];
};

export type Answer =
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "answered"; readonly withheld: readonly Withheld[] };

/** Reads the text that the answer editor shows, so that the panel can never speak of another answer. */
export function readAnswer(text: string | null | undefined): Answer {
  if (!text?.trim()) return { kind: "none" };
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return { kind: "refused", message: text };
  }
  if (!isRecord(answer)) return { kind: "refused", message: "" };
  if (!("data" in answer)) return { kind: "refused", message: firstMessage(answer["errors"]) };
  const extensions = answer["extensions"];
  const privacy = isRecord(extensions) ? extensions["privacy"] : undefined;
  const withheld = isRecord(privacy) ? privacy["withheld"] : undefined;
  return { kind: "answered", withheld: Array.isArray(withheld) ? withheld.filter(isRecord).map(entry) : [] };
}

/** The live region's sentence. */
export function summary(answer: Answer, viewer: string): string {
  switch (answer.kind) {
    case "none":
      return "Run a document to see what is withheld from its answer.";
    case "refused":
      return "The request was refused or failed, so there is no answer to look at.";
    case "answered": {
      // A field can be withheld for several reasons, in several rows.
      const count = new Set(answer.withheld.map(({ path }) => path.join("."))).size;
      if (count === 0) return "Nothing was withheld from this answer.";
      return `${count} ${count === 1 ? "field was" : "fields were"} withheld from ${viewer}.`;
    }
  }
}

/** The reason behind a code, as the end of a sentence. A code that is not known here is spelled out in words. */
export function reason(code: string): string {
  return REASONS[code] ?? `the policy says ${code.toLowerCase().replaceAll("_", " ")}`;
}

/** What would open a withheld field, in words. */
export function remedy(missing: string): string {
  return REMEDIES[missing.toLowerCase()] ?? missing.toLowerCase().replaceAll("_", " ");
}

const REASONS: Readonly<Record<string, string>> = {
  ACCOUNT_CANCELLED: "the account was cancelled",
  GUARDIAN_CONSENT_REQUIRED: "the guardian has not consented",
  MEMBERSHIP_NOT_VERIFIED: "the membership is not verified",
  NOT_SHARED: "it is not shared with this viewer",
  PRIVACY_TRAINING_REQUIRED: "this member of staff has not been trained in privacy",
  PURPOSE_NOT_ALLOWED: "it does not serve the purpose this viewer may have",
  TICKET_NOT_OPEN: "no open ticket calls for it",
  WINDOW_CLOSED: "this is not the time in which this viewer needs it",
};

const REMEDIES: Readonly<Record<string, string>> = {
  account: "an active account",
  guardian_consent: "the guardian's consent",
  membership: "a verified membership",
  purpose: "a purpose that covers it",
  ticket: "an open ticket",
  training: "privacy training",
  window: "an open order or shipment",
};

function entry(raw: Record<string, unknown>): Withheld {
  return {
    path: texts(raw["path"]),
    effect: raw["effect"] === "MASK" ? "MASK" : "NULL",
    code: typeof raw["code"] === "string" ? raw["code"] : "WITHHELD",
    clauses: texts(raw["clauses"]),
    missing: texts(raw["missing"]),
  };
}

function firstMessage(errors: unknown): string {
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return isRecord(first) && typeof first["message"] === "string" ? first["message"] : "";
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
