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
const BUDGETS = { loader: 3 * 1024, form: 15 * 1024, panel: 90 * 1024, editor: 25 * 1024 };

/** What they should be. Above is no failure, but it is said. */
const GOALS = { loader: 2 * 1024, panel: 75 * 1024 };

const SITE = '{"demo":{"accent":"#2f5bea","accentText":"#ffffff","label":"Help","labels":{"ar":"مساعدة","cs":"Pomoc","de":"Hilfe","es":"Ayuda","fr":"Aide","ja":"ヘルプ"}}}';

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

const onlyNamed = (name) => readFileSync(onlyInDist(new RegExp(`^panel-[0-9a-f]+_${name}$`)));
/** A template without its comments, which never leave the service. */
const template = (name) => text(`ingest/templates/${name}.html`).replace(/\{#[^]*?#\}/g, '');
// One response: the templates (the fields of a policy are sent only where a site has one), what the document carries of the style, and the boot script are sent, and compressed, together.
const shell = measure('document (HTML, style, boot)', [template('panel'), template('policy_field'), text('dist/panel.css'), text('dist/boot.js')].join(''));
const later = measure('later style', onlyNamed('later.css'));
const words = measure('words (largest language)', largestWords());
const glue = measure('glue', readFileSync(onlyInDist(/^panel-[0-9a-f]+\.js$/)));
const wasm = measure('wasm', readFileSync(onlyInDist(/^panel-[0-9a-f]+_bg\.wasm$/)));
// Fetched beside the panel when somebody means to use it.
const embed = measure('on intent (embed.js)', text('dist/embed.js'));
// Until the form can be typed into.
const form = sum('form: loader, embed, document', [loader, embed, shell]);
// Fetched in every open panel, by the boot script.
const everywhere = ['errands', 'departure', 'files'].map((name) => measure(`${name}.js`, onlyNamed(`${name}.js`)));
const parts = [embed, shell, later, words, glue, wasm, ...everywhere];
const panel = sum('panel', parts);
// Fetched only when they are used: where the host page vouches for the person, where a large picture is offered smaller.
const modules = readdirSync('dist').filter((name) => /^panel-[0-9a-f]+_(?!bg|errands|departure|files|screenshot).*\.js$/.test(name)).map((name) => measure(name.replace(/^.*?_/, 'when used: '), text(join('dist', name))));

// Fetched when a screenshot is taken: two files, and a budget of their own.
const editor = sum('screenshot editor', [
  measure('editor', readFileSync(onlyInDist(/^panel-[0-9a-f]+_screenshot\.js$/))),
  measure('in the host page', text('public/picture.js')),
]);

const number = new Intl.NumberFormat('en-US');
const line = (cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd(32) : cell.padStart(10))).join('');
const row = ({ name, raw, gzip, brotli }, goal, budget) =>
  console.log(line([name, ...[raw, gzip, brotli, goal, budget].map((bytes) => (bytes ? number.format(bytes) : ''))]));

console.log(line(['bytes', 'raw', 'gzip', 'brotli', 'goal', 'budget']));
row(loader, GOALS.loader, BUDGETS.loader);
for (const part of parts) row(part);
row(form, 0, BUDGETS.form);
row(panel, GOALS.panel, BUDGETS.panel);
row(editor, undefined, BUDGETS.editor);
for (const part of modules) row(part);

const over = [[loader, BUDGETS.loader], [form, BUDGETS.form], [panel, BUDGETS.panel], [editor, BUDGETS.editor]].filter(([part, budget]) => part.brotli > budget);
for (const [part, budget] of over) console.error(`over budget: ${part.name} by ${number.format(part.brotli - budget)} bytes`);
process.exit(over.length > 0 ? 1 : 0);
