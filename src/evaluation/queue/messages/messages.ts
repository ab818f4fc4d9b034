// What searches and workers tell each other. Every message is checked by whoever receives it.

import { z } from 'zod';
import { METRIC_NAMES } from '../../../engine/scoring/metrics.ts';
import { fileSchema, MOST_STATES, nameSchema, sha256Schema, taskContentSchema } from './task-schema.ts';

/** Longest message that Redis is given. What is larger travels as a file. */
export const LARGEST_MESSAGE_BYTES = 64 * 1024;
/** A result has a record for each epoch. */
export const LARGEST_RESULT_BYTES = 4 * 2 ** 20;

const text = z.string().max(2000);
const tribeFields = { version: z.string().max(100), protocol: z.int(), kind: text };

/** A task in the queue. */
const taskMessageSchema = z.strictObject({
  task: taskContentSchema,
  /** The packed data set. */
  data: fileSchema,
  /** The weights that it starts from. */
  parent: fileSchema.exactOptional(),
  /** The weights are to be sent back. */
  keepsWeights: z.boolean(),
  /** Progress has the details of each epoch, its weights. */
  details: z.boolean(),
  weights: z.boolean(),
  timeoutMs: z.number().positive(),
  /** Of a final training; the states are those that its part starts from. */
  threads: z.int().min(1).max(1024).exactOptional(),
  states: z.array(fileSchema).max(MOST_STATES).exactOptional(),
});

const epochSchema = z.strictObject({
  epoch: z.int().min(1),
  loss: z.number(),
  accuracy: z.number(),
  validationLoss: z.number().exactOptional(),
  validationAccuracy: z.number().exactOptional(),
  metrics: z.partialRecord(z.enum(METRIC_NAMES), z.number()).exactOptional(),
  examples: z.int().exactOptional(),
});

const outcomeSchema = z.strictObject({
  fitness: z.number(),
  history: z.array(epochSchema),
  bestEpoch: z.int().min(0),
  failure: z
    .strictObject({
      reason: z.literal(['diverged', 'out-of-memory', 'timeout', 'crashed', 'cancelled', 'invalid', 'error']),
      message: z.string().max(20_000),
    })
    .exactOptional(),
  latencyMs: z.number().exactOptional(),
  pruned: z.literal(true).exactOptional(),
});

/** What a worker made of a task: its outcome, or an error that is not the candidate's fault. */
const resultMessageSchema = z.strictObject({
  worker: nameSchema,
  answer: z.union([
    z.strictObject({
      outcome: outcomeSchema,
      /** The checkpoint, if the task keeps its weights. */
      weights: fileSchema.exactOptional(),
      /** Steps at the end of each epoch of the history, and of the whole training. */
      steps: z.array(z.int().min(0)),
      totalSteps: z.int().min(0),
      /** Of the training. */
      seconds: z.number().min(0),
    }),
    z.strictObject({
      error: z.strictObject({
        code: z.literal(['INVALID_INPUT', 'DATA_FORMAT', 'SHAPE', 'ENGINE']).exactOptional(),
        message: z.string().max(20_000),
        details: z.record(z.string(), z.unknown()),
      }),
    }),
  ]),
});

const histogramSchema = z.strictObject({
  min: z.number(),
  max: z.number(),
  count: z.number(),
  sum: z.number(),
  sumOfSquares: z.number(),
  limits: z.array(z.number()),
  counts: z.array(z.number()),
});

const progressMessageSchema = z.strictObject({
  step: z.int().min(0),
  totalSteps: z.int().min(0),
  epoch: epochSchema.exactOptional(),
  details: z
    .strictObject({
      losses: z.array(z.number()),
      accuracies: z.array(z.number()),
      weights: z.array(z.strictObject({ name: text, histogram: histogramSchema })),
    })
    .exactOptional(),
  /** Base64. */
  weights: z.base64().exactOptional(),
});

/** What a worker says of itself. Loose: those of other versions are listed, too. */
const workerRecordSchema = z.looseObject({
  ...tribeFields,
  id: nameSchema,
  host: text,
  pid: z.int(),
  /** Trainings at the same time. */
  slots: z.int().min(1).max(10_000),
  /** Work per second of each of them, and the work that could be done while a byte is read; see `measureSpeed`. */
  rate: z.number().positive().exactOptional(),
  byteWork: z.number().positive().exactOptional(),
  /** Ids of the tasks that it trains. */
  running: z.array(nameSchema).max(10_000),
  done: z.int().min(0),
  failed: z.int().min(0),
  /** Set if it computes differently from others and takes no more tasks. */
  isAside: z.boolean().exactOptional(),
  /** Id of the search whose final trainings it does, and nothing else. */
  reservedFor: nameSchema.exactOptional(),
});

/** What a search says of itself. */
const searchRecordSchema = z.looseObject({
  ...tribeFields,
  id: nameSchema,
  name: text,
  host: text,
  pid: z.int(),
  /** Where its files are fetched and results are sent to: those of its addresses that a worker may reach. */
  addresses: z.array(z.strictObject({ host: text, port: z.int().min(1).max(65_535) })).max(32),
  /** Proves that a worker has read this record; see `secure-channel.ts`. */
  token: sha256Schema,
  outstanding: z.int().min(0),
  done: z.int().min(0),
  failed: z.int().min(0),
});

/** A file that a search asks a worker for. */
const wantedFileSchema = z.strictObject({ search: nameSchema, task: nameSchema, weights: fileSchema });

const differenceSchema = z.strictObject({
  task: nameSchema,
  genome: text,
  first: nameSchema,
  second: nameSchema,
});

export type TaskMessage = z.infer<typeof taskMessageSchema>;
export type ResultMessage = z.infer<typeof resultMessageSchema>;
export type ProgressMessage = z.infer<typeof progressMessageSchema>;
export type WorkerRecord = z.infer<typeof workerRecordSchema>;
export type SearchRecord = z.infer<typeof searchRecordSchema>;
export type WantedFile = z.infer<typeof wantedFileSchema>;
export type Difference = z.infer<typeof differenceSchema>;

export type Parsed<T> = { readonly message: T } | { readonly problem: string };

export const readTask = reader(
  taskMessageSchema.refine(({ task, states }) => task.part?.start.length === states?.length, {
    path: ['states'],
    error: 'there must be one for each that the part starts from',
  }),
  LARGEST_MESSAGE_BYTES,
);
export const readResult = reader(resultMessageSchema, LARGEST_RESULT_BYTES);
/** Its size is limited where it is received. */
export const readProgress = reader(progressMessageSchema, Number.POSITIVE_INFINITY);
export const readWorker = reader(workerRecordSchema, LARGEST_MESSAGE_BYTES);
export const readSearch = reader(searchRecordSchema, LARGEST_MESSAGE_BYTES);
export const readWanted = reader(wantedFileSchema, LARGEST_MESSAGE_BYTES);
export const readDifference = reader(differenceSchema, LARGEST_MESSAGE_BYTES);

/** @returns the message, or what is wrong with it; never throws, whatever the text is. */
function reader<T>(schema: z.ZodType<T>, largestBytes: number): (json: string) => Parsed<T> {
  return (json) => {
    if (Buffer.byteLength(json) > largestBytes) {
      return { problem: `it is larger than ${largestBytes} bytes` };
    }
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      return { problem: 'it is not JSON' };
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return { message: parsed.data };
    const [issue] = parsed.error.issues;
    return { problem: `${issue?.path.join('.') || 'the whole'}: ${issue?.message}` };
  };
}
