/**
 * Pictures of every page of the dashboard with data on it, light and dark, wide and narrow, into docs/screens, and a
 * sheet to look at them together. Run by `cargo xtask screenshots`.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "../web/testkit/chromium.mjs";
import { Desk } from "./support/desk.mjs";
import { furnish } from "./support/furnish.mjs";
import { small } from "./support/png.mjs";
import { ROOT, Sonde } from "./support/sonde.mjs";

const FOLDER = join(ROOT, "docs/screens");
const TOTAL_MAX = 6_000_000;
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
const LOOKS = [["light", WIDE], ["dark", WIDE], ["light", NARROW], ["dark", NARROW]];

const NAMES = { survey: "The new settings", trigger: "settings_saved", cohort: "Anybody with a plan", user: "anna.keller" };

const settle = async () => {};
/** Scrolls there; the bar at the top of a narrow window must not cover it. */
const underTheBar = (element) => {
  element.style.scrollMarginTop = "5rem";
  element.scrollIntoView({ block: "start" });
};

/** File name, what it is, path, and what to do there first. */
function pages({ main, draft, paused, rows, cohort, gated, user }) {
  const full = rows.find(({ answers }) => answers.wish).display_id;
  const first = (it, role, name) => it.page.getByRole(role, { name }).first().waitFor();
  return [
    ["surveys", "Surveys", "/surveys", (it) => first(it, "table", "Surveys")],
    ["templates", "New survey: templates", "/surveys/new?template=csat", (it) => first(it, "list", "Templates")],
    ["editor", "Editor with the live preview", `/surveys/${main}?question=feeling`, (it) => it.field("Option 5").waitFor()],
    ["editor-preview", "Editor: preview in dark", `/surveys/${main}?view=preview&question=recommend&look=dark`, (it) => it.page.getByTestId("stage").waitFor()],
    ["editor-errors", "Editor: what is missing", `/surveys/${draft}?question=feeling`, (it) => it.page.getByRole("alert").first().waitFor()],
    ["editor-translation", "Editor: translating side by side", `/surveys/${main}?part=languages&lang=de`, (it) => it.page.getByLabel(/\(German\)/).first().waitFor()],
    ["editor-thank-you", "Editor: the thank-you card", `/surveys/${main}?part=thank_you`, (it) => it.field("Heading").waitFor()],
    ["editor-behaviour", "Editor: behaviour", `/surveys/${main}?part=survey`, (it) => it.page.getByRole("switch", { name: "Users can close it" }).waitFor()],
    ["editor-versions", "Editor: versions", `/surveys/${main}?dialog=versions`, (it) => it.dialog.getByText("Version 1").waitFor()],
    ["launch", "Configure & Launch", `/surveys/${main}/launch`, (it) => it.page.getByText("Live with version 1").waitFor()],
    ["launch-checklist", "Configure & Launch: still to do", `/surveys/${draft}/launch`, (it) => it.page.getByLabel("To do").first().waitFor()],
    ["launch-trigger", "Configure & Launch: several events and places", `/surveys/${gated}/launch`, async (it) => {
      await it.page.getByRole("group", { name: "Condition 1.2.2" }).waitFor();
      await it.heading("Where it shows").evaluate(underTheBar);
    }],
    ["launch-audience", "Configure & Launch: for whom", `/surveys/${gated}/launch`, async (it) => {
      await it.page.getByRole("group", { name: "Condition 1.2.2" }).waitFor();
      await it.heading("For whom").evaluate(underTheBar);
    }],
    ["launch-when", "Configure & Launch: when, and how often", `/surveys/${gated}/launch`, async (it) => {
      await it.page.getByRole("group", { name: "Condition 1.2.2" }).waitFor();
      await it.heading("When").evaluate(underTheBar);
    }],
    ["estimate", "Configure & Launch: who would get this now", `/surveys/${paused}/launch`, async (it) => {
      await it.button("Estimate").click();
      await it.page.getByText("Why not the others").waitFor();
      await it.heading("Who would get this now").evaluate(underTheBar);
    }],
    ["results", "Results", `/surveys/${main}/results`, (it) => it.page.getByRole("figure").nth(4).waitFor()],
    ["results-questions", "Results: by question", `/surveys/${main}/results`, async (it) => {
      await it.page.getByRole("figure").nth(4).waitFor();
      await it.page.getByRole("figure").nth(2).evaluate(underTheBar);
    }],
    ["responses", "Responses", `/surveys/${main}/results?tab=responses`, (it) => it.page.getByText(/loaded/).first().waitFor()],
    ["response", "One response", `/surveys/${main}/results?tab=responses&response=${full}`, (it) => it.dialog.getByText("user.plan").waitFor()],
    ["refusals", "Results: why not shown", `/surveys/${main}/results?tab=refusals`, (it) => first(it, "table", "Reasons by day")],
    ["users", "Users", "/users", (it) => first(it, "table", "Users")],
    ["user", "One user: why, and why not", `/users/${user}`, (it) => it.page.getByRole("list", { name: "Decisions" }).getByRole("listitem").first().waitFor()],
    ["user-history", "One user: events and displays", `/users/${user}`, async (it) => {
      await first(it, "table", "Displays and responses");
      await it.page.getByRole("list", { name: "Decisions" }).getByRole("listitem").first().waitFor();
      await it.heading("Why not, the last times").evaluate(underTheBar);
    }],
    ["cohorts", "Cohorts", "/cohorts", (it) => first(it, "table", "Cohorts")],
    ["cohort", "One cohort", `/cohorts/${cohort}`, (it) => first(it, "group", "Condition 1.2.2")],
    ["cohort-new", "A cohort being made", "/cohorts/new", async (it) => {
      await it.button("Add an attribute to group 1").click();
      await it.page.getByRole("group", { name: "Condition 1.1" }).waitFor();
    }],
    ["triggers", "Triggers", "/triggers", (it) => first(it, "table", "Backend triggers")],
    ["trigger", "One trigger", "/triggers?name=ended_sleep", (it) => it.dialog.getByText("sleep_score").waitFor()],
    ["trigger-cancels", "A trigger that cancels others", "/triggers?name=subscription_cancelled", async (it) => {
      await it.dialog.getByText("trial_started").waitFor();
      await it.button("Cancel earlier events").click();
      await it.field("Backend trigger to cancel").waitFor();
    }],
    ["first-run", "First steps", "/first-run", (it) => it.page.getByText("4 of 4 done").waitFor()],
    ["connections", "Connections", "/connections", (it) => it.page.getByText("Enabled").waitFor()],
    ["backend-trigger", "Backend Trigger", "/connections/backend", (it) => first(it, "table", "Last events")],
    ["live-events", "Backend Trigger: events as they come", "/connections/backend", async (it) => {
      await first(it, "table", "Last events");
      await it.heading("Last events").evaluate(underTheBar);
    }],
    ["sdk", "Web SDK", "/connections/sdk", (it) => first(it, "region", "Script tag")],
    ["settings", "Settings", "/settings", (it) => it.field("Language tags").waitFor()],
    ["settings-theme", "Settings: survey theme", "/settings?tab=theme", (it) => it.field("Accent colour").waitFor()],
    ["settings-security", "Settings: security and data", "/settings?tab=security", (it) => it.page.getByText("Allowed origins").first().waitFor()],
  ];
}
const GUESTS = [["login", "Log in", "/login", settle]];

