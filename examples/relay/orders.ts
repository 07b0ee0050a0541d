/** The operations and fragments of a page of orders, as its components would declare them. */

import { graphql } from "relay-runtime";

export const page = graphql`
  query ordersQuery($first: Int!) {
    viewer {
      account {
        id
        ...orders_account @arguments(first: $first)
      }
    }
  }
`;

// What a component gives to `usePaginationFragment`. Its next page is asked by the account's id: `node(id:)`.
export const list = graphql`
  fragment orders_account on User
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
  @refetchable(queryName: "ordersPageQuery") {
    orders(first: $first, after: $after) @connection(key: "orders_account_orders") {
      edges {
        node {
          id
          ...orders_order
        }
      }
      pageInfo {
        endCursor
      }
    }
  }
`;

// And to `useRefetchableFragment`: one order, asked again alone.
export const row = graphql`
  fragment orders_order on Order @refetchable(queryName: "ordersOrderQuery") {
    number
    status
    total {
      amount
      currencyCode
    }
  }
`;
