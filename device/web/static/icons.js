// Small line drawings, made as elements (the page's policy allows no markup from strings).
const SHAPES = {
  camera: ["M3 9a2 2 0 0 1 2-2h2l2-2.5h6L17 7h2a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z", "M8.5 13c1 3 6 3 7 0"],
  live: ["M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z", "M6.3 6.3a8 8 0 0 0 0 11.4", "M17.7 6.3a8 8 0 0 1 0 11.4"],
  upload: ["M12 16V4", "M7.5 8.5 12 4l4.5 4.5", "M4 16v2a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-2"],
  album: ["M5 5h11a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z", "m4 15 4-4 3 3 2-2 4 4", "M20 8v11a2 2 0 0 1-2 2H8"],
  state: ["M3 13h4l2-7 4 13 3-9 1.5 3H21"],
  leave: ["M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4", "M15 8l4 4-4 4", "M19 12H9"],
  download: ["M12 4v12", "m7.5 11.5 4.5 4.5 4.5-4.5", "M4 20h16"],
  print: ["M7 9V4h10v5", "M7 17H5a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-2", "M7 14h10v6H7z"],
  trash: ["M4 7h16", "M9 7V4h6v3", "m6 7 1 13h10l1-13"],
  share: ["M4 4h6v6H4z", "M14 4h6v6h-6z", "M4 14h6v6H4z", "M14 14h2v2h-2z", "M18 18h2v2h-2z", "M18 14h2", "M14 20v-1"],
  close: ["m6 6 12 12", "m18 6-12 12"],
  left: ["m14.5 5-7 7 7 7"],
  right: ["m9.5 5 7 7-7 7"],
  select: ["M4 5h16v14H4z", "m8 12 3 3 5-6"],
  picture: ["M4 5h16v14H4z", "m4 16 5-5 4 4 2-2 5 5", "M15 9h.01"],
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  for (const d of SHAPES[name]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
