// Building elements and telling people things.
export const $ = (selector, root = document) => root.querySelector(selector);

/** An element with properties and children; strings become text, never markup. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Show a sentence for some seconds, also to screen readers. */
export function say(sentence) {
  let box = $(".toasts");
  if (!box) {
    box = el("div", { className: "toasts", role: "status" });
    document.body.append(box);
  }
  const line = el("p", {}, sentence);
  box.append(line);
  while (box.childElementCount > 3) box.firstElementChild.remove();
  setTimeout(() => line.remove(), 6000);
}

/** Ask before something that cannot be undone. */
export function confirmed(title, sentence, action) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": "confirm-title" },
      el("h2", { id: "confirm-title" }, title),
      el("p", {}, sentence),
      el("form", { method: "dialog", className: "buttons" },
        el("button", { className: "button", value: "no", autofocus: true }, "Keep"),
        el("button", { className: "button danger", value: "yes" }, action)));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
