/** Pages through products, and cancels an order twice, with Apollo Client. */

import { filter, firstValueFrom } from "rxjs";
import { client } from "./client.js";
import { OrderCancelDocument, OrdersDocument, ProductsDocument } from "./generated/operations.js";

const shop = client(process.env["AVOW_URL"] ?? "http://127.0.0.1:8000/graphql", process.env["AVOW_TOKEN"]);

// A list that grows: `fetchMore` asks for the next page, the cache appends it, and whoever watches gets all of it.
const list = shop.watchQuery({ query: ProductsDocument, variables: { first: 2 } });
const firstPage = await firstValueFrom(list.pipe(filter(({ dataState }) => dataState === "complete")));
const after = firstPage.data?.products?.pageInfo?.endCursor;
if (!after) throw new Error("There are no products.");
await list.fetchMore({ variables: { after } });
const both = shop.readQuery({ query: ProductsDocument, variables: { first: 2 } });

// A mutation: its answer holds the order's id, so that every list with this order shows the new status.
const orders = await shop.query({ query: OrdersDocument, variables: { first: 10 } });
const open = orders.data?.orders.edges.map(({ node }) => node).find(({ status }) => status === "PLACED");
if (!open) throw new Error("There is no order to cancel: ask as the demo's `customer`, who has one, for one run.");
const input = { id: open.id };
await shop.mutate({ mutation: OrderCancelDocument, variables: { input } });
const fromCache = shop.readQuery({ query: OrdersDocument, variables: { first: 10 } });

// The same again is refused. Reasons are data, not exceptions: `status` is there if it is an `OrderNotCancellable`.
const again = await shop.mutate({ mutation: OrderCancelDocument, variables: { input } });
const refusal = again.data?.orderCancel.userErrors[0];

console.log(
  JSON.stringify(
    {
      products: both?.products.edges.map(({ node }) => node.title),
      cancelled: fromCache?.orders.edges.map(({ node }) => node).find(({ id }) => id === open.id),
      refused: refusal?.__typename === "OrderNotCancellable" ? [refusal.code, refusal.status] : [refusal?.code],
      kept: Object.keys(shop.extract() as object).sort(),
    },
    null,
    2,
  ),
);
shop.stop();
