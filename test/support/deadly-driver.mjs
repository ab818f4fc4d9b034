// Imported before the program: the driver of WebGPU ends the process that tries it.

const [, script = '', options = '{}'] = process.argv;
if (script.endsWith('device-child.js') && JSON.parse(options).device === 'webgpu') {
  process.stderr.write('driver: no such queue\n');
  process.kill(process.pid, 'SIGSEGV');
}
