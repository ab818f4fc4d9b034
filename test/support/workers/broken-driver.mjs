// Tries devices as a child does whose drivers end its process, or never answer.

const { device } = JSON.parse(process.argv[2] ?? '');
if (device === 'webgpu') {
  process.stderr.write('loading\ndriver: no such queue\n');
  process.kill(process.pid, 'SIGSEGV');
} else if (device === 'cuda') process.exit(3);
else if (device === 'wasm') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
else process.send({ device, lowering: 'gpu', engineKind: `${process.pid}` }, () => process.exit(0));
