// The live view: pictures as they come, and no faster than this device can show them.
import { $, el, say } from "./dom.js";
import { icon } from "./icons.js";
import { drawRating } from "./overlay.js";
import { api } from "./session.js";
import { shell } from "./shell.js";
import { connect } from "./socket.js";
import { StripChart } from "./strip_chart.js";
import { faceRow, plural, shown, timeOf, waitingText } from "./words.js";

const WINNER_MS = 6000;
const PANEL_INTERVAL_MS = 150;
const stage = $(".stage");
const canvas = $("#picture");
const chart = new StripChart($("#chart"));
let owed = 0;
let status = null;
let panelTimer = null;
let panelStale = false;
let newest = null;
let sliding = false;

await shell();
$("#shoot").prepend(icon("camera"));
api("/api/live/history").then((points) => chart.fill(points), () => {});

const socket = connect("/api/live", {
  onPicture: show,
  onText: (news) => (news.type === "shot" ? celebrate(news.shot) : follow(news)),
  onOpen: () => { owed = 0; },
  onLost: (reason) => veil(reason ? `The camera has ${reason}; trying again…` : "The connection is lost; trying again…"),
});
document.addEventListener("visibilitychange", () => {
  // A hidden page asks for nothing, so nobody works for it.
  while (!document.hidden && owed > 0) { owed -= 1; socket.send("next"); }
});

async function show(message) {
  const length = new DataView(message).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, length)));
  try {
    const picture = await createImageBitmap(new Blob([new Uint8Array(message, 4 + length)], { type: "image/jpeg" }));
    paint(picture, header.rating);
    picture.close();
    describe(header);
  } finally {
    if (document.hidden) owed += 1;
    else socket.send("next");
  }
}

function paint(picture, rating) {
  const shownWidth = stage.clientWidth * Math.min(devicePixelRatio || 1, 2);
  const scale = Math.max(1, Math.min(2, shownWidth / picture.width));
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  if (canvas.width !== width || canvas.height !== height) {
    [canvas.width, canvas.height] = [width, height];
    stage.style.aspectRatio = `${width} / ${height}`;
  }
  const context = canvas.getContext("2d", { alpha: false });
  context.drawImage(picture, 0, 0, width, height);
  drawRating(context, rating, width / Math.max(1, stage.clientWidth));
}

/** Bring the panel up to date, a few times a second; the last picture's facts always arrive. */
function describe(header) {
  chart.threshold = header.threshold;
  chart.add(Date.now() / 1000, header.rating.score, header.rating.expected_score);
  newest = header;
  if (panelTimer !== null) { panelStale = true; return; }
  drawPanel(header);
  panelTimer = setTimeout(() => {
    panelTimer = null;
    if (panelStale) { panelStale = false; drawPanel(newest); }
  }, PANEL_INTERVAL_MS);
}

function drawPanel({ rating, waiting_for: waitingFor, threshold }) {
  $("#score").textContent = shown(rating.score);
  $("#gauge-title").textContent = `Score ${shown(rating.score)} of 10, shoots from ${shown(threshold)}`;
  const value = $("#value");
  value.setAttribute("stroke-dashoffset", String(100 - 100 * rating.score));
  value.classList.toggle("reached", rating.score >= threshold);
  $("#mark").setAttribute("transform", `rotate(${(360 * threshold).toFixed(1)} 60 60)`);
  $("#waiting").textContent = waitingText(waitingFor);
  $("#detail").textContent = rating.faces.length ? plural(rating.faces.length, "face") : "Nobody in the picture";
  $("#faces").replaceChildren(...rating.faces.slice(0, 8).map(faceRow));
  if (!sliding) setThreshold(threshold);
  chart.draw();
}

function follow(news) {
  status = news;
  const pill = $("#pill");
  pill.classList.toggle("on", news.online && !news.paused);
  pill.textContent = news.online ? (news.paused ? "Paused" : `Live · ${news.frames_per_second.toFixed(0)} a second`) : "Offline";
  veil(news.online ? null : `No picture: ${news.reason ?? "the camera does not answer"}`);
  const pause = $("#pause");
  pause.textContent = news.paused ? "Resume" : "Pause";
  pause.setAttribute("aria-pressed", String(news.paused));
}

function veil(sentence) {
  $("#veil").textContent = sentence ?? "";
  $("#veil").hidden = !sentence;
  if (sentence && $("#news").textContent !== sentence) $("#news").textContent = sentence;
}

function celebrate(shot) {
  const flash = $("#flash");
  flash.classList.remove("fire");
  void flash.offsetWidth; // restarts the animation
  flash.classList.add("fire");
  $(".winner", stage)?.remove();
  const score = shown(shot.rating.score);
  const card = el("figure", { className: "winner" },
    el("img", { src: thumbnail(shot.id), alt: `The photo just taken, score ${score}` }), el("figcaption", {}, `${score} · got it!`));
  stage.append(card);
  setTimeout(() => card.remove(), WINNER_MS);
  chart.shot(Date.parse(shot.time) / 1000, shot.rating.score);
  $("#news").textContent = `Photo taken, score ${score}`;
  const text = `Score ${score}, ${timeOf(shot.time)}, best of ${plural(shot.candidates, "picture")}`;
  $("#last-text").textContent = text;
  $("#last").hidden = false;
}

const thumbnail = (id) => `/api/album/${encodeURIComponent(id)}/thumbnail`;

function setThreshold(value) {
  $("#threshold").value = 10 * value;
  $("#threshold-value").textContent = shown(value);
}

async function ask(path, json) {
  try { await api(path, { method: "POST", json }); }
  catch (error) { say(error.message); }
}

$("#shoot").addEventListener("click", () => ask("/api/shoot"));
$("#pause").addEventListener("click", () => ask(status?.paused ? "/api/resume" : "/api/pause"));
$("#threshold").addEventListener("input", (event) => {
  sliding = true;
  $("#threshold-value").textContent = Number(event.target.value).toFixed(1);
});
$("#threshold").addEventListener("change", async (event) => {
  await ask("/api/settings", { "shutter.threshold": Number((event.target.value / 10).toFixed(3)), persist: true });
  sliding = false;
});
