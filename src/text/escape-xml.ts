/** Text → what stands for it in XML. Characters that XML cannot hold at all become a question mark. */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
      .replaceAll(/[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '?')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
