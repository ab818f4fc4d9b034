/** Escapes text for XML. Characters that XML cannot hold become a question mark. */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these have to go
      .replaceAll(/[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '?')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
