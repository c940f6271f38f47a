// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Runs a WASI program under Node, as if it were a program of this machine:
//
//   node --no-warnings run.mjs PROGRAM.wasm [ARGUMENT...]
//
// The exit code is the program's. A trap (abort() is one) prints a line and counts as the signal of an abort: 134.
//
//   WASI_DIRS=/guest=/host:/guest2=/host2   the folders that the program sees; none by itself
//   WASI_ENV_X=value                        the variable X of the program; it has no others
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { WASI } from 'node:wasi';

const [program, ...rest] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: run.mjs PROGRAM.wasm [ARGUMENT...]');
  process.exit(2);
}

const preopens = {};
for (const pair of (process.env.WASI_DIRS ?? '').split(':').filter(Boolean)) {
  const at = pair.indexOf('=');
  if (at <= 0) {
    console.error(`run.mjs: WASI_DIRS: '${pair}' is not /guest=/host`);
    process.exit(2);
  }
  preopens[pair.slice(0, at)] = pair.slice(at + 1);
}

const env = {};
for (const [name, value] of Object.entries(process.env)) {
  if (name.startsWith('WASI_ENV_')) env[name.slice('WASI_ENV_'.length)] = value;
}

const wasi = new WASI({ version: 'preview1', args: [program, ...rest], env, preopens, returnOnExit: true });
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  console.error(`wasm trap: ${error.message}`);
  process.exitCode = 134;
}