const name = (file, [colorScheme, { width }]) => `${file}-${colorScheme}-${width}.png`;

/** Answers the bytes of each picture. */
async function shoot(browser, sonde, member, list) {
  const sizes = [];
  for (const look of LOOKS) {
    const [colorScheme, viewport] = look;
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
    await member?.enter(context);
    const desk = await Desk.open(context, sonde.origin);
    for (const [file, , path, ready] of list) {
      await desk.goto("/nowhere");
      await desk.goto(path);
      await ready(desk);
      await desk.page.evaluate(() => document.fonts.ready);
      const picture = small(await desk.page.screenshot({ animations: "disabled", caret: "hide" }));
      await writeFile(join(FOLDER, name(file, look)), picture);
      sizes.push(picture.length);
    }
    await context.close();
  }
  return sizes;
}

function sheet(all) {
  const image = (file, look, width) => `<img src="${name(file, look)}" width="${width}" alt="">`;
  const part = ([file, title]) => `## ${title}\n\n${image(file, LOOKS[0], 560)} ${image(file, LOOKS[1], 560)}\n\n${image(file, LOOKS[2], 240)} ${image(file, LOOKS[3], 240)}\n`;
  return `# The dashboard, page by page\n\nLight and dark, 1280 and 390 pixels wide. Made by \`cargo xtask screenshots\` from a server of its own with made-up people.\n\n${all.map(part).join("\n")}`;
}

await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
const [sonde, browser] = await Promise.all([Sonde.start(), launch()]);
try {
  const link = await sonde.setupLink();
  const setup = [["setup", "Set-up", link.slice(sonde.origin.length), settle]];
  const sizes = await shoot(browser, sonde, null, setup);
  const lull = await furnish(sonde, { name: "Lull, the sleep diary", answers: 160, names: NAMES });
  const inside = pages(lull);
  sizes.push(...(await shoot(browser, sonde, null, GUESTS)), ...(await shoot(browser, sonde, lull.member, inside)));
  const all = [...inside, ...GUESTS, ...setup];
  await writeFile(join(FOLDER, "README.md"), sheet(all));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > TOTAL_MAX) throw new Error(`${bytes} bytes of pictures, at most ${TOTAL_MAX}`);
  console.log(`${sizes.length} pictures, ${(bytes / 1e6).toFixed(1)} MB, in docs/screens`);
} finally {
  await browser.close();
  await sonde.stop();
}
