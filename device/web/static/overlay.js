// Boxes, smile bars and eyes drawn over a picture; the same for the live view and for uploads.
const COLOURS = { none: "#cfc6bb", mild: "#f2c94c", moderate: "#ff9f43", huge: "#57d68d" };

/** Draw on a canvas that already shows the picture; `unit` is one CSS pixel in canvas pixels. */
export function drawRating(context, rating, unit) {
  const { width, height } = context.canvas;
  for (const face of rating.faces) drawFace(context, face, width, height, unit);
}

function drawFace(context, face, width, height, unit) {
  const [x, y, w, h] = [face.box[0] * width, face.box[1] * height, face.box[2] * width, face.box[3] * height];
  const colour = COLOURS[face.smile.label];
  context.lineJoin = "round";
  for (const [style, line] of [["rgb(0 0 0 / 55%)", 5 * unit], [colour, 2.5 * unit]]) {
    context.strokeStyle = style;
    context.lineWidth = line;
    context.beginPath();
    context.roundRect(x, y, w, h, Math.min(w, h) * 0.12);
    context.stroke();
  }
  const bar = Math.max(w, 64 * unit);
  const left = Math.min(Math.max(x + w / 2 - bar / 2, 2 * unit), width - bar - 2 * unit);
  const below = y + h + 30 * unit < height;
  drawPlate(context, face, left, below ? y + h + 6 * unit : Math.max(2 * unit, y - 30 * unit), bar, colour, unit);
}

function drawPlate(context, face, x, y, width, colour, unit) {
  const eye = 24 * unit;
  context.fillStyle = "rgb(13 11 10 / 78%)";
  context.beginPath();
  context.roundRect(x, y, width, 24 * unit, 7 * unit);
  context.fill();
  const barX = x + 7 * unit;
  const barWidth = width - eye - 16 * unit;
  context.fillStyle = "rgb(255 255 255 / 25%)";
  context.beginPath();
  context.roundRect(barX, y + 9 * unit, barWidth, 6 * unit, 3 * unit);
  context.fill();
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(barX, y + 9 * unit, barWidth * face.smile.expected_weight, 6 * unit, 3 * unit);
  context.fill();
  drawEye(context, face.eyes.state, x + width - eye / 2 - 4 * unit, y + 12 * unit, unit);
}

function drawEye(context, state, x, y, unit) {
  const half = 9 * unit;
  context.strokeStyle = "#fff";
  context.fillStyle = "#fff";
  context.lineWidth = 1.8 * unit;
  context.lineCap = "round";
  if (state === "unknown") {
    context.font = `700 ${14 * unit}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("?", x, y);
    return;
  }
  context.beginPath();
  context.moveTo(x - half, y);
  context.quadraticCurveTo(x, y + half * 0.95, x + half, y);
  if (state === "open") context.quadraticCurveTo(x, y - half * 0.95, x - half, y);
  context.stroke();
  if (state === "open") {
    context.beginPath();
    context.arc(x, y, 2.6 * unit, 0, 2 * Math.PI);
    context.fill();
  }
}
