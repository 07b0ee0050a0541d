/** Apollo Client for the shop: what its cache has to be told, and who asks. */

import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import possible from "./generated/possible-types.js";

export function cache(): InMemoryCache {
  return new InMemoryCache({
    // Everything with an `id` is kept once, as `Order:...`; ids are unique in the whole shop.
    possibleTypes: possible.possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          // Pages of one list are put together; another filter or order is another list.
          products: relayStylePagination(["filter", "sortKey", "reverse"]),
          orders: relayStylePagination(),
        },
      },
      User: { fields: { orders: relayStylePagination() } },
    },
  });
}

export function client(url: string, token: string | undefined): ApolloClient {
  return new ApolloClient({
    cache: cache(),
    link: new HttpLink({ uri: url, headers: token ? { Authorization: `Bearer ${token}` } : {} }),
  });
}
