/** Lists what was withheld from the shown answer, a sentence for each field. */
import { reason, remedy, summary, type Answer, type Withheld } from "./privacy";

type Props = { readonly answer: Answer; readonly viewer: string; readonly isWaiting: boolean };

export function PrivacyPanel({ answer, viewer, isWaiting }: Props) {
  const withheld = answer.kind === "answered" ? answer.withheld : [];
  return (
    <section className="privacy" aria-labelledby="privacy-title">
      <div className="privacy-head">
        <h3 id="privacy-title">Withheld</h3>
        <p role="status">{isWaiting ? "Waiting for the answer…" : summary(answer, viewer)}</p>
        {withheld.length > 0 && <p className="privacy-note">Listed by field, whichever rows it concerns.</p>}
      </div>
      {withheld.length > 0 && (
        // The list scrolls, so the keyboard must be able to reach it.
        <ul className="withheld" tabIndex={0} aria-labelledby="privacy-title">
          {withheld.map((entry) => (
            <Entry key={`${entry.path.join(".")} ${entry.effect} ${entry.code}`} entry={entry} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Entry({ entry }: { readonly entry: Withheld }) {
  const isMask = entry.effect === "MASK";
  return (
    <li>
      <span className={isMask ? "bar bar-mask" : "bar"} aria-hidden="true" />
      <p>
        <code className="path">{entry.path.join(".")}</code> {isMask ? "is masked" : "is left out"}:{" "}
        {reason(entry.code)}.
        {entry.missing.length > 0 && <> It would open with {entry.missing.map(remedy).join(" and ")}.</>}
      </p>
      <p className="basis">
        <code>{entry.code}</code>
        {entry.clauses.length > 0 && (
          <span>
            {entry.clauses.length === 1 ? "clause " : "clauses "}
            {entry.clauses.join(", ")}
          </span>
        )}
      </p>
    </li>
  );
}
