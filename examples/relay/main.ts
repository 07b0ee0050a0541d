/** Pages through the viewer's orders and asks one again, with what `react-relay` is built on. */

import {
  createOperationDescriptor,
  type FragmentType,
  fetchQuery,
  type GraphQLTaggedNode,
  getFragment,
  getRequest,
  getSingularSelector,
} from "relay-runtime";
import nextPage, { type ordersPageQuery } from "./__generated__/ordersPageQuery.graphql";
import oneOrder, { type ordersOrderQuery } from "./__generated__/ordersOrderQuery.graphql";
import type { ordersQuery } from "./__generated__/ordersQuery.graphql";
import type { orders_account$data } from "./__generated__/orders_account.graphql";
import type { orders_order$data } from "./__generated__/orders_order.graphql";
import { environment } from "./environment";
import { list, page, row } from "./orders";

const shop = environment(process.env["AVOW_URL"] ?? "http://127.0.0.1:8000/graphql", process.env["AVOW_TOKEN"]);

/** What `useFragment` does once: read from the store what a fragment asks for. */
function read<Data>(fragment: GraphQLTaggedNode, reference: FragmentType | object): Data {
  const selector = getSingularSelector(getFragment(fragment), reference);
  if (!selector) throw new Error("The fragment was not part of the query.");
  return shop.lookup(selector).data as unknown as Data;
}

async function main(): Promise<void> {
  const variables = { first: 2 };
  const answer = await fetchQuery<ordersQuery>(shop, page, variables).toPromise();
  const account = answer?.viewer.account;
  if (!account) throw new Error("Nobody is signed in: ask as the demo shop's `customer`.");
  // What was asked stays in the store as long as somebody looks at it.
  shop.retain(createOperationDescriptor(getRequest(page), variables));

  const numbers = () =>
    read<orders_account$data>(list, account).orders.edges.map(({ node }) => read<orders_order$data>(row, node).number);
  const first = numbers();

  // `loadNext`: the page after the last edge, which Relay's store appends to the connection.
  const { orders } = read<orders_account$data>(list, account);
  const after = orders.pageInfo.endCursor ?? null;
  await fetchQuery<ordersPageQuery>(shop, nextPage, { id: account.id, first: 2, after }).toPromise();

  // `refetch`: one object by its id.
  const id = orders.edges[0]?.node.id;
  if (!id) throw new Error("There are no orders.");
  const refetched = await fetchQuery<ordersOrderQuery>(shop, oneOrder, { id }).toPromise();

  console.log(
    JSON.stringify(
      {
        first,
        all: numbers(),
        refetched: refetched?.node ? read<orders_order$data>(row, refetched.node) : null,
      },
      null,
      2,
    ),
  );
}

void main();
