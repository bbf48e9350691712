// Uploads a file with tus-js-client and prints the address of the upload: node upload.mjs ENDPOINT FILE CHUNK_BYTES
// The folder with node_modules comes in NODE_MODULES, since modules are not looked up by NODE_PATH.
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const tus = require("tus-js-client");
const [endpoint, file, chunkBytes] = process.argv.slice(2);

const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  chunkSize: Number(chunkBytes) || Infinity,
  retryDelays: Array(500).fill(20),
  metadata: { filename: "ünïcode.bin", filetype: "application/octet-stream" },
  onError(error) {
    console.error(String(error));
    process.exitCode = 1;
  },
  onSuccess() {
    console.log(upload.url);
  },
});
upload.start();
