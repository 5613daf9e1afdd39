// The API, called with the admin's session; writes carry its CSRF token.

export const settled = JSON.parse(document.getElementById("settled").textContent);

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.code = body.code || "";
    this.details = body.details || {};
    this.errors = body.errors || [];
  }
}

export async function read(path, query = {}, signal = undefined) {
  return answered(await fetch(address(path, query), { headers: { Accept: "application/json" }, signal }));
}

export async function write(path, body, { version = null, isNew = false } = {}) {
  const headers = {
    Accept: "application/json",
    "Content-Type": "application/json",
    "X-CSRFToken": settled.csrf,
    "Idempotency-Key": crypto.randomUUID ? crypto.randomUUID() : `board-${Date.now()}-${Math.random()}`,
  };
  if (version !== null) headers["If-Match"] = `"${version}"`;
  if (isNew) headers["If-None-Match"] = "*";
  return answered(await fetch(address(path), { method: "POST", headers, body: JSON.stringify(body) }));
}

export function address(path, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== null));
  return `/api/dispatcher/${path}${asked.size ? `?${asked}` : ""}`;
}

async function answered(response) {
  const text = await response.text();
  let body = {};
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    body = { detail: `The server answered ${response.status}.` };
  }
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}
