// Checks the forms of options, for callers without a type checker: the code that runs before the configuration is checked
// relies on them.

import { InvalidInputError } from '../../errors.ts';
import { nearestOf } from '../../text/did-you-mean.ts';
import { CALLBACK_METHODS } from '../callbacks/callback.ts';

const HAS_FORM = {
  'an object': isObject,
  'a list': Array.isArray,
  'text or an object': (value: unknown) => typeof value === 'string' || isObject(value),
  'an AbortSignal': (value: unknown) => value instanceof AbortSignal,
  'a function': (value: unknown) => typeof value === 'function',
  'text or a function': (value: unknown) => typeof value === 'string' || typeof value === 'function',
} as const satisfies Readonly<Record<string, (value: unknown) => boolean>>;

type Form = keyof typeof HAS_FORM;

const RESUME_FORMS: Readonly<Record<string, Form>> = {
  extraCallbacks: 'a list',
  strategy: 'a function',
  dataset: 'an object',
  signal: 'an AbortSignal',
  evaluator: 'an object',
  queue: 'text or an object',
};

const FORMS: Readonly<Record<string, Form>> = {
  backbone: 'text or an object',
  optimizer: 'text or an object',
  outputLayer: 'a list',
  metrics: 'a list',
  mutationOperationDistribution: 'a list',
  objectives: 'a list',
  extraCallbacks: 'a list',
  settings: 'an object',
  signal: 'an AbortSignal',
  strategy: 'text or a function',
  queue: 'text or an object',
};

/**
 * @param options  what may be `AutoCnnOptions`.
 * @throws {InvalidInputError} naming the option, its form and what was received; also for a misspelt method of a callback.
 */
export function checkForms(options: unknown): void {
  if (!isObject(options)) throw wrongForm('the options of AutoCNN', 'an object', options);
  const { dataset, settings, extraCallbacks } = options;
  requireForm('dataset', 'text or an object', dataset);
  requireForms(options, FORMS);
  if (isObject(settings) && settings.training !== undefined) {
    requireForm('settings.training', 'an object', settings.training);
  }
  checkCallbacks(extraCallbacks);
}

/**
 * @param options  what may be `ResumeOptions`.
 * @throws {InvalidInputError} as {@link checkForms}, and for an unknown option.
 */
export function checkResumeForms(options: unknown): void {
  if (!isObject(options)) throw wrongForm('the options of AutoCNN.resume', 'an object', options);
  const known = [...Object.keys(RESUME_FORMS), 'workers'];
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const near = nearestOf(unknown, known);
    const cure = near === undefined ? `use ${known.join(', ')}` : `did you mean ${near}?`;
    throw new InvalidInputError(`${unknown} is not an option of AutoCNN.resume; ${cure}`, {
      details: { received: unknown, known },
    });
  }
  requireForms(options, RESUME_FORMS);
  checkCallbacks(options.extraCallbacks);
}

function checkCallbacks(callbacks: unknown): void {
  if (Array.isArray(callbacks)) for (const [i, callback] of callbacks.entries()) checkCallback(i, callback);
}

function checkCallback(index: number, callback: unknown): void {
  const place = `extraCallbacks.${index}`;
  if (!isObject(callback)) throw wrongForm(place, 'an object', callback);
  const methods: readonly string[] = CALLBACK_METHODS;
  const unknown = Object.keys(callback).find((key) => /^on[A-Z]/.test(key) && !methods.includes(key));
  if (unknown === undefined) return;
  const near = nearestOf(unknown, methods);
  const cure = near === undefined ? `use one of ${methods.join(', ')}` : `did you mean ${near}?`;
  throw new InvalidInputError(`${place}.${unknown} is never called; ${cure}`, {
    details: { received: unknown, known: methods },
  });
}

function requireForms(options: Readonly<Record<string, unknown>>, forms: Readonly<Record<string, Form>>): void {
  for (const [key, form] of Object.entries(forms)) if (options[key] !== undefined) requireForm(key, form, options[key]);
}

function requireForm(place: string, form: Form, value: unknown): void {
  if (!HAS_FORM[form](value)) throw wrongForm(place, form, value);
}

function wrongForm(place: string, form: Form, value: unknown): InvalidInputError {
  const what = value === undefined ? 'nothing' : JSON.stringify(value);
  return new InvalidInputError(`${place} must be ${form}, received ${what}`, { details: { received: value } });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
