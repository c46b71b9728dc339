// The least a page must do: read the state, call the module, take the still picture away.
import calculator from "./stride_calculator.js";

const place = document.querySelector(".rl-widget");
const values = JSON.parse(place.querySelector("script").textContent);
const listeners = {};
const live = document.createElement("div");
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
window.model = {
  get: (key) => values[key],
  set(key, value) {
    if (values[key] === value) return;
    values[key] = value;
    for (const listener of listeners[`change:${key}`] ?? []) listener();
  },
  save_changes() {
    window.saved = { ...values };
  },
  on(event, listener) {
    (listeners[event] ??= []).push(listener);
  },
  off(event, listener) {
    listeners[event] = listeners[event].filter((other) => other !== listener);
  },
};
window.listening = () => Object.values(listeners).flat().length;
window.closeCalculator = calculator.render({ model: window.model, el: live });
place.querySelector("figure").replaceWith(live);
