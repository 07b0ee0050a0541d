/** Browses, fills a guest's cart, and lists orders as whoever `AVOW_TOKEN` stands for. */

import {
  CartBeginDocument,
  CartFillDocument,
  type OrdersQuery,
  OrdersDocument,
  ProductsDocument,
  type RefusalFragment,
} from "./generated/operations.js";
import { Shop } from "./shop.js";

const url = process.env["AVOW_URL"] ?? "http://127.0.0.1:8000/graphql";

/** Says a refusal in words; the compiler knows that only `InsufficientStock` has `available`. */
function inWords(refusal: RefusalFragment): string {
  return refusal.__typename === "InsufficientStock"
    ? `${refusal.message} (${refusal.available} left)`
    : `${refusal.code}: ${refusal.message}`;
}

type Order = OrdersQuery["orders"]["nodes"][number];

/** What is personal can be null for anybody, so the type makes us say what to show then. */
function line(order: Order): string {
  const { number, status, total, recipient } = order;
  const price = total ? `${total.amount} ${total.currencyCode}` : "(no price for you)";
  return `${number ?? "?"} ${status ?? "?"} ${price}, to ${recipient?.name ?? "(not for you)"}`;
}

// Nobody in particular: the catalogue is for everybody.
const anybody = new Shop(url, undefined);
const { data: catalogue } = await anybody.ask(ProductsDocument, { first: 3, filter: { currencyCode: "EUR" } });
const products = catalogue.products.nodes;

// A guest's cart is whoever's has its token.
const { data: begun } = await anybody.ask(CartBeginDocument, {});
const variant = products.flatMap((product) => product.variants).find((variant) => variant.isInStock);
const { cartToken } = begun.cartCreate;
if (!variant || !cartToken) throw new Error(begun.cartCreate.userErrors.map(inWords).join() || "Nothing is in stock.");
const fill = (quantity: number) =>
  anybody.ask(CartFillDocument, { input: { cartToken, lines: [{ variantId: variant.id, quantity }] } });
const filled = await fill(2);
const refused = await fill(0);

// Somebody: what they may not know is null or a mask, and `withheld` lists it.
const somebody = new Shop(url, process.env["AVOW_TOKEN"]);
const { data, withheld } = await somebody.ask(OrdersDocument, { first: 10 });

console.log(
  JSON.stringify(
    {
      products: products.map(({ title, priceRange }) => [title, priceRange?.minimum.amount ?? null]),
      cart: filled.data.cartLinesAdd.guestCart,
      refused: refused.data.cartLinesAdd.userErrors.map(inWords),
      viewer: data.viewer.kind,
      orders: data.orders.nodes.map(line),
      withheld,
    },
    null,
    2,
  ),
);
