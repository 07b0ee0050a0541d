/** Chooses as whom the explorer asks. */
import { useState, type FormEvent } from "react";
import type { Viewer } from "./viewers";

type Props = {
  readonly viewers: readonly Viewer[];
  /** Whether to offer a field for a token, because the server lists no demo viewers. */
  readonly takesToken: boolean;
  readonly viewer: Viewer;
  readonly onSelect: (viewer: Viewer) => void;
  readonly onToken: (token: string) => void;
};

export function ViewerSwitcher({ viewers, takesToken, viewer, onSelect, onToken }: Props) {
  const shown = viewers.some(({ key }) => key === viewer.key) ? viewers : [...viewers, viewer];
  return (
    <div className="switcher">
      <label htmlFor="viewer">Ask as</label>
      <select
        id="viewer"
        value={viewer.key}
        aria-describedby="viewer-about"
        onChange={(event) => {
          const chosen = shown.find(({ key }) => key === event.target.value);
          if (chosen) onSelect(chosen);
        }}
      >
        {shown.map(({ key, name }) => (
          <option key={key} value={key}>{name}</option>
        ))}
      </select>
      {takesToken && <TokenField onToken={onToken} />}
      <p id="viewer-about" className="about">{viewer.about}</p>
    </div>
  );
}

function TokenField({ onToken }: { readonly onToken: (token: string) => void }) {
  const [token, setToken] = useState("");

  // The field has no name and the form no action: the token cannot end in an address.
  function use(event: FormEvent) {
    event.preventDefault();
    if (token.trim() === "") return;
    onToken(token.trim());
    setToken("");
  }

  return (
    <form className="token" onSubmit={use}>
      <label htmlFor="token">Token</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="avow_…"
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <button type="submit" className="quiet">Use token</button>
    </form>
  );
}
