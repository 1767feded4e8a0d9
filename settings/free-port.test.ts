import { expect, it, vi } from "vitest";

it("every process begins to look at a place of its own", async () => {
  const ports = new Set<number>();
  for (let i = 0; i < 5; i++) {
    vi.resetModules(); // as another process has it
    const { freePort } = await import("./free-port.ts");
    ports.add(await freePort());
  }
  // Two of the five may meet by chance, once in two thousand runs.
  expect(ports.size).toBeGreaterThan(3);
});
