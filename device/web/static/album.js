// The album: what was shot, for the owner and for guests.
import { $, confirmed, el, say } from "./dom.js";
import { invite } from "./guest_link.js";
import { icon } from "./icons.js";
import { openViewer } from "./photo_viewer.js";
import { api } from "./session.js";
import { shell } from "./shell.js";
import { connect } from "./socket.js";
import { dayOf, plural, shown, timeOf } from "./words.js";

const PAGE = 60;
const MOST = 200;
const who = await shell();
const owner = who.role === "owner";
const grid = $("#grid");
const tiles = new Map();
const picked = new Set();
let photos = [];
let count = 0;
let selecting = false;
let loading = Promise.resolve();

$("#empty").prepend(icon("album"));
$("#select").prepend(icon("select"));
$("#zip").prepend(icon("download"));
$("#delete-selected").prepend(icon("trash"));
$("#delete-selected").hidden = !owner;
$("#invite").hidden = !owner || !who.guest_link;
$("#invite").prepend(icon("share"));
$("#invite").addEventListener("click", invite);

const order = () => $("input[name=order]:checked").value;
const url = (limit, offset) => {
  const query = new URLSearchParams({ order: order(), limit, offset });
  if ($("#day").value) query.set("day", $("#day").value);
  return `/api/album?${query}`;
};

/** Load again what is shown; loads never overlap, so an old answer cannot replace a newer one. */
function reload() {
  loading = loading.then(async () => {
    const page = await api(url(Math.min(MOST, Math.max(PAGE, photos.length)), 0));
    photos = page.photos;
    show(page);
  }).catch((error) => say(error.message));
  return loading;
}

function loadMore() {
  loading = loading.then(async () => {
    const page = await api(url(PAGE, photos.length));
    const known = new Set(photos.map(({ id }) => id));
    photos.push(...page.photos.filter(({ id }) => !known.has(id)));
    show(page);
  }).catch((error) => say(error.message));
}

function show(page) {
  count = page.count;
  const first = tiles.size === 0;
  const present = new Set(photos.map(({ id }) => id));
  for (const [id, tile] of tiles) if (!present.has(id)) { tile.remove(); tiles.delete(id); picked.delete(id); }
  photos.forEach((photo, index) => {
    if (!tiles.has(photo.id)) tiles.set(photo.id, makeTile(photo, !first));
    const tile = tiles.get(photo.id);
    if (grid.children[index] !== tile) grid.insertBefore(tile, grid.children[index] ?? null);
  });
  $("#count").textContent = plural(count, "photo");
  $("#empty").hidden = photos.length > 0;
  $("#more").hidden = photos.length >= count;
  fillDays(page.days);
  showSelection();
}

function fillDays(days) {
  const select = $("#day");
  const shownDays = [...select.options].slice(1).map((option) => option.value);
  if (shownDays.join() === days.join()) return;
  const chosen = select.value;
  select.replaceChildren(el("option", { value: "" }, "Every day"), ...days.map((day) => el("option", { value: day }, dayOf(day))));
  select.value = days.includes(chosen) ? chosen : "";
}

function makeTile(photo, fresh) {
  const score = shown(photo.shot.rating.score);
  const name = `Photo of ${timeOf(photo.shot.time)}, score ${score}`;
  const button = el("button", { type: "button", "aria-label": name },
    el("img", { src: `/api/album/${encodeURIComponent(photo.id)}/thumbnail`, alt: "", loading: "lazy", decoding: "async" }));
  const box = el("input", { type: "checkbox", "aria-label": `Select: ${name}` });
  const pick = el("label", { className: "pick", hidden: !selecting }, box);
  const tile = el("li", { className: fresh ? "tile fresh" : "tile", "data-id": photo.id }, button,
    el("span", { className: "caption", "aria-hidden": "true" }, el("span", {}, timeOf(photo.shot.time)), el("b", {}, score)), pick);
  box.addEventListener("change", () => choose(photo.id, box.checked));
  button.addEventListener("click", () => {
    if (selecting) choose(photo.id, !picked.has(photo.id));
    else openViewer(photos, photos.findIndex(({ id }) => id === photo.id), { owner, remove: () => reload() });
  });
  return tile;
}

function choose(id, on) {
  if (on && picked.size >= MOST) { say(`At most ${MOST} photos at a time.`); on = false; }
  if (on) picked.add(id);
  else picked.delete(id);
  showSelection();
}

function showSelection() {
  for (const [id, tile] of tiles) {
    tile.classList.toggle("picked", picked.has(id));
    $(".pick", tile).hidden = !selecting;
    $(".pick input", tile).checked = picked.has(id);
  }
  $("#select").setAttribute("aria-pressed", String(selecting));
  $("#selection").hidden = !selecting;
  $("#selected").textContent = picked.size ? `${picked.size} selected` : "Choose photos";
  $("#delete-selected").disabled = picked.size === 0;
  const zip = $("#zip");
  const query = new URLSearchParams([...picked].map((id) => ["id", id]));
  if (picked.size) zip.href = `/api/album/archive.zip?${query}`;
  else zip.removeAttribute("href");
  zip.setAttribute("aria-disabled", String(picked.size === 0));
}

function setSelecting(on) {
  selecting = on;
  if (!on) picked.clear();
  showSelection();
}

async function deletePicked() {
  const ids = [...picked];
  if (!await confirmed("Delete photos?", `${plural(ids.length, "photo")} will be gone for good.`, `Delete ${ids.length}`)) return;
  for (const id of ids) {
    try { await api(`/api/album/${encodeURIComponent(id)}`, { method: "DELETE" }); }
    catch (error) { say(error.message); }
  }
  setSelecting(false);
  await reload();
  say(`${plural(ids.length, "photo")} deleted.`);
}

$("#select").addEventListener("click", () => setSelecting(!selecting));
$("#select-none").addEventListener("click", () => { setSelecting(false); $("#select").focus(); });
$("#delete-selected").addEventListener("click", deletePicked);
$("#more").addEventListener("click", loadMore);
for (const input of document.querySelectorAll("input[name=order], #day")) {
  input.addEventListener("change", () => { photos = []; reload(); });
}
connect("/api/events", {
  onOpen: reload,
  onText: (news) => {
    if (news.type !== "shot") return;
    $("#news").textContent = `A new photo, score ${shown(news.shot.rating.score)}`;
    reload();
  },
});
