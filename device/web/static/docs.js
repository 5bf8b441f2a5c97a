// The API's own description, made readable here: nothing is fetched from elsewhere.
import { $, el } from "./dom.js";
import { api } from "./session.js";
import { shell } from "./shell.js";

await shell();
const spec = await api("/api/openapi.json");
$("#about").textContent = `${spec.info.title}, version ${spec.info.version}. ${spec.info.description.replaceAll("`", "")}`;

const nameOf = (schema) => schema?.$ref?.split("/").at(-1);

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  return [schema.type, schema.format].filter(Boolean).join(", ") || "any";
}

function limits(schema = {}) {
  const parts = [["minimum", "≥"], ["exclusiveMinimum", ">"], ["maximum", "≤"], ["maxLength", "characters ≤"], ["maxItems", "items ≤"]]
    .filter(([key]) => schema[key] !== undefined).map(([key, sign]) => `${sign} ${schema[key]}`);
  if (schema.default !== undefined && schema.default !== null) parts.push(`default ${JSON.stringify(schema.default)}`);
  return parts.join(", ");
}

function table(heads, rows, label) {
  return el("div", { className: "table", tabIndex: 0, role: "region", "aria-label": label }, el("table", {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map(([first, ...cells]) => el("tr", {}, el("th", { scope: "row" }, el("code", {}, first)), ...cells.map((cell) => el("td", {}, cell)))))));
}

function operation(path, method, facts) {
  const parts = [el("p", {}, facts.description ?? "")];
  if (facts.parameters?.length) {
    parts.push(table(["Parameter", "In", "Type", "Limits", ""], facts.parameters.map((p) =>
      [p.name, p.in, typeOf(p.schema), limits(p.schema), p.description ?? p.schema?.description ?? ""]), `Parameters of ${method} ${path}`));
  }
  for (const [type, body] of Object.entries(facts.requestBody?.content ?? {})) {
    parts.push(el("p", {}, "Body: ", el("code", {}, type), " ", typeOf(body.schema)));
  }
  parts.push(table(["Status", "Type", ""], Object.entries(facts.responses).map(([status, answer]) =>
    [status, Object.entries(answer.content ?? {}).map(([type, { schema }]) => typeOf(schema) || type).join(", "), answer.description]), `Answers of ${method} ${path}`));
  return el("details", { className: "card operation" }, el("summary", {},
    el("span", { className: "method" }, method.toUpperCase()), el("code", {}, path), el("span", { className: "quiet" }, facts.summary)),
    el("div", {}, ...parts));
}

const byTag = new Map();
for (const [path, methods] of Object.entries(spec.paths)) {
  for (const [method, facts] of Object.entries(methods)) {
    const tag = facts.tags?.[0] ?? "other";
    if (!byTag.has(tag)) byTag.set(tag, []);
    byTag.get(tag).push(operation(path, method, facts));
  }
}
for (const [tag, operations] of byTag) $("#operations").append(el("h2", { className: "tag" }, tag), ...operations);
for (const [name, schema] of Object.entries(spec.components?.schemas ?? {})) {
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, typeOf(value), limits(value), value.description ?? ""]);
  $("#schemas").append(el("details", { className: "card operation", id: name },
    el("summary", {}, el("code", {}, name), el("span", { className: "quiet" }, schema.description ?? "")),
    el("div", {}, rows.length ? table(["Field", "Type", "Limits", ""], rows, `Fields of ${name}`) : el("p", {}, typeOf(schema)))));
}
