// Rewrites the panel's WebAssembly module before it is optimised: without what is in it only because wasm-bindgen exports it or because its
// table names it, and with short names in place of those that wasm-bindgen draws (a hash of sixteen digits in each).
//
// Leptos brings the streams of its server functions. Nothing here uses them, and there is no way to ask for a build without them: with what
// they alone need they were 3.5 KB after brotli. The names were another 2.

/** What belongs to them: exports of the module, classes of the glue, functions in the table. */
const STREAMS = /intounderlying|wasm_streams/i;
/** Calls of closures from JavaScript go through exports; one that is in the table only is of a kind that no code of ours makes. */
const CALL_OF_CLOSURE = /wasm_bindgen(?:\[\w+\])?::convert::closures/;

/**
 * What the compiler writes by itself for every type. Functions with the same instructions may be made one, under the name of either: such a
 * one may serve types of ours, too, and keeps its place.
 */
const GLUE_OF_TYPES = /^core(?:\[\w+\])?::ptr::drop_in_place\b|\{shim:/;

const SECTION = { custom: 0, types: 1, imports: 2, functions: 3, globals: 6, exports: 7, elements: 9, code: 10, data: 11 };
const FUNCTION = 0;
const I32_CONST = 0x41;
const LOCAL_GET = 0x20;
const CALL = 0x10;
const FUNCTION_TYPE = 0x60;
const I32 = 0x7f;
const END = 0x0b;
/** `--low-memory-unused` takes it for granted that nothing lies below. */
const LOW_MEMORY_BYTES = 1024;

/** Reads numbers and names from bytes, one after the other (the binary format of WebAssembly, §5). */
class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }

  get isAtEnd() {
    return this.at >= this.bytes.length;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 number. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  name() {
    return this.take(this.number()).toString('utf8');
  }

  list(read) {
    return Array.from({ length: this.number() }, () => read());
  }
}

function number(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return Buffer.from(bytes);
}

const name = (text) => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);
const list = (entries) => Buffer.concat([number(entries.length), ...entries]);

/** The module with some of its sections written anew: by their number, what the body becomes. */
function rewritten(wasm, changes) {
  const parts = [wasm.subarray(0, 8)];
  for (const reader = new Reader(wasm, 8); !reader.isAtEnd; ) {
    const section = reader.byte();
    const body = reader.take(reader.number());
    const changed = changes[section]?.(body) ?? body;
    parts.push(Buffer.from([section]), number(changed.length), changed);
  }
  return Buffer.concat(parts);
}

/** Each export: `{ name, kind, index }`. */
function exportsOf(body) {
  const reader = new Reader(body);
  return reader.list(() => ({ name: reader.name(), kind: reader.byte(), index: reader.number() }));
}

const exportsAs = (all) => list(all.map((one) => Buffer.concat([name(one.name), Buffer.from([one.kind]), number(one.index)])));

/** The names of functions by their numbers, from the section for debuggers. */
function functionNames(wasm) {
  const names = new Map();
  rewritten(wasm, {
    [SECTION.custom]: (body) => {
      const reader = new Reader(body);
      if (reader.name() !== 'name') return;
      while (!reader.isAtEnd) {
        const isFunctions = reader.byte() === 1;
        const part = new Reader(reader.take(reader.number()));
        if (isFunctions) part.list(() => names.set(part.number(), part.name()));
      }
    },
  });
  return names;
}

/** The table with another function in the places of those that nobody calls: every other one keeps its place. */
function tableWithout(body, isUnused) {
  const reader = new Reader(body);
  return list(reader.list(() => {
    const from = reader.at;
    // Functions by their numbers, from a constant place of the first table on: what Rust writes.
    if (reader.number() !== 0 || reader.byte() !== I32_CONST) throw new Error('the table of the panel is written in a way that tools/panel-module.mjs does not know');
    reader.number();
    reader.byte();
    const place = body.subarray(from, reader.at);
    const functions = reader.list(() => reader.number());
    const other = functions.find((index) => !isUnused(index));
    return Buffer.concat([place, list(functions.map((index) => number(isUnused(index) ? other : index)))]);
  }));
}

/** The module without unused exports and without the places of unused functions in its table. Needs the names of functions. */
export function moduleWithout(wasm) {
  const names = functionNames(wasm);
  if (names.size === 0) throw new Error('the module of the panel has no names; Trunk must not optimise it');
  const exported = new Set();
  const isOfStreams = (index) => STREAMS.test(names.get(index)) && !GLUE_OF_TYPES.test(names.get(index));
  const isUnused = (index) => isOfStreams(index) || (CALL_OF_CLOSURE.test(names.get(index)) && !exported.has(index));
  return rewritten(wasm, {
    [SECTION.exports]: (body) => {
      const kept = exportsOf(body).filter((one) => !STREAMS.test(one.name));
      for (const { kind, index } of kept) if (kind === FUNCTION) exported.add(index);
      return exportsAs(kept);
    },
    [SECTION.elements]: (body) => tableWithout(body, isUnused),
  });
}

/**
 * Stops the build unless the stack comes first in memory, below all data. It grows downwards, so the lowest KiB is its far end, which
 * `wasm-opt --low-memory-unused` may take for unused.
 */
