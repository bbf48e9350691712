// A few test vectors of each kind, a file each: node fuzz/seeds/vectors.mjs FOLDER
import { readFileSync, writeFileSync } from "node:fs";

const OF_EACH_KIND = 12;
const read = JSON.parse(readFileSync(new URL("../../tests/vectors/sla.json", import.meta.url), "utf8"));
const counts = new Map();
for (const vector of read.vectors ?? read) {
  const count = counts.get(vector.kind) ?? 0;
  counts.set(vector.kind, count + 1);
  if (count < OF_EACH_KIND) {
    writeFileSync(`${process.argv[2]}/${vector.kind}-${count}`, JSON.stringify(vector));
  }
}
