/** Reads comma-separated values (RFC 4180): one object a line, by the names in the first. */
import assert from "node:assert/strict";

export function readCsv(text) {
  assert.equal(text.codePointAt(0), 0xfeff, "the byte order mark is missing");
  const lines = [];
  let cells = [];
  let cell = "";
  let quoted = false;
  for (let at = 1; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '"' && text[at + 1] === '"') cell += text[(at += 1)];
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ",") (cells.push(cell), (cell = ""));
    else if (!quoted && char === "\r" && text[at + 1] === "\n") {
      at += 1;
      lines.push([...cells, cell]);
      [cells, cell] = [[], ""];
    } else cell += char;
  }
  assert.equal(cell + cells.join(""), "", "the last line has no end");
  const [names, ...rows] = lines;
  return rows.map((row) => {
    assert.equal(row.length, names.length);
    return Object.fromEntries(names.map((name, at) => [name, row[at]]));
  });
}
