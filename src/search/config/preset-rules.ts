// Adds presets to the JSON Schema of a configuration: with a preset, the name of an optimiser may be omitted.

import { PRESET_NAMES, type PresetName, presetSettings } from './presets.ts';

type JsonSchema = { [key: string]: unknown };

interface Variant extends JsonSchema {
  readonly properties: { readonly name: { readonly const: string } };
  readonly required: readonly string[];
}

/**
 * Rewrites choices by name (optimiser, schedule, loss) in the schema of a configuration to match `overPreset`. A choice
 * without a name, or with the preset's name, overrides single keys of the preset's choice; any other needs all its keys.
 *
 * @param schema  the schema from zod: each choice under `training` is `oneOf` objects with a constant `name`.
 */
export function withPresetRules(schema: JsonSchema): JsonSchema {
  const training = propertiesOf(propertiesOf(schema).training);
  const choices = Object.entries(training).flatMap(([key, choice]) => {
    const variants = choice.oneOf as readonly Variant[] | undefined;
    return variants?.every(({ properties }) => properties?.name !== undefined) ? [{ key, choice, variants }] : [];
  });
  for (const { key, choice, variants } of choices) {
    const { oneOf: _, ...others } = choice;
    training[key] = { ...others, anyOf: variants.map(({ required: __, ...variant }) => variant) };
  }
  const rulesUnder = (preset: PresetName) => ({
    if: { properties: { preset: { const: preset } }, required: ['preset'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: {
        training: {
          properties: Object.fromEntries(
            choices.map(({ key, variants }) => [key, ruleOf(variants, presetName(preset, key))]),
          ),
        },
      },
    },
  });
  const without = { ...rulesUnder('fast'), if: { not: { required: ['preset'] } } };
  return { ...schema, allOf: [without, ...PRESET_NAMES.map(rulesUnder)] };
}

function ruleOf(variants: readonly Variant[], below: string | undefined): JsonSchema {
  return {
    anyOf: variants.map(({ properties, required }) => {
      const named = { properties: { name: properties.name } };
      const isBelow = properties.name.const === below;
      return isBelow ? { ...named, propertyNames: { enum: Object.keys(properties) } } : { ...named, required };
    }),
  };
}

/** The name that the preset chooses for a key of `training`, if any. */
function presetName(preset: PresetName, key: string): string | undefined {
  const { training = {} } = presetSettings(preset) as { training?: Record<string, { name?: string }> };
  return training[key]?.name;
}

function propertiesOf(schema: JsonSchema | undefined): { [key: string]: JsonSchema } {
  return (schema?.properties ?? {}) as { [key: string]: JsonSchema };
}
