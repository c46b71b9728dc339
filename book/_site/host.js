// Brings interactive figures to life: every `.rl-widget` holds a still picture and its state as
// JSON, and names the folder whose live.js draws it (the one Jupyter runs, through anywidget).

/** The part of anywidget's model that our modules use, without a kernel behind it. */
class Model {
  #state;
  #listeners = new Map();

  constructor(state) {
    this.#state = { ...state };
  }

  get(name) {
    return this.#state[name];
  }

  set(name, value) {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    for (const callback of this.#listeners.get(`change:${name}`) ?? []) callback();
    for (const callback of this.#listeners.get("change") ?? []) callback();
  }

  /** Nothing to save to. */
  save_changes() {}

  on(event, callback) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(callback);
  }

  off(event, callback) {
    if (callback) this.#listeners.get(event)?.delete(callback);
    else this.#listeners.delete(event);
  }
}

async function wake(box) {
  const state = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
  const module = await import(`./rl/${box.dataset.module}/live.js`);
  const el = document.createElement("div");
  await module.default.render({ model: new Model(state), el });
  box.replaceChildren(el);
  box.dataset.awake = "";
}

for (const box of document.querySelectorAll(".rl-widget")) {
  // Where this fails the still picture stays.
  wake(box).catch((error) => console.error(`${box.dataset.module} did not start`, error));
}