export function assertStackIsFirst(wasm) {
  const unknown = () => new Error('the memory of the panel is laid out in a way that tools/panel-module.mjs does not know');
  let stackBytes = 0;
  rewritten(wasm, {
    // The stack's pointer is the first global and begins at the upper end. No constant here is negative, so signed numbers read as unsigned.
    [SECTION.globals]: (body) => {
      const reader = new Reader(body);
      reader.number();
      if (reader.byte() !== I32 || reader.byte() !== 1 || reader.byte() !== I32_CONST) throw unknown();
      stackBytes = reader.number();
    },
    [SECTION.data]: (body) => {
      const reader = new Reader(body);
      reader.list(() => {
        if (reader.number() !== 0 || reader.byte() !== I32_CONST) throw unknown();
        const from = reader.number();
        if (reader.byte() !== END) throw unknown();
        reader.take(reader.number());
        if (from < stackBytes) throw new Error(`data of the panel begins at ${from}, below the upper end of its stack at ${stackBytes}`);
      });
    },
  });
  if (stackBytes <= LOW_MEMORY_BYTES) throw unknown();
}

/** The module with other names: `nameOf` gives the new name for that of a module, an import or an export. */
export const moduleRenamed = (wasm, nameOf) =>
  rewritten(wasm, {
    [SECTION.imports]: (body) => {
      const reader = new Reader(body);
      return list(reader.list(() => {
        const names = [reader.name(), reader.name()].map((long) => name(nameOf(long)));
        const from = reader.at;
        if (reader.byte() !== FUNCTION) throw new Error('the module of the panel imports something that is not a function');
        reader.number();
        return Buffer.concat([...names, body.subarray(from, reader.at)]);
      }));
    },
    [SECTION.exports]: (body) => exportsAs(exportsOf(body).map((one) => ({ ...one, name: nameOf(one.name) }))),
  });

/** So many places the V8 cache has that keeps small numbers with their texts, before it grows to 64 KB. */
const NUMBERS_CACHED = 128;

/**
 * The module with exported functions whose numbers fall into different places of V8's cache of numbers as texts: each such function is named
 * by its number, and two in one place make the cache grow from 1 to 64 KB, in whichever page shows the panel. One that would is exported by
 * way of a function behind all others that calls it.
 */
export function moduleWithExportsApart(wasm) {
  let parameters = [];
  const typeOf = [];
  rewritten(wasm, {
    [SECTION.types]: (body) => {
      const reader = new Reader(body);
      parameters = reader.list(() => {
        if (reader.byte() !== FUNCTION_TYPE) throw new Error('the module of the panel has types that are not of functions');
        const count = reader.list(() => reader.byte()).length;
        reader.list(() => reader.byte());
        return count;
      });
    },
    [SECTION.imports]: (body) => {
      const reader = new Reader(body);
      reader.list(() => {
        reader.name();
        reader.name();
        if (reader.byte() !== FUNCTION) throw new Error('the module of the panel imports something that is not a function');
        typeOf.push(reader.number());
      });
    },
    [SECTION.functions]: (body) => {
      const reader = new Reader(body);
      reader.list(() => typeOf.push(reader.number()));
    },
  });
  const ways = [];
  const taken = new Set();
  const apart = (index) => {
    const place = (number) => number % NUMBERS_CACHED;
    if (!taken.has(place(index))) {
      taken.add(place(index));
      return index;
    }
    let way;
    do {
      way = typeOf.length + ways.length;
      ways.push(index);
    } while (taken.has(place(way)));
    taken.add(place(way));
    return way;
  };
  const numbers = new Map();
  const exported = rewritten(wasm, {
    [SECTION.exports]: (body) => exportsAs(exportsOf(body).map((one) => {
      if (one.kind !== FUNCTION) return one;
      if (!numbers.has(one.index)) numbers.set(one.index, apart(one.index));
      return { ...one, index: numbers.get(one.index) };
    })),
  });
  const behind = (body, more) => {
    const reader = new Reader(body);
    const count = reader.number();
    return Buffer.concat([number(count + more.length), body.subarray(reader.at), ...more]);
  };
  const calling = (index) => {
    const locals = Array.from({ length: parameters[typeOf[index]] }, (_, at) => Buffer.concat([Buffer.from([LOCAL_GET]), number(at)]));
    const body = Buffer.concat([Buffer.from([0]), ...locals, Buffer.from([CALL]), number(index), Buffer.from([END])]);
    return Buffer.concat([number(body.length), body]);
  };
  return rewritten(exported, {
    [SECTION.functions]: (body) => behind(body, ways.map((index) => number(typeOf[index]))),
    [SECTION.code]: (body) => behind(body, ways.map(calling)),
  });
}

/** The glue without the classes of streams, and without the functions that a module with these `imports` does not ask for. */
export const glueWithout = (glue, imports) =>
  glue
    .replace(/^export class IntoUnderlying\w+ \{\n[^]*?^\}\n/gm, '')
    .replace(/^if \(Symbol\.dispose\) IntoUnderlying.*\n/gm, '')
    .replace(/^const IntoUnderlying\w+Finalization = [^;]*;\n/gm, '')
    .replace(/^ {8}(\w+): function\([^]*?^ {8}\}(?:, arguments\); \})?,\n/gm, (entry, name) => (imports.has(name) ? entry : ''));

/** Whether something of them is left: then wasm-bindgen writes them in another way, and this must be looked at again. */
export const isLeft = (glue) => STREAMS.test(glue);
