// The view in a terminal: finished lines scroll away; what is in progress is redrawn a few times a second.

import { createLogUpdate } from 'log-update';
import { coloursFor, showsUnicode, type Terminal } from '../terminal.ts';
import { bar, shorten, toAscii } from './format.ts';
import { describeFront, describeGeneration, describeStart } from './lines.ts';
import { renderFrame } from './live-frame.ts';
import { type RunEvent, type RunState, updateRunState } from './run-state.ts';
import type { SearchView } from './search-view.ts';

const FRAME_MS = 100;

export function createLiveView({ stdout, env }: Terminal): SearchView {
  const shown = showsUnicode({ env }) ? (text: string) => text : toAscii;
  const draw = createLogUpdate(stdout as NodeJS.WriteStream);
  const colours = coloursFor(stdout, env);
  let state: RunState | undefined;
  let load: { readonly done: number; readonly total: number } | undefined;
  let stopped = false;
  let height = 0;

  const sizeOf = () => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 });
  const drawLines = (lines: readonly string[]): void => {
    // log-update leaves parts of the old frame behind when the number of lines changes.
    if (lines.length !== height) draw.clear();
    height = lines.length;
    draw(shown(lines.join('\n')));
  };
  const redraw = (): void => {
    if (state !== undefined) drawLines(renderFrame(state, sizeOf(), Date.now(), colours));
    else if (load !== undefined) draw(shown(renderLoading(load.done, load.total, sizeOf().columns)));
  };
  const timer = setInterval(redraw, FRAME_MS);
  stdout.on('resize', redraw);
  const keep = (lines: readonly string[]): void => {
    if (lines.length > 0) draw.persist(shown(lines.join('\n')));
  };

  return {
    loading(done, total) {
      load = { done, total };
    },
    show(event) {
      state = updateRunState(state, event, Date.now());
      keep(lastingLines(event, colours));
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      stdout.removeListener('resize', redraw);
      draw.clear();
      draw.done();
    },
  };
}

function lastingLines({ type, event }: RunEvent, colours: ReturnType<typeof coloursFor>): readonly string[] {
  switch (type) {
    case 'start':
      return [...describeStart(event), ''];
    case 'generation':
      return [describeGeneration(event)];
    case 'frontStart':
      return [describeFront(event)];
    case 'notice':
      return [colours.yellow(`note: ${event}`)];
    default:
      return [];
  }
}

function renderLoading(done: number, total: number, columns: number): string {
  return shorten(`Loading the data  ${bar(done / total, 20)}  ${done}/${total}`, columns - 1);
}
