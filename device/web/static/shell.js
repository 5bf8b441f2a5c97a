// What every page has around it: the camera's name and the way to the other pages.
import { $, el, say } from "./dom.js";
import { icon } from "./icons.js";
import { api, session } from "./session.js";

const PAGES = [["/", "Live", "live"], ["/upload", "Upload", "upload"], ["/album", "Album", "album"], ["/state", "State", "state"]];

export async function shell() {
  const who = await session();
  const guest = who.role === "guest";
  document.body.classList.toggle("guest", guest);
  const page = document.title.split(" · ")[0];
  document.title = `${page} · ${who.name}`;
  const pages = guest ? PAGES.filter(([path]) => path === "/album") : PAGES;
  const tabs = el("nav", { className: pages.length === 1 ? "tabs single" : "tabs", "aria-label": "Pages" },
    ...pages.map(([path, name, shape]) =>
      el("a", { href: path, "aria-current": path === location.pathname ? "page" : null }, icon(shape), name)));
  if (who.password_needed && !guest) {
    const leave = el("button", { type: "button" }, icon("leave"), "Leave");
    leave.addEventListener("click", () =>
      api("/api/logout", { method: "POST" }).then(() => location.assign("/login"), (error) => say(error.message)));
    tabs.append(leave);
  }
  $(".top").replaceChildren(
    el("a", { className: "brand", href: guest ? "/album" : "/" }, icon("camera"), el("span", {}, who.name)), tabs);
  return who;
}
