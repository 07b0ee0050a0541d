/** What CodeMirror lacks for people who use a keyboard or a screen reader. */
import CodeMirror from "codemirror";

// Lines in the page instead of a hidden text area: a screen reader can read them, and the keyboard can scroll them.
CodeMirror.defaults.inputStyle = "contenteditable";

/** Names an editor, and lets Tab leave it instead of indenting, so that it is no trap for the keyboard. */
export function makeAccessible(editor: CodeMirror.Editor | null, name: string): void {
  if (editor === null) return;
  const field = editor.getInputField();
  field.setAttribute("role", "textbox");
  field.setAttribute("aria-multiline", "true");
  field.setAttribute("aria-label", name);
  if (editor.isReadOnly()) {
    field.setAttribute("aria-readonly", "true");
    field.setAttribute("inputmode", "none");
  }
  // `false` leaves the key to the browser; a list of completions still takes Tab while it is open.
  editor.addKeyMap({ Tab: false, "Shift-Tab": false });
  editor.setOption("lineWrapping", true);
  // Gutters hold line numbers and fold marks, which are noise when read aloud.
  editor.getWrapperElement().querySelector(".CodeMirror-gutters")?.setAttribute("aria-hidden", "true");
}
