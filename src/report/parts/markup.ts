// HTML and SVG as tagged templates: what is put in is escaped, unless it is markup itself.

import { escapeXml } from '../../text/escape-xml.ts';

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Markup | string | number | undefined | readonly Content[];

/** `html\`<p>${name}</p>\``: names come from users and are never markup. Lists are joined, undefined is nothing. */
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
