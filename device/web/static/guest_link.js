// The guest link with its QR code.
import { confirmed, el, say } from "./dom.js";
import { api } from "./session.js";

export async function invite() {
  let url;
  try { ({ url } = await api("/api/guest-link")); }
  catch (error) { say(error.message); return; }
  const code = el("img", { className: "qr", width: 240, height: 240, alt: "QR code of the guest link" });
  const link = el("p", { className: "link" });
  const copy = el("button", { className: "button main", type: "button" }, "Copy link");
  const renew = el("button", { className: "button danger", type: "button" }, "New link");
  const close = el("button", { className: "button", type: "button", autofocus: true }, "Close");
  const local = el("p", { className: "notice", hidden: true },
    "This link works on this machine only: open this page by the camera's address in your network first.");
  const dialog = el("dialog", { "aria-labelledby": "invite-title" },
    el("h2", { id: "invite-title" }, "Invite guests"),
    el("p", { className: "quiet" }, "Whoever scans this sees the album and can download photos, nothing else."),
    code, link, local, el("div", { className: "buttons" }, renew, close, copy));

  function show(text) {
    link.textContent = text;
    code.src = `/api/guest-link/qr.svg?scale=8&of=${encodeURIComponent(text.slice(-12))}`;
    local.hidden = !["localhost", "127.0.0.1", "[::1]"].includes(new URL(text).hostname);
  }

  copy.addEventListener("click", () => copyText(link));
  renew.addEventListener("click", async () => {
    if (!await confirmed("Make a new link?", "The old link and its QR code stop working for everybody.", "New link")) return;
    try { show((await api("/api/guest-link/renew", { method: "POST" })).url); }
    catch (error) { say(error.message); }
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  show(url);
  document.body.append(dialog);
  dialog.showModal();
}

async function copyText(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    say("The link is copied.");
  } catch {
    // Browsers keep the clipboard from pages without TLS: let the person copy it.
    getSelection().selectAllChildren(element);
    say("The link is marked: copy it.");
  }
}
