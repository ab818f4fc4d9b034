import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../errors.ts';
import { checkClassNames, noteOnAlikeNames, noteOnMergedNames } from './check-class-names.ts';

describe('checkClassNames', () => {
  it('refuses a name that lost a character', () => {
    expect(() => checkClassNames('pets', ['Hund', 'B\ufffdr'])).toThrow(InvalidInputError);
    expect(() => checkClassNames('pets', ['Hund', 'B\ufffdr'])).toThrow(
      'pets has a class "B\ufffdr", in which \ufffd stands for a character that got lost when a file or a folder was converted: restore the name, and save tables as UTF-8.',
    );
    expect(() => checkClassNames('pets', ['Hund', 'Bär', '?'])).not.toThrow();
  });

  it('refuses a name that would break lines or command a terminal', () => {
    for (const name of ['two\nlines', '\u001b[31mred']) {
      expect(() => checkClassNames('pets', ['dog', name])).toThrow(
        `pets has a class ${JSON.stringify(name)}, whose name has line breaks or other control characters: rename it.`,
      );
    }
  });
});

describe('noteOnAlikeNames', () => {
  it.each([
    [['CAT', 'Cat', 'cat', 'dog'], '"CAT" and "Cat" and "cat"'],
    [['golden_retriever', 'golden-retriever', 'pug'], '"golden_retriever" and "golden-retriever"'],
    [['1', '01', '2'], '"1" and "01"'],
    [['\ufb01sh', 'fish'], '"\ufb01sh" and "fish"'],
    [['a', 'A', 'b', 'B'], '"a" and "A", "b" and "B"'],
  ])('points out %j', (classes, quoted) => {
    expect(noteOnAlikeNames(classes)).toEqual([
      `Classes whose names are almost the same: ${quoted}; if they mean the same, give them one name.`,
    ]);
  });

  it.each([[['cat', 'dog']], [['1', '10', '-1']], [['0', '00a']], [['3-4', '34']]])(
    'has nothing to say about %j',
    (classes) => {
      expect(noteOnAlikeNames(classes)).toEqual([]);
    },
  );
});

describe('noteOnMergedNames', () => {
  it('names labels that became one class', () => {
    expect(noteOnMergedNames(['cat', 'cat ', 'cat', '0', '0.0', 'dog'])).toEqual([
      'Labels that are written differently, but are one class: "cat" and "cat ", "0" and "0.0".',
    ]);
    expect(noteOnMergedNames(['cat', 'cat', 'dog', 'caf\u00e9', 'cafe\u0301'])).toEqual([]);
  });
});
