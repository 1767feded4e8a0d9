import { changeQuery } from "./page-view.ts";
import { Select } from "./select.tsx";
import { ORDERS, type Order } from "./wall-order.ts";

interface WallToolsProperties {
  sought: string;
  order: Order;
}

/** The search and the order of the wall. */
export function WallTools({ sought, order }: WallToolsProperties) {
  return (
    <>
      <label class="field search">
        <span class="unseen">Find a service</span>
        <input
          id="search"
          type="search"
          placeholder="Find a service"
          autocomplete="off"
          aria-keyshortcuts="/"
          value={sought}
          onInput={(event) => changeQuery({ q: event.currentTarget.value })}
        />
        <span class="key" aria-hidden="true">
          /
        </span>
      </label>
      <Select id="order" label="Order" options={ORDERS} value={order} absent="trouble" />
    </>
  );
}
