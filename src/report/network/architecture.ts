// Draws a network: its layers from the image down to the classes.

import { estimateCost, type LayerCost, type NetworkInput } from '../../genome/cost.ts';
import type { Genome } from '../../genome/genome.ts';
import { formatGenome } from '../../genome/text.ts';
import { type Layer, planLayers, type SkipLayer, type StageLayer } from '../../network/layers.ts';
import { escapeXml } from '../../text/escape-xml.ts';
import { counted, grouped, scaled } from '../../text/figures.ts';
import { arrow, type Box, bar, funnel, label, line, rectangle, STYLE } from './drawing-parts.ts';
import { namesInLines } from './names-in-lines.ts';

export interface DrawingOptions {
  /**
   * Shown below the network, in the order of the labels; if there are many, the first ones and the number of the others.
   */
  readonly classNames?: readonly string[];
}

/** Fits on a phone. */
const WIDTH = 360;
/** Horizontal centre of the path from the image to the classes. */
const CENTRE = 150;
const FIGURES_LEFT = 242;
const BLOCK_HEIGHT = 28;
const STRIP_HEIGHT = 16;
const ARROW = 18;

/**
 * Draws the network of a genome as an SVG image, 360 wide, from the image at the top to the classes at the bottom: each
 * skip layer with its two convolutions and the shortcut around them, stages, pooling, and the layers of the head, with their output
 * shapes (channels × height × width) and numbers of parameters. Wide bars stand for large feature maps, tall bars for many
 * channels, both on a logarithmic scale.
 *
 * It works as a file and as part of a page, and follows the reader's light or dark theme. A page can set its own colours
 * with the custom properties `--drawing-background`, `--drawing-text`, `--drawing-muted`, `--drawing-line`,
 * `--drawing-panel`, `--drawing-convolution`, `--drawing-strip`, `--drawing-pooling`, `--drawing-head` and `--drawing-end`.
 *
 * @param problem  image shape, number of classes, head and shortcut of the network.
 * @throws {InvalidInputError} if a pooling layer would leave no pixel, or `problem` is invalid.
 */
