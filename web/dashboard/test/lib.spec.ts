import { describe, expect, it } from "vitest";
import { lastDays } from "../src/charts/days.tsx";
import { pickWorkspace } from "../src/lib/workspaces.ts";
import { checkAccent, contrast, parseHex } from "../src/lib/contrast.ts";
import { dayName, padDays } from "../src/lib/days.ts";
import { withEvent } from "../src/lib/live.ts";
import { count, percent, plural } from "../src/lib/number.ts";
import { parseLanguages, parseOrigins } from "../src/lib/origins.ts";
import { localPath } from "../src/lib/path.ts";
import { eventSample, scriptSnippet } from "../src/lib/samples.ts";
import { duration, relativeTime } from "../src/lib/time.ts";
import { stepsDone, stepsOf } from "../src/lib/steps.ts";
import { rowWindow } from "../src/lib/window.ts";
// @ts-expect-error plain JavaScript, shared with the browser tests
import { baseline, surveys } from "./support/data.mjs";

describe("time", () => {
  const now = Date.parse("2026-05-10T12:00:00Z");
  it.each([
    [-3, "just now"],
    [3, "just now"],
    [-45, "45 seconds ago"],
    [-60, "1 minute ago"],
    [-3599, "59 minutes ago"],
    [-7200, "2 hours ago"],
    [-86_400, "yesterday"],
    [-86_400 * 6, "6 days ago"],
    [-86_400 * 15, "2 weeks ago"],
    [-86_400 * 400, "last year"],
    [7200, "in 2 hours"],
  ])("%d s is %s", (seconds, words) => {
    expect(relativeTime(now + seconds * 1000, now)).toBe(words);
  });
  it("does not break on what is no time", () => expect(relativeTime("soon", now)).toBe("unknown"));
  it("writes durations", () => expect([0.4, 47, 60, 125, 3600, 3780].map(duration)).toEqual(["0 s", "47 s", "1 min", "2 min 5 s", "1 h", "1 h 3 min"]));
  it("names days in UTC, today last", () => expect(lastDays(3, new Date("2026-03-01T00:30:00Z"))).toEqual(["27 Feb", "28 Feb", "1 Mar"]));
});

describe("numbers", () => {
  it("groups and shares", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect([percent(1, 3), percent(1, 200), percent(0, 5), percent(1, 0), percent(0.5)]).toEqual(["33%", "0.5%", "0%", "–", "50%"]);
    expect([plural(1, "key"), plural(2, "key"), plural(0, "person", "people")]).toEqual(["1 key", "2 keys", "0 people"]);
  });
});

describe("contrast", () => {
  it("agrees with WCAG's known pairs", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
  });
  it("reads only whole hex colours", () => {
    expect(parseHex(" #0F6b75 ")).toEqual([15, 107, 117]);
    for (const text of ["#fff", "0f6b75", "#0f6b7g", "red", ""]) expect(parseHex(text)).toBeNull();
  });
  it("warns of an accent that fades on a light card", () => {
    expect(checkAccent("#0f6b75")?.every((check) => check.passes)).toBe(true);
    expect(checkAccent("#ffe066")?.map((check) => check.passes)).toEqual([true, false]);
    expect(checkAccent("#12")).toBeNull();
  });
});

describe("the way back after the login", () => {
  it("leads only to this site", () => {
    expect(localPath("/triggers?q=a")).toBe("/triggers?q=a");
    for (const evil of [undefined, "", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "/login?return=x"]) {
      expect(localPath(evil)).toBe("/");
    }
  });
});

describe("workspaces", () => {
  const all = [{ id: "a", name: "A" }, { id: "b", name: "B" }];
  it("takes the URL's, the last used, the first", () => {
    expect(pickWorkspace(all, "b", "a")?.id).toBe("b");
    expect(pickWorkspace(all, "gone", "b")?.id).toBe("b");
    expect(pickWorkspace(all, undefined, "gone")?.id).toBe("a");
    expect(pickWorkspace([], "a", "a")).toBeUndefined();
  });
});

describe("live events", () => {
  const event = (id: number) => ({ ...baseline().events[0], id });
  it("puts the newest first, each once", () => {
    const list = withEvent(withEvent(withEvent(undefined, event(1)), event(3)), event(2));
    expect(list.map((each) => each.id)).toEqual([3, 2, 1]);
    expect(withEvent(list, event(2))).toBe(list);
  });
  it("keeps at most 200", () => {
    let list = withEvent(undefined, event(0));
    for (let id = 1; id < 260; id++) list = withEvent(list, event(id));
    expect([list.length, list[0]?.id]).toEqual([200, 259]);
  });
});

describe("first steps", () => {
  it("ticks off what the server knows", () => {
    const empty = baseline({ empty: true });
    expect(stepsDone(stepsOf(empty.connections, [], [], []))).toBe(0);
    const used = baseline();
    expect(stepsOf(used.connections, used.events, used.triggers, surveys())).toEqual({ enabled: true, sent: true, installed: true, launched: true });
  });
  it("does not count a rejected event as sent", () => {
    const { connections, events } = baseline();
    expect(stepsOf(connections, events.filter((each: { outcome: string }) => each.outcome === "rejected"), [], []).sent).toBe(false);
  });
});

describe("lists that are typed in", () => {
  it("takes origins, each once, without paths", () => {
    expect(parseOrigins("https://a.example\nhttps://a.example/, http://localhost:3000")).toEqual({ value: ["https://a.example", "http://localhost:3000"] });
    for (const text of ["", "a.example", "https://a.example/shop", "ftp://a.example", "*"]) expect(parseOrigins(text)).toHaveProperty("error");
  });
  it("takes language tags in their right spelling", () => {
    expect(parseLanguages("EN, pt-br zh-hant")).toEqual({ value: ["en", "pt-BR", "zh-Hant"] });
    for (const text of ["", "english!", "e"]) expect(parseLanguages(text)).toHaveProperty("error");
  });
});

describe("samples", () => {
  it("hold the real address, and a key only when it is given", () => {
    for (const sample of ["curl", "node", "python", "rust"] as const) {
      const text = eventSample(sample, "https://s.example/api/v1/connections/backend/event", "YOUR_BACKEND_KEY");
      expect(text).toContain("https://s.example/api/v1/connections/backend/event");
      expect(text).not.toContain("sk_");
      expect(eventSample(sample, "https://s.example", "sk_1")).toContain("sk_1");
    }
    expect(scriptSnippet("https://s.example/sdk/v1/sonde.js", "pk_1")).toContain('data-key="pk_1"');
  });
});

describe("the window of rows", () => {
  it("draws what is in sight and a little more", () => {
    expect(rowWindow(0, 360, 36, 100_000)).toEqual({ from: 0, to: 22 });
    expect(rowWindow(36 * 50_000, 360, 36, 100_000)).toEqual({ from: 49_988, to: 50_022 });
    expect(rowWindow(1e9, 360, 36, 10)).toEqual({ from: 0, to: 10 });
    expect(rowWindow(0, 360, 36, 0)).toEqual({ from: 0, to: 0 });
  });
});

describe("days", () => {
  it("pads few days on the left, over the end of a month", () => {
    const padded = padDays([{ date: "2026-03-02", shown: 3, completed: 1 }], 4);
    expect(padded.map((day) => day.date)).toEqual(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]);
    expect(padded.at(-1)).toEqual({ date: "2026-03-02", shown: 3, completed: 1 });
    expect(padDays([], 4)).toEqual([]);
    expect(dayName("2026-03-02")).toBe("2 Mar");
  });
});
