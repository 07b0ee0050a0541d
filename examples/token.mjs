/** Prints the token of one of the demo shop's viewers: `node token.mjs customer`. */

const url = process.env.AVOW_URL ?? "http://127.0.0.1:8000/graphql";
const [name] = process.argv.slice(2);
const answer = await fetch(new URL("/explorer/viewers", url), { signal: AbortSignal.timeout(10_000) });
if (!answer.ok) {
  console.error(`${url} lists no viewers: only a shop in development with the demonstration does.`);
  process.exit(1);
}
const viewers = await answer.json();
const viewer = viewers.find((viewer) => viewer.name === name);
if (!viewer) {
  console.error(`Name one of ${viewers.map((viewer) => viewer.name).join(", ")}.`);
  process.exit(2);
}
console.log(viewer.token);
