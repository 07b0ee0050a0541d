/** What CodeMirror lacks for people who use a keyboard or a screen reader. */

type Editor = {
  getInputField(): HTMLElement;
  getWrapperElement(): HTMLElement;
  addKeyMap(map: Record<string, false>): void;
  setOption(option: string, value: unknown): void;
};

/** Names an editor, and lets Tab leave it instead of indenting, so that it is no trap for the keyboard. */
export function makeAccessible(editor: unknown, name: string): void {
  if (!isEditor(editor)) return;
  editor.getInputField().setAttribute("aria-label", name);
  // `false` leaves the key to the browser; a list of completions still takes Tab while it is open.
  editor.addKeyMap({ Tab: false, "Shift-Tab": false });
  // Gutters hold line numbers and fold marks, which are noise when read aloud.
  editor.getWrapperElement().querySelector(".CodeMirror-gutters")?.setAttribute("aria-hidden", "true");
}

function isEditor(editor: unknown): editor is Editor {
  return typeof editor === "object" && editor !== null && "getInputField" in editor;
}
