/** Steps that build on each other: after one that fails, the rest fail at once instead of waiting in vain. */
import assert from "node:assert/strict";
import { it } from "node:test";

/** `picture` says what is on screen when a step fails; SONDE_E2E_PICTURES names a folder to put it into. */
export function story(picture) {
  let broken = null;
  return (name, tell, options = {}) =>
    it(name, options, async (...given) => {
      assert.equal(broken, null, `not reached: “${broken}” failed`);
      try {
        await tell(...given);
      } catch (error) {
        broken = name;
        await picture?.(name).catch(() => {});
        throw error;
      }
    });
}

export function toFolder(page) {
  const folder = process.env.SONDE_E2E_PICTURES;
  return async (name) => folder && page()?.screenshot({ path: `${folder}/${name.replace(/\W+/g, "-").slice(0, 60)}.png` });
}
