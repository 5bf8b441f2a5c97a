// The last two minutes of scores.
const SPAN_S = 120;

export class StripChart {
  #points = [];
  #shots = [];
  #threshold = null;

  constructor(canvas) {
    this.canvas = canvas;
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  fill(points) {
    this.#points = points.map((point) => [point.time_s, point.score, point.expected_score]);
    this.draw();
  }

  add(timeS, score, expected) {
    const last = this.#points.at(-1);
    if (last && Math.abs(timeS - last[0]) < 0.2) return;
    this.#points.push([timeS, score, expected]);
  }

  shot(timeS, score) { this.#shots.push([timeS, score]); }
  set threshold(value) { this.#threshold = value; }

  draw() {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(name).trim();
    const now = Math.max(this.#points.at(-1)?.[0] ?? 0, Date.now() / 1000 - 2);
    this.#forget(now);
    const plot = { left: 24, right: width - 8, top: 8, bottom: height - 20 };
    const px = (timeS) => plot.right - ((now - timeS) / SPAN_S) * (plot.right - plot.left);
    const py = (score) => plot.bottom - score * (plot.bottom - plot.top);
    this.#axes(context, plot, px, py, colour);
    this.#line(context, px, py, 2, colour("--line-strong"), 1);
    this.#line(context, px, py, 1, colour("--accent"), 2.5);
    for (const [timeS, score] of this.#shots) {
      context.fillStyle = colour("--score-high");
      context.beginPath();
      context.arc(px(timeS), py(score), 5, 0, 2 * Math.PI);
      context.fill();
    }
    this.#describe();
  }

  #forget(now) {
    const recent = ([timeS]) => timeS > now - SPAN_S;
    this.#points = this.#points.filter(recent);
    this.#shots = this.#shots.filter(recent);
  }

  #axes(context, plot, px, py, colour) {
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = colour("--quiet");
    context.strokeStyle = colour("--line");
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const score of [0, 0.5, 1]) {
      context.beginPath();
      context.moveTo(plot.left, py(score));
      context.lineTo(plot.right, py(score));
      context.stroke();
      context.fillText(10 * score, plot.left - 6, py(score));
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText("2 minutes ago", plot.left, plot.bottom + 16);
    context.textAlign = "right";
    context.fillText("now", plot.right, plot.bottom + 16);
    if (this.#threshold === null) return;
    context.strokeStyle = colour("--ink");
    context.setLineDash([5, 5]);
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(plot.left, py(this.#threshold));
    context.lineTo(plot.right, py(this.#threshold));
    context.stroke();
    context.setLineDash([]);
  }

  #line(context, px, py, column, colour, width) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineJoin = "round";
    context.beginPath();
    let before = -Infinity;
    for (const point of this.#points) {
      const [x, y] = [px(point[0]), py(point[column])];
      // A gap in time is a gap in the line: nothing was seen then.
      if (point[0] - before > 3) context.moveTo(x, y);
      else context.lineTo(x, y);
      before = point[0];
    }
    context.stroke();
  }

  #describe() {
    const scores = this.#points.map((point) => 10 * point[1]);
    this.canvas.setAttribute("aria-label", scores.length
      ? `Scores of the last two minutes: lowest ${Math.min(...scores).toFixed(1)}, highest ${Math.max(...scores).toFixed(1)}`
      : "No scores yet");
  }
}
