import type { Delivery } from "../monitoring.ts";
import { until } from "../platform.ts";
import { startReceiver } from "./receiver.ts";

/** A webhook in the cluster that keeps the alerts that it gets. */
export interface AlertCatcher {
  url: string;
  /** Waits for the first alert of a name. */
  first(name: string): Promise<Delivery>;
  close(): Promise<void>;
}

/** Starts the webhook on the functions' image. */
export async function startAlertCatcher(image: string): Promise<AlertCatcher> {
  const receiver = await startReceiver("e2e-alert-catcher", image);

  async function caught(): Promise<Delivery[]> {
    const received = await receiver.received();
    return received.flatMap(({ path, body }) => {
      const { alerts } = JSON.parse(body) as { alerts: Omit<Delivery, "path">[] };
      return alerts.map((alert) => ({ path, ...alert }));
    });
  }

  return {
    url: receiver.url,
    async first(name) {
      let alert: Delivery | undefined;
      await until(
        `Alertmanager to have posted ${name}`,
        async () => {
          alert = (await caught()).find(({ labels }) => labels.alertname === name);
          return alert !== undefined;
        },
        240_000,
      );
      return alert as Delivery;
    },
    close: receiver.close,
  };
}
