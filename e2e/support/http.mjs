/** Plain HTTP, and what every refusal must look like. */
import assert from "node:assert/strict";

/** One call. The text is kept: numbers in it must not lose their digits. */
export async function call(url, { method = "GET", headers = {}, body } = {}) {
  const streamed = body instanceof ReadableStream ? { duplex: "half" } : {};
  const response = await fetch(url, { method, headers, body, ...streamed });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON of an answer that must be a 200. */
export function accepted(reply) {
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

/** Checks a problem document (RFC 9457); with `pointer`, that this place of the body is named. */
export function assertProblem(reply, status, pointer) {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.headers.get("content-type"), "application/problem+json");
  for (const field of ["type", "title", "detail"]) assert.equal(typeof reply.json[field], "string", field);
  assert.equal(reply.json.status, status);
  assert.match(reply.json.request_id, /^\S+$/);
  assert.equal(reply.headers.get("x-request-id"), reply.json.request_id);
  if (pointer === undefined) return;
  const places = reply.json.errors.map((error) => error.pointer);
  assert.ok(places.includes(pointer), `${pointer} is not among ${JSON.stringify(places)}`);
}
