// The nodes of a picture as text, where there is no document to draw them into.
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => ENTITIES[sign]);

/** A node, a string or `[tag, attributes, children]`, as HTML that is well-formed XML too. */
export function markup(node) {
  if (typeof node === "string") return escaped(node);
  const [tag, attributes, children = []] = node;
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return `<${tag}${written.join("")}>${children.map(markup).join("")}</${tag}>`;
}
