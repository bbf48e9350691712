// Packs dist/ from Trunk's output and the hand-written scripts: minifies, names by content, compresses, checks.
//
//   node tools/pack-panel.mjs TRUNK_OUTPUT NPM_TOOLS
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { assertStackIsFirst, glueWithout, isLeft, moduleRenamed, moduleWithExportsApart, moduleWithout } from './panel-module.mjs';

const [trunkOutput, npmTools] = process.argv.slice(2);
const esbuild = createRequire(join(npmTools, 'package.json'))('esbuild');
const dist = 'dist';

function stop(message) {
  console.error(`panel: ${message}`);
  process.exit(1);
}

function onlyFile(pattern) {
  const found = readdirSync(trunkOutput).filter((name) => pattern.test(name));
  if (found.length !== 1) stop(`expected one file like ${pattern} from Trunk, found: ${found.join(', ') || 'none'}`);
  return found[0];
}

/** Minifies one script; `free` are the identifiers that the server replaces and minifying must leave alone. */
function minify(path, code, options, free) {
  const result = esbuild.transformSync(code, { minify: true, legalComments: 'none', charset: 'utf8', sourcefile: path, logLevel: 'warning', ...options });
  for (const identifier of free) {
    if (!result.code.includes(identifier)) stop(`${path} has lost the free identifier ${identifier}`);
  }
  // No newline at the end: the boot script is hashed and inlined exactly as it is.
  return result.code.trimEnd();
}

