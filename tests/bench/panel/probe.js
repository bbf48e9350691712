// In every frame before any script of the page: notes when what is awaited is there for a person, and long tasks. Times are in epoch
// milliseconds, so that those of the page and of its frames can be subtracted.
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const bench = (window.bench = { seen: {}, pressed: 0, longTasks: [] });

  /** `host >>> leaf` looks into an open shadow root. */
  bench.find = (selector) => {
    let scope = document;
    let found = null;
    for (const part of selector.split(">>>")) {
      found = scope?.querySelector(part.trim());
      scope = found?.shadowRoot;
    }
    return found;
  };
  const isOnTop = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    if (width < 2 || height < 2 || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    let hit = document.elementFromPoint(left + width / 2, top + height / 2);
    while (hit?.shadowRoot?.elementFromPoint(left + width / 2, top + height / 2)) {
      const inner = hit.shadowRoot.elementFromPoint(left + width / 2, top + height / 2);
      if (inner === hit) break;
      hit = inner;
    }
    return !!hit && (element.contains(hit) || hit.contains(element));
  };
  /** A field is usable when a key that is pressed now lands in it. */
  const takesKeys = (element) => {
    const root = element.getRootNode();
    if (root.activeElement !== element) element.focus({ preventScroll: true });
    return root.activeElement === element && document.hasFocus();
  };

  bench.await = (name, selector, isField, text) => {
    const look = () => {
      const element = document.body && bench.find(selector);
      const there = element && isOnTop(element) && (!text || element.textContent.includes(text)) && (!isField || takesKeys(element));
      if (there) bench.seen[name] = now();
      else requestAnimationFrame(look);
    };
    look();
  };
  addEventListener("pointerdown", (event) => (bench.pressed = performance.timeOrigin + event.timeStamp), { capture: true, passive: true });
  // The memory of a module is in none of the browser's own figures.
  for (const how of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[how];
    WebAssembly[how] = async (...values) => {
      const made = await original.apply(WebAssembly, values);
      bench.memory = (made.instance ?? made).exports.memory;
      return made;
    };
  }
  if (window === top) {
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => bench.longTasks.push(duration))).observe({ type: "longtask", buffered: true });
  }
  __AWAITED__;
})();
