// Classes from the names of images: `cat.12.jpg`, `cat_12.png`, `cat (12).jpeg`.

/**
 * The part of a name before its number.
 *
 * @returns undefined if the name has no number at its end, or nothing before it.
 */
export function classInName(image: string): string | undefined {
  const base = image.slice(image.lastIndexOf('/') + 1);
  const stem = base.includes('.') ? base.slice(0, base.lastIndexOf('.')) : base;
  const match = /^(.*?\p{L}.*?)[\s._-]*\(?\d+\)?$/u.exec(stem);
  return match?.[1]?.normalize('NFC').trim() || undefined;
}

/** Whether names could be labels: at least two classes, each with at least two images. */
export function namesTellClasses(images: readonly string[]): boolean {
  const counts = new Map<string, number>();
  for (const image of images) {
    const name = classInName(image);
    if (name === undefined) return false;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts.size >= 2 && [...counts.values()].every((count) => count >= 2);
}
