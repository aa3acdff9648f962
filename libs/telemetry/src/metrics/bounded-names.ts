/** Label of everything beyond the most. No job type and no schedule may be called so. */
export const OTHERS = '(other)';

/**
 * Names as values of a label, of which there are only so many: those that come first. A message of another program may
 * bring any job type, and each new one would be a series for ever.
 */
export class BoundedNames {
  private readonly seen = new Set<string>();

  constructor(private readonly most: number) {}

  of(name: string): string {
    if (this.seen.has(name)) return name;
    if (this.seen.size >= this.most) return OTHERS;
    this.seen.add(name);
    return name;
  }
}
