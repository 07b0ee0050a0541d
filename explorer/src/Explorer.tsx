/** The page: who asks, what they ask, what they got, what was withheld, and the schema as they may see it. */
import { GraphiQLProvider } from "@graphiql/react";
import { DocExplorerContextProvider } from "@graphiql/plugin-doc-explorer";
import type { GraphQLSchema } from "graphql";
import { useCallback, useEffect, useMemo, useState } from "react";
import { flushSync } from "react-dom";
import { fetcherFor, schemaFor } from "./client";
import { EXAMPLES } from "./examples";
import { SchemaPane, type SchemaState } from "./SchemaPane";
import { ANONYMOUS, demoViewers, LISTS_VIEWERS, pasted, SESSION, type Viewer } from "./viewers";
import { ViewerSwitcher } from "./ViewerSwitcher";
import { Workbench, type Asked } from "./Workbench";

const isWide = () => window.matchMedia("(min-width: 1100px)").matches;

export function Explorer() {
  const [demo, setDemo] = useState<readonly Viewer[] | null>(null);
  const [viewer, setViewer] = useState<Viewer>(ANONYMOUS);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [schema, setSchema] = useState<SchemaState>({ kind: "loading" });
  const [schemaShown, setSchemaShown] = useState(isWide);

  useEffect(() => {
    void demoViewers().then(setDemo);
  }, []);

  const introspect = useCallback(async (isWanted: () => boolean) => {
    setSchema({ kind: "loading" });
    const next = await schemaFor(viewer).then(
      (found): SchemaState => ({ kind: "ready", schema: found }),
      (error: unknown): SchemaState => ({ kind: "closed", message: error instanceof Error ? error.message : String(error) }),
    );
    if (isWanted()) setSchema(next);
  }, [viewer]);

  useEffect(() => {
    // Production tells its schema to known viewers only; asking would be refused, so only Reload asks.
    if (viewer === ANONYMOUS && !LISTS_VIEWERS) {
      setSchema({ kind: "unasked" });
      return;
    }
    let isCurrent = true;
    void introspect(() => isCurrent);
    return () => {
      isCurrent = false;
    };
  }, [introspect]);

  function toggleSchema() {
    flushSync(() => setSchemaShown(!schemaShown));
    // On a narrow page the schema comes last; whoever asked for it is taken there.
    const pane = document.getElementById("schema");
    if (pane === null || schemaShown || isWide()) return;
    pane.focus({ preventScroll: true });
    pane.scrollIntoView({ block: "start" });
  }

  const fetcher = useMemo(
    () => fetcherFor(viewer, (by, milliseconds) => setAsked({ by, milliseconds })),
    [viewer],
  );
  const shownSchema: GraphQLSchema | null = schema.kind === "ready" ? schema.schema : null;

  return (
    <>
      <a className="skip" href="#document">Skip to the document</a>
      <GraphiQLProvider
        fetcher={fetcher}
        schema={shownSchema}
        defaultQuery={EXAMPLES[0].document}
        shouldPersistHeaders={false}
        storage={window.sessionStorage}
      >
        <DocExplorerContextProvider>
          <div className="page graphiql-container" data-schema={schemaShown ? "shown" : "hidden"}>
            <header className="top">
              <h1 className="brand">
                <img src="/explorer/assets/icon.svg" alt="" width="28" height="28" />
                <span>Avow <span className="brand-what">schema explorer</span></span>
              </h1>
              <ViewerSwitcher
                viewers={[ANONYMOUS, SESSION, ...(demo ?? [])]}
                takesToken={demo === null}
                viewer={viewer}
                onSelect={setViewer}
                onToken={(token) => setViewer(pasted(token))}
              />
              <button
                type="button"
                className="quiet"
                aria-expanded={schemaShown}
                aria-controls="schema"
                onClick={toggleSchema}
              >
                Schema
              </button>
            </header>
            <main className="columns">
              <Workbench viewer={viewer} asked={asked} />
              <SchemaPane
                isShown={schemaShown}
                viewer={viewer}
                state={schema}
                onReload={() => void introspect(() => true)}
              />
            </main>
          </div>
        </DocExplorerContextProvider>
      </GraphiQLProvider>
    </>
  );
}
