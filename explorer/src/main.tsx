/** The schema explorer's entry. */
import { createRoot } from "react-dom/client";
import { Explorer } from "./Explorer";
import "./styles.css";

const root = document.getElementById("explorer");
if (root === null) throw new Error("The page has no `#explorer` element; index.html and the bundle do not belong together.");
createRoot(root).render(<Explorer />);
