/** What the compiler must refuse: a line below that it lets pass is an error of its own. Nothing of it is run. */

import { CartFillDocument, type OrdersQuery, OrdersDocument, type RefusalFragment } from "./generated/operations.js";
import type { Shop } from "./shop.js";

export async function refused(shop: Shop, order: OrdersQuery["orders"]["nodes"][number], refusal: RefusalFragment) {
  // @ts-expect-error -- the amount is personal, so it can be withheld.
  order.total.amount.toString();
  // @ts-expect-error -- an amount is exact decimal text, and not a number that rounds it.
  const amount: number | undefined = order.total?.amount;
  // @ts-expect-error -- there is no such status.
  const isLost = order.status === "LOST";
  // @ts-expect-error -- the buyer was not asked for.
  const buyer = order.buyer;
  // @ts-expect-error -- the operation needs to know how many.
  await shop.ask(OrdersDocument, {});
  // @ts-expect-error -- a line is of a variant.
  await shop.ask(CartFillDocument, { input: { lines: [{ quantity: 1 }] } });
  // @ts-expect-error -- only `InsufficientStock` says how many there are.
  const available = refusal.available;
  return { amount, isLost, buyer, available };
}
