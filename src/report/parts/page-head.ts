// How every page begins: one file that loads nothing.

import { html, Markup } from './markup.ts';

/**
 * Everything before the body.
 *
 * @param scriptHash  of the only script that may run, as a content security policy names it. Default: none may.
 */
export function pageHead(title: string, css: Markup, scriptHash?: string): Markup {
  const scripts = scriptHash === undefined ? undefined : new Markup(`; script-src '${scriptHash}'`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:${scripts}">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>`;
}
