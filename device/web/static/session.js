// Who the page is for, and how it asks the camera for things.
let known = null;

export async function session() {
  known ??= fetch("/api/session", { headers: { accept: "application/json" } }).then((answer) => answer.json());
  return known;
}

/** Ask the API; the answer's JSON (null for none).  Throws an Error with the API's sentence. */
export async function api(path, { method = "GET", json } = {}) {
  const headers = { accept: "application/json" };
  if (method !== "GET") headers["x-csrf-token"] = (await session()).csrf_token ?? "";
  if (json !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: json === undefined ? undefined : JSON.stringify(json) });
  } catch {
    throw new Error("The camera does not answer; is it on and in the same network?");
  }
  if (answer.status === 401 && path !== "/api/login") location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
  const isJson = answer.status !== 204 && answer.headers.get("content-type")?.startsWith("application/json");
  const data = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Error(sentence(data?.error ?? `The camera answered ${answer.status}`));
  return data;
}

export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
