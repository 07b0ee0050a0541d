/** The schema's documentation, as the current viewer may read it. */
import { DocExplorer } from "@graphiql/plugin-doc-explorer";
import type { GraphQLSchema } from "graphql";
import type { Viewer } from "./viewers";

export type SchemaState =
  | { readonly kind: "unasked" }
  | { readonly kind: "loading" }
  | { readonly kind: "ready"; readonly schema: GraphQLSchema }
  | { readonly kind: "closed"; readonly message: string };

type Props = {
  readonly isShown: boolean;
  readonly viewer: Viewer;
  readonly state: SchemaState;
  readonly onReload: () => void;
};

export function SchemaPane({ isShown, viewer, state, onReload }: Props) {
  return (
    <section id="schema" className="pane schema" aria-labelledby="schema-title" tabIndex={-1} hidden={!isShown}>
      <div className="pane-head">
        <h2 id="schema-title">Schema</h2>
        <button type="button" className="quiet" onClick={onReload}>Reload</button>
      </div>
      <div className="schema-body">
        {state.kind === "ready" && <DocExplorer />}
        {state.kind === "loading" && <p className="note">Reading the schema…</p>}
        {state.kind === "unasked" && (
          <p className="note">The schema is told to known viewers. Use a token above, or choose this browser's session.</p>
        )}
        {state.kind === "closed" && (
          <div className="note" role="alert">
            <p>
              The schema is not shown to <strong>{viewer.name}</strong>. The server says: {state.message}
            </p>
            <p>Choose another viewer, or reload once the server runs. Documents can still be run.</p>
          </div>
        )}
      </div>
    </section>
  );
}
