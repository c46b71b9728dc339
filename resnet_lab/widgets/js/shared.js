// What every figure of the book shares: state, drawing, controls, announcements.
// No inline style and no markup from strings, so a strict content security policy holds.
const SVG = "http://www.w3.org/2000/svg";
const page = Math.random().toString(36).slice(2, 8);
let controls = 0;

/** State bound to an anywidget model: a change from either side ends in one `redraw()`. */
export function store(model, keys, redraw) {
  let writing = false;
  let queued = false;
  const changed = () => {
    if (writing || queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      redraw();
    });
  };
  for (const key of keys) model.on(`change:${key}`, changed);
  return {
    read: () => Object.fromEntries(keys.map((key) => [key, model.get(key)])),
    write(changes) {
      writing = true;
      try {
        for (const [key, value] of Object.entries(changes)) model.set(key, value);
      } finally {
        writing = false;
      }
      model.save_changes();
      redraw();
    },
    close() {
      for (const key of keys) model.off(`change:${key}`, changed);
    },
  };
}

/** Makes the children of `parent` equal `nodes` and keeps the elements that are there.
 *  A node is a string or `[tag, attributes, children]`. */
export function patch(parent, nodes) {
  nodes.forEach((node, index) => {
    const old = parent.childNodes[index];
    if (typeof node === "string") {
      if (old?.nodeType === Node.TEXT_NODE) {
        if (old.data !== node) old.data = node;
      } else put(parent, old, document.createTextNode(node));
      return;
    }
    const [tag, attributes, children = []] = node;
    const element = old?.localName === tag ? old : put(parent, old, create(parent, tag));
    for (const name of element.getAttributeNames()) {
      if (!(name in attributes)) element.removeAttribute(name);
    }
    for (const [name, value] of Object.entries(attributes)) {
      if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
    }
    patch(element, children);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

function put(parent, old, fresh) {
  if (old) old.replaceWith(fresh);
  else parent.append(fresh);
  return fresh;
}

function create(parent, tag) {
  const svg = tag === "svg" || parent.namespaceURI === SVG;
  return svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
}

/** A new HTML element with attributes and children (elements or strings). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** For what the arrow keys change: JupyterLab takes them for its cells unless told not to. */
export const KEEPS_KEYS = { "data-lm-suppress-shortcuts": "true" };

function labelled(kind, text, inputs, unit = "") {
  const id = `rl-${page}-${controls++}`;
  const error = element("p", { class: "rl-error", id: `${id}-error` });
  const label = element("label", { for: id }, text);
  inputs[0].id = id;
  for (const extra of inputs.slice(1)) extra.setAttribute("aria-label", `${text}, slider`);
  for (const input of inputs) input.setAttribute("aria-describedby", error.id);
  const units = unit ? [element("span", { class: "rl-unit" }, unit)] : [];
  return {
    element: element("div", { class: `rl-control rl-${kind}` }, label, inputs[0], ...units,
      ...inputs.slice(1), error),
    fail(message) {
      if (error.textContent !== message) error.textContent = message;
      for (const input of inputs) input.setAttribute("aria-invalid", String(message !== ""));
    },
  };
}

/** A whole number from `min`, typed or slid. `changed` gets what was typed, NaN for nothing. */
export function numberControl({ label, unit, min }, changed) {
  const field = element("input", { type: "number", min, step: 1, inputmode: "numeric" });
  const slider = element("input", { type: "range", min, step: 1, ...KEEPS_KEYS });
  const control = labelled("number", label, [field, slider], unit);
  field.addEventListener("input", () => changed(field.valueAsNumber));
  slider.addEventListener("input", () => {
    field.value = slider.value;
    changed(slider.valueAsNumber);
  });
  control.show = (value, max) => {
    field.max = slider.max = max;
    if (field.valueAsNumber !== value) field.value = value;
    slider.value = value;
  };
  return control;
}

/** A checkbox. */
export function checkboxControl({ label }, changed) {
  const box = element("input", { type: "checkbox" });
  const control = labelled("checkbox", label, [box]);
  box.addEventListener("change", () => changed(box.checked));
  control.show = (value) => {
    box.checked = value;
  };
  return control;
}

/** A slider over the places 0 to `max`, whose place has a name. */
export function sliderControl({ label }, changed) {
  const slider = element("input", { type: "range", min: 0, step: 1, ...KEEPS_KEYS });
  const control = labelled("slider", label, [slider]);
  const output = element("span", { class: "rl-place", "aria-hidden": "true" });
  control.element.append(output);
  slider.addEventListener("input", () => changed(slider.valueAsNumber));
  control.show = (value, max, text) => {
    slider.max = max;
    slider.value = value;
    slider.setAttribute("aria-valuetext", text);
    output.textContent = text;
  };
  return control;
}

function choiceGroup(kind, label, choices, changed) {
  const name = `rl-${page}-${controls++}`;
  const boxes = choices.map(([value]) => {
    const box = element("input", { type: kind, name, ...KEEPS_KEYS });
    box.addEventListener("change", () => changed(value, box.checked));
    return box;
  });
  const labels = choices.map(([, ...content], index) =>
    element("label", { class: "rl-choice" }, boxes[index], ...content));
  const legend = element("legend", {}, label);
  const group = element("fieldset", { class: `rl-choices rl-${kind}-choices` }, legend, ...labels);
  return [group, (isOn) => choices.forEach(([value], index) => {
    boxes[index].checked = isOn(value);
  })];
}

/** One of a few, all in sight. `choices` are `[value, ...content]`. */
export function radioControl({ label, choices }, changed) {
  const [group, check] = choiceGroup("radio", label, choices, changed);
  return { element: group, show: (value) => check((one) => one === value) };
}

/** Any of a few, all in sight. `choices` are `[value, ...content]`; `changed` gets all that are on. */
export function checkboxesControl({ label, choices }, changed) {
  let on = [];
  const [group, check] = choiceGroup("checkbox", label, choices, (value, checked) =>
    changed(choices.map(([one]) => one)
      .filter((one) => (one === value ? checked : on.includes(one)))));
  return {
    element: group,
    show: (values) => {
      on = values;
      check((value) => values.includes(value));
    },
  };
}

/** Named settings as buttons; the one whose values are all in the state is pressed. */
export function presetButtons(label, presets, chosen) {
  const buttons = presets.map(([name, values]) => {
    const button = element("button", { type: "button" }, name);
    button.addEventListener("click", () => chosen(values));
    return button;
  });
  return {
    element: element("div", { class: "rl-presets", role: "group", "aria-label": label }, ...buttons),
    show(state) {
      presets.forEach(([, values], index) => {
        const on = Object.entries(values).every(([key, value]) => state[key] === value);
        buttons[index].setAttribute("aria-pressed", String(on));
      });
    },
  };
}

/** A live region that speaks once the reader pauses. */
export function announcer() {
  const region = element("p", { class: "rl-spoken", role: "status", "aria-live": "polite" });
  let timer = 0;
  return {
    element: region,
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => (region.textContent = text), 400);
    },
    close: () => clearTimeout(timer),
  };
}
