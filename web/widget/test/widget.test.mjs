import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, it } from "node:test";
import { launch } from "../../testkit/chromium.mjs";
import { arabic, INPUT, NPS, SELECT, STAR, survey } from "../../testkit/content.mjs";
import { draw, focusedText, stage, told } from "../../testkit/stage.mjs";

let browser;
let site;
let page;
const errors = [];

before(async () => {
  [browser, site] = await Promise.all([launch(), stage()]);
});
after(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(async () => {
  errors.length = 0;
  page = await browser.newPage({ viewport: { width: 1000, height: 700 }, reducedMotion: "reduce" });
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(site.origin);
});
afterEach(async () => {
  await page.close();
  assert.deepEqual(errors, []);
});

const button = (name) => page.getByRole("button", { name, exact: true });
const radio = (name) => page.getByRole("radio", { name });
const heading = (name) => page.getByRole("heading", { name });
const dialog = () => page.getByRole("dialog");

describe("values in texts", () => {
  const HOSTILE = "<img src=x onerror=\"window.hacked = true\">&amp;{{p1}}";
  const said = () => page.evaluate(() => document.querySelector("sonde-survey").shadowRoot.querySelector("#title").textContent);

  it("are text, whatever they look like", async () => {
    await draw(page, survey([{ ...INPUT, title: "By {{p0}}, \\{{not}}", placeholder: "{{p0}}", description: "{{p1}}" }]), { values: { p0: HOSTILE, p1: "one" } });
    await heading("By ").waitFor();
    assert.equal(await said(), `By ${HOSTILE}, {{not}}`);
    assert.equal(await page.getByRole("textbox").last().getAttribute("placeholder"), HOSTILE);
    assert.equal(await page.evaluate(() => document.querySelector("sonde-survey").shadowRoot.querySelectorAll("img").length), 0);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await dialog().getByText("one", { exact: true }).waitFor();
  });

  it("keep to themselves when they run the other way", async () => {
    await draw(page, survey([{ ...SELECT, title: "{{p0}} (2)", options: [{ id: "a", label: "{{p0}}" }, { id: "b", label: "b" }] }]), { values: { p0: "\u202eنجيب محفوظ" } });
    await radio("نجيب محفوظ").waitFor();
    assert.equal(await said(), "\u2068نجيب محفوظ\u2069 (2)");
    // The number stands after the name: what runs from right to left has not taken it along.
    const [name, number] = await page.evaluate(() => {
      const text = document.querySelector("sonde-survey").shadowRoot.querySelector("#title").firstChild;
      const box = (from, to) => {
        const range = document.createRange();
        range.setStart(text, from);
        range.setEnd(text, to);
        return range.getBoundingClientRect().x;
      };
      return [box(1, 3), box(text.length - 3, text.length)];
    });
    assert.ok(number > name, `${number} is left of ${name}`);
  });
});

describe("logic", () => {
  const rule = (op, value, then) => ({ if: { all: [{ question: "q1", op, value }] }, then });

  it("jumps over questions, and the way gets shorter", async () => {
    await draw(page, survey([{ ...SELECT, logic: [rule("equals", "so_so", { jump: "q4" })] }, NPS, STAR, INPUT]));
    await dialog().getByText("1 / 4").waitFor();
    await radio("So-so").click();
    await button("Next").click();
    await heading(INPUT.title).waitFor();
    await dialog().getByText("2 / 2").waitFor();
    await button("Send").click();
    assert.deepEqual((await told(page)).at(-1), ["complete", { q1: { options: ["so_so"] } }]);
  });

  it("ends early, and says so on the button as soon as it is known", async () => {
    await draw(page, survey([{ ...SELECT, logic: [rule("equals", "so_so", { end: true })] }, NPS]));
    await button("Next").waitFor();
    await radio("So-so").click();
    await button("Send").click();
    await heading("Thank you").waitFor();
  });

  it("asks the server's constants as it asks answers", async () => {
    const known = (constant) => [{ if: { all: [{ constant }] }, then: { jump: "q3" } }];
    await draw(page, survey([{ ...NPS, id: "q1", required: false, logic: known("c0") }, SELECT, STAR]), { values: { c0: true } });
    await button("Skip").click();
    await heading(STAR.title).waitFor();
    await page.evaluate(() => window.survey.destroy());
    await draw(page, survey([{ ...NPS, id: "q1", required: false, logic: known("c0") }, { ...SELECT, id: "q2" }, STAR]), { values: { c0: false } });
    await button("Skip").click();
    await heading(SELECT.title).waitFor();
  });

  it("begins where a preview wants it", async () => {
    await draw(page, survey([SELECT, NPS, STAR]), { startAt: "q3" });
    await heading(STAR.title).waitFor();
    await dialog().getByText("3 / 3").waitFor();
    await page.evaluate(() => window.survey.destroy());
    await draw(page, survey([SELECT]), { startAt: "thank_you" });
    await heading("Thank you").waitFor();
    await page.waitForTimeout(2200);
    assert.equal(await heading("Thank you").count(), 1);
  });
});

describe("answers", () => {
  it("are reported at once, the whole set so far, from the first to the last question", async () => {
    await draw(page, survey());
    await radio("So-so").click();
    await button("Next").click();
    await radio("9").click();
    await heading(STAR.title).waitFor();
    await radio("4").click();
    await heading(INPUT.title).waitFor();
    await dialog().getByRole("textbox").fill("A softer alarm");
    await button("Send").click();
    await heading("Thank you").waitFor();
    const q1 = { options: ["so_so"] };
    const all = { q1, q2: { number: 9 }, q3: { number: 4 }, q4: { text: "A softer alarm" } };
    assert.deepEqual(await told(page), [
      ["answer", { q1 }],
      ["answer", { q1, q2: { number: 9 } }],
      ["answer", { q1, q2: { number: 9 }, q3: { number: 4 } }],
      ["answer", all],
      ["complete", all],
    ]);
  });

  it("of a choice with text carry the text, and drop it with the choice", async () => {
    await draw(page, survey([SELECT]));
    await radio("Something else").click();
    await dialog().getByRole("textbox", { name: "Please specify" }).fill("  The cat ");
    await page.waitForFunction(() => window.told.length === 2);
    await radio("Badly").click();
    assert.equal(await dialog().getByRole("textbox").isVisible(), false);
    assert.deepEqual((await told(page)).map(([, answers]) => answers.q1), [
      { options: ["other"] },
      { options: ["other"], other_text: "The cat" },
      { options: ["badly"] },
    ]);
  });

  it("typed but not yet reported are reported by flush, and by closing", async () => {
    await draw(page, survey([INPUT]));
    await dialog().getByRole("textbox").pressSequentially("ab");
    await page.evaluate(() => window.survey.flush());
    assert.deepEqual(await told(page), [["answer", { q4: { text: "ab" } }]]);
    await dialog().getByRole("textbox").pressSequentially("c");
    await page.evaluate(() => window.survey.destroy());
    assert.deepEqual((await told(page)).slice(1), [["answer", { q4: { text: "abc" } }], ["close"]]);
  });

  it("that are required cannot be left out", async () => {
    await draw(page, survey([NPS]));
    await button("Send").click();
    await page.getByRole("alert").getByText("Please choose an answer").waitFor();
    assert.equal(await button("Skip").count(), 0);
    const group = page.getByRole("radiogroup", { name: NPS.title });
    assert.equal(await group.getAttribute("aria-invalid"), "true");
    await radio("0, Not likely").focus();
    await page.keyboard.press("Space");
    assert.equal(await page.getByText("Please choose an answer").isVisible(), false);
    await button("Send").click();
    assert.deepEqual((await told(page)).at(-1), ["complete", { q2: { number: 0 } }]);
  });

  it("that are optional can be skipped, and are then taken back", async () => {
    await draw(page, survey([STAR, INPUT]));
    await radio("2").focus();
    await page.keyboard.press("Space");
    await button("Skip").click();
    await button("Send").click();
    assert.deepEqual((await told(page)).filter(([name]) => name !== "close"), [["answer", { q3: { number: 2 } }], ["answer", {}], ["complete", {}]]);
  });

  it("may change within the pause after a tap", async () => {
    await draw(page, survey([STAR, INPUT]));
    await radio("2").click();
    await radio("5").click();
    await heading(INPUT.title).waitFor();
    assert.deepEqual((await told(page)).at(-1), ["answer", { q3: { number: 5 } }]);
  });

  it("shorter than max_length only, and blank is none", async () => {
    await draw(page, survey([{ ...INPUT, max_length: 5 }]));
    await dialog().getByRole("textbox").pressSequentially("1234567");
    assert.equal(await dialog().getByRole("textbox").inputValue(), "12345");
    await dialog().getByRole("textbox").fill("   ");
    await button("Send").click();
    assert.deepEqual((await told(page)).at(-1), ["complete", {}]);
  });
});

describe("content", () => {
  it("is randomised as told, by the given dice", async () => {
    const options = ["a", "b", "c", "d"].map((id) => ({ id, label: id }));
    const orders = {};
    for (const randomise of ["none", "all", "keep_last"]) {
      orders[randomise] = await page.evaluate(
        ([content]) => {
          const container = document.createElement("div");
          document.body.append(container);
          const survey = window.renderSurvey({ content, container, random: () => 0 });
          const values = [...container.firstChild.shadowRoot.querySelectorAll("input")].map((input) => input.value).join("");
          survey.destroy();
          return values;
        },
        [survey([{ ...SELECT, options, randomise }])],
      );
    }
    assert.deepEqual(orders, { none: "abcd", all: "bcda", keep_last: "bcad" });
  });

  it("is text, never markup", async () => {
    await draw(page, survey([{ ...SELECT, title: "<img src=x onerror=alert(1)>", options: [{ id: "a", label: "<b>bold</b>" }] }]));
    await heading("<img src=x onerror=alert(1)>").waitFor();
    await radio("<b>bold</b>").waitFor();
  });

  it("of an unknown type is left out; with none left nothing is drawn", async () => {
    await draw(page, survey([{ id: "x", type: "hologram_feedback", title: "?" }, INPUT]));
    await heading(INPUT.title).waitFor();
    assert.equal(await page.getByText("/ 1").count(), 0);
    await page.evaluate(() => window.survey.destroy());
    await assert.rejects(draw(page, survey([{ id: "x", type: "hologram_feedback", title: "?" }])), /no question/);
    assert.equal(await page.locator("sonde-survey").count(), 0);
  });

  it("with nothing optional given still works", async () => {
    const bare = { survey_id: "s", version: 1, language: "en", questions: [{ id: "q", type: "star_feedback", title: "Stars?" }] };
    await draw(page, bare);
    await radio("3").click();
    await page.waitForFunction(() => window.told.length === 3);
    assert.deepEqual(await told(page), [["answer", { q: { number: 3 } }], ["complete", { q: { number: 3 } }], ["close"]]);
    assert.equal(await page.locator("sonde-survey").count(), 0);
  });

  for (const width of [320, 1000]) {
    it(`fits a screen ${width} px wide, long words and all`, async () => {
      await page.setViewportSize({ width, height: 700 });
      const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(2);
      const options = [{ id: "a", label: long, allows_text: true }];
      await draw(page, survey([{ ...SELECT, title: long, description: long, options }, { ...NPS, labels: { low: long, high: long } }, STAR]));
      for (const step of [1, 2, 3]) {
        const box = await page.evaluate(() => {
          const card = document.querySelector("sonde-survey").shadowRoot.querySelector("[role=dialog]");
          const { left, right, top, bottom } = card.getBoundingClientRect();
          const wide = [...card.querySelectorAll("*")].filter((element) => element.getBoundingClientRect().right > right + 0.5);
          return { left, right, top, bottom, overflow: card.scrollWidth - card.clientWidth, wide: wide.map((element) => element.className) };
        });
        assert.ok(box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= 700, JSON.stringify(box));
        assert.deepEqual([box.overflow, box.wide], [0, []]);
        const small = await page.evaluate(() => {
          const targets = document.querySelector("sonde-survey").shadowRoot.querySelectorAll("button, input[type=radio]");
          return [...targets].map((target) => target.getBoundingClientRect()).filter(({ width, height }) => width < 24 || height < 24).length;
        });
        assert.equal(small, 0, "targets are at least 24 px");
        if (step < 3) {
          await page.getByRole("radio").first().focus();
          await page.keyboard.press("Space");
          await button("Next").click();
        }
      }
    });
  }
});

describe("focus", () => {
  it("goes to the heading and back to where it was", async () => {
    await page.locator("#before").focus();
    await draw(page, survey());
    assert.equal(await focusedText(page), "title");
    await page.keyboard.press("Escape");
    assert.equal(await focusedText(page), "before");
    assert.deepEqual(await told(page), [["dismiss"], ["close"]]);
  });

  for (const host of ["input", "textarea", "contenteditable"]) {
    it(`is not taken from a user who types into a host ${host}; the survey is announced`, async () => {
      await page.evaluate((host) => {
        const element = document.createElement(host === "contenteditable" ? "div" : host);
        if (host === "contenteditable") element.setAttribute("contenteditable", "true");
        element.id = "typing";
        document.body.append(element);
        element.focus();
      }, host);
      await draw(page, survey());
      await page.keyboard.type("still here");
      assert.match(await page.evaluate(() => document.activeElement.value ?? document.activeElement.textContent), /still here/);
      await page.getByRole("status").getByText(SELECT.title).waitFor();
      await page.keyboard.press("Escape");
      assert.equal(await dialog().count(), 1, "Escape belongs to the field");
      await page.evaluate(() => window.survey.destroy());
      assert.equal(await focusedText(page), "typing");
    });
  }

  it("goes to each new heading, and the keyboard alone gets through", async () => {
    await draw(page, survey());
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press("Tab", "Space", "ArrowDown", "ArrowDown", "Tab");
    assert.equal(await focusedText(page), "Next");
    await press("Enter");
    assert.equal(await focusedText(page), "title");
    await press("Tab", "ArrowRight", "ArrowRight", "ArrowRight");
    await page.waitForTimeout(600);
    await heading(NPS.title).waitFor();
    await press("Tab", "Enter", "Tab", "Space", "Tab");
    assert.equal(await focusedText(page), "Skip");
    await press("Tab", "Enter", "Tab");
    await page.keyboard.type("By keyboard");
    await press("Tab", "Tab", "Enter");
    await heading("Thank you").waitFor();
    assert.equal(await focusedText(page), "title");
    const answers = { q1: { options: ["badly"] }, q2: { number: 3 }, q3: { number: 1 }, q4: { text: "By keyboard" } };
    assert.deepEqual((await told(page)).find(([name]) => name === "complete"), ["complete", answers]);
  });

  it("shows where it is", async () => {
    await draw(page, survey());
    for (const expected of ["radio", "button", "button"]) {
      await page.keyboard.press("Tab");
      const style = await page.evaluate(() => {
        const element = document.activeElement.shadowRoot.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return { kind: element.type === "radio" ? "radio" : element.localName, outlineStyle, outlineWidth };
      });
      assert.deepEqual(style, { kind: expected, outlineStyle: "solid", outlineWidth: "2px" });
    }
  });

  it("in the survey keeps keys from the page's shortcuts", async () => {
    await page.evaluate(() => {
      window.heard = [];
      document.addEventListener("keydown", (event) => window.heard.push(event.key));
    });
    await draw(page, survey([INPUT]));
    await dialog().getByRole("textbox").pressSequentially("jk");
    assert.deepEqual(await page.evaluate(() => window.heard), []);
  });
});

describe("closing", () => {
  it("by the button dismisses", async () => {
    await draw(page, survey());
    await button("Close").click();
    assert.deepEqual(await told(page), [["dismiss"], ["close"]]);
    assert.equal(await page.locator("sonde-survey").count(), 0);
  });

  it("by Escape dismisses also when the focus is nowhere", async () => {
    await draw(page, survey());
    await page.evaluate(() => document.activeElement.shadowRoot.activeElement.blur());
    await page.keyboard.press("Escape");
    assert.deepEqual(await told(page), [["dismiss"], ["close"]]);
  });

  it("is not offered when the survey is not dismissible", async () => {
    await draw(page, survey([STAR], { dismissible: false }));
    assert.equal(await button("Close").count(), 0);
    await page.keyboard.press("Escape");
    assert.deepEqual(await told(page), []);
    await button("Skip").click();
    await heading("Thank you").waitFor();
    await button("Close").waitFor();
  });

  it("twice is harmless", async () => {
    await draw(page, survey());
    await page.evaluate(() => (window.survey.destroy(), window.survey.destroy()));
    assert.deepEqual(await told(page), [["close"]]);
  });
});

describe("the thank-you card", () => {
  const finish = async () => {
    await page.clock.install();
    await draw(page, survey([STAR]));
    await button("Skip").click();
    await heading("Thank you").waitFor();
  };

  it("closes itself after two seconds", async () => {
    await finish();
    await page.clock.runFor(1_900);
    assert.equal(await dialog().count(), 1);
    await page.clock.runFor(200);
    assert.equal(await dialog().count(), 0);
    assert.deepEqual((await told(page)).at(-1), ["close"]);
  });

  it("waits while the pointer moves on it", async () => {
    await finish();
    const box = await dialog().boundingBox();
    await page.mouse.move(box.x + 40, box.y + 40);
    await page.mouse.move(box.x + 60, box.y + 60);
    await page.clock.runFor(5_000);
    assert.equal(await dialog().count(), 1);
    await page.mouse.move(10, 10);
    await page.clock.runFor(2_100);
    assert.equal(await dialog().count(), 0);
  });

  it("waits while its button has the focus", async () => {
    await finish();
    await page.keyboard.press("Tab");
    assert.equal(await focusedText(page), "Close");
    await page.clock.runFor(5_000);
    assert.equal(await dialog().count(), 1);
    await page.keyboard.press("Enter");
    assert.equal(await dialog().count(), 0);
    assert.deepEqual((await told(page)).map(([name]) => name), ["complete", "close"]);
  });

  it("is announced", async () => {
    await finish();
    await page.clock.runFor(200);
    assert.equal(await page.getByRole("status").textContent(), "Thank you. Sleep well tonight.");
  });
});

describe("the look", () => {
  const buttonStyle = (property) =>
    page.evaluate((property) => getComputedStyle(document.querySelector("sonde-survey").shadowRoot.querySelector(".go"))[property], property);

  it("takes the product's colour, and keeps text on it readable", async () => {
    await page.addStyleTag({ content: "sonde-survey { --sonde-accent: #ffd84d } button { background: red !important; font-size: 40px }" });
    await draw(page, survey());
    assert.equal(await buttonStyle("backgroundColor"), "rgb(255, 216, 77)");
    assert.equal(await buttonStyle("color"), "rgb(0, 0, 0)");
    assert.equal(await buttonStyle("fontSize"), "14px");
  });

  it("takes a theme from the caller", async () => {
    await draw(page, survey(), { theme: { accent: "#006644", appearance: "light", radius: "none" } });
    assert.equal(await buttonStyle("backgroundColor"), "rgb(0, 102, 68)");
    assert.equal(await buttonStyle("color"), "rgb(255, 255, 255)");
    assert.equal(await buttonStyle("borderRadius"), "0px");
    assert.equal(await dialog().evaluate((card) => getComputedStyle(card).borderRadius), "0px");
  });

  it("lightens a theme's colour until it stands out from a dark card", async () => {
    await draw(page, survey(), { theme: { accent: "#001122", appearance: "dark" } });
    assert.equal(await buttonStyle("backgroundColor"), "rgb(105, 116, 126)");
    assert.equal(await buttonStyle("color"), "rgb(255, 255, 255)");
  });

  it("lets the product's style sheet go before the theme", async () => {
    await page.addStyleTag({ content: "sonde-survey { --sonde-accent: #123456 }" });
    await draw(page, survey(), { theme: { accent: "#006644", appearance: "light" } });
    assert.equal(await buttonStyle("backgroundColor"), "rgb(18, 52, 86)");
  });

  it("lies where the theme says", async () => {
    const place = async (position) => {
      await draw(page, survey(), { theme: { position } });
      const { x, y, width, height } = await dialog().boundingBox();
      await page.evaluate(() => window.survey.destroy());
      return { left: x, right: 1000 - x - width, bottom: 700 - y - height, middle: Math.round(y + height / 2) };
    };
    assert.equal((await place("bottom_right")).right, 24);
    assert.deepEqual((({ left, bottom }) => [left, bottom])(await place("bottom_left")), [24, 24]);
    assert.deepEqual((({ left, right, middle }) => [left === right, middle])(await place("center")), [true, 350]);
  });

  it("follows the direction of the language", async () => {
    await draw(page, arabic());
    const box = await dialog().boundingBox();
    assert.equal(box.x, 24, "in the left corner");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await button("التالي").click();
    const [first, last] = await Promise.all([page.getByRole("radio").first().boundingBox(), page.getByRole("radio").last().boundingBox()]);
    assert.ok(first.x > last.x, "0 is on the right");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowLeft");
    assert.deepEqual((await told(page)).at(-1)[1].q2, { number: 1 });
  });

  it("is drawn inside a container when one is given, without taking the focus", async () => {
    await page.locator("#before").focus();
    await page.evaluate((content) => {
      const box = document.createElement("div");
      document.querySelector("main").append(box);
      window.renderSurvey({ content, container: box });
    }, survey());
    assert.equal(await dialog().evaluate((card) => getComputedStyle(card).position), "relative");
    assert.equal(await focusedText(page), "before");
  });

  it("keeps its text readable when the system turns dark or light meanwhile", async () => {
    await page.emulateMedia({ colorScheme: "light" });
    await draw(page, survey());
    assert.equal(await buttonStyle("color"), "rgb(255, 255, 255)");
    // The browser tells of the change with the next frame.
    const becomes = (color) =>
      page.waitForFunction((color) => {
        const button = document.querySelector("sonde-survey").shadowRoot.querySelector(".go");
        return getComputedStyle(button).color === color;
      }, color);
    await page.emulateMedia({ colorScheme: "dark" });
    await becomes("rgb(0, 0, 0)");
    await page.emulateMedia({ colorScheme: "light" });
    await becomes("rgb(255, 255, 255)");
  });

  it("moves nothing when the user wants no motion", async () => {
    await draw(page, survey());
    assert.equal(await dialog().evaluate((card) => getComputedStyle(card).animationName), "none");
    await page.evaluate(() => window.survey.destroy());
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await draw(page, survey());
    assert.equal(await dialog().evaluate((card) => getComputedStyle(card).animationName), "rise");
  });
});
