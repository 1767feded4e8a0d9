/** Moves the focus from tile to tile with the arrow keys, Home and End. */
export function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const list = event.currentTarget;
  const item = (event.target as Element).closest("li");
  if (item === null) return;
  const items = list.children;
  const index = Array.prototype.indexOf.call(items, item);
  const columns = getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const targets: Record<string, number> = {
    ArrowRight: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index + columns,
    ArrowUp: index - columns,
    Home: 0,
    End: items.length - 1,
  };
  const target = targets[event.key];
  if (target === undefined) return;
  event.preventDefault();
  items[target]?.querySelector("a")?.focus();
}
