// How numbers and states are said to people.
import { el } from "./dom.js";

const WAITING = {
  faces: "Waiting for faces", smile: "Waiting for a smile", eyes: "Waiting for open eyes",
  sharpness: "Waiting for a steady picture", hold: "Hold that smile!", cooldown: "Catching my breath",
  paused: "Paused", disk: "The disk is full",
};
const SMILES = { none: "no smile", mild: "mild smile", moderate: "moderate smile", huge: "huge smile" };

export const waitingText = (reason) => (reason ? WAITING[reason] ?? reason : "Looking good!");
export const shown = (score) => (10 * score).toFixed(1);
export const smileText = (face) => SMILES[face.smile.label];
export const faceText = (face) => `${smileText(face)}, eyes ${face.eyes.state}`;
export const timeOf = (text) =>
  new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
export const dayOf = (text) =>
  new Date(`${text}T12:00:00`).toLocaleDateString([], { weekday: "short", day: "numeric", month: "long", year: "numeric" });
export const momentOf = (text) =>
  new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });

/** The rows of a score's arithmetic: [name, how, value]. */
export function arithmetic(rating) {
  const weights = rating.faces.map((face) => face.smile.weight);
  const known = rating.faces.filter((face) => face.eyes.state !== "unknown");
  const open = rating.faces.reduce((sum, face) => sum + face.eyes.open, 0);
  const count = weights.length;
  const smiles = count ? `mean of ${weights.join(", ")}` : "no faces";
  return [
    ["Smile", smiles, rating.smile.toFixed(2)],
    ["Eyes", eyesText(rating, known.length, open), rating.open_eye_ratio.toFixed(2)],
    ["Score", `0.8 × ${rating.smile.toFixed(2)} + 0.2 × ${rating.open_eye_ratio.toFixed(2)}`, rating.score.toFixed(2)],
  ];
}

function eyesText(rating, known, open) {
  const count = rating.faces.length;
  if (!count) return "no faces";
  const plain = known ? (0.5 * open) / known : NaN;
  if (known === count) return `0.5 × ${open} open ÷ ${plural(count, "face")}`;
  if (Math.abs(plain - rating.open_eye_ratio) < 0.001)
    return `0.5 × ${open} open ÷ ${plural(known, "face")} whose eyes can be judged`;
  return `eyes of ${plural(count - known, "face")} cannot be judged`;
}

export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** A face in a list: its smile as a word and as a bar, its eyes. */
export function faceRow(face) {
  const fill = el("i", { className: face.smile.label });
  fill.style.width = `${100 * face.smile.expected_weight}%`;
  return el("li", {}, el("span", {}, smileText(face)), el("span", { className: "meter" }, fill),
    el("span", { className: "quiet" }, `eyes ${face.eyes.state}`));
}
