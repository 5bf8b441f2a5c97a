// Pictures that people bring: one after the other, each with its own answer.
import { $, el } from "./dom.js";
import { icon } from "./icons.js";
import { drawRating } from "./overlay.js";
import { sentence, session } from "./session.js";
import { shell } from "./shell.js";
import { arithmetic, faceRow, faceText, shown } from "./words.js";

const who = await shell();
const drop = $("#drop");
drop.prepend(icon("picture"));
$("#choose").prepend(icon("upload"));
$("#snap").prepend(icon("camera"));
$("#limits").textContent = `up to ${who.upload_max_files} at a time, ${who.upload_max_megabytes} MB each`;
let queue = Promise.resolve();

$("#choose").addEventListener("click", () => $("#files").click());
$("#snap").addEventListener("click", () => $("#capture").click());
for (const input of [$("#files"), $("#capture")]) {
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
}
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop") take([...event.dataTransfer.files]);
  });
}

function take(files) {
  const notices = $("#notices");
  notices.replaceChildren();
  if (files.length > who.upload_max_files) {
    notices.append(el("p", { className: "notice bad" },
      `${files.length} pictures are too many; the first ${who.upload_max_files} are rated.`));
  }
  for (const file of files.slice(0, who.upload_max_files)) {
    const item = waiting(file);
    $("#results").append(item);
    queue = queue.then(() => rate(file, item));
  }
}

function waiting(file) {
  return el("li", { className: "card result pending" }, el("h2", {}, file.name),
    el("progress", { max: 1, value: 0, "aria-label": `Sending ${file.name}` }), el("p", { className: "quiet small" }, "Waiting"));
}

async function rate(file, item) {
  if (file.size > who.upload_max_megabytes * 1e6) {
    fail(item, file.name, `The picture has ${(file.size / 1e6).toFixed(1)} MB; at most ${who.upload_max_megabytes} MB are taken.`);
    return;
  }
  try {
    const [answer] = await send(file, item);
    if (answer.error) fail(item, file.name, `${sentence(answer.error)}.`);
    else await present(item, file, answer);
  } catch (error) {
    fail(item, file.name, error.message);
  }
}

async function send(file, item) {
  const token = (await session()).csrf_token;
  const form = new FormData();
  form.append("files", file);
  const [progress, text] = [$("progress", item), $("p", item)];
  return new Promise((resolve, reject) => {
    // fetch cannot tell how much was sent.
    const request = new XMLHttpRequest();
    request.open("POST", "/api/ratings?preview=true");
    request.setRequestHeader("x-csrf-token", token);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => {
      progress.value = loaded / total;
      text.textContent = `Sending, ${Math.round((100 * loaded) / total)} %`;
    };
    request.upload.onload = () => { progress.removeAttribute("value"); text.textContent = "Rating"; };
    request.onload = () => (request.status === 200 ? resolve(request.response)
      : reject(new Error(`${sentence(request.response?.error ?? `the camera answered ${request.status}`)}.`)));
    request.onerror = () => reject(new Error("The camera does not answer; is it on and in the same network?"));
    request.send(form);
  });
}

function fail(item, name, text) {
  item.className = "card result failed";
  item.replaceChildren(el("h2", {}, name), el("p", { className: "notice bad" }, text));
}

async function present(item, file, answer) {
  const { rating } = answer;
  const canvas = await picture(answer);
  const name = file.name.replace(/\.[^.]*$/, "");
  const annotated = el("button", { className: "button", type: "button" }, icon("download"), "Picture");
  annotated.addEventListener("click", () => canvas.toBlob((blob) => save(blob, `${name}-rated.jpg`), "image/jpeg", 0.92));
  const json = el("button", { className: "button", type: "button" }, icon("download"), "JSON");
  json.addEventListener("click", () => {
    const { preview, ...facts } = answer;
    save(new Blob([JSON.stringify(facts, null, 2)], { type: "application/json" }), `${name}.json`);
  });
  item.className = "card result";
  item.replaceChildren(canvas, el("div", {},
    el("h2", {}, file.name),
    el("p", { className: "big", "data-score": shown(rating.score) }, shown(rating.score), el("small", {}, " of 10")),
    el("dl", { className: "sums" }, ...arithmetic(rating).flatMap(([what, how, value]) =>
      [el("dt", {}, what), el("dd", {}, how), el("dd", { className: "total" }, value)])),
    el("ul", { className: "faces", "aria-label": "Faces" }, ...rating.faces.map(faceRow)),
    el("div", { className: "buttons" }, annotated, json)));
}

async function picture(answer) {
  const image = new Image();
  image.src = answer.preview;
  await image.decode();
  const faces = answer.rating.faces.map(faceText);
  const canvas = el("canvas", { width: image.naturalWidth, height: image.naturalHeight, role: "img",
    "aria-label": `${answer.file}: ${faces.length ? faces.join("; ") : "no faces"}` });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  drawRating(context, answer.rating, Math.max(1, image.naturalWidth / 640));
  return canvas;
}

function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
