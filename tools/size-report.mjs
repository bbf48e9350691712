// Prints what a visitor downloads and fails above the budgets.
//
//   node tools/size-report.mjs            after tools/build-panel.sh
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/**
 * The budgets, in bytes after brotli. KB are 1,024 bytes.
 *
 * The loader is on every page view of every host, so it gets 3 KB: two TCP segments of the first flight of ten.
 * The panel arrives after intent. 90 KB take 0.46 s on a 1.6 Mbit/s line (90 × 1,024 × 8 ÷ 1,600,000), less than the
 * time a person needs to read the form, which is already usable by then.
 */
const BUDGETS = { loader: 3 * 1024, panel: 90 * 1024 };

const SITE = '{"demo":{"name":"Acme","accent":"#2f5bea","accentText":"#ffffff","locale":"en","label":"Help","labels":{"de":"Hilfe"}}}';

function stop(message) {
  console.error(`size report: ${message}`);
  process.exit(1);
}

function text(path) {
  if (!existsSync(path)) stop(`${path} is missing; run tools/build-panel.sh`);
  return readFileSync(path, 'utf8');
}

function onlyInDist(pattern) {
  const found = (existsSync('dist') ? readdirSync('dist') : []).filter((name) => pattern.test(name));
  if (found.length !== 1) stop(`expected one file like ${pattern} in dist/, found ${found.length}; run tools/build-panel.sh`);
  return join('dist', found[0]);
}

/** The largest of the word lists: no language may be above the budget. */
function largestWords() {
  const folder = 'ingest/words';
  const lists = readdirSync(folder).filter((name) => /^panel\..+\.toml$/.test(name)).map((name) => text(join(folder, name)));
  if (lists.length === 0) stop(`no panel.*.toml in ${folder}`);
  return lists.reduce((a, b) => (Buffer.byteLength(b) > Buffer.byteLength(a) ? b : a));
}

function measure(name, content) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return { name, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes, { params }).length };
}

function sum(name, rows) {
  return { name, ...Object.fromEntries(['raw', 'gzip', 'brotli'].map((column) => [column, rows.reduce((total, row) => total + row[column], 0)])) };
}

const loader = measure('loader (widget.js, one site)', text('dist/widget.js').replace('__CORNERDESK_SITES__', SITE));

// One response: the template, its words, the style and the boot script are sent, and compressed, together.
const shell = measure('shell (HTML, words, CSS, boot)', [text('ingest/templates/panel.html'), largestWords(), text('widget/panel.css'), text('dist/boot.js')].join(''));
const glue = measure('glue', readFileSync(onlyInDist(/^panel-[0-9a-f]+\.js$/)));
const wasm = measure('wasm', readFileSync(onlyInDist(/^panel-[0-9a-f]+_bg\.wasm$/)));
const panel = sum('panel', [shell, glue, wasm]);

const number = new Intl.NumberFormat('en-US');
const line = (cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd(32) : cell.padStart(10))).join('');
const row = ({ name, raw, gzip, brotli }, budget) =>
  console.log(line([name, number.format(raw), number.format(gzip), number.format(brotli), budget ? number.format(budget) : '']));

console.log(line(['bytes', 'raw', 'gzip', 'brotli', 'budget']));
row(loader, BUDGETS.loader);
for (const part of [shell, glue, wasm]) row(part);
row(panel, BUDGETS.panel);

const over = [[loader, BUDGETS.loader], [panel, BUDGETS.panel]].filter(([part, budget]) => part.brotli > budget);
for (const [part, budget] of over) console.error(`over budget: ${part.name} by ${number.format(part.brotli - budget)} bytes`);
process.exit(over.length > 0 ? 1 : 0);
