import type { Prng } from '../../core/population/prng.ts';

/** First names that nobody owns. */
const firstNames = (
  'ada ben cleo dan ella finn gina hugo ida jan kira leo mona nils olga paul rosa sami tara udo vera will xenia yuri zoe ' +
  'anna bruno carla david emil freya gus helen ivan jana karl lena max nora otto petra ralf sofia theo ursula viola ' +
  'walter alma boris clara dora erik flora georg hanna iris jonas klara lars marta noah olive pia rune'
).split(' ');

/** So many different ones, in an order of their own for every seed. */
export function someNames(random: Prng, count: number): string[] {
  return shuffled(random, firstNames).slice(0, count);
}

export function shuffled<T>(random: Prng, items: readonly T[]): T[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [all[last], all[other]] = [all[other]!, all[last]!];
  }
  return all;
}
