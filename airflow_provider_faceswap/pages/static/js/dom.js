/** Elements, made once and changed in place: what is rebuilt stops a playing video and loses the focus. */

/** Make an element. `on` holds listeners; other properties are attributes, left out where they are empty. */
export function make(tag, { on = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  for (const [name, listener] of Object.entries(on)) node.addEventListener(name, listener);
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Set an attribute, or remove it where the value is empty. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Set a node's text, and hide the node where there is none. */
export function say(node, text) {
  const wanted = text || "";
  if (node.textContent !== wanted) node.textContent = wanted;
  if (node.hidden !== !wanted) node.hidden = !wanted;
}

/** Children that follow a list: those that stay are updated where they are. */
export class Children {
  constructor(parent, create) {
    this.parent = parent;
    this.create = create;
    this.views = new Map();
  }

  /** Show the items; `keyOf` says which of them were there before. */
  update(items, keyOf) {
    const wanted = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, view] of this.views) {
      if (wanted.has(key)) continue;
      view.node.remove();
      this.views.delete(key);
    }
    let position = 0;
    for (const [key, item] of wanted) {
      const view = this.views.get(key) ?? this.create(item);
      this.views.set(key, view);
      const there = this.parent.children[position];
      if (there !== view.node) this.parent.insertBefore(view.node, there ?? null);
      view.update(item);
      position += 1;
    }
  }
}

/** Say something to those who listen to the page. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
