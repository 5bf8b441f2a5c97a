import { $ } from "./dom.js";
import { icon } from "./icons.js";
import { api, session } from "./session.js";

$("button").disabled = false; // without this script the form would go nowhere
$("#mark").append(icon("camera"));
session().then((who) => {
  $("h1").textContent = who.name;
  document.title = `Log in · ${who.name}`;
});

$("#form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const wrong = $("#wrong");
  wrong.hidden = true;
  try {
    await api("/api/login", { method: "POST", json: { password: $("#password").value } });
    location.assign(nextPage());
  } catch (error) {
    wrong.textContent = `${error.message}.`;
    wrong.hidden = false;
    $("#password").select();
  }
});

/** Where the visitor wanted to go: a page of this server, nothing else. */
function nextPage() {
  const wanted = new URLSearchParams(location.search).get("next");
  return ["/", "/upload", "/album", "/state", "/api/docs"].includes(wanted) ? wanted : "/";
}
