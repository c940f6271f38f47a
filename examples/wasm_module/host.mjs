// SPDX-License-Identifier: MIT OR Apache-2.0
//
// node --no-warnings host.mjs rates.wasm
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

let questions = 0;
const bank = {
  euros_per_dollar: () => {
    questions += 1;
    return 0.92;
  },
};
const tell = (what) => console.log(`${what}: ${questions} question${questions === 1 ? '' : 's'}`);

const wasi = new WASI({ version: 'preview1' });
const module = await WebAssembly.compile(await readFile(process.argv[2]));
const instance = await WebAssembly.instantiate(module, { bank, wasi_snapshot_preview1: wasi.wasiImport });
wasi.initialize(instance);
tell('initialised');
for (const dollars of [100, 50]) {
  const euros = instance.exports.in_euro(dollars);
  tell(`in_euro(${dollars}, USD) = ${euros}`);
}
