// Requests of the workbench: JSON both ways, and every failure named by what one can do about it.

const PATIENCE_MS = 20_000;

// What a failure means for the person: `offline` (nothing arrived, or the site is away: try again
// later), `session` (sign in again), `conflict`, `large`, `limited`, `refused`, `missing`, `server`.
export class ApiError extends Error {
  constructor(kind, { status = 0, problem = {}, retryAfter = 0 } = {}) {
    super(problem.detail || problem.title || kind);
    Object.assign(this, { kind, status, problem, retryAfter });
  }
}

const KINDS = new Map([
  [400, "refused"], [401, "session"], [403, "session"], [404, "missing"], [409, "conflict"], [413, "large"],
  [422, "refused"], [429, "limited"], [502, "offline"], [503, "offline"], [504, "offline"],
]);

// Signing in again in another tab changes the token: the cookie is newer than the page.
function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  return cookie ?? JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
}

export class Api {
  constructor(base, person) {
    Object.assign(this, { base, person });
  }

  get(path) { return this.call("GET", path); }
  post(path, body = {}, options = {}) { return this.call("POST", path, body, options); }
  put(path, body, options = {}) { return this.call("PUT", path, body, options); }

  async call(method, path, body, { patience = PATIENCE_MS, keepalive = false } = {}) {
    // Whoever signs in in another tab must not get what was typed here.
    const headers = { Accept: "application/json", "X-Whybox-Person": this.person };
    if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
    let answer;
    let facts;
    try {
      answer = await fetch(new URL(path, new URL(this.base, location.href)), {
        method,
        headers,
        keepalive,
        credentials: "same-origin",
        signal: AbortSignal.timeout(patience),
        body: body === undefined || isForm ? body : JSON.stringify(body),
      });
      const isJson = /\bjson\b/.test(answer.headers.get("Content-Type") ?? "");
      facts = isJson ? await answer.json() : {};
    } catch {
      throw new ApiError("offline");
    }
    if (answer.ok) return answer.status === 204 ? null : facts;
    const kind = facts.code === "no_worker" ? "refused" : KINDS.get(answer.status) ?? "server";
    const retryAfter = Number(answer.headers.get("Retry-After")) || 0;
    throw new ApiError(kind, { status: answer.status, problem: facts, retryAfter });
  }
}
