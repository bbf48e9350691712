// Packs dist/ from Trunk's output and the hand-written scripts: minifies, names by content, compresses, checks.
//
//   node tools/pack-panel.mjs TRUNK_OUTPUT NPM_TOOLS
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

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

/** Written beside the file so that the server can send them without compressing again. */
function writeCompressed(path, bytes) {
  writeFileSync(path, bytes);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

const wasmName = onlyFile(/_bg\.wasm$/);
const glueName = wasmName.replace(/_bg\.wasm$/, '.js');
const wasm = readFileSync(join(trunkOutput, wasmName));
// wasm-opt can write what no browser reads (proposals that V8 has not shipped); better to learn it here.
await WebAssembly.compile(wasm).catch((error) => stop(`V8 refuses the module: ${error.message}`));
if (readdirSync(trunkOutput).includes('snippets')) stop('the panel has JS snippets (inline_js), which nothing serves');

const glueSource = readFileSync(join(trunkOutput, glueName), 'utf8');
const hash = createHash('sha256').update(glueSource).update(wasm).digest('hex').slice(0, 16);
const packedName = `panel-${hash}`;
// The glue names its module only as a default that our boot script never uses; keep it true all the same.
const glue = minify(glueName, glueSource.replaceAll(wasmName, `${packedName}_bg.wasm`), { format: 'esm', target: 'es2022' }, []);

const loader = minify('public/widget.js', readFileSync('public/widget.js', 'utf8'), { target: 'es2020' }, ['__CORNERDESK_SITES__']);
const boot = minify('widget/boot.js', readFileSync('widget/boot.js', 'utf8'), { format: 'esm', target: 'es2022' }, ['__PANEL_GLUE__', '__PANEL_WASM__']);

mkdirSync(dist, { recursive: true });
writeCompressed(join(dist, `${packedName}.js`), Buffer.from(glue));
writeCompressed(join(dist, `${packedName}_bg.wasm`), wasm);
writeFileSync(join(dist, 'widget.js'), loader);
writeFileSync(join(dist, 'boot.js'), boot);
for (const name of readdirSync(dist)) {
  if (name.startsWith('panel-') && !name.startsWith(packedName)) rmSync(join(dist, name));
}
console.log(`panel: ${packedName}, ${wasm.length} bytes of WebAssembly`);
