/** The document and its answer, side by side. */
import {
  QueryEditor,
  ResponseEditor,
  useCopyQuery,
  useEditorContext,
  useExecutionContext,
  usePrettifyEditors,
  VariableEditor,
} from "@graphiql/react";
import { useEffect, useMemo, useState } from "react";
import { makeAccessible } from "./editors";
import { EXAMPLES } from "./examples";
import { PrivacyPanel } from "./PrivacyPanel";
import { readAnswer } from "./privacy";
import type { Viewer } from "./viewers";

/** Whom the shown answer was given to, and how long it took. */
export type Asked = { readonly by: Viewer; readonly milliseconds: number };

type Props = { readonly viewer: Viewer; readonly asked: Asked | null };

export function Workbench({ viewer, asked }: Props) {
  const { queryEditor, variableEditor, responseEditor, tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  const { run, stop, isFetching } = useExecutionContext({ nonNull: true });
  const shown = tabs[activeTabIndex]?.response;
  const answer = useMemo(() => readAnswer(shown), [shown]);
  const isStale = answer.kind !== "none" && asked !== null && asked.by !== viewer;

  useEffect(() => makeAccessible(queryEditor, "GraphQL document"), [queryEditor]);
  useEffect(() => makeAccessible(variableEditor, "Variables, as JSON"), [variableEditor]);
  useEffect(() => makeAccessible(responseEditor, "Answer, as JSON, read only"), [responseEditor]);
  useRunShortcut(run);

  return (
    <>
      <section id="document" className="pane document" aria-labelledby="document-title" tabIndex={-1}>
        <div className="pane-head">
          <h2 id="document-title">Document</h2>
          <button
            type="button"
            className="run"
            aria-keyshortcuts="Control+Enter Meta+Enter"
            title="Ctrl+Enter, or ⌘+Enter"
            onClick={isFetching ? stop : run}
          >
            {isFetching ? "Stop" : "Run"}
          </button>
          <DocumentTools />
        </div>
        <div className="editor editor-query"><QueryEditor /></div>
        <Variables />
      </section>
      <section className="pane answer" aria-labelledby="answer-title" aria-busy={isFetching}>
        <div className="pane-head">
          <h2 id="answer-title">Answer</h2>
          {asked !== null && answer.kind !== "none" && (
            <p className="provenance">
              to <strong>{asked.by.name}</strong> in {Math.max(1, Math.round(asked.milliseconds))} ms
            </p>
          )}
        </div>
        {isStale && (
          <div className="stale">
            <p>
              This answer was given to <strong>{asked.by.name}</strong>. You now ask as <strong>{viewer.name}</strong>.
            </p>
            <button type="button" onClick={run} aria-keyshortcuts="Control+Enter Meta+Enter">Run again</button>
          </div>
        )}
        <div className={isStale ? "editor editor-answer is-stale" : "editor editor-answer"}>
          <ResponseEditor />
          {answer.kind === "none" && !isFetching && (
            <p className="empty">
              No answer yet. Press <strong>Run</strong>, or <kbd>Ctrl</kbd> <kbd>Enter</kbd> anywhere on the page.
            </p>
          )}
        </div>
        <PrivacyPanel answer={answer} viewer={asked?.by.name ?? viewer.name} isWaiting={isFetching} />
      </section>
    </>
  );
}

function DocumentTools() {
  const { queryEditor } = useEditorContext({ nonNull: true });
  const prettify = usePrettifyEditors();
  const copy = useCopyQuery();
  return (
    <div className="tools" role="group" aria-label="Document tools">
      <span aria-hidden="true">Examples</span>
      {EXAMPLES.map(({ name, document }) => (
        <button key={name} type="button" className="chip" onClick={() => queryEditor?.setValue(document)}>
          <span className="visually-hidden">Example: </span>{name}
        </button>
      ))}
      <button type="button" className="chip push" onClick={prettify}>Tidy</button>
      <button type="button" className="chip" onClick={() => void copy()}>Copy</button>
    </div>
  );
}

function Variables() {
  const { variableEditor } = useEditorContext({ nonNull: true });
  const [isOpen, setIsOpen] = useState(false);

  // CodeMirror measures nothing while it is hidden.
  useEffect(() => {
    if (isOpen) variableEditor?.refresh();
  }, [isOpen, variableEditor]);

  return (
    <div className="variables">
      <button
        type="button"
        className="fold"
        aria-expanded={isOpen}
        aria-controls="variables"
        onClick={() => setIsOpen(!isOpen)}
      >
        Variables
      </button>
      <div id="variables" className="editor editor-variables" hidden={!isOpen}><VariableEditor /></div>
    </div>
  );
}

/** Runs on Ctrl+Enter or ⌘+Enter from anywhere; inside an editor CodeMirror has done so already. */
function useRunShortcut(run: () => void) {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
      event.preventDefault();
      run();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [run]);
}
