// How the appliance is doing.
import { $, el } from "./dom.js";
import { api } from "./session.js";
import { shell } from "./shell.js";
import { momentOf, plural, shown, waitingText } from "./words.js";

const INTERVAL_MS = 2000;
await shell();

const yesNo = (value) => (value === null ? "unknown" : value ? "yes" : "no");
const megabytes = (value) => (value >= 1000 ? `${(value / 1000).toFixed(1)} GB` : `${value.toFixed(0)} MB`);

function card(title, badge, facts, wide = false) {
  return el("section", { className: wide ? "card wide" : "card" },
    el("h2", {}, title, badge ? el("span", { className: `badge ${badge[1]}` }, badge[0]) : null),
    el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))])));
}

function cards(state) {
  const { camera, frames, shots, disk, health, broker } = state;
  const hot = health.slowed_down || health.throttled || health.under_voltage;
  const full = disk.free_megabytes < disk.floor_megabytes;
  return [
    card("Camera", state.online ? ["online", ""] : ["offline", "bad"], [
      ["Model", [camera.family, camera.model].filter(Boolean).join(" · ") || "none yet"], ["Source", camera.source],
      ["Photos", `${camera.still_width_px} × ${camera.still_height_px}`], ...(state.reason ? [["Why", state.reason]] : [])]),
    card("Frames", null, [["Rated", frames.rated.toLocaleString()], ["Dropped", frames.dropped.toLocaleString()],
      ["Rate", `${frames.per_second.toFixed(1)} a second`], ["Time to rate", `${frames.rating_ms.toFixed(0)} ms`]]),
    card("Shooting", state.paused ? ["paused", "warn"] : ["on", ""], [["Shoots from", shown(state.threshold)],
      ["Now", waitingText(state.waiting_for)], ["Photos today", shots.today], ["Photos since the start", shots.total]]),
    card("Broker", broker.enabled ? (broker.connected ? ["connected", ""] : ["not connected", "bad"]) : ["off", "off"], [
      ["Waiting", plural(broker.queued_shots, "shot")], ...(broker.error ? [["Why", broker.error]] : [])]),
    card("Disk", full ? ["full", "bad"] : null, [["Free", megabytes(disk.free_megabytes)],
      ["Shooting stops at", megabytes(disk.floor_megabytes)], ["Photos", disk.photos]]),
    card("Machine", hot ? ["slowed down", "warn"] : null, [
      ["Temperature", health.temperature_celsius === null ? "unknown" : `${health.temperature_celsius.toFixed(1)} °C`],
      ["Under-voltage", yesNo(health.under_voltage)], ["Throttled", yesNo(health.throttled)],
      ["Memory", megabytes(state.memory_megabytes)], ["Version", state.version]]),
  ];
}

function models(state) {
  const rows = Object.entries(state.models).map(([part, model]) =>
    el("tr", {}, el("th", { scope: "row" }, part), el("td", {}, model.name), el("td", {}, model.runtime), el("td", {}, el("code", {}, model.sha256))));
  return el("section", { className: "card wide" }, el("h2", {}, "Models"),
    el("div", { className: "table", tabIndex: 0, role: "region", "aria-label": "Models" }, el("table", {},
      el("thead", {}, el("tr", {}, ...["Part", "Model", "Runs in", "SHA-256"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows))));
}

function lastError(state) {
  if (!state.last_error) return [];
  return [el("p", { className: "notice bad wide" }, `Last error, ${momentOf(state.last_error.time)}: ${state.last_error.text}`)];
}

function duration(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  return [[days, "day"], [hours, "hour"], [minutes, "minute"]].filter(([n]) => n).map(([n, word]) => plural(n, word)).join(" ") || "less than a minute";
}

let before = "";
async function refresh() {
  if (!document.hidden) {
    try {
      const state = await api("/api/state");
      $("#since").textContent = `Running for ${duration(state.uptime_s)}`;
      const now = JSON.stringify(state);
      // What did not change stays: a screen reader keeps its place, a selection its text.
      if (now !== before && getSelection().isCollapsed && !$("#facts").contains(document.activeElement)) {
        $("#facts").replaceChildren(...lastError(state), ...cards(state), models(state));
      }
      before = now;
    } catch (error) { $("#since").textContent = error.message; }
  }
  setTimeout(refresh, INTERVAL_MS);
}
refresh();
