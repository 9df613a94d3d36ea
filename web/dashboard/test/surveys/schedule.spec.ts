import { describe, expect, it } from "vitest";
import { fromLocal, inZone, scheduleError, scheduleInWords, tidySchedule, toLocal } from "../../src/surveys/model/schedule.ts";
import { launchSentence } from "../../src/surveys/model/sentence.ts";

const BERLIN = "Europe/Berlin";

describe("moments in a time zone", () => {
  it("are read and written as its clocks show them, summer and winter", () => {
    expect(toLocal("2026-07-01T07:00:00Z", BERLIN)).toBe("2026-07-01T09:00");
    expect(toLocal("2026-12-01T08:00:00Z", BERLIN)).toBe("2026-12-01T09:00");
    for (const moment of ["2026-07-01T07:00:00Z", "2026-12-01T08:00:00Z"]) expect(fromLocal(toLocal(moment, BERLIN), BERLIN)).toBe(moment);
    expect(fromLocal("2026-12-01T09:00", "Asia/Kolkata")).toBe("2026-12-01T03:30:00Z");
    expect([toLocal(undefined, BERLIN), fromLocal("", BERLIN), fromLocal("2026-12-01T09:00", "Nowhere/Town")]).toEqual(["", undefined, undefined]);
  });

  it("take the first of an hour that comes twice, and the other side of one that is skipped", () => {
    expect(fromLocal("2026-10-25T02:30", BERLIN)).toBe("2026-10-25T00:30:00Z");
    expect(toLocal(fromLocal("2026-03-29T02:30", BERLIN), BERLIN)).toBe("2026-03-29T03:30");
  });

  it("keep the clock times when the zone changes", () => {
    expect(inZone({ starts_at: "2026-12-01T09:00:00Z" }, BERLIN)).toEqual({ starts_at: "2026-12-01T08:00:00Z", time_zone: BERLIN });
    expect(inZone({ starts_at: "2026-12-01T08:00:00Z", time_zone: BERLIN }, "UTC")).toEqual({ starts_at: "2026-12-01T09:00:00Z" });
  });
});

describe("a schedule", () => {
  it("is left out when it says nothing", () => {
    expect(tidySchedule({})).toBeUndefined();
    expect(tidySchedule({ weekdays: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] })).toBeUndefined();
    expect(tidySchedule({ weekdays: ["mon"] })).toEqual({ weekdays: ["mon"] });
  });

  it("says what cannot be", () => {
    expect(scheduleError({ starts_at: "2026-12-01T09:00:00Z", ends_at: "2026-12-01T09:00:00Z" })).toMatch(/after the start/);
    expect(scheduleError({ hours: { from: "09:00", to: "09:00" } })).toMatch(/hours/);
    expect(scheduleError({ weekdays: [] })).toMatch(/weekday/);
    expect(scheduleError({ time_zone: "Nowhere/Town" })).toMatch(/Nowhere/);
    expect(scheduleError({ hours: { from: "22:00", to: "06:00" }, weekdays: ["fri"], time_zone: BERLIN })).toBeNull();
  });

  it("reads as one says it", () => {
    const weekdays = ["mon", "tue", "wed", "thu", "fri"] as const;
    expect(scheduleInWords({ weekdays, hours: { from: "09:00", to: "17:00" }, time_zone: BERLIN })).toBe("Mon–Fri 9–17 Berlin time");
    expect(scheduleInWords({ weekdays: ["mon", "wed"], hours: { from: "22:30", to: "06:00" } })).toBe("Mon and Wed 22:30–6 (over midnight) UTC");
    expect(scheduleInWords({ starts_at: "2026-12-01T08:00:00Z", time_zone: BERLIN })).toBe("from 1 Dec 2026, 09:00 Berlin time");
    expect(scheduleInWords(undefined)).toBe("");
  });
});

describe("the sentence", () => {
  const frontend_triggers = [{ name: "Home" }];
  const activation = { backend_triggers: [{ name: "delivered" }, { name: "paid" }], expires_after_secs: 7_200 };

  it("says who, when and until how many", () => {
    const launch = {
      frontend_triggers,
      activation: { ...activation, match: "all" as const },
      trigger_sequence: ["viewed", "cart"],
      audience: { all: [{ attribute: "plan", op: "equals" as const, value: "pro" }] },
      schedule: { weekdays: ["mon", "tue", "wed", "thu", "fri"] as const, hours: { from: "09:00", to: "17:00" }, time_zone: BERLIN },
      quota: { completed: 500 },
      also_while_there: true,
    };
    expect(launchSentence(launch)).toBe(
      "Shown at Home, after viewed, then cart in the same visit, within 2 hours of both delivered and paid, once per user, to users whose plan is pro, Mon–Fri 9–17 Berlin time, until 500 completed, also while the user is already there.",
    );
  });

  it("says how many events it takes, and the share", () => {
    expect(launchSentence({ frontend_triggers, activation: { ...activation, at_least: 3, delay_secs: 60 } })).toBe(
      "Shown at Home, when delivered or paid came at least 3 times in the last 2 hours, each at least 1 minute ago, once per user.",
    );
    const audience = { cohort: "coh_1" };
    expect(launchSentence({ frontend_triggers, audience, sampling_percent: 10 }, { cohorts: new Map([["coh_1", "Parents"]]) })).toBe("Shown at Home, once per user, to 10% of users who are in “Parents”.");
  });
});
