// HTML and SVG as tagged templates: inserted values are escaped, unless they are markup.

import { escapeXml } from '../../text/escape-xml.ts';

/** Text that is already markup. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Markup | string | number | undefined | readonly Content[];

/**
 * `html\`<p>${name}</p>\``: strings are escaped, because they may come from users. Lists are joined; undefined is omitted.
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.map((part, i) => part + render(contents[i])).join(''));
}

function render(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escapeXml(content);
  if (typeof content === 'number') return String(content);
  return content.map(render).join('');
}
