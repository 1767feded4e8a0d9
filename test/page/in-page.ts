// Measurements inside the page: Playwright sends these functions to the browser.
import type { Page } from "playwright-core";

/** How long, in ms, the wall takes to change its filter, which `sought` services pass, and its order. */
export async function timeFilterAndSort(page: Page, sought: number) {
  return page.evaluate(async (count) => {
    const settle = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const input = document.querySelector<HTMLInputElement>("#search") as HTMLInputElement;
    const order = document.querySelector<HTMLSelectElement>("#order") as HTMLSelectElement;
    const names = () => [...document.querySelectorAll(".tile .name")].map((name) => name.textContent);
    const time = async (change: () => void, isSo: () => boolean) => {
      await settle();
      const startedAt = performance.now();
      change();
      do await settle();
      while (!isSo());
      document.body.getBoundingClientRect();
      return performance.now() - startedAt;
    };
    const isEvery = (word: string) => names().every((name) => name?.includes(word));
    /** Whether the first services have changed. */
    const isReordered =
      (before = names().slice(0, 5).join()) =>
      () =>
        names().slice(0, 5).join() !== before;
    const type = (text: string) => () => {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const sort = (name: string) => () => {
      order.value = name;
      order.dispatchEvent(new Event("change", { bubbles: true }));
    };
    return {
      filter: await time(type("search-"), () => names().length === count && isEvery("search-")),
      unfilter: await time(type(""), () => names().length > count),
      slowest: await time(sort("slow"), isReordered()),
      byName: await time(sort("name"), isReordered()),
    };
  }, sought);
}

/** Notes each headline of the wall from now on. @returns gives them with their times in ms */
export async function headlinesOf(page: Page): Promise<() => Promise<{ at: number; words: string }[]>> {
  const noted = await page.evaluateHandle(() => {
    const headlines: { at: number; words: string }[] = [];
    const verdict = document.querySelector(".verdict") as HTMLElement;
    const note = () => headlines.push({ at: performance.now(), words: verdict.textContent });
    new MutationObserver(note).observe(verdict, { subtree: true, characterData: true, childList: true });
    return headlines;
  });
  return () => noted.jsonValue();
}

/** The highest point of a curve of the first chart, as a share of the height: in its last twentieth, and before. */
export async function heightsOf(page: Page, color: string): Promise<{ end: number; before: number }> {
  return page.evaluate((name) => {
    const canvas = document.querySelector<HTMLCanvasElement>(".uplot canvas") as HTMLCanvasElement;
    const { width, height } = canvas;
    const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(0, 0, width, height);
    const probe = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
    const figure = document.querySelector(".chart") as HTMLElement;
    figure.style.color = `var(--${name})`;
    probe.fillStyle = getComputedStyle(figure).color;
    figure.style.color = "";
    probe.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = probe.getImageData(0, 0, 1, 1).data;
    const over = document.querySelector(".u-over") as HTMLElement;
    const scale = width / canvas.clientWidth;
    const [left, top] = [over.offsetLeft * scale, over.offsetTop * scale];
    const [wide, high] = [over.clientWidth * scale, over.clientHeight * scale];
    const highest = { end: 0, before: 0 };
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        const at = 4 * (Math.round(top + y) * width + Math.round(left + x));
        const distance =
          Math.abs((data[at] ?? 0) - red) +
          Math.abs((data[at + 1] ?? 0) - green) +
          Math.abs((data[at + 2] ?? 0) - blue);
        if (distance > 24 || (data[at + 3] ?? 0) < 200) continue;
        const part = x > wide * 0.95 ? "end" : "before";
        highest[part] = Math.max(highest[part], 1 - y / high);
      }
    }
    return highest;
  }, color);
}
