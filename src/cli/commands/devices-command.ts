// auto-cnn devices

import type { Command } from 'commander';
import { type DeviceReport, MEASURED_GENOME, tryDevices } from '../../internal.ts';
import { EXIT } from '../exit.ts';
import { addCommonOptions, type CommonOptions } from '../options/common-options.ts';
import { coloursFor, type Terminal } from '../terminal.ts';
import { grouped } from '../view/format.ts';

export function addDevicesCommand(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  const command = program
    .command('devices')
    .summary('show what this machine can train on, and how fast')
    .description(
      'Tries every device: it must train what the processor trains, twice to the same bits. What passes is measured.',
    );
  addCommonOptions(command);
  command.action(async ({ json }: CommonOptions) => {
    const devices = await tryDevices(undefined, { signal: terminal.signal });
    const lines = json ? [JSON.stringify({ genome: MEASURED_GENOME, devices })] : describeDevices(devices, terminal);
    terminal.stdout.write(`${lines.join('\n')}\n`);
    done(EXIT.done);
  });
}

function describeDevices(devices: readonly DeviceReport[], { stdout, env }: Terminal): string[] {
  const colours = coloursFor(stdout, env);
  const rows = devices.map(({ device, runtime = '', lowering = '', trouble, imagesPerSecond, isUntested }) => {
    const verdict = trouble ?? `passed${isUntested ? '; untested on such a device so far, tell us' : ''}`;
    return [device, imagesPerSecond === undefined ? '–' : grouped(imagesPerSecond), lowering, runtime, verdict];
  });
  const head = ['Device', 'Images/s', 'Lowering', 'Runtime', 'Self-check'];
  const widths = head.map((title, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? title).length)));
  const lineOf = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(i < 4 ? (widths[i] ?? 0) : 0)).join('  ');
  return [
    colours.bold(lineOf(head)),
    ...rows.map(lineOf),
    '',
    `Images/s: one process that trains ${MEASURED_GENOME} on images of 28×28, in batches of 64.`,
    'Choose one with --device; --device auto takes the fastest that passes.',
  ];
}