/** What browsers of the last years read. By name: with all of them wasm-opt writes modules that browsers refuse. */
const FEATURES = ['bulk-memory', 'bulk-memory-opt', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals', 'reference-types', 'multivalue'];
/**
 * Each pass finds something that the one before has made; flattening once lets them find what Rust's nested blocks hide. The lowest KiB of
 * memory is the far end of the stack, where no pointer leads (`assertStackIsFirst`).
 */
const PASSES = ['--low-memory-unused', '-Oz', '--flatten', '--rereloop', '-Oz', '-Oz', '-Oz'];

function optimised(wasm) {
  const folder = mkdtempSync(join(tmpdir(), 'cornerdesk-panel-'));
  const [before, after] = ['before.wasm', 'after.wasm'].map((name) => join(folder, name));
  writeFileSync(before, wasm);
  execFileSync('wasm-opt', [before, '-o', after, ...PASSES, ...FEATURES.map((name) => `--enable-${name}`)], { stdio: 'inherit' });
  const smaller = readFileSync(after);
  rmSync(folder, { recursive: true });
  return smaller;
}

/** Written beside the file so that the server can send them without compressing again. */
function writeCompressed(path, bytes) {
  writeFileSync(path, bytes);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

const wasmName = onlyFile(/_bg\.wasm$/);
const glueName = wasmName.replace(/_bg\.wasm$/, '.js');
const built = readFileSync(join(trunkOutput, wasmName));
assertStackIsFirst(built);
const slim = optimised(moduleWithout(built));
if (readdirSync(trunkOutput).includes('snippets')) stop('the panel has JS snippets (inline_js), which nothing serves');

const imports = new Set(WebAssembly.Module.imports(new WebAssembly.Module(slim)).map(({ name }) => name));
const glueSource = glueWithout(readFileSync(join(trunkOutput, glueName), 'utf8'), imports).replace('export { initSync, ', 'export { ');
if (isLeft(glueSource)) stop('the glue still has classes that nothing uses; see tools/panel-module.mjs');
/** The names that module and glue know each other by: those of wasm-bindgen, and short ones. */
const FROM = `./${wasmName.replace(/\.wasm$/, '.js')}`;
const short = esbuild.transformSync(glueSource, { mangleProps: /^_{0,2}(?:wbg|wbindgen|wasm_bindgen|externref)_/, mangleCache: {} }).mangleCache;
for (const name of imports) if (!Object.hasOwn(short, name)) stop(`the glue has no ${name}, which the module imports; see tools/panel-module.mjs`);
const wasm = moduleWithExportsApart(moduleRenamed(slim, (name) => (name === FROM ? 'w' : (short[name] ?? name))));
// wasm-opt can write what no browser reads (proposals that V8 has not shipped); better to learn it here.
await WebAssembly.compile(wasm).catch((error) => stop(`V8 refuses the module: ${error.message}`));
const hash = createHash('sha256').update(glueSource).update(wasm).digest('hex').slice(0, 16);
const packedName = `panel-${hash}`;
// The glue names its module only as a default that our boot script never uses; keep it true all the same.
const glue = minify(glueName, glueSource.replace(`"${FROM}"`, 'w').replaceAll(wasmName, `${packedName}_bg.wasm`),
  { format: 'esm', target: 'es2022', treeShaking: true, mangleProps: /^_{0,2}(?:wbg|wbindgen|wasm_bindgen|externref)_/, mangleCache: short }, []);

const embed = Buffer.from(minify('public/embed.js', readFileSync('public/embed.js', 'utf8'), { format: 'esm', target: 'es2022' }, []));
// As many digits as the service's ETag has: what is asked for by them is cached for good.
const embedHash = createHash('sha256').update(embed).digest('hex').slice(0, 24);
const loader = minify('public/widget.js', readFileSync('public/widget.js', 'utf8'), { target: 'es2022' }, ['__CORNERDESK_SITES__', '__EMBED_HASH__'])
  .replace('__EMBED_HASH__', embedHash);
// One script from several files: it is sent inside the document.
const bundled = esbuild.buildSync({ entryPoints: ['widget/boot.js'], bundle: true, write: false, format: 'esm', target: 'es2022', logLevel: 'warning' });
/** The style in two parts: what the document carries, and the sections whose headings say that they come later. */
const sections = readFileSync('widget/panel.css', 'utf8').split(/^(?=\/\* --- )/m);
const isLater = (section) => /^\/\* --- .*\(later\) --- \*\//.test(section);
const styleOf = (part) => esbuild.transformSync(part.join(''), { loader: 'css', minify: true, charset: 'utf8', legalComments: 'none', logLevel: 'warning' }).code.trimEnd();
const style = styleOf(sections.filter((section) => !isLater(section)));
const laterStyle = Buffer.from(styleOf(sections.filter(isLater)));
const laterName = `panel-${createHash('sha256').update(laterStyle).digest('hex').slice(0, 16)}_later.css`;
const boot = minify('widget/boot.js', bundled.outputFiles[0].text, { format: 'esm', target: 'es2022' }, ['__PANEL_GLUE__', '__PANEL_WASM__', '__PANEL_MODULES__', '__PANEL_STYLE__']);

/** Parts of the panel that are fetched only when they are used, by name; a file each, named by what is in it. */
const modules = readdirSync('widget/modules').filter((name) => name.endsWith('.js')).map((name) => {
  const entry = join('widget/modules', name);
  const options = { bundle: true, write: false, minify: true, format: 'esm', target: 'es2022', legalComments: 'none', charset: 'utf8', logLevel: 'warning' };
  const [{ contents }] = esbuild.buildSync({ entryPoints: [entry], ...options }).outputFiles;
  const own = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  return { file: `panel-${own}_${name}`, contents: Buffer.from(contents) };
});

mkdirSync(dist, { recursive: true });
for (const { file, contents } of modules) writeCompressed(join(dist, file), contents);
writeCompressed(join(dist, `${packedName}.js`), Buffer.from(glue));
writeCompressed(join(dist, `${packedName}_bg.wasm`), wasm);
writeCompressed(join(dist, 'embed.js'), embed);
writeFileSync(join(dist, 'widget.js'), loader);
writeFileSync(join(dist, 'boot.js'), boot);
writeFileSync(join(dist, 'panel.css'), style);
writeCompressed(join(dist, laterName), laterStyle);
for (const name of readdirSync(dist)) {
  if (name.startsWith('panel-') && ![packedName, laterName, ...modules.map(({ file }) => file)].some((kept) => name.startsWith(kept))) rmSync(join(dist, name));
}
console.log(`panel: ${packedName}, ${wasm.length} bytes of WebAssembly`);
