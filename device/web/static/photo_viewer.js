// One photo in full, with its rating and what can be done with it.
import { confirmed, el, say } from "./dom.js";
import { icon } from "./icons.js";
import { api } from "./session.js";
import { arithmetic, faceText, momentOf, plural, shown } from "./words.js";

/** Show photo `index` of `photos`; `remove` is told when one was deleted. */
export function openViewer(photos, index, { owner, remove }) {
  const image = el("img", { alt: "" });
  const previous = el("button", { className: "button icon previous", type: "button", "aria-label": "Photo before" }, icon("left"));
  const next = el("button", { className: "button icon next", type: "button", "aria-label": "Next photo" }, icon("right"));
  const close = el("button", { className: "button icon close", type: "button", "aria-label": "Close", autofocus: true }, icon("close"));
  const about = el("div", {});
  const actions = el("div", { className: "stack" });
  const dialog = el("dialog", { className: "viewer", "aria-label": "Photo" },
    el("div", { className: "photo" }, image, previous, next), el("aside", {}, close, about, actions));

  function show() {
    const { id, shot } = photos[index];
    const path = `/api/album/${encodeURIComponent(id)}`;
    const { rating } = shot;
    image.src = `${path}/photo`;
    image.alt = `Photo of ${momentOf(shot.time)}: ${rating.faces.map(faceText).join("; ") || "no faces"}`;
    previous.hidden = index === 0;
    next.hidden = index === photos.length - 1;
    about.replaceChildren(
      el("h2", {}, `${shown(rating.score)} of 10`),
      el("p", { className: "quiet small" }, momentOf(shot.time)),
      el("p", { className: "quiet small" }, `${shot.width_px} × ${shot.height_px} · best of ${plural(shot.candidates, "picture")}`),
      el("dl", { className: "sums" }, ...arithmetic(rating).flatMap(([what, how, value]) =>
        [el("dt", {}, what), el("dd", {}, how), el("dd", { className: "total" }, value)])));
    actions.replaceChildren(
      el("a", { className: "button main", href: `${path}/photo?download=true` }, icon("download"), "Download"),
      el("a", { className: "button", href: `${path}/print` }, icon("print"), "Print 10 × 15 cm"));
    if (owner) {
      const trash = el("button", { className: "button danger", type: "button" }, icon("trash"), "Delete");
      trash.addEventListener("click", () => removePhoto(path));
      actions.append(trash);
    }
  }

  async function removePhoto(path) {
    if (!await confirmed("Delete this photo?", "It will be gone for good.", "Delete")) return;
    try {
      await api(path, { method: "DELETE" });
      dialog.close();
      remove();
      say("The photo is deleted.");
    } catch (error) { say(error.message); }
  }

  function step(by) {
    const wanted = index + by;
    if (wanted < 0 || wanted >= photos.length) return;
    index = wanted;
    show();
  }

  previous.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("close", () => dialog.remove());
  photos = [...photos]; // new shots must not move what is being looked at
  show();
  document.body.append(dialog);
  dialog.showModal();
}
