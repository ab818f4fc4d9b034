// Turns an amount of computing into the sizes of a search. The functions are pure, so plans can be tested without a
// machine.

import { naturalLogarithm } from '../../arithmetic/logarithm.ts';
import { integerPower, power } from '../../arithmetic/power.ts';
import { estimateCost, type NetworkCost, type NetworkInput } from '../../genome/cost.ts';
import type { Gene, Genome } from '../../genome/genome.ts';
import { referenceGenomes, referenceLadder } from '../../genome/reference-genomes.ts';
import { cheapestGenomes, type SearchSpace, violation } from '../../genome/search-space.ts';
import { genomeId, parseGenome } from '../../genome/text.ts';
import { trainingWork } from '../../genome/work.ts';
import type { SearchConfig } from '../config/config.ts';
import { splitsOf } from '../config/fidelity-schema.ts';
import { type DataSize, searchSpaceOf, workSettingOf } from '../config/network-input.ts';
import { AUTO_GENOME, type BudgetKey, SEARCH_SHARE } from '../config/undecided-keys.ts';
import { trainingsOf } from '../config/views.ts';
import { START_WORK, searchImages, usedImages } from './candidate-work.ts';
import { LEAST_SCORED, wantedSplits, withoutOpenSplits } from './fitness-splits.ts';

/**
 * With less work for each image, a search costs more accuracy than it finds; see docs/decisions/0017-sure-thing.md. With so
 * much it has {@link SHARE_STEP} of it, and as much again each time that there is twice as much.
 */
const SEARCH_WORK = 3e9;
const SHARE_STEP = 0.05;
/** With several objectives: the share of the work for retraining networks of the front. */
const FRONT_SHARE = 0.4;
/** Number of candidates that a search is sized for, and for how few it would rather train them longer. */
const CANDIDATES = 24;
const FEW_CANDIDATES = 8;
/**
 * Share of the final training of a network as large that a candidate should have: with less, its rank says little of
 * that after the final training. See bench/results/2026-11-30-fidelity.md.
 */
const FIDELITY = 0.05;
/** With fewer there is nothing to choose from. */
const LEAST_CANDIDATES = 4;
const POPULATION = 8;
/** Mean work of a candidate, as a share of the allowed maximum. */
const TYPICAL_SHARE = 0.35;
/**
 * Passes over the training images that the largest allowed network makes in the final training: {@link PASSES} if there is
 * {@link PASSES_WORK} of work per image. With more work, both the passes and the network grow, the network faster.
 */
const PASSES = 2.5;
const PASSES_WORK = 1.9e8;
const PASSES_GROWTH = 0.48;
/** {@link PASSES} for a reference design that is trained without a search; see bench/results/2026-11-30-ablation.md. */
const REFERENCE_PASSES = 2.3;
/** Small data sets get more passes: the network sees at least this many images. See bench/results/2026-11-30-ablation.md. */
const LEAST_SHOWN = 64_000;
/** If no reference design is small enough for that: at least this many. */
const FEWEST_SHOWN = 4000;
/** Networks behind a backbone are so small that there would be time for this many features, as there is little to learn. */
const FEATURES_SHOWN = 640_000;
/** They are the same in every pass: more passes, beyond {@link LEAST_SHOWN}, only learn them by heart. */
const FEATURE_PASSES = 50;
/** A final training shorter than this share of a pass is pointless. */
const LEAST_PASSES = 0.25;
/**
 * The largest allowed network has at least this many times the work of the smallest; otherwise there is nothing to search.
 */
const ROOM = 3;
/** Candidates train on at least this many images, if the data has them. */
const LEAST_IMAGES = 1000;
/** Two epochs tell more about a network than one epoch on twice as many images, unless there are few images. */
const EPOCHS = 2;
const CHANNELS = [8, 16, 32, 64, 128, 256, 512];

/**
 * Fills in everything that a budget decides before the search. What the user set stays.
 *
 * @param work        total for search and final training, over all workers.
 * @param finalShare  the share of the machine's work that the final training does.
 * @returns undefined if the work is too little ({@link leastWork}).
 */