export function drawArchitecture(genome: Genome, problem: NetworkInput, options: DrawingOptions = {}): string {
  const cost = estimateCost(genome, problem);
  const { channels, height, width } = problem.input;
  const blocks = [
    imageBlock([channels, height, width]),
    ...layerBlocks(planLayers(genome, problem), cost.layers, problem),
    classesBlock(problem.classes),
  ];
  const parts: string[] = [];
  let y = 8;
  for (const [index, block] of blocks.entries()) {
    if (index > 0) {
      parts.push(arrow(CENTRE, y, y + ARROW));
      y += ARROW;
    }
    parts.push(`<g data-kind="${block.kind}"><title>${escapeXml(block.title)}</title>${block.draw(y)}</g>`);
    y += block.height;
  }
  y += 16;
  for (const names of namesInLines(options.classNames ?? [])) {
    parts.push(label(names, WIDTH / 2, y, { size: 11, colour: 'muted' }));
    y += 15;
  }
  const total = `${counted(cost.parameters, 'parameter')}, ${scaled(cost.flops, 'FLOPs')} per image`;
  parts.push(label(total, WIDTH / 2, y + 4, { weight: 600 }));
  parts.push(label('shapes are channels × height × width', WIDTH / 2, y + 21, { size: 11, colour: 'muted' }));
  y += 35;
  const name = formatGenome(genome);
  const title = `Architecture of ${name === '' ? 'the network without layers' : name}`;
  const description = `${blocks.map((block) => block.title).join('; ')}. In total ${total}.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="auto-cnn-drawing" role="img" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}">`,
    `<title>${escapeXml(title)}</title><desc>${escapeXml(description)}</desc><style>${STYLE}</style>`,
    rectangle({ centre: WIDTH / 2, top: 0, width: WIDTH, height: y }, 'background', 8),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

interface Block {
  readonly kind: Layer['kind'] | 'image' | 'classes';
  /** Text for the description and the tooltip. */
  readonly title: string;
  readonly height: number;
  readonly draw: (top: number) => string;
}

function layerBlocks(layers: readonly Layer[], costs: readonly LayerCost[], { input }: NetworkInput): Block[] {
  const imageSize = Math.max(input.height, input.width);
  const queue = [...costs];
  let shape: readonly number[] = [input.channels, input.height, input.width];
  return layers.map((layer, index) => {
    // Flatten has no cost, so the cost model does not list it.
    const cost = layer.kind === 'flatten' ? flattened(shape) : queue.shift();
    if (cost === undefined) throw new Error(`the cost model does not know the layer ${layer.name}`);
    const before = widthOf(shape, imageSize);
    shape = cost.outputShape;
    switch (layer.kind) {
      case 'skip':
        return skipBlock(layer, cost, before);
      case 'stage':
        return stageBlock(layer, cost, before, widthOf(shape, imageSize));
      case 'pooling':
        return poolingBlock(cost, before, widthOf(shape, imageSize));
      case 'dense':
        return denseBlock(layer.activation === 'relu' ? 'ReLU' : index === layers.length - 1 ? 'softmax' : '', cost);
      default:
        return headBlock(layer.kind, cost);
    }
  });
}

function imageBlock(shape: readonly number[]): Block {
  const draw = (top: number): string =>
    bar('image', blockAt(top, WIDEST), 'end') + figures(top + BLOCK_HEIGHT / 2, shape);
  return { kind: 'image', title: `image, ${shapeText(shape)}`, height: BLOCK_HEIGHT, draw };
}

function classesBlock(classes: number): Block {
  const title = `${grouped(classes)} classes`;
  return { kind: 'classes', title, height: BLOCK_HEIGHT, draw: (top) => bar(title, blockAt(top, HEAD_WIDTH), 'end') };
}

function poolingBlock(cost: LayerCost, before: number, after: number): Block {
  const draw = (top: number): string =>
    funnel(`${cost.name} 2×2`, blockAt(top, before), after, 'pooling') +
    figures(top + BLOCK_HEIGHT / 2, cost.outputShape);
  return { kind: 'pooling', title: titleOf(cost), height: BLOCK_HEIGHT, draw };
}

function headBlock(kind: Block['kind'], cost: LayerCost): Block {
  const draw = (top: number): string =>
    bar(cost.name, blockAt(top, HEAD_WIDTH), 'head') +
    figures(top + BLOCK_HEIGHT / 2, cost.outputShape, cost.parameters);
  return { kind, title: titleOf(cost), height: BLOCK_HEIGHT, draw };
}

function denseBlock(activation: string, cost: LayerCost): Block {
  const height = BLOCK_HEIGHT + (activation === '' ? 0 : STRIP_HEIGHT);
  const [units = 0] = cost.outputShape;
  const draw = (top: number): string =>
    bar(`dense ${units}`, blockAt(top, HEAD_WIDTH), 'head') +
    (activation === '' ? '' : stripAt(top + BLOCK_HEIGHT, activation, HEAD_WIDTH)) +
    figures(top + height / 2, cost.outputShape, cost.parameters);
  return { kind: 'dense', title: titleOf(cost), height, draw };
}

const PANEL: Pick<Box, 'centre' | 'width'> = { centre: 118, width: 232 };
/** Horizontal centre of the shortcut. */
const SHORTCUT = 36;
const SHORTCUT_WIDTH = 58;
const SHORTCUT_HEIGHT = 36;
const CORNER = 8;
const SUM_RADIUS = 9;

/**
 * Both convolutions with their normalisation and activation, and the shortcut that branches off above them, down to the
 * sum.
 */
function skipBlock({ filters1, filters2, convolvesShortcut }: SkipLayer, cost: LayerCost, width: number): Block {
  const [first, second] = [heightOf(filters1), heightOf(filters2)];
  // Measured from the top of the block.
  const fork = 8;
  const convolution1 = fork + 14;
  const strip1 = convolution1 + first;
  const convolution2 = strip1 + STRIP_HEIGHT + ARROW;
  const strip2 = convolution2 + second;
  const sum = strip2 + STRIP_HEIGHT + ARROW + SUM_RADIUS;
  const relu = sum + SUM_RADIUS + 4;
  const height = relu + STRIP_HEIGHT + 6;
  const middle = (fork + sum) / 2;

  const draw = (top: number): string => {
    const at = (y: number): number => top + y;
    const down = `M${CENTRE} ${at(0)}V${at(convolution1)}M${CENTRE} ${at(fork)}`;
    const around = `H${SHORTCUT + CORNER}q${-CORNER} 0 ${-CORNER} ${CORNER}V${at(sum) - CORNER}q0 ${CORNER} ${CORNER} ${CORNER}`;
    const end = CENTRE - SUM_RADIUS;
    const into = `H${end - 1}M${end - 5} ${at(sum) - 4}L${end - 1} ${at(sum)}L${end - 5} ${at(sum) + 4}`;
    const plus = `M${CENTRE - 5} ${at(sum)}h10M${CENTRE} ${at(sum) - 5}v10M${CENTRE} ${at(sum) + SUM_RADIUS}v4`;
    return [
      rectangle({ ...PANEL, top, height }, 'panel', 10),
      line(down + around + into),
      bar(`conv 3×3, ${filters1}`, { centre: CENTRE, top: at(convolution1), width, height: first }, 'convolution'),
      stripAt(at(strip1), 'batch norm, ReLU', width),
      arrow(CENTRE, at(convolution2) - ARROW, at(convolution2)),
      bar(`conv 3×3, ${filters2}`, { centre: CENTRE, top: at(convolution2), width, height: second }, 'convolution'),
      stripAt(at(strip2), 'batch norm', width),
      arrow(CENTRE, at(sum) - SUM_RADIUS - ARROW, at(sum) - SUM_RADIUS),
      ...(convolvesShortcut ? [shortcutConvolution(filters2, at(middle))] : []),
      `<circle class="drawing-line" stroke-width="1.5" cx="${CENTRE}" cy="${at(sum)}" r="${SUM_RADIUS}"/>`,
      line(plus),
      stripAt(at(relu), 'ReLU', 60),
      figures(at(middle), cost.outputShape, cost.parameters),
    ].join('');
  };
  return { kind: 'skip', title: titleOf(cost), height, draw };
}

/** Both convolutions, with the pooling between them. */
function stageBlock(
  { filters1, pooling, filters2 }: StageLayer,
  cost: LayerCost,
  before: number,
  after: number,
): Block {
  const [first, second] = [heightOf(filters1), heightOf(filters2)];
  // Measured from the top of the block.
  const convolution1 = 14;
  const pool = convolution1 + first;
  const strip1 = pool + BLOCK_HEIGHT;
  const convolution2 = strip1 + STRIP_HEIGHT + ARROW;
  const strip2 = convolution2 + second;
  const height = strip2 + STRIP_HEIGHT + 6;

  const draw = (top: number): string => {
    const at = (y: number): number => top + y;
    const convolution = (filters: number, y: number, width: number): string => {
      const box = { centre: CENTRE, top: at(y), width, height: heightOf(filters) };
      return bar(`conv 3×3, ${filters}`, box, 'convolution');
    };
    return [
      rectangle({ ...PANEL, top, height }, 'panel', 10),
      line(`M${CENTRE} ${at(0)}V${at(convolution1)}`),
      convolution(filters1, convolution1, before),
      funnel(`${pooling} pool 2×2`, blockAt(at(pool), before), after, 'pooling'),
      stripAt(at(strip1), 'batch norm, ReLU', after),
      arrow(CENTRE, at(convolution2) - ARROW, at(convolution2)),
      convolution(filters2, convolution2, after),
      stripAt(at(strip2), 'batch norm, ReLU', after),
      figures(at(height / 2), cost.outputShape, cost.parameters),
    ].join('');
  };
  return { kind: 'stage', title: titleOf(cost), height, draw };
}

function shortcutConvolution(filters: number, middle: number): string {
  const box = {
    centre: SHORTCUT,
    top: middle - SHORTCUT_HEIGHT / 2,
    width: SHORTCUT_WIDTH,
    height: SHORTCUT_HEIGHT,
  };
  return (
    rectangle(box, 'convolution', 4) +
    label('conv 1×1', SHORTCUT, middle - 7, { size: 11 }) +
    label(String(filters), SHORTCUT, middle + 7, { size: 11 })
  );
}

const WIDEST = 160;
const NARROWEST = 116;
const HEAD_WIDTH = 148;

/** Width of a feature map's bars, by its longer side. */
function widthOf([, height = 1, width = 1]: readonly number[], imageSize: number): number {
  const share = imageSize === 1 ? 1 : Math.log2(Math.max(height, width)) / Math.log2(imageSize);
  return NARROWEST + (WIDEST - NARROWEST) * share;
}

/** Height of a convolution's bar, by its number of filters: 23 for 2, 36 from 1,024 on. */
function heightOf(filters: number): number {
  return Math.round(21 + 1.5 * Math.min(10, Math.log2(filters)));
}

function blockAt(top: number, width: number): Box {
  return { centre: CENTRE, top, width, height: BLOCK_HEIGHT };
}

function stripAt(top: number, content: string, width: number): string {
  return bar(content, { centre: CENTRE, top, width, height: STRIP_HEIGHT }, 'strip', 11);
}

/** Text to the right of a block: its output shape, and its parameters if it has any. */
function figures(middle: number, shape: readonly number[], parameters = 0): string {
  const output = (y: number): string => label(shapeText(shape), FIGURES_LEFT, y, { anchor: 'start', weight: 600 });
  if (parameters === 0) return output(middle);
  const count = label(`${grouped(parameters)} params`, FIGURES_LEFT, middle + 8, {
    size: 11,
    colour: 'muted',
    anchor: 'start',
  });
  return output(middle - 8) + count;
}

function flattened(shape: readonly number[]): LayerCost {
  const outputShape = [shape.reduce((product, size) => product * size, 1)];
  const free = { parameters: 0, flops: 0, activationBytes: 0, trainingFlops: 0, trainingBytes: 0, orthogonalFlops: 0 };
  return { name: 'flatten', kind: 'head', outputShape, ...free };
}

function titleOf(cost: LayerCost): string {
  const parameters = cost.parameters === 0 ? '' : `, ${counted(cost.parameters, 'parameter')}`;
  return `${cost.name}, output ${shapeText(cost.outputShape)}${parameters}`;
}

const shapeText = (shape: readonly number[]): string => shape.join('×');