export function planBudget(
  work: number,
  config: SearchConfig,
  data: DataSize,
  finalShare = 1,
): SearchConfig | undefined {
  const { searchShare: given, backbone } = config;
  // What is too little for a search may still be enough for one network. Those behind a backbone take little.
  const wanted = backbone === undefined ? shareFor(work / usedImages(config, data)) : SEARCH_SHARE;
  const auto = canTellApart(config, data) ? wanted : 0;
  const shares = given === 'auto' ? new Set([auto, 0]) : [given];
  for (const searchShare of shares) {
    const plan = planShared(work, { ...config, searchShare }, data, finalShare);
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/**
 * Whether there are enough validation images for a search to find what is better: with one split, or with several behind a
 * backbone, where trainings are short.
 */
export function canTellApart(config: SearchConfig, data: DataSize): boolean {
  const splits = config.backbone === undefined ? 1 : wantedSplits(config, data);
  return splits * searchImages(config, data).validation >= LEAST_SCORED;
}

/** The plan with a share for the search that is decided. */
function planShared(
  work: number,
  config: SearchConfig & { readonly searchShare?: number | undefined },
  data: DataSize,
  finalShare: number,
): SearchConfig | undefined {
  const { undecided = [], ...decided } = withoutOpenSplits(config);
  const isOpen = (key: BudgetKey): boolean => undecided.includes(key);
  const images = usedImages(config, data);
  const later = isOpen('finalEpochs') ? { undecided: ['finalEpochs' as const] } : {};
  const leastPasses = isOpen('finalEpochs') ? LEAST_PASSES : config.finalEpochs;
  const { searchShare } = config;
  const chosen = config.genome ?? (searchShare === 0 ? AUTO_GENOME : undefined);
  if (chosen !== undefined) {
    const own = Math.max(0, work * finalShare - START_WORK);
    const isEnoughFor = (genome: Genome): boolean =>
      own / trainingsOf(config) >=
      images * leastPasses * trainingWork(estimateCost(genome, data.problem), workSettingOf(config));
    const genome = chosen === AUTO_GENOME ? referenceFor(own, config, data, isEnoughFor) : parseGenome(chosen);
    if (genome === undefined || !isEnoughFor(genome)) return undefined;
    return { ...decided, ...later, genome: genomeId(genome) };
  }

  const searchWork = isOpen('searchWork') ? (searchShare ?? SEARCH_SHARE) * work : (config.searchWork ?? 0);
  const frontWork = isOpen('frontWork') ? FRONT_SHARE * work : (config.frontWork ?? 0);
  const finalWorkPerImage = ((work - searchWork - frontWork) * finalShare) / images;
  const least = ROOM * smallestWork(config, isOpen('searchSpace.channels'), data.problem);
  if (finalWorkPerImage / trainingsOf(config) < leastPasses * least) return undefined;
  // A short final training does not justify networks that the search has no time for.
  const passes = Math.max(passesFor(finalWorkPerImage, images, config), isOpen('finalEpochs') ? 0 : config.finalEpochs);
  const affordable = Math.round(Math.max(finalWorkPerImage / passes, least));
  const { maxWork = affordable } = isOpen('searchSpace.maxWork') ? {} : config.searchSpace;

  const typical = TYPICAL_SHARE * Math.min(maxWork, affordable);
  // With halving, only few candidates reach the last rung, so its training may be longer.
  const { rungs, reduction } = config;
  const ofLastRung = integerPower(reduction, rungs - 1) / rungs;
  const ranked = FIDELITY * images * passes * typical;
  const sizeFor = (each: number) => candidateSize(each * ofLastRung, typical, config, isOpen, data);
  // Each training of a candidate must be long enough to rank it, and enough candidates must be left.
  const long = Math.max(ranked, sizeFor(START_WORK + ranked).work / ofLastRung);
  const affordableSplits = Math.max(1, Math.floor(searchWork / FEW_CANDIDATES / long));
  const isAuto = config.fitnessSplits === 'auto';
  const splits = isAuto ? Math.min(wantedSplits(config, data), affordableSplits) : splitsOf(config);
  const wanted = splits * ranked + (splits - 1) * START_WORK;
  const each = clamp(wanted, searchWork / CANDIDATES, searchWork / FEW_CANDIDATES);
  const size = sizeFor(each / splits);
  const count = (searchWork / (splits * size.work)) * ofLastRung;
  if (count < LEAST_CANDIDATES) return undefined;
  const plan: SearchConfig = {
    ...decided,
    ...later,
    ...(isAuto && splits > 1 && { fitnessSplits: splits }),
    searchWork,
    ...(isOpen('frontWork') && { frontWork }),
    searchLimit: size.searchLimit,
    training: { ...config.training, epochs: size.epochs },
    ...(config.equalCompute && { typicalWork: config.typicalWork ?? Math.round(typical) }),
    ...(isOpen('population') && { population: clamp(Math.floor(count / 3), 2, POPULATION) }),
    searchSpace: {
      ...config.searchSpace,
      maxWork,
      ...(isOpen('searchSpace.channels') && { channels: channelsFor(maxWork, config, data.problem) }),
      ...(isOpen('searchSpace.maxDepth') && { maxDepth: depthFor(maxWork) }),
    },
  };
  return isOpen('initialGenomes') ? { ...plan, initialGenomes: initialGenomesFor(plan, data.problem) } : plan;
}

/**
 * The network for a training without a search: of the reference designs with the most stages, the widest for whose training
 * there is enough work. The rule is that of the largest network of a search, with all of the work for it and fewer
 * passes: global average pooling takes wide networks fewer passes to train. Where the run starts from another, it is that
 * one's network, if there is enough work; behind a backbone, the classifier alone.
 *
 * @returns undefined if there is too little work for any.
 */
function referenceFor(
  work: number,
  config: SearchConfig,
  data: DataSize,
  isEnoughFor: (genome: Genome) => boolean,
): Genome | undefined {
  const [known] = (config.startFrom?.genomes ?? []).map(parseGenome);
  if (known !== undefined && isEnoughFor(known)) return known;
  if (config.backbone !== undefined) return [];
  const images = usedImages(config, data);
  const workPerImage = work / images;
  const isOpen = config.undecided?.includes('finalEpochs');
  const usual = REFERENCE_PASSES * passesOver(workPerImage);
  const fewest = isOpen ? Math.max(usual, FEWEST_SHOWN / images) : config.finalEpochs;
  const widest = (passes: number): Genome | undefined => {
    const maxDepth = Number.MAX_SAFE_INTEGER;
    const training = workSettingOf(config);
    const space: SearchSpace = { channels: CHANNELS, maxDepth, maxWork: workPerImage / passes, training };
    return referenceGenomes(space, data.problem)[0];
  };
  let passes = isOpen ? Math.max(fewest, LEAST_SHOWN / images) : fewest;
  let genome = widest(passes);
  while (genome === undefined && passes > fewest) {
    passes = Math.max(fewest, passes / 2);
    genome = widest(passes);
  }
  return genome;
}

/** The smallest amount of work for which a plan exists, accurate to 1 %. */
export function leastWork(config: SearchConfig, data: DataSize, finalShare = 1): number {
  const isTooLittle = (work: number): boolean => planBudget(work, config, data, finalShare) === undefined;
  let [low, high] = [0, 1e9];
  while (isTooLittle(high)) [low, high] = [high, high * 2];
  while (high - low > high / 100) {
    const middle = (low + high) / 2;
    if (isTooLittle(middle)) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Number of epochs of the final training that the work allows, rounded down to hundredths.
 *
 * @param work  available for this training alone.
 */
export function planFinalEpochs(work: number, config: SearchConfig, data: DataSize, cost: NetworkCost): number {
  const images = usedImages(config, data);
  const most =
    config.backbone === undefined ? Number.POSITIVE_INFINITY : Math.max(FEATURE_PASSES, LEAST_SHOWN / images);
  const epochs = Math.min(most, work / (images * trainingWork(cost, workSettingOf(config))));
  return Math.max(LEAST_PASSES, Math.floor(100 * epochs) / 100);
}

/**
 * The reference designs, for at most half of the population: with several objectives, those of all sizes. Random search is the
 * baseline and stays random.
 */
function initialGenomesFor(plan: SearchConfig, problem: NetworkInput): string[] {
  if (plan.strategy === 'random') return [];
  const space = searchSpaceOf(plan);
  const most = plan.population >> 1;
  const designs = plan.objectives.length > 1 ? referenceLadder(space, problem, most) : referenceGenomes(space, problem);
  const known = (plan.startFrom?.genomes ?? [])
    .map(parseGenome)
    .filter((genome) => violation(genome, space, problem) === undefined);
  // Behind a backbone, the classifier alone is the design to beat.
  const first = plan.backbone === undefined ? known : [...known, []];
  return [...new Set([...first, ...designs].map(genomeId))].slice(0, most);
}

/** Work of training on one image for the cheapest network with a skip layer. */
export function smallestWork(
  { searchSpace, ...config }: SearchConfig,
  choosesChannels: boolean,
  problem: NetworkInput,
): number {
  const space: SearchSpace = {
    channels: choosesChannels ? CHANNELS : searchSpace.channels,
    maxDepth: searchSpace.maxDepth,
  };
  const genomes = cheapestGenomes(space, problem).filter((genome) => genome.some(({ kind }) => kind === 'skip'));
  return Math.min(...genomes.map((genome) => trainingWork(estimateCost(genome, problem), workSettingOf(config))));
}

/** The search's share of the work, by the work for each image. */
function shareFor(workPerImage: number): number {
  if (workPerImage < SEARCH_WORK) return 0;
  const doublings = naturalLogarithm(workPerImage / SEARCH_WORK) / Math.LN2;
  return Math.min(SEARCH_SHARE, Number((SHARE_STEP * (1 + doublings)).toFixed(3)));
}

function passesFor(workPerImage: number, images: number, { backbone }: SearchConfig): number {
  const leastShown = backbone === undefined ? LEAST_SHOWN : FEATURES_SHOWN;
  return Math.max(PASSES * passesOver(workPerImage), leastShown / images);
}

/** Passes with so much work for each image, over those with {@link PASSES_WORK}. */
function passesOver(workPerImage: number): number {
  return power(workPerImage / PASSES_WORK, PASSES_GROWTH);
}

/**
 * Images and epochs of a candidate such that training and scoring cost about `target`; `imageWork` is the work per image.
 */
function candidateSize(
  target: number,
  imageWork: number,
  config: SearchConfig,
  isOpen: (key: BudgetKey) => boolean,
  data: DataSize,
): { readonly searchLimit: number | null; readonly epochs: number; readonly work: number } {
  const { train, validation } = searchImages(config, data);
  const fewest = Math.max(LEAST_IMAGES, data.problem.classes);
  const scored = (images: number): number => (config.fitnessOn === 'test' ? validation : Math.min(images, validation));
  const epochWork = (images: number): number => imageWork * (images + scored(images) / 3);
  const available = Math.max(0, target - START_WORK);
  /** The largest number of images that fits the target with these epochs. */
  const imagesFor = (epochs: number): number => {
    const all = available / (epochs * imageWork);
    const images = config.fitnessOn === 'test' || all > (4 / 3) * validation ? all - validation / 3 : (3 / 4) * all;
    return Math.floor(Math.min(train, Math.max(fewest, images)));
  };
  let { epochs } = config.training;
  let images = Math.min(train, config.searchLimit ?? train);
  if (isOpen('training.epochs') && isOpen('searchLimit')) {
    images = imagesFor(EPOCHS);
    if (images === train) epochs = Math.max(1, Math.floor(available / epochWork(train)));
    else epochs = available < EPOCHS * epochWork(images) ? 1 : EPOCHS;
    images = imagesFor(epochs);
  } else if (isOpen('training.epochs')) {
    epochs = Math.max(1, Math.floor(available / epochWork(images)));
  } else if (isOpen('searchLimit')) {
    images = imagesFor(epochs);
  }
  return {
    searchLimit: images < train ? images : isOpen('searchLimit') ? null : config.searchLimit,
    epochs,
    work: START_WORK + epochs * epochWork(images),
  };
}

/**
 * Filter counts with which a skip layer takes at most half of the work after the image has been pooled twice. The first one
 * is always included.
 */
function channelsFor(maxWork: number, config: SearchConfig, problem: NetworkInput): number[] {
  const { channels, height, width } = problem.input;
  const input = { channels, height: Math.max(1, height >> 2), width: Math.max(1, width >> 2) };
  const workOf = (filters: number): number => {
    const skip: Gene = { kind: 'skip', filters1: filters, filters2: filters };
    return trainingWork(estimateCost([skip], { ...problem, input }), workSettingOf(config));
  };
  return CHANNELS.filter((filters, index) => index === 0 || workOf(filters) <= maxWork / 2);
}

/** 6 layers for a training work of 10 million FLOPs per image, two more for each factor of ten; between 4 and 12. */
function depthFor(maxWork: number): number {
  const fourthPower = integerPower(maxWork, 4);
  let layers = 4;
  // n layers belong to 10 ^ (n / 2 + 4); the next layer count begins halfway to its own work on a logarithmic scale.
  while (layers < 12 && fourthPower >= integerPower(10, 2 * layers + 17)) layers++;
  return layers;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
